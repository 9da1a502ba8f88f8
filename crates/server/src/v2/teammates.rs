//! `/teammates` and `/teams`: the teammates of a company, who form one team.

use axum::Json;
use axum::http::StatusCode;
use contact::{Settings, TeamId, Teammate};
use hub::Scope;

use super::body::contact::ContactBody;
use super::body::inbox::{InboxBody, only_inbox};
use super::body::list::ListBody;
use super::body::teammate::{TeamBody, TeamWithMembers, TeammateBody, only_team};
use super::contacts;
use super::error::Error;
use super::lists;
use super::page::{Paged, Whole};
use super::request::{ApiRequest, PathId};

/// Returns the teammate of an id or an alias.
pub fn find<'a>(settings: &'a Settings, id: &str) -> Option<&'a Teammate> {
    if let Some(email) = id.strip_prefix("alt:email:") {
        return settings.teammate_by_email(email);
    }
    settings.teammates.get(&id.parse().ok()?)
}

async fn load(request: &ApiRequest, id: &str) -> Result<Teammate, Error> {
    let settings = request.app.hub.settings(request.company.id).await?;
    find(&settings, id).cloned().ok_or_else(|| Error::NotFound("Teammate not found.".into()))
}

/// List teammates.
#[utoipa::path(get, path = "/teammates", tag = "Teammates", operation_id = "list-teammates",
    responses((status = 200, body = Whole<TeammateBody>)), security(("token" = ["teammates:read"]), ("login" = [])))]
pub async fn list(request: ApiRequest) -> Result<Json<Whole<TeammateBody>>, Error> {
    request.require(Scope::TeammatesRead)?;
    let settings = request.app.hub.settings(request.company.id).await?;
    let all = settings.teammates.values().map(|teammate| TeammateBody::new(teammate, &request.base_url)).collect();
    Ok(Json(Whole::new(request.url("/teammates"), all)))
}

/// Get a teammate.
#[utoipa::path(get, path = "/teammates/{teammate_id}", tag = "Teammates", operation_id = "get-teammate",
    params(super::params::TeammatePath), responses((status = 200, body = TeammateBody)),
    security(("token" = ["teammates:read"]), ("login" = [])))]
pub async fn get(PathId(id): PathId, request: ApiRequest) -> Result<Json<TeammateBody>, Error> {
    request.require(Scope::TeammatesRead)?;
    Ok(Json(TeammateBody::new(&load(&request, &id).await?, &request.base_url)))
}

/// List the private contacts of a teammate.
#[utoipa::path(get, path = "/teammates/{teammate_id}/contacts", tag = "Contacts",
    operation_id = "list-teammate-contacts",
    params(super::params::TeammatePath, super::params::List, super::params::Sorted, super::params::Updated),
    responses((status = 200, body = Paged<ContactBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn contacts(PathId(id): PathId, request: ApiRequest) -> Result<Json<Paged<ContactBody>>, Error> {
    request.require(Scope::ContactsRead)?;
    let teammate = load(&request, &id).await?.id;
    contacts::listed(&request, &format!("/teammates/{teammate}/contacts"), Some(teammate)).await.map(Json)
}

/// Create a private contact of a teammate.
#[utoipa::path(post, path = "/teammates/{teammate_id}/contacts", tag = "Contacts",
    operation_id = "create-teammate-contact", params(super::params::TeammatePath),
    request_body = contacts::NewContact, responses((status = 201, body = ContactBody)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create_contact(
    PathId(id): PathId,
    mut request: ApiRequest,
) -> Result<(StatusCode, Json<ContactBody>), Error> {
    request.require(Scope::ContactsWrite)?;
    let teammate = load(&request, &id).await?.id;
    contacts::created(&mut request, Some(teammate)).await
}

/// List the private contact lists of a teammate.
#[utoipa::path(get, path = "/teammates/{teammate_id}/contact_lists", tag = "Contact lists",
    operation_id = "list-teammate-contact-lists", params(super::params::TeammatePath),
    responses((status = 200, body = Whole<ListBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn lists(PathId(id): PathId, request: ApiRequest) -> Result<Json<Whole<ListBody>>, Error> {
    request.require(Scope::ContactsRead)?;
    let teammate = load(&request, &id).await?.id;
    lists::listed(&request, &format!("/teammates/{teammate}/contact_lists"), Some(teammate)).await
}

/// List the same lists, under their older name.
#[utoipa::path(get, path = "/teammates/{teammate_id}/contact_groups", tag = "Contact groups (older name of lists)",
    operation_id = "list-teammate-contact-groups", params(super::params::TeammatePath),
    responses((status = 200, body = Whole<ListBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn groups(PathId(id): PathId, request: ApiRequest) -> Result<Json<Whole<ListBody>>, Error> {
    request.require(Scope::ContactsRead)?;
    let teammate = load(&request, &id).await?.id;
    lists::listed(&request, &format!("/teammates/{teammate}/contact_groups"), Some(teammate)).await
}

/// Create a private list of a teammate.
#[utoipa::path(post, path = "/teammates/{teammate_id}/contact_lists", tag = "Contact lists",
    operation_id = "create-teammate-contact-list", params(super::params::TeammatePath),
    request_body = lists::NewList, responses((status = 204)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create_list(PathId(id): PathId, mut request: ApiRequest) -> Result<StatusCode, Error> {
    request.require(Scope::ContactsWrite)?;
    let teammate = load(&request, &id).await?.id;
    lists::created(&mut request, Some(teammate)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Create a list, under its older name. Returns the list.
#[utoipa::path(post, path = "/teammates/{teammate_id}/contact_groups", tag = "Contact groups (older name of lists)",
    operation_id = "create-teammate-contact-group", params(super::params::TeammatePath),
    request_body = lists::NewList, responses((status = 201, body = ListBody)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create_group(PathId(id): PathId, mut request: ApiRequest) -> Result<(StatusCode, Json<ListBody>), Error> {
    request.require(Scope::ContactsWrite)?;
    let teammate = load(&request, &id).await?.id;
    Ok((StatusCode::CREATED, Json(lists::created(&mut request, Some(teammate)).await?)))
}

/// List the inboxes of a teammate.
#[utoipa::path(get, path = "/teammates/{teammate_id}/inboxes", tag = "Inboxes", operation_id = "list-teammate-inboxes",
    params(super::params::TeammatePath), responses((status = 200, body = Whole<InboxBody>)),
    security(("token" = ["inboxes:read"]), ("login" = [])))]
pub async fn inboxes(PathId(id): PathId, request: ApiRequest) -> Result<Json<Whole<InboxBody>>, Error> {
    request.require(Scope::InboxesRead)?;
    let teammate = load(&request, &id).await?.id;
    let inbox = only_inbox(&request);
    Ok(Json(Whole::new(request.url(&format!("/teammates/{teammate}/inboxes")), vec![inbox])))
}

fn find_team(request: &ApiRequest, id: &str) -> Result<TeamId, Error> {
    let team = TeamId::nth(request.company.id, 1);
    if id.parse() == Ok(team) { Ok(team) } else { Err(Error::NotFound("Team not found.".into())) }
}

/// List teams. There is always one.
#[utoipa::path(get, path = "/teams", tag = "Teams", operation_id = "list-teams",
    responses((status = 200, body = Whole<TeamBody>)), security(("token" = ["teams:read"]), ("login" = [])))]
pub async fn list_teams(request: ApiRequest) -> Result<Json<Whole<TeamBody>>, Error> {
    request.require(Scope::TeamsRead)?;
    Ok(Json(Whole::new(request.url("/teams"), vec![only_team(&request)])))
}

/// Get the team, with its inboxes and members.
#[utoipa::path(get, path = "/teams/{team_id}", tag = "Teams", operation_id = "get-team",
    params(super::params::TeamPath), responses((status = 200, body = TeamWithMembers)),
    security(("token" = ["teams:read"]), ("login" = [])))]
pub async fn get_team(PathId(id): PathId, request: ApiRequest) -> Result<Json<TeamWithMembers>, Error> {
    request.require(Scope::TeamsRead)?;
    find_team(&request, &id)?;
    let settings = request.app.hub.settings(request.company.id).await?;
    let members = settings.teammates.values().map(|teammate| TeammateBody::new(teammate, &request.base_url)).collect();
    Ok(Json(TeamWithMembers { team: only_team(&request), inboxes: vec![only_inbox(&request)], members }))
}

/// List the contacts of a team: all of the company.
#[utoipa::path(get, path = "/teams/{team_id}/contacts", tag = "Contacts", operation_id = "list-team-contacts",
    params(super::params::TeamPath, super::params::List, super::params::Sorted, super::params::Updated),
    responses((status = 200, body = Paged<ContactBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn team_contacts(PathId(id): PathId, request: ApiRequest) -> Result<Json<Paged<ContactBody>>, Error> {
    request.require(Scope::ContactsRead)?;
    let team = find_team(&request, &id)?;
    contacts::listed(&request, &format!("/teams/{team}/contacts"), None).await.map(Json)
}

/// Create a contact of the company.
#[utoipa::path(post, path = "/teams/{team_id}/contacts", tag = "Contacts", operation_id = "create-team-contact",
    params(super::params::TeamPath), request_body = contacts::NewContact,
    responses((status = 201, body = ContactBody)), security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create_team_contact(
    PathId(id): PathId,
    mut request: ApiRequest,
) -> Result<(StatusCode, Json<ContactBody>), Error> {
    request.require(Scope::ContactsWrite)?;
    find_team(&request, &id)?;
    contacts::created(&mut request, None).await
}

/// List the contact lists of a team: all of the company.
#[utoipa::path(get, path = "/teams/{team_id}/contact_lists", tag = "Contact lists",
    operation_id = "list-team-contact-lists", params(super::params::TeamPath),
    responses((status = 200, body = Whole<ListBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn team_lists(PathId(id): PathId, request: ApiRequest) -> Result<Json<Whole<ListBody>>, Error> {
    request.require(Scope::ContactsRead)?;
    let team = find_team(&request, &id)?;
    lists::listed(&request, &format!("/teams/{team}/contact_lists"), None).await
}

/// List the same lists, under their older name.
#[utoipa::path(get, path = "/teams/{team_id}/contact_groups", tag = "Contact groups (older name of lists)",
    operation_id = "list-team-contact-groups", params(super::params::TeamPath),
    responses((status = 200, body = Whole<ListBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn team_groups(PathId(id): PathId, request: ApiRequest) -> Result<Json<Whole<ListBody>>, Error> {
    request.require(Scope::ContactsRead)?;
    let team = find_team(&request, &id)?;
    lists::listed(&request, &format!("/teams/{team}/contact_groups"), None).await
}

/// Create a list of the company.
#[utoipa::path(post, path = "/teams/{team_id}/contact_lists", tag = "Contact lists",
    operation_id = "create-team-contact-list", params(super::params::TeamPath), request_body = lists::NewList,
    responses((status = 204)), security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create_team_list(PathId(id): PathId, mut request: ApiRequest) -> Result<StatusCode, Error> {
    request.require(Scope::ContactsWrite)?;
    find_team(&request, &id)?;
    lists::created(&mut request, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Create a list, under its older name. Returns the list.
#[utoipa::path(post, path = "/teams/{team_id}/contact_groups", tag = "Contact groups (older name of lists)",
    operation_id = "create-team-contact-group", params(super::params::TeamPath), request_body = lists::NewList,
    responses((status = 201, body = ListBody)), security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create_team_group(
    PathId(id): PathId,
    mut request: ApiRequest,
) -> Result<(StatusCode, Json<ListBody>), Error> {
    request.require(Scope::ContactsWrite)?;
    find_team(&request, &id)?;
    Ok((StatusCode::CREATED, Json(lists::created(&mut request, None).await?)))
}
