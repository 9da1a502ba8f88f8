//! `/contact_lists`, and its older name `/contact_groups`.

use axum::Json;
use axum::http::StatusCode;
use contact::{ContactId, Group, List, ListId, ListName, TeammateId};
use hub::Scope;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::contact::{ContactBody, ContactPresenter};
use super::body::list::ListBody;
use super::contacts;
use super::error::Error;
use super::page::{PageRequest, Paged, Whole};
use super::request::{ApiRequest, PathId};

/// Most contacts added in a request.
const ADDED_MAX: usize = 1_000;
/// Most contacts removed in a request.
const REMOVED_MAX: usize = 50;

/// A new list.
#[derive(Deserialize, ToSchema)]
pub struct NewList {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

/// Contacts, by their ids or aliases.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct ContactIds {
    #[schema(max_items = 1_000)]
    contact_ids: Vec<String>,
}

/// Lists the contact lists of the company, or the private ones of a teammate.
pub async fn listed(
    request: &ApiRequest,
    path: &str,
    owner: Option<TeammateId>,
) -> Result<Json<Whole<ListBody>>, Error> {
    request.require(Scope::ContactsRead)?;
    let settings = request.app.hub.settings(request.company.id).await?;
    let lists = settings.lists.values().filter(|list| list.owner == owner);
    let shown = lists.map(|list| ListBody::new(list, &request.base_url)).collect();
    Ok(Json(Whole::new(request.url(path), shown)))
}

/// Creates a list, or returns the one with the name.
pub async fn created(request: &mut ApiRequest, owner: Option<TeammateId>) -> Result<ListBody, Error> {
    request.require(Scope::ContactsWrite)?;
    let NewList { name } = request.json().await?;
    let name = ListName::parse(&name).map_err(|invalid| Error::BadRequest(format!("name: {invalid}")))?;
    let list = request.app.hub.make_list(request.company.id, name, owner, request.origin()).await?;
    Ok(ListBody::new(&list, &request.base_url))
}

async fn find(request: &ApiRequest, id: &str) -> Result<List, Error> {
    let not_found = || Error::NotFound("List not found.".into());
    let id: ListId = id.parse().map_err(|_| not_found())?;
    let mut settings = request.app.hub.settings(request.company.id).await?;
    settings.lists.remove(&id).ok_or_else(not_found)
}

async fn members(request: &ApiRequest, name: &str, id: &str) -> Result<Json<Paged<ContactBody>>, Error> {
    request.require(Scope::ContactsRead)?;
    let list = find(request, id).await?;
    let page = PageRequest::read(request, &[])?;
    paged_members(request, &format!("/{name}/{}/contacts", list.id), Group::List(list.id), &page).await
}

/// Lists the members of a list or an account.
pub async fn paged_members(
    request: &ApiRequest,
    path: &str,
    group: Group,
    page: &PageRequest<ContactId>,
) -> Result<Json<Paged<ContactBody>>, Error> {
    let found = request.app.hub.members(request.company.id, group, page.cursor, page.limit).await?;
    let presenter = ContactPresenter::load(request, &found.items).await?;
    Ok(Json(Paged::new(request.url(path), page, found, |contact| presenter.present(&contact))))
}

/// Adds the contacts of a body to a list or an account, or removes them.
pub async fn change_members(request: &mut ApiRequest, group: Group, inside: bool) -> Result<StatusCode, Error> {
    let ContactIds { contact_ids } = request.json().await?;
    let most = if inside { ADDED_MAX } else { REMOVED_MAX };
    if contact_ids.len() > most {
        return Err(Error::BadRequest(format!("contact_ids: At most {most} are allowed.")));
    }
    let contacts = contacts::find_all(request, &contact_ids).await?;
    request.app.hub.group(request.company.id, group, contacts, inside, request.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn deleted(request: &ApiRequest, id: &str) -> Result<StatusCode, Error> {
    request.require(Scope::ContactsDelete)?;
    let list = find(request, id).await?;
    request.app.hub.delete_list(request.company.id, list.id, request.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the contact lists of the company.
#[utoipa::path(get, path = "/contact_lists", tag = "Contact lists", operation_id = "list-contact-lists",
    responses((status = 200, body = Whole<ListBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn list(request: ApiRequest) -> Result<Json<Whole<ListBody>>, Error> {
    listed(&request, "/contact_lists", None).await
}

/// Create a list. An existing list with the name stays unchanged.
#[utoipa::path(post, path = "/contact_lists", tag = "Contact lists", operation_id = "create-contact-list",
    request_body = NewList, responses((status = 204)), security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create(mut request: ApiRequest) -> Result<StatusCode, Error> {
    created(&mut request, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get a list.
#[utoipa::path(get, path = "/contact_lists/{contact_list_id}", tag = "Contact lists",
    operation_id = "get-contact-list", params(super::params::ListPath), responses((status = 200, body = ListBody)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn get(PathId(id): PathId, request: ApiRequest) -> Result<Json<ListBody>, Error> {
    request.require(Scope::ContactsRead)?;
    Ok(Json(ListBody::new(&find(&request, &id).await?, &request.base_url)))
}

/// Delete a list. Its contacts stay.
#[utoipa::path(delete, path = "/contact_lists/{contact_list_id}", tag = "Contact lists",
    operation_id = "delete-contact-list", params(super::params::ListPath), responses((status = 204)),
    security(("token" = ["contacts:delete"]), ("login" = [])))]
pub async fn delete(PathId(id): PathId, request: ApiRequest) -> Result<StatusCode, Error> {
    deleted(&request, &id).await
}

/// List the contacts of a list, newest first.
#[utoipa::path(get, path = "/contact_lists/{contact_list_id}/contacts", tag = "Contact lists",
    operation_id = "list-contacts-in-contact-list", params(super::params::ListPath, super::params::List),
    responses((status = 200, body = Paged<ContactBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn contacts(PathId(id): PathId, request: ApiRequest) -> Result<Json<Paged<ContactBody>>, Error> {
    members(&request, "contact_lists", &id).await
}

/// Add contacts to a list.
#[utoipa::path(post, path = "/contact_lists/{contact_list_id}/contacts", tag = "Contact lists",
    operation_id = "add-contacts-to-contact-list", params(super::params::ListPath), request_body = ContactIds,
    responses((status = 204)), security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn add(PathId(id): PathId, mut request: ApiRequest) -> Result<StatusCode, Error> {
    request.require(Scope::ContactsWrite)?;
    let list = find(&request, &id).await?;
    change_members(&mut request, Group::List(list.id), true).await
}

/// Remove at most 50 contacts from a list.
#[utoipa::path(delete, path = "/contact_lists/{contact_list_id}/contacts", tag = "Contact lists",
    operation_id = "remove-contacts-from-contact-list", params(super::params::ListPath), request_body = ContactIds,
    responses((status = 204)), security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn remove(PathId(id): PathId, mut request: ApiRequest) -> Result<StatusCode, Error> {
    request.require(Scope::ContactsWrite)?;
    let list = find(&request, &id).await?;
    change_members(&mut request, Group::List(list.id), false).await
}

/// List the contact lists of the company, under their older name.
#[utoipa::path(get, path = "/contact_groups", tag = "Contact groups (older name of lists)",
    operation_id = "list-groups", responses((status = 200, body = Whole<ListBody>)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn list_groups(request: ApiRequest) -> Result<Json<Whole<ListBody>>, Error> {
    listed(&request, "/contact_groups", None).await
}

/// Create a list, under its older name. Returns the list.
#[utoipa::path(post, path = "/contact_groups", tag = "Contact groups (older name of lists)",
    operation_id = "create-group", request_body = NewList, responses((status = 201, body = ListBody)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create_group(mut request: ApiRequest) -> Result<(StatusCode, Json<ListBody>), Error> {
    Ok((StatusCode::CREATED, Json(created(&mut request, None).await?)))
}

/// Get a list, under its older name.
#[utoipa::path(get, path = "/contact_groups/{contact_group_id}", tag = "Contact groups (older name of lists)",
    operation_id = "get-group", params(super::params::GroupPath), responses((status = 200, body = ListBody)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn get_group(PathId(id): PathId, request: ApiRequest) -> Result<Json<ListBody>, Error> {
    request.require(Scope::ContactsRead)?;
    Ok(Json(ListBody::new(&find(&request, &id).await?, &request.base_url)))
}

/// Delete a list, under its older name.
#[utoipa::path(delete, path = "/contact_groups/{contact_group_id}", tag = "Contact groups (older name of lists)",
    operation_id = "delete-group", params(super::params::GroupPath), responses((status = 204)),
    security(("token" = ["contacts:delete"]), ("login" = [])))]
pub async fn delete_group(PathId(id): PathId, request: ApiRequest) -> Result<StatusCode, Error> {
    deleted(&request, &id).await
}

/// List the contacts of a list, under its older name.
#[utoipa::path(get, path = "/contact_groups/{contact_group_id}/contacts",
    tag = "Contact groups (older name of lists)", operation_id = "list-group-contacts",
    params(super::params::GroupPath, super::params::List), responses((status = 200, body = Paged<ContactBody>)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn group_contacts(PathId(id): PathId, request: ApiRequest) -> Result<Json<Paged<ContactBody>>, Error> {
    members(&request, "contact_groups", &id).await
}

/// Add contacts to a list, under its older name.
#[utoipa::path(post, path = "/contact_groups/{contact_group_id}/contacts",
    tag = "Contact groups (older name of lists)", operation_id = "add-contacts-to-group",
    params(super::params::GroupPath), request_body = ContactIds, responses((status = 204)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn add_to_group(PathId(id): PathId, mut request: ApiRequest) -> Result<StatusCode, Error> {
    request.require(Scope::ContactsWrite)?;
    let list = find(&request, &id).await?;
    change_members(&mut request, Group::List(list.id), true).await
}

/// Remove contacts from a list, under its older name.
#[utoipa::path(delete, path = "/contact_groups/{contact_group_id}/contacts",
    tag = "Contact groups (older name of lists)", operation_id = "remove-contacts-from-group",
    params(super::params::GroupPath), request_body = ContactIds, responses((status = 204)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn remove_from_group(PathId(id): PathId, mut request: ApiRequest) -> Result<StatusCode, Error> {
    request.require(Scope::ContactsWrite)?;
    let list = find(&request, &id).await?;
    change_members(&mut request, Group::List(list.id), false).await
}
