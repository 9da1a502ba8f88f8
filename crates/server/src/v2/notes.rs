//! `/contacts/{id}/notes`: the notes of teammates about a contact.

use axum::Json;
use axum::http::StatusCode;
use contact::{NoteBody, Settings};
use hub::{Note, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::teammate::{TeammateBody, teammate_url};
use super::contacts;
use super::error::Error;
use super::page::{Whole, seconds};
use super::request::{ApiRequest, PathId};
use super::teammates;

/// A note about a contact.
#[derive(Serialize, ToSchema)]
pub struct NoteResponse {
    _links: NoteLinks,
    author: TeammateBody,
    body: String,
    /// Unix seconds, with three decimals.
    created_at: f64,
    is_private: bool,
}

#[derive(Serialize, ToSchema)]
struct NoteLinks {
    related: NoteRelated,
}

#[derive(Serialize, ToSchema)]
struct NoteRelated {
    author: String,
    owner: Option<String>,
}

fn show(note: &Note, settings: &Settings, request: &ApiRequest) -> Option<NoteResponse> {
    let author = settings.teammates.get(&note.author)?;
    let related = NoteRelated { author: teammate_url(&request.base_url, author.id), owner: None };
    Some(NoteResponse {
        _links: NoteLinks { related },
        author: TeammateBody::new(author, &request.base_url),
        body: note.body.as_str().to_owned(),
        created_at: seconds(note.at),
        is_private: false,
    })
}

/// List the notes about a contact, latest first.
///
/// The status is 202, as clients of Front expect it.
#[utoipa::path(get, path = "/contacts/{contact_id}/notes", tag = "Notes", operation_id = "list-notes",
    params(super::params::ContactPath), responses((status = 202, body = Whole<NoteResponse>)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn list(PathId(id): PathId, request: ApiRequest) -> Result<(StatusCode, Json<Whole<NoteResponse>>), Error> {
    request.require(Scope::ContactsRead)?;
    let contact = contacts::find(&request, &id).await?;
    let notes = request.app.hub.notes(request.company.id, contact.id).await?;
    let settings = request.app.hub.settings(request.company.id).await?;
    let shown = notes.iter().filter_map(|note| show(note, &settings, &request)).collect();
    let url = request.url(&format!("/contacts/{}/notes", contact.id));
    Ok((StatusCode::ACCEPTED, Json(Whole::new(url, shown))))
}

/// A new note.
#[derive(Deserialize, ToSchema)]
pub struct NewNote {
    /// The author: a teammate's id, or `alt:email:` with the e-mail address.
    author_id: String,
    #[schema(min_length = 1, max_length = 10_000)]
    body: String,
}

/// Add a note to a contact.
#[utoipa::path(post, path = "/contacts/{contact_id}/notes", tag = "Notes", operation_id = "add-note",
    params(super::params::ContactPath), request_body = NewNote, responses((status = 201, body = NoteResponse)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn add(PathId(id): PathId, mut request: ApiRequest) -> Result<(StatusCode, Json<NoteResponse>), Error> {
    request.require(Scope::ContactsWrite)?;
    let contact = contacts::find(&request, &id).await?;
    let NewNote { author_id, body } = request.json().await?;
    let body = NoteBody::parse(&body).map_err(|invalid| Error::BadRequest(format!("body: {invalid}")))?;
    let settings = request.app.hub.settings(request.company.id).await?;
    let no_author = || Error::BadRequest("author_id: Teammate not found.".into());
    let author = teammates::find(&settings, &author_id).ok_or_else(no_author)?.id;
    let note = request.app.hub.note(request.company.id, contact.id, author, body, request.origin()).await?;
    let shown = show(&note, &settings, &request).ok_or_else(no_author)?;
    Ok((StatusCode::CREATED, Json(shown)))
}
