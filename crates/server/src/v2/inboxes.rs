//! `/inboxes`: the inbox of a company. There is always one.

use axum::Json;
use contact::InboxId;
use hub::Scope;

use super::body::conversation::ConversationBody;
use super::body::inbox::{InboxBody, only_inbox};
use super::body::teammate::TeammateBody;
use super::channels::{self, ChannelBody};
use super::conversations;
use super::error::Error;
use super::page::{Paged, Whole};
use super::request::{ApiRequest, PathId};

fn find(request: &ApiRequest, id: &str) -> Result<InboxId, Error> {
    let inbox = InboxId::nth(request.company.id, 1);
    if id.parse() == Ok(inbox) { Ok(inbox) } else { Err(Error::NotFound("Inbox not found.".into())) }
}

/// List inboxes. There is always one.
#[utoipa::path(get, path = "/inboxes", tag = "Inboxes", operation_id = "list-inboxes",
    responses((status = 200, body = Whole<InboxBody>)), security(("token" = ["inboxes:read"]), ("login" = [])))]
pub async fn list(request: ApiRequest) -> Result<Json<Whole<InboxBody>>, Error> {
    request.require(Scope::InboxesRead)?;
    Ok(Json(Whole::new(request.url("/inboxes"), vec![only_inbox(&request)])))
}

/// Get the inbox.
#[utoipa::path(get, path = "/inboxes/{inbox_id}", tag = "Inboxes", operation_id = "get-inbox",
    params(super::params::InboxPath), responses((status = 200, body = InboxBody)),
    security(("token" = ["inboxes:read"]), ("login" = [])))]
pub async fn get(PathId(id): PathId, request: ApiRequest) -> Result<Json<InboxBody>, Error> {
    request.require(Scope::InboxesRead)?;
    find(&request, &id)?;
    Ok(Json(only_inbox(&request)))
}

/// List the channels of the inbox: all of the company.
#[utoipa::path(get, path = "/inboxes/{inbox_id}/channels", tag = "Inboxes", operation_id = "list-inbox-channels",
    params(super::params::InboxPath), responses((status = 200, body = Whole<ChannelBody>)),
    security(("token" = ["channels:read"]), ("login" = [])))]
pub async fn channels(PathId(id): PathId, request: ApiRequest) -> Result<Json<Whole<ChannelBody>>, Error> {
    request.require(Scope::ChannelsRead)?;
    let id = find(&request, &id)?;
    channels::listed(&request, &format!("/inboxes/{id}/channels")).await
}

/// List the conversations of the inbox: all of the company.
#[utoipa::path(get, path = "/inboxes/{inbox_id}/conversations", tag = "Inboxes",
    operation_id = "list-inbox-conversations",
    params(super::params::InboxPath, super::params::List, super::params::Statuses),
    responses((status = 200, body = Paged<ConversationBody>)),
    security(("token" = ["conversations:read"]), ("login" = [])))]
pub async fn conversations(PathId(id): PathId, request: ApiRequest) -> Result<Json<Paged<ConversationBody>>, Error> {
    request.require(Scope::ConversationsRead)?;
    let id = find(&request, &id)?;
    conversations::listed(&request, &format!("/inboxes/{id}/conversations"), None).await
}

/// List the teammates with access to the inbox: all of the company.
#[utoipa::path(get, path = "/inboxes/{inbox_id}/teammates", tag = "Inboxes", operation_id = "list-inbox-teammates",
    params(super::params::InboxPath), responses((status = 200, body = Whole<TeammateBody>)),
    security(("token" = ["teammates:read"]), ("login" = [])))]
pub async fn teammates(PathId(id): PathId, request: ApiRequest) -> Result<Json<Whole<TeammateBody>>, Error> {
    request.require(Scope::TeammatesRead)?;
    let id = find(&request, &id)?;
    let settings = request.app.hub.settings(request.company.id).await?;
    let all = settings.teammates.values().map(|teammate| TeammateBody::new(teammate, &request.base_url)).collect();
    Ok(Json(Whole::new(request.url(&format!("/inboxes/{id}/teammates")), all)))
}
