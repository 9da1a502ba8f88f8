//! `/contacts`: who is who.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use contact::{Contact, ContactId, Handle, Source, Time};
use hub::Company;
use serde::Serialize;

use super::error::Error;
use super::page::{Asked, Paged};
use crate::App;

#[derive(Serialize)]
pub struct ContactBody {
    _links: ContactLinks,
    id: String,
    name: String,
    description: String,
    avatar_url: String,
    links: Vec<String>,
    /// Lists are not kept yet; their places are, so that clients find what they read.
    groups: [(); 0],
    lists: [(); 0],
    handles: Vec<HandleBody>,
    custom_fields: BTreeMap<String, String>,
    is_private: bool,
    is_spammer: bool,
    created_at: f64,
    updated_at: f64,
}

#[derive(Serialize)]
struct ContactLinks {
    #[serde(rename = "self")]
    this: String,
    related: Related,
}

#[derive(Serialize)]
struct Related {
    notes: String,
    conversations: String,
    owner: Option<String>,
}

#[derive(Serialize)]
struct HandleBody {
    handle: String,
    source: &'static str,
}

impl ContactBody {
    fn new(contact: &Contact, base_url: &str) -> ContactBody {
        let this = format!("{base_url}/contacts/{}", contact.id);
        let handle =
            |handle: &Handle| HandleBody { handle: handle.text().to_owned(), source: handle.key().source().name() };
        let related =
            Related { notes: format!("{this}/notes"), conversations: format!("{this}/conversations"), owner: None };
        ContactBody {
            _links: ContactLinks { this, related },
            id: contact.id.to_string(),
            name: contact.name.as_str().to_owned(),
            description: contact.description.as_str().to_owned(),
            avatar_url: String::new(),
            links: contact.links.iter().map(|link| link.as_str().to_owned()).collect(),
            groups: [],
            lists: [],
            handles: contact.handles.iter().map(handle).collect(),
            custom_fields: BTreeMap::new(),
            is_private: false,
            is_spammer: false,
            created_at: seconds(contact.created_at),
            updated_at: seconds(contact.changed_at),
        }
    }
}

/// Unix seconds with three decimals.
#[expect(clippy::cast_precision_loss, reason = "milliseconds are exact for 285,000 years")]
fn seconds(time: Time) -> f64 {
    time.millis() as f64 / 1000.0
}

pub async fn list(State(app): State<App>, request: Request) -> Result<Json<Paged<ContactBody>>, Error> {
    let (head, _) = request.into_parts();
    let company = app.caller(&head).await?;
    let asked = Asked::from_query(head.uri.query().unwrap_or_default())?;
    let base_url = app.base_url(&head);
    let page = app.hub.contacts(company.id, asked.after, asked.limit).await?;
    let results = page.contacts.iter().map(|contact| ContactBody::new(contact, &base_url)).collect();
    Ok(Json(Paged::new(format!("{base_url}/contacts"), &asked, page.next, results)))
}

pub async fn get(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<ContactBody>, Error> {
    let (head, _) = request.into_parts();
    let company = app.caller(&head).await?;
    // An id that is not UTF-8 is one that nobody has.
    let contact = if let Ok(Path(id)) = id { find(&app, &company, &id).await? } else { None };
    let contact = contact.ok_or_else(|| Error::NotFound("There is no such contact.".into()))?;
    Ok(Json(ContactBody::new(&contact, &app.base_url(&head))))
}

/// The contact with an id, or with an alias: `alt:` with a source and a handle, which may hold colons.
pub async fn find(app: &App, company: &Company, id: &str) -> Result<Option<Contact>, Error> {
    let Some(alias) = id.strip_prefix("alt:") else {
        let Ok(id) = id.parse::<ContactId>() else { return Ok(None) };
        return Ok(app.hub.contact(company.id, id).await?);
    };
    // A handle that nobody can have is one that nobody has.
    let Some((source, text)) = alias.split_once(':') else { return Ok(None) };
    let Ok(source) = source.parse::<Source>() else { return Ok(None) };
    let Ok(handle) = Handle::parse(source, text, company.region) else { return Ok(None) };
    Ok(app.hub.owner(company.id, handle.key()).await?)
}

pub async fn method_not_allowed() -> Error {
    Error::MethodNotAllowed
}

pub async fn no_such_route() -> Error {
    Error::NotFound("There is no such route.".into())
}
