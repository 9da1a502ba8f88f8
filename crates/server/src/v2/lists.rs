//! `/contact_lists`, and `/contact_groups`, which is the older name of the same.

use axum::Json;
use axum::http::StatusCode;
use contact::{ContactId, Group, List, ListId, ListName, TeammateId};
use hub::Scope;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::{Asked, Named, ORIGIN};
use super::contact_body::{ContactBody, ContactPresenter, ListBody};
use super::contacts;
use super::error::Error;
use super::page::{ListAsked, Paged, Whole};

/// Most contacts that are added at once.
const ADDED_MAX: usize = 1_000;
/// Most contacts that are removed at once.
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

/// The lists of an owner.
pub async fn listed(asked: &Asked, path: &str, owner: Option<TeammateId>) -> Result<Json<Whole<ListBody>>, Error> {
    asked.may(Scope::ContactsRead)?;
    let settings = asked.app.hub.settings(asked.company.id).await?;
    let lists = settings.lists.values().filter(|list| list.owner == owner);
    let shown = lists.map(|list| ListBody::new(list, &asked.base_url)).collect();
    Ok(Json(Whole::new(asked.url(path), shown)))
}

/// Makes a list, or finds the one that is called so.
pub async fn made(asked: &mut Asked, owner: Option<TeammateId>) -> Result<ListBody, Error> {
    asked.may(Scope::ContactsWrite)?;
    let NewList { name } = asked.json().await?;
    let name = ListName::parse(&name).map_err(|invalid| Error::BadRequest(format!("name: {invalid}")))?;
    let list = asked.app.hub.make_list(asked.company.id, name, owner, ORIGIN).await?;
    Ok(ListBody::new(&list, &asked.base_url))
}

async fn find(asked: &Asked, id: &str) -> Result<List, Error> {
    let not_there = || Error::NotFound("There is no such list.".into());
    let id: ListId = id.parse().map_err(|_| not_there())?;
    let mut settings = asked.app.hub.settings(asked.company.id).await?;
    settings.lists.remove(&id).ok_or_else(not_there)
}

async fn members(asked: &Asked, name: &str, id: &str) -> Result<Json<Paged<ContactBody>>, Error> {
    asked.may(Scope::ContactsRead)?;
    let list = find(asked, id).await?;
    let page = ListAsked::read(asked, &[])?;
    paged_members(asked, &format!("/{name}/{}/contacts", list.id), Group::List(list.id), &page).await
}

/// A page of who is in a list or an account.
pub async fn paged_members(
    asked: &Asked,
    path: &str,
    group: Group,
    page: &ListAsked<ContactId>,
) -> Result<Json<Paged<ContactBody>>, Error> {
    let found = asked.app.hub.members(asked.company.id, group, page.cursor, page.limit).await?;
    let shower = ContactPresenter::of(asked, &found.items).await?;
    Ok(Json(Paged::new(asked.url(path), page, found, |contact| shower.show(&contact))))
}

/// Puts the contacts that a body names into a list or an account, or takes them from it.
pub async fn change_members(asked: &mut Asked, group: Group, inside: bool) -> Result<StatusCode, Error> {
    let ContactIds { contact_ids } = asked.json().await?;
    let most = if inside { ADDED_MAX } else { REMOVED_MAX };
    if contact_ids.len() > most {
        return Err(Error::BadRequest(format!("contact_ids: At most {most} may be given.")));
    }
    let contacts = contacts::find_all(asked, &contact_ids).await?;
    asked.app.hub.group(asked.company.id, group, contacts, inside, ORIGIN).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn deleted(asked: &Asked, id: &str) -> Result<StatusCode, Error> {
    asked.may(Scope::ContactsDelete)?;
    let list = find(asked, id).await?;
    asked.app.hub.delete_list(asked.company.id, list.id, ORIGIN).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All lists of the company.
#[utoipa::path(get, path = "/contact_lists", tag = "Contact lists", operation_id = "list-contact-lists",
    responses((status = 200, body = Whole<ListBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn list(asked: Asked) -> Result<Json<Whole<ListBody>>, Error> {
    listed(&asked, "/contact_lists", None).await
}

/// Make a list. One that is called so already is that list.
#[utoipa::path(post, path = "/contact_lists", tag = "Contact lists", operation_id = "create-contact-list",
    request_body = NewList, responses((status = 204)), security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create(mut asked: Asked) -> Result<StatusCode, Error> {
    made(&mut asked, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A list.
#[utoipa::path(get, path = "/contact_lists/{contact_list_id}", tag = "Contact lists",
    operation_id = "get-contact-list", params(super::params::ListPath), responses((status = 200, body = ListBody)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn get(Named(id): Named, asked: Asked) -> Result<Json<ListBody>, Error> {
    asked.may(Scope::ContactsRead)?;
    Ok(Json(ListBody::new(&find(&asked, &id).await?, &asked.base_url)))
}

/// Delete a list. The contacts on it stay.
#[utoipa::path(delete, path = "/contact_lists/{contact_list_id}", tag = "Contact lists",
    operation_id = "delete-contact-list", params(super::params::ListPath), responses((status = 204)),
    security(("token" = ["contacts:delete"]), ("login" = [])))]
pub async fn delete(Named(id): Named, asked: Asked) -> Result<StatusCode, Error> {
    deleted(&asked, &id).await
}

/// The contacts on a list, the last made first.
#[utoipa::path(get, path = "/contact_lists/{contact_list_id}/contacts", tag = "Contact lists",
    operation_id = "list-contacts-in-contact-list", params(super::params::ListPath, super::params::List),
    responses((status = 200, body = Paged<ContactBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn contacts(Named(id): Named, asked: Asked) -> Result<Json<Paged<ContactBody>>, Error> {
    members(&asked, "contact_lists", &id).await
}

/// Put contacts on a list.
#[utoipa::path(post, path = "/contact_lists/{contact_list_id}/contacts", tag = "Contact lists",
    operation_id = "add-contacts-to-contact-list", params(super::params::ListPath), request_body = ContactIds,
    responses((status = 204)), security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn add(Named(id): Named, mut asked: Asked) -> Result<StatusCode, Error> {
    asked.may(Scope::ContactsWrite)?;
    let list = find(&asked, &id).await?;
    change_members(&mut asked, Group::List(list.id), true).await
}

/// Take contacts from a list, at most 50 at once.
#[utoipa::path(delete, path = "/contact_lists/{contact_list_id}/contacts", tag = "Contact lists",
    operation_id = "remove-contacts-from-contact-list", params(super::params::ListPath), request_body = ContactIds,
    responses((status = 204)), security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn remove(Named(id): Named, mut asked: Asked) -> Result<StatusCode, Error> {
    asked.may(Scope::ContactsWrite)?;
    let list = find(&asked, &id).await?;
    change_members(&mut asked, Group::List(list.id), false).await
}

/// All lists of the company, under the older name.
#[utoipa::path(get, path = "/contact_groups", tag = "Contact groups (older name of lists)",
    operation_id = "list-groups", responses((status = 200, body = Whole<ListBody>)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn list_groups(asked: Asked) -> Result<Json<Whole<ListBody>>, Error> {
    listed(&asked, "/contact_groups", None).await
}

/// Make a list, under the older name: it answers with the list.
#[utoipa::path(post, path = "/contact_groups", tag = "Contact groups (older name of lists)",
    operation_id = "create-group", request_body = NewList, responses((status = 201, body = ListBody)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create_group(mut asked: Asked) -> Result<(StatusCode, Json<ListBody>), Error> {
    Ok((StatusCode::CREATED, Json(made(&mut asked, None).await?)))
}

/// A list, under the older name.
#[utoipa::path(get, path = "/contact_groups/{contact_group_id}", tag = "Contact groups (older name of lists)",
    operation_id = "get-group", params(super::params::GroupPath), responses((status = 200, body = ListBody)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn get_group(Named(id): Named, asked: Asked) -> Result<Json<ListBody>, Error> {
    asked.may(Scope::ContactsRead)?;
    Ok(Json(ListBody::new(&find(&asked, &id).await?, &asked.base_url)))
}

/// Delete a list, under the older name.
#[utoipa::path(delete, path = "/contact_groups/{contact_group_id}", tag = "Contact groups (older name of lists)",
    operation_id = "delete-group", params(super::params::GroupPath), responses((status = 204)),
    security(("token" = ["contacts:delete"]), ("login" = [])))]
pub async fn delete_group(Named(id): Named, asked: Asked) -> Result<StatusCode, Error> {
    deleted(&asked, &id).await
}

/// The contacts on a list, under the older name.
#[utoipa::path(get, path = "/contact_groups/{contact_group_id}/contacts",
    tag = "Contact groups (older name of lists)", operation_id = "list-group-contacts",
    params(super::params::GroupPath, super::params::List), responses((status = 200, body = Paged<ContactBody>)),
    security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn group_contacts(Named(id): Named, asked: Asked) -> Result<Json<Paged<ContactBody>>, Error> {
    members(&asked, "contact_groups", &id).await
}

/// Put contacts on a list, under the older name.
#[utoipa::path(post, path = "/contact_groups/{contact_group_id}/contacts",
    tag = "Contact groups (older name of lists)", operation_id = "add-contacts-to-group",
    params(super::params::GroupPath), request_body = ContactIds, responses((status = 204)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn add_to_group(Named(id): Named, mut asked: Asked) -> Result<StatusCode, Error> {
    asked.may(Scope::ContactsWrite)?;
    let list = find(&asked, &id).await?;
    change_members(&mut asked, Group::List(list.id), true).await
}

/// Take contacts from a list, under the older name.
#[utoipa::path(delete, path = "/contact_groups/{contact_group_id}/contacts",
    tag = "Contact groups (older name of lists)", operation_id = "remove-contacts-from-group",
    params(super::params::GroupPath), request_body = ContactIds, responses((status = 204)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn remove_from_group(Named(id): Named, mut asked: Asked) -> Result<StatusCode, Error> {
    asked.may(Scope::ContactsWrite)?;
    let list = find(&asked, &id).await?;
    change_members(&mut asked, Group::List(list.id), false).await
}
