//! `/contacts/{id}/handles`: adds and removes handles.

use axum::http::StatusCode;
use hub::Scope;
use serde::Deserialize;
use utoipa::ToSchema;

use super::contacts::{self, HandleInput, SourceInput};
use super::error::Error;
use super::request::{ApiRequest, ORIGIN, PathId};

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
    request.app.hub.add_handle(request.company.id, contact.id, handle, ORIGIN).await?;
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
    request.app.hub.remove_handle(company, contact.id, handle.key().clone(), force, ORIGIN).await?;
    Ok(StatusCode::NO_CONTENT)
}
