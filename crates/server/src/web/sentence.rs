//! Sentences as markup.

use contact::Time;
use maud::{Markup, html};

use super::format;
use crate::sentence::{Piece, Sentence};

/// Returns a sentence as markup. Whatever somebody gave is escaped, and isolated from the direction of our text.
pub fn markup(sentence: &Sentence, now: Time) -> Markup {
    html! { @for piece in sentence.pieces() { (one(piece, now)) } }
}

fn one(piece: &Piece, now: Time) -> Markup {
    html! {
        @match piece {
            Piece::Text(text) => (text),
            Piece::Bold(text) => b { (text) },
            Piece::Given(text) => bdi { (text) },
            Piece::GivenBold(text) => b { bdi { (text) } },
            Piece::Contact(id, name) => { a href={ "/app/contacts/" (id) } data-card { bdi { (name) } } " (" (id) ")" },
            Piece::Record(id, name) => a href={ "#" (id) } { bdi { (name) } },
            Piece::Account(id, name) => a href={ "/app/accounts/" (id) } { bdi { (name) } },
            Piece::Conversation(id, title) => a href={ "/app/inbox/" (id) } { bdi { (title) } },
            Piece::Moment(time) => (format::moment(*time, now)),
        }
    }
}
