//! Sentences about contacts, in pieces: the app renders them as markup, API 2 as plain text.

pub mod history;
pub mod names;
pub mod values;
pub mod why;
pub mod words;

use std::fmt;

use contact::{AccountId, ContactId, ConversationId, Handle, HandleKey, RecordId, Time};

/// A piece of a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// Words of ours.
    Text(String),
    /// Words of ours that stand out.
    Bold(String),
    /// A text that somebody gave, in a direction of its own: a handle, a name, a link.
    Given(String),
    /// The same, standing out.
    GivenBold(String),
    /// A contact, by a name.
    Contact(ContactId, String),
    /// An account, by its name.
    Account(AccountId, String),
    /// A record, by its name in its system or what it reports.
    Record(RecordId, String),
    /// A conversation, by its title.
    Conversation(ConversationId, String),
    /// A time.
    Moment(Time),
}

/// A sentence in pieces.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sentence(Vec<Piece>);

impl Sentence {
    pub fn new() -> Sentence {
        Sentence::default()
    }

    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    pub fn piece(mut self, piece: Piece) -> Sentence {
        self.0.push(piece);
        self
    }

    pub fn text(self, text: impl Into<String>) -> Sentence {
        self.piece(Piece::Text(text.into()))
    }

    pub fn bold(self, text: impl Into<String>) -> Sentence {
        self.piece(Piece::Bold(text.into()))
    }

    pub fn given(self, text: impl Into<String>) -> Sentence {
        self.piece(Piece::Given(text.into()))
    }

    pub fn moment(self, time: Time) -> Sentence {
        self.piece(Piece::Moment(time))
    }

    /// Adds a handle with its source.
    pub fn handle(self, handle: &HandleKey) -> Sentence {
        self.text(format!("{} ", words::source_in_sentence(handle.source()))).given(handle.as_str())
    }

    /// Adds a handle with its source, as it was given.
    pub fn handle_text(self, handle: &Handle) -> Sentence {
        self.text(format!("{} ", words::source_in_sentence(handle.key().source()))).given(handle.text())
    }

    /// Adds another sentence.
    pub fn all(mut self, other: Sentence) -> Sentence {
        self.0.extend(other.0);
        self
    }

    /// Adds several parts with commas between them.
    pub fn between_commas(self, parts: impl IntoIterator<Item = Sentence>) -> Sentence {
        parts.into_iter().enumerate().fold(self, |sentence, (n, part)| {
            let sentence = if n > 0 { sentence.text(", ") } else { sentence };
            sentence.all(part)
        })
    }
}

/// The plain text.
impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) | Piece::Bold(text) | Piece::Given(text) | Piece::GivenBold(text) => {
                    f.write_str(text)?;
                }
                Piece::Contact(id, name) | Piece::Record(id, name) => write!(f, "{name} ({id})")?,
                Piece::Account(_, name) | Piece::Conversation(_, name) => f.write_str(name)?,
                Piece::Moment(time) => f.write_str(&words::moment(*time))?,
            }
        }
        Ok(())
    }
}
