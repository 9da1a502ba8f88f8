//! `/teammates` and `/teams`: who works at the company, all of them one team.

use axum::Json;
use axum::http::StatusCode;
use contact::{Settings, TeamId, Teammate};
use hub::Scope;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::asked::{Asked, Named};
use super::contact_body::{ContactBody, ListBody, teammate_url};
use super::contacts;
use super::error::Error;
use super::inboxes::{self, InboxBody};
use super::lists;
use super::page::{Paged, SelfLink, Whole};

#[derive(Serialize, ToSchema)]
pub struct TeammateBody {
    _links: TeammateLinks,
    /// `tea_` and a number in base 36.
    id: String,
    email: String,
    username: String,
    first_name: String,
    last_name: String,
    is_admin: bool,
    is_available: bool,
    is_blocked: bool,
    /// `user`.
    r#type: &'static str,
    license_type: &'static str,
    #[schema(value_type = BTreeMap<String, Value>)]
    custom_fields: BTreeMap<String, Value>,
}

#[derive(Serialize, ToSchema)]
struct TeammateLinks {
    #[serde(rename = "self")]
    this: String,
    related: TeammateRelated,
}

#[derive(Serialize, ToSchema)]
struct TeammateRelated {
    inboxes: String,
    conversations: String,
}

impl TeammateBody {
    pub fn new(teammate: &Teammate, base_url: &str) -> TeammateBody {
        let this = teammate_url(base_url, teammate.id);
        let email = teammate.email.text();
        let name = teammate.name.as_str();
        let (first, last) = name.rsplit_once(' ').unwrap_or((name, ""));
        let related =
            TeammateRelated { inboxes: format!("{this}/inboxes"), conversations: format!("{this}/conversations") };
        TeammateBody {
            _links: TeammateLinks { this, related },
            id: teammate.id.to_string(),
            email: email.to_owned(),
            username: email.split('@').next().unwrap_or_default().to_owned(),
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            is_admin: false,
            is_available: !teammate.is_blocked,
            is_blocked: teammate.is_blocked,
            r#type: "user",
            license_type: "full",
            custom_fields: BTreeMap::new(),
        }
    }
}

/// The teammate that an id or an alias names.
pub fn find<'a>(settings: &'a Settings, id: &str) -> Option<&'a Teammate> {
    if let Some(email) = id.strip_prefix("alt:email:") {
        return settings.teammate_by_email(email);
    }
    settings.teammates.get(&id.parse().ok()?)
}

async fn found(asked: &Asked, id: &str) -> Result<Teammate, Error> {
    let settings = asked.app.hub.settings(asked.company.id).await?;
    find(&settings, id).cloned().ok_or_else(|| Error::NotFound("There is no such teammate.".into()))
}

/// All teammates.
#[utoipa::path(get, path = "/teammates", tag = "Teammates", operation_id = "list-teammates",
    responses((status = 200, body = Whole<TeammateBody>)), security(("token" = ["teammates:read"]), ("login" = [])))]
pub async fn list(asked: Asked) -> Result<Json<Whole<TeammateBody>>, Error> {
    asked.may(Scope::TeammatesRead)?;
    let settings = asked.app.hub.settings(asked.company.id).await?;
    let all = settings.teammates.values().map(|teammate| TeammateBody::new(teammate, &asked.base_url)).collect();
    Ok(Json(Whole::new(asked.url("/teammates"), all)))
}

/// A teammate.
#[utoipa::path(get, path = "/teammates/{teammate_id}", tag = "Teammates", operation_id = "get-teammate",
    params(super::params::TeammatePath), responses((status = 200, body = TeammateBody)),
    security(("token" = ["teammates:read"]), ("login" = [])))]
pub async fn get(Named(id): Named, asked: Asked) -> Result<Json<TeammateBody>, Error> {
    asked.may(Scope::TeammatesRead)?;
    Ok(Json(TeammateBody::new(&found(&asked, &id).await?, &asked.base_url)))
}

/// A teammate's own contacts.
#[utoipa::path(get, path = "/teammates/{teammate_id}/contacts", tag = "Contacts",
    operation_id = "list-teammate-contacts",
    params(super::params::TeammatePath, super::params::List, super::params::Sorted, super::params::Updated),
    responses((status = 200, body = Paged<ContactBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn contacts(Named(id): Named, asked: Asked) -> Result<Json<Paged<ContactBody>>, Error> {
    asked.may(Scope::ContactsRead)?;
    let teammate = found(&asked, &id).await?.id;
    contacts::listed(&asked, &format!("/teammates/{teammate}/contacts"), Some(teammate)).await.map(Json)
}

/// Make a contact that is a teammate's own.
#[utoipa::path(post, path = "/teammates/{teammate_id}/contacts", tag = "Contacts",
    operation_id = "create-teammate-contact", params(super::params::TeammatePath),
    request_body = contacts::NewContact, responses((status = 201, body = ContactBody)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create_contact(Named(id): Named, mut asked: Asked) -> Result<(StatusCode, Json<ContactBody>), Error> {
    asked.may(Scope::ContactsWrite)?;
    let teammate = found(&asked, &id).await?.id;
    contacts::created(&mut asked, Some(teammate)).await
}

/// A teammate's own lists.
#[utoipa::path(get, path = "/teammates/{teammate_id}/contact_lists", tag = "Contact lists",
    operation_id = "list-teammate-contact-lists", params(super::params::TeammatePath),
    responses((status = 200, body = Whole<ListBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn lists(Named(id): Named, asked: Asked) -> Result<Json<Whole<ListBody>>, Error> {
    asked.may(Scope::ContactsRead)?;
    let teammate = found(&asked, &id).await?.id;
    lists::listed(&asked, &format!("/teammates/{teammate}/contact_lists"), Some(teammate)).await
}

/// The same, under the older name.
#[utoipa::path(get, path = "/teammates/{teammate_id}/contact_groups", tag = "Contact groups (older name of lists)",
    operation_id = "list-teammate-contact-groups", params(super::params::TeammatePath),
    responses((status = 200, body = Whole<ListBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn groups(Named(id): Named, asked: Asked) -> Result<Json<Whole<ListBody>>, Error> {
    asked.may(Scope::ContactsRead)?;
    let teammate = found(&asked, &id).await?.id;
    lists::listed(&asked, &format!("/teammates/{teammate}/contact_groups"), Some(teammate)).await
}

/// Make a list that is a teammate's own.
#[utoipa::path(post, path = "/teammates/{teammate_id}/contact_lists", tag = "Contact lists",
    operation_id = "create-teammate-contact-list", params(super::params::TeammatePath),
    request_body = lists::NewList, responses((status = 204)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create_list(Named(id): Named, mut asked: Asked) -> Result<StatusCode, Error> {
    asked.may(Scope::ContactsWrite)?;
    let teammate = found(&asked, &id).await?.id;
    lists::made(&mut asked, Some(teammate)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The same, under the older name: it answers with the list.
#[utoipa::path(post, path = "/teammates/{teammate_id}/contact_groups", tag = "Contact groups (older name of lists)",
    operation_id = "create-teammate-contact-group", params(super::params::TeammatePath),
    request_body = lists::NewList, responses((status = 201, body = ListBody)),
    security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create_group(Named(id): Named, mut asked: Asked) -> Result<(StatusCode, Json<ListBody>), Error> {
    asked.may(Scope::ContactsWrite)?;
    let teammate = found(&asked, &id).await?.id;
    Ok((StatusCode::CREATED, Json(lists::made(&mut asked, Some(teammate)).await?)))
}

/// The inboxes that a teammate sees.
#[utoipa::path(get, path = "/teammates/{teammate_id}/inboxes", tag = "Inboxes", operation_id = "list-teammate-inboxes",
    params(super::params::TeammatePath), responses((status = 200, body = Whole<InboxBody>)),
    security(("token" = ["inboxes:read"]), ("login" = [])))]
pub async fn inboxes(Named(id): Named, asked: Asked) -> Result<Json<Whole<InboxBody>>, Error> {
    asked.may(Scope::InboxesRead)?;
    let teammate = found(&asked, &id).await?.id;
    let only = inboxes::only(&asked);
    Ok(Json(Whole::new(asked.url(&format!("/teammates/{teammate}/inboxes")), vec![only])))
}

#[derive(Serialize, ToSchema)]
pub struct TeamBody {
    _links: SelfLink,
    /// `tim_` and a number in base 36.
    id: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
pub struct TeamWithMembers {
    #[serde(flatten)]
    team: TeamBody,
    inboxes: Vec<InboxBody>,
    members: Vec<TeammateBody>,
}

/// The company's only team.
fn team(asked: &Asked) -> TeamBody {
    let id = TeamId::nth(asked.company.id, 1);
    TeamBody {
        _links: SelfLink::to(asked.url(&format!("/teams/{id}"))),
        id: id.to_string(),
        name: asked.company.name.as_str().to_owned(),
    }
}

fn only_team(asked: &Asked, id: &str) -> Result<TeamId, Error> {
    let team = TeamId::nth(asked.company.id, 1);
    if id.parse() == Ok(team) { Ok(team) } else { Err(Error::NotFound("There is no such team.".into())) }
}

/// All teams: there is one.
#[utoipa::path(get, path = "/teams", tag = "Teams", operation_id = "list-teams",
    responses((status = 200, body = Whole<TeamBody>)), security(("token" = ["teams:read"]), ("login" = [])))]
pub async fn list_teams(asked: Asked) -> Result<Json<Whole<TeamBody>>, Error> {
    asked.may(Scope::TeamsRead)?;
    Ok(Json(Whole::new(asked.url("/teams"), vec![team(&asked)])))
}

/// The team, with its inboxes and members.
#[utoipa::path(get, path = "/teams/{team_id}", tag = "Teams", operation_id = "get-team",
    params(super::params::TeamPath), responses((status = 200, body = TeamWithMembers)),
    security(("token" = ["teams:read"]), ("login" = [])))]
pub async fn get_team(Named(id): Named, asked: Asked) -> Result<Json<TeamWithMembers>, Error> {
    asked.may(Scope::TeamsRead)?;
    only_team(&asked, &id)?;
    let settings = asked.app.hub.settings(asked.company.id).await?;
    let members = settings.teammates.values().map(|teammate| TeammateBody::new(teammate, &asked.base_url)).collect();
    Ok(Json(TeamWithMembers { team: team(&asked), inboxes: vec![inboxes::only(&asked)], members }))
}

/// The contacts of a team: all of the company's.
#[utoipa::path(get, path = "/teams/{team_id}/contacts", tag = "Contacts", operation_id = "list-team-contacts",
    params(super::params::TeamPath, super::params::List, super::params::Sorted, super::params::Updated),
    responses((status = 200, body = Paged<ContactBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn team_contacts(Named(id): Named, asked: Asked) -> Result<Json<Paged<ContactBody>>, Error> {
    asked.may(Scope::ContactsRead)?;
    let team = only_team(&asked, &id)?;
    contacts::listed(&asked, &format!("/teams/{team}/contacts"), None).await.map(Json)
}

/// Make a contact of the company.
#[utoipa::path(post, path = "/teams/{team_id}/contacts", tag = "Contacts", operation_id = "create-team-contact",
    params(super::params::TeamPath), request_body = contacts::NewContact,
    responses((status = 201, body = ContactBody)), security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create_team_contact(Named(id): Named, mut asked: Asked) -> Result<(StatusCode, Json<ContactBody>), Error> {
    asked.may(Scope::ContactsWrite)?;
    only_team(&asked, &id)?;
    contacts::created(&mut asked, None).await
}

/// The lists of a team: all of the company's.
#[utoipa::path(get, path = "/teams/{team_id}/contact_lists", tag = "Contact lists",
    operation_id = "list-team-contact-lists", params(super::params::TeamPath),
    responses((status = 200, body = Whole<ListBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn team_lists(Named(id): Named, asked: Asked) -> Result<Json<Whole<ListBody>>, Error> {
    asked.may(Scope::ContactsRead)?;
    let team = only_team(&asked, &id)?;
    lists::listed(&asked, &format!("/teams/{team}/contact_lists"), None).await
}

/// The same, under the older name.
#[utoipa::path(get, path = "/teams/{team_id}/contact_groups", tag = "Contact groups (older name of lists)",
    operation_id = "list-team-contact-groups", params(super::params::TeamPath),
    responses((status = 200, body = Whole<ListBody>)), security(("token" = ["contacts:read"]), ("login" = [])))]
pub async fn team_groups(Named(id): Named, asked: Asked) -> Result<Json<Whole<ListBody>>, Error> {
    asked.may(Scope::ContactsRead)?;
    let team = only_team(&asked, &id)?;
    lists::listed(&asked, &format!("/teams/{team}/contact_groups"), None).await
}

/// Make a list of the company.
#[utoipa::path(post, path = "/teams/{team_id}/contact_lists", tag = "Contact lists",
    operation_id = "create-team-contact-list", params(super::params::TeamPath), request_body = lists::NewList,
    responses((status = 204)), security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create_team_list(Named(id): Named, mut asked: Asked) -> Result<StatusCode, Error> {
    asked.may(Scope::ContactsWrite)?;
    only_team(&asked, &id)?;
    lists::made(&mut asked, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The same, under the older name: it answers with the list.
#[utoipa::path(post, path = "/teams/{team_id}/contact_groups", tag = "Contact groups (older name of lists)",
    operation_id = "create-team-contact-group", params(super::params::TeamPath), request_body = lists::NewList,
    responses((status = 201, body = ListBody)), security(("token" = ["contacts:write"]), ("login" = [])))]
pub async fn create_team_group(Named(id): Named, mut asked: Asked) -> Result<(StatusCode, Json<ListBody>), Error> {
    asked.may(Scope::ContactsWrite)?;
    only_team(&asked, &id)?;
    Ok((StatusCode::CREATED, Json(lists::made(&mut asked, None).await?)))
}
