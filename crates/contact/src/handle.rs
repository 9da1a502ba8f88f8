//! Handles: the addresses of a person, and the keys that compare them.

mod email;
mod invisible;
mod phone;
mod region;
mod social;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use self::invisible::without_invisible;
use crate::invalid::Invalid;
use crate::text::Text;

pub use invisible::trim_invisible;
pub use region::Region;

/// Most bytes of a handle of any source, as given.
pub const HANDLE_BYTES_MAX: usize = 512;
/// Most characters of the label of a handle.
pub const LABEL_CHARS_MAX: usize = 100;

/// The source of a handle: the service that it is an address of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Source {
    /// An email address.
    Email,
    /// A phone number.
    Phone,
    /// A user name on Twitter (X).
    Twitter,
    /// An account on Facebook.
    Facebook,
    /// A user of Intercom.
    Intercom,
    /// A visitor of a Front chat widget.
    FrontChat,
    /// An address of a custom channel of a company.
    Custom,
}

impl Source {
    /// All sources, in the order of their stored numbers.
    pub const ALL: [Source; 7] = [
        Source::Email,
        Source::Phone,
        Source::Twitter,
        Source::Facebook,
        Source::Intercom,
        Source::FrontChat,
        Source::Custom,
    ];

    /// The name in APIs, on pages and in the journal.
    pub fn name(self) -> &'static str {
        match self {
            Source::Email => "email",
            Source::Phone => "phone",
            Source::Twitter => "twitter",
            Source::Facebook => "facebook",
            Source::Intercom => "intercom",
            Source::FrontChat => "front_chat",
            Source::Custom => "custom",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Source {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Source, Invalid> {
        Source::ALL.into_iter().find(|source| source.name() == name).ok_or(Invalid::Source)
    }
}

/// The key of a handle. Two handles with the same key are the same handle.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HandleKey {
    source: Source,
    // Shared, because a key is held in many places at once.
    key: Arc<str>,
}

impl HandleKey {
    /// A key from the store, without a check.
    pub fn from_stored(source: Source, key: &str) -> HandleKey {
        HandleKey { source, key: key.into() }
    }

    /// The source.
    pub fn source(&self) -> Source {
        self.source
    }

    /// The normalised form of the address.
    pub fn as_str(&self) -> &str {
        &self.key
    }
}

/// An address of a person: its key, the text to show, and perhaps a label.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handle {
    key: HandleKey,
    text: Arc<str>,
    label: Option<Text>,
}

impl Handle {
    /// Parses a handle of a source. A phone number without a country code belongs to `region`.
    ///
    /// White space and invisible characters around the text are no part of it. The text to show is the rest. For a phone
    /// number it is E.164, in the form that was given: a Brazilian mobile may lack its ninth digit, its key has it.
    ///
    /// # Errors
    ///
    /// [`Invalid::Empty`], [`Invalid::Nul`], [`Invalid::TooLong`] past [`HANDLE_BYTES_MAX`] bytes, or the error of the
    /// source.
    pub fn parse(source: Source, text: &str, region: Region) -> Result<Handle, Invalid> {
        let text = trim_invisible(text);
        if text.is_empty() {
            return Err(Invalid::Empty);
        }
        if text.len() > HANDLE_BYTES_MAX {
            return Err(Invalid::TooLong { max: HANDLE_BYTES_MAX, unit: "bytes" });
        }
        if text.contains('\0') {
            return Err(Invalid::Nul);
        }
        let (key, text) = match source {
            Source::Email => {
                let text = without_invisible(text);
                (email::key(&text)?, text)
            }
            Source::Phone => {
                let number = phone::parse(text, region)?;
                (number.key, number.shown.into())
            }
            Source::Twitter => {
                let text = without_invisible(text);
                (social::twitter_key(&text)?, text)
            }
            Source::Facebook | Source::Intercom | Source::FrontChat | Source::Custom => (text.to_owned(), text.into()),
        };
        Ok(Handle::from_stored(HandleKey::from_stored(source, &key), &text))
    }

    /// A handle from the store, without a check.
    pub fn from_stored(key: HandleKey, text: &str) -> Handle {
        let text = if *text == *key.key { Arc::clone(&key.key) } else { text.into() };
        Handle { key, text, label: None }
    }

    /// The key.
    pub fn key(&self) -> &HandleKey {
        &self.key
    }

    /// The text to show.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The label: which of several addresses of a person it is, such as `work`. It is no part of the key.
    pub fn label(&self) -> Option<&Text> {
        self.label.as_ref()
    }

    /// Parses a label. None if it is blank.
    ///
    /// # Errors
    ///
    /// [`Invalid::TooLong`] past [`LABEL_CHARS_MAX`] characters; [`Invalid::Nul`] if it contains a NUL.
    pub fn parse_label(text: &str) -> Result<Option<Text>, Invalid> {
        let label = Text::parse(trim_invisible(text), LABEL_CHARS_MAX)?;
        Ok(Some(label).filter(|label| !label.is_empty()))
    }

    /// The same handle with this label.
    #[must_use]
    pub fn with_label(self, label: Option<Text>) -> Handle {
        Handle { label, ..self }
    }
}

impl From<HandleKey> for Handle {
    /// The handle whose text is its key.
    fn from(key: HandleKey) -> Handle {
        Handle { text: Arc::clone(&key.key), key, label: None }
    }
}
