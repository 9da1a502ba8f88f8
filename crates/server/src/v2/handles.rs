//! Handles: adding them to contacts and removing them, and whether they identify anybody.

use axum::Json;
use axum::http::StatusCode;
use contact::{Handle, HandleDecision, HandleKey, HandleStatus, NotUsed, Source};
use hub::{Page, Scope};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use utoipa::ToSchema;

use super::body::contact::{ContactBody, ContactPresenter};
use super::contacts::{self, HandleInput, SourceInput};
use super::error::Error;
use super::page::{PageRequest, Paged};
use super::request::{ApiRequest, PathId};

/// Add a handle to a contact.
///
/// Adding a handle that the contact already has changes nothing. A handle of another contact is a conflict.
#[utoipa::path(post, path = "/contacts/{contact_id}/handles", tag = "Handles", operation_id = "add-contact-handle",
    params(super::params::ContactPath), request_body = HandleInput, responses((status = 204)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn add(PathId(id): PathId, mut request: ApiRequest) -> Result<StatusCode, Error> {
    request.require(Scope::ContactsWrite)?;
    let contact = contacts::find(&request, &id).await?;
    let given: HandleInput = request.json().await?;
    let handle = contacts::handle(&request, "", &given)?;
    request.app.hub.add_handle(request.company.id, contact.id, handle, request.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A handle to remove.
#[derive(Deserialize, ToSchema)]
pub struct HandleRemoval {
    #[schema(min_length = 1, max_length = 512)]
    handle: String,
    #[schema(value_type = SourceInput)]
    source: String,
    /// Whether to delete the contact with its last handle.
    force: Option<bool>,
}

/// Remove a handle from a contact.
///
/// The last handle is removed only with `force`, which also deletes the contact.
#[utoipa::path(delete, path = "/contacts/{contact_id}/handles", tag = "Handles",
    operation_id = "delete-contact-handle", params(super::params::ContactPath), request_body = HandleRemoval,
    responses((status = 204)), security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn remove(PathId(id): PathId, mut request: ApiRequest) -> Result<StatusCode, Error> {
    request.require(Scope::ContactsWrite)?;
    let contact = contacts::find(&request, &id).await?;
    let HandleRemoval { handle, source, force } = request.json().await?;
    let handle = contacts::handle(&request, "", &HandleInput { handle, source })?;
    let (company, force) = (request.company.id, force.unwrap_or(false));
    request.app.hub.remove_handle(company, contact.id, handle.key().clone(), force, request.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is known of a handle.
#[derive(Serialize, ToSchema)]
pub struct HandleBody {
    source: &'static str,
    /// The handle as it is compared.
    handle: String,
    /// `plain`, `shared_by_evidence`, `shared`, `blocked` or `personal`.
    status: &'static str,
    /// Whether it identifies a contact.
    identifies: bool,
    /// Why it identifies nobody: `placeholder`, `blocked`, `shared` or `shared_by_evidence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// The reason as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// How many contacts report it.
    contacts: u64,
}

/// Parses a handle: its source and its text, separated by a colon.
pub fn parse(request: &ApiRequest, id: &str) -> Result<Handle, Error> {
    let parts = id.split_once(':').ok_or_else(|| {
        Error::BadRequest(format!("{id} is not a handle: give a source and a value, such as phone:+16505550100."))
    })?;
    let source: Source = parts.0.parse().map_err(|invalid| Error::BadRequest(format!("{}: {invalid}", parts.0)))?;
    Handle::parse(source, parts.1, request.company.region)
        .map_err(|invalid| Error::BadRequest(format!("{}: {invalid}", parts.1)))
}

async fn shown(request: &ApiRequest, key: &HandleKey) -> Result<HandleBody, Error> {
    let (claim, contacts) = request.app.hub.handle(request.company.id, key).await?;
    let obstacle = claim.status.obstacle(key);
    Ok(HandleBody {
        source: key.source().name(),
        handle: key.as_str().to_owned(),
        status: claim.status.name(),
        identifies: obstacle.is_none(),
        reason: obstacle.map(NotUsed::name),
        message: obstacle.map(|why| format!("{} is {}.", key.as_str(), why.reason())),
        contacts,
    })
}

/// List the handles that were marked, or that are taken to be shared.
///
/// They are sorted by source, then by handle.
#[utoipa::path(get, path = "/handles", tag = "Handles", operation_id = "list-handles",
    params(super::params::Marked, super::params::List), responses((status = 200, body = Paged<HandleBody>)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn list(request: ApiRequest) -> Result<Json<Paged<HandleBody>>, Error> {
    request.require(Scope::ContactsRead)?;
    let list = PageRequest::<HandleKey>::read(&request, &[])?;
    let status = form_urlencoded::parse(request.query().as_bytes()).find(|(name, _)| name == "status");
    let is_named = |known: &HandleStatus| status.as_ref().is_some_and(|(_, name)| known.name() == name);
    let mut marked = HandleStatus::ALL.into_iter().filter(|status| *status != HandleStatus::Plain);
    let wrong = || Error::BadRequest("status must be shared, shared_by_evidence, blocked or personal.".into());
    let status = marked.find(is_named).ok_or_else(wrong)?;
    let found = request.app.hub.marked_handles(request.company.id, status, list.cursor.clone(), list.limit).await?;
    let mut items = Vec::with_capacity(found.items.len());
    for (handle, _) in &found.items {
        items.push(shown(&request, handle).await?);
    }
    let page = Page { items, next: found.next };
    Ok(Json(Paged::new(request.url("/handles"), &list, page, |body| body)))
}

/// Get what is known of a handle.
#[utoipa::path(get, path = "/handles/{handle}", tag = "Handles", operation_id = "get-handle",
    params(super::params::HandlePath), responses((status = 200, body = HandleBody)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn get(PathId(id): PathId, request: ApiRequest) -> Result<Json<HandleBody>, Error> {
    request.require(Scope::ContactsRead)?;
    let handle = parse(&request, &id)?;
    Ok(Json(shown(&request, handle.key()).await?))
}

/// A decision about a handle.
#[derive(Deserialize, ToSchema)]
pub struct HandleMark {
    #[schema(value_type = MarkInput)]
    status: String,
}

/// Whom a handle identifies.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "this describes what `mark` reads")]
enum MarkInput {
    /// Several people share it.
    Shared,
    /// It stands for nobody.
    Blocked,
    /// It is one person's, even if it looks like a placeholder or many people seem to share it.
    Personal,
}

/// Decide whether a handle identifies anybody.
///
/// The decision counts as if it had always been known: contacts that only this handle joined come apart, or become one.
#[utoipa::path(put, path = "/handles/{handle}", tag = "Handles", operation_id = "mark-handle",
    params(super::params::HandlePath), request_body = HandleMark, responses((status = 200, body = HandleBody)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn mark(PathId(id): PathId, mut request: ApiRequest) -> Result<Json<HandleBody>, Error> {
    request.require(Scope::ContactsWrite)?;
    let handle = parse(&request, &id)?;
    let HandleMark { status } = request.json().await?;
    let decision = match status.as_str() {
        "shared" => HandleDecision::Shared,
        "blocked" => HandleDecision::Blocked,
        "personal" => HandleDecision::Personal,
        _ => return Err(Error::BadRequest("status: Must be shared, blocked or personal.".into())),
    };
    request.app.hub.mark_handle(request.company.id, handle.key().clone(), decision, request.origin()).await?;
    Ok(Json(shown(&request, handle.key()).await?))
}

/// Contacts that report a handle.
#[derive(Serialize, ToSchema)]
pub struct HandleContacts {
    _pagination: Pagination,
    _results: Vec<ContactBody>,
}

#[derive(Serialize, ToSchema)]
struct Pagination {
    /// The URL of the next page.
    next: Option<String>,
}

/// List the contacts that report a handle, the oldest first.
#[utoipa::path(get, path = "/handles/{handle}/contacts", tag = "Handles", operation_id = "list-handle-contacts",
    params(super::params::HandlePath, ("page_token" = Option<String>, Query, description = "The token of the page.")),
    responses((status = 200, body = HandleContacts)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn contacts(PathId(id): PathId, request: ApiRequest) -> Result<Json<HandleContacts>, Error> {
    request.require(Scope::ContactsRead)?;
    let handle = parse(&request, &id)?;
    let token = form_urlencoded::parse(request.query().as_bytes()).find(|(name, _)| name == "page_token");
    let after = token.map(|(_, text)| {
        text.parse().map_err(|_| Error::BadRequest("page_token is invalid. Use the one in _pagination.next.".into()))
    });
    let found = request.app.hub.reporters(request.company.id, handle.key(), after.transpose()?).await?;
    let presenter = ContactPresenter::load(&request, &found.items).await?;
    let next = found.next.map(|last| request.url(&format!("{}?page_token={last}", request.path())));
    let contacts = found.items.iter().map(|contact| presenter.present(contact)).collect();
    Ok(Json(HandleContacts { _pagination: Pagination { next }, _results: contacts }))
}
