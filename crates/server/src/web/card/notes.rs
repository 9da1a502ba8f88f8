//! The section of a contact card with its notes.

use contact::{Contact, NOTE_CHARS_MAX};
use hub::Note;
use maud::{Markup, html};

use super::data::{CardData, Refused};
use crate::web::form;
use crate::web::format;
use crate::web::session::SignedIn;

/// Notes that a card shows, unless the page shows all.
const NOTES_SHOWN: usize = 10;

/// Returns the section of a card with the notes, the newest first.
pub fn section(by: &SignedIn, contact: &Contact, data: &CardData, all: bool, refused: &Refused) -> Markup {
    let page = format!("/app/contacts/{}", contact.id);
    let shown = if all { data.notes.len() } else { NOTES_SHOWN };
    html! {
        section #card-notes aria-labelledby="notes-title" {
            h2 #notes-title { "Notes" }
            @if by.teammate.is_some() {
                form.note-form method="post" action={ (page) "/notes" } {
                    (form::token(by))
                    textarea #note name="note" rows="2" maxlength=(NOTE_CHARS_MAX) dir="auto" required
                        aria-label="New note" placeholder="What your colleagues should know"
                        aria-invalid=[refused.errors.aria_invalid("note")] { "\n" (refused.text) }
                    (refused.errors.show("note"))
                    button { "Add note" }
                }
            } @else {
                p.nothing { "Only teammates who sign in with their own e-mail address can write notes." }
            }
            ol.notes { @for note in data.notes.iter().take(shown) { (one(note, data)) } }
            @if data.notes.len() > shown {
                p.more { a href={ (page) "?notes=all#notes-title" } { "All " (data.notes.len()) " notes" } }
            }
        }
    }
}

fn one(note: &Note, data: &CardData) -> Markup {
    html! {
        li id={ "note-" (note.seq) } {
            div.note-head {
                b { bdi { (data.names.teammate(note.author)) } }
                (format::moment(note.at, data.now))
            }
            p dir="auto" { (note.body.as_str()) }
        }
    }
}
