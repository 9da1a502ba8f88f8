//! Notes: what teammates write about a contact for each other.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{Contact, NOTE_CHARS_MAX, NoteBody};
use hub::Note;
use maud::{Markup, html};

use super::card::{self, Around, Asked, Refused};
use super::error::Error;
use super::form::{Reasons, Sent};
use super::layout;
use super::session::SignedIn;
use super::words;
use crate::App;

/// Notes that a card shows, unless all are asked for.
const NOTES_SHOWN: usize = 10;

/// The section of a card with the notes, the newest first.
pub fn section(by: &SignedIn, contact: &Contact, around: &Around, all: bool, refused: &Refused) -> Markup {
    let page = format!("/app/contacts/{}", contact.id);
    let shown = if all { around.notes.len() } else { NOTES_SHOWN };
    html! {
        section #card-notes aria-labelledby="notes-title" {
            h2 #notes-title { "Notes" }
            @if by.teammate.is_some() {
                form.note-form method="post" action={ (page) "/notes" } {
                    (layout::token(by))
                    textarea #note name="note" rows="2" maxlength=(NOTE_CHARS_MAX) dir="auto" required
                        aria-label="New note" placeholder="What others here should know"
                        aria-invalid=[refused.reasons.wrong("note")] { "\n" (refused.text) }
                    (refused.reasons.why("note"))
                    button { "Write the note" }
                }
            } @else {
                p.nothing { "Notes are written by teammates who sign in with their own e-mail address." }
            }
            ol.notes { @for note in around.notes.iter().take(shown) { (one(note, around)) } }
            @if around.notes.len() > shown {
                p.more { a href={ (page) "?notes=all#notes-title" } { "All " (around.notes.len()) " notes" } }
            }
        }
    }
}

fn one(note: &Note, around: &Around) -> Markup {
    html! {
        li id={ "note-" (note.seq) } {
            div.note-head {
                b { bdi { (around.names.teammate(note.author)) } }
                (words::moment(note.at, around.now))
            }
            p dir="auto" { (note.body.as_str()) }
        }
    }
}

pub async fn write(State(app): State<App>, Path(id): Path<String>, sent: Sent) -> Result<Response, Error> {
    let Sent { by, form } = sent;
    let contact = card::find(&app, &by, &id).await?;
    let Some(author) = &by.teammate else {
        let text = "Notes are written by teammates who sign in with their own e-mail address.";
        return Err(Error::Invalid(text.into()));
    };
    let mut reasons = Reasons::default();
    let Some(body) = reasons.take("note", NoteBody::parse(&form.lines("note"))) else {
        let refused = Refused { reasons, text: form.lines("note") };
        let page = card::show(&app, &by, &id, &Asked::default(), &refused).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    app.hub.note(by.company.id, contact.id, author.id, body, by.origin).await?;
    Ok(Redirect::to(&format!("/app/contacts/{}", contact.id)).into_response())
}
