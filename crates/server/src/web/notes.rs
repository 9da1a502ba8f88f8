//! Writes notes about a contact.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::NoteBody;

use super::card::data::Refused;
use super::card::{self, Params};
use super::error::Error;
use super::form::{FieldErrors, SubmittedForm};
use super::parts::Path;
use super::person;
use crate::App;

pub async fn write(State(app): State<App>, Path(id): Path<String>, sent: SubmittedForm) -> Result<Response, Error> {
    let SubmittedForm { by, form } = sent;
    let contact = person::find(&app, &by, &id).await?;
    let Some(author) = &by.teammate else {
        let text = "Only teammates who sign in with their own e-mail address can write notes.";
        return Err(Error::Invalid(text.into()));
    };
    let mut errors = FieldErrors::default();
    let Some(body) = errors.check("note", NoteBody::parse(&form.lines("note"))) else {
        let refused = Refused { errors, text: form.lines("note") };
        let page = card::show(&app, &by, &id, &Params::default(), &refused).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    app.hub.note(by.company.id, contact.id, author.id, body, by.origin).await?;
    Ok(Redirect::to(&format!("/app/contacts/{}", contact.id)).into_response())
}
