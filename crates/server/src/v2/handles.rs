//! `/contacts/{id}/handles`: giving a contact an address, and taking one.

use axum::http::StatusCode;
use hub::Scope;
use serde::Deserialize;
use utoipa::ToSchema;

use super::contacts::{self, HandleGiven, SourceGiven};
use super::error::Error;
use super::request::{ApiRequest, ORIGIN, PathId};

/// Add a handle to a contact.
///
/// One that the contact has already is no error, one that another has is a conflict.
#[utoipa::path(post, path = "/contacts/{contact_id}/handles", tag = "Handles", operation_id = "add-contact-handle",
    params(super::params::ContactPath), request_body = HandleGiven, responses((status = 204)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn add(PathId(id): PathId, mut request: ApiRequest) -> Result<StatusCode, Error> {
    request.require(Scope::ContactsWrite)?;
    let contact = contacts::find(&request, &id).await?;
    let given: HandleGiven = request.json().await?;
    let handle = contacts::handle(&request, "", &given)?;
    request.app.hub.add_handle(request.company.id, contact.id, handle, ORIGIN).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A handle that is to be taken.
#[derive(Deserialize, ToSchema)]
pub struct HandleTaken {
    #[schema(min_length = 1, max_length = 512)]
    handle: String,
    #[schema(value_type = SourceGiven)]
    source: String,
    /// Whether the contact is to be deleted if it was its last handle.
    force: Option<bool>,
}

/// Take a handle from a contact.
///
/// The last one is only taken with `force`, and the contact is deleted with it.
#[utoipa::path(delete, path = "/contacts/{contact_id}/handles", tag = "Handles",
    operation_id = "delete-contact-handle", params(super::params::ContactPath), request_body = HandleTaken,
    responses((status = 204)), security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn remove(PathId(id): PathId, mut request: ApiRequest) -> Result<StatusCode, Error> {
    request.require(Scope::ContactsWrite)?;
    let contact = contacts::find(&request, &id).await?;
    let HandleTaken { handle, source, force } = request.json().await?;
    let handle = contacts::handle(&request, "", &HandleGiven { handle, source })?;
    let (company, force) = (request.company.id, force.unwrap_or(false));
    request.app.hub.remove_handle(company, contact.id, handle.key().clone(), force, ORIGIN).await?;
    Ok(StatusCode::NO_CONTENT)
}
