//! `/inboxes`: where a company's conversations are. There is one.

use std::collections::BTreeMap;

use axum::Json;
use contact::{InboxId, TeamId};
use hub::Scope;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::asked::{Asked, Named};
use super::channels::{self, ChannelBody};
use super::conversations::{self, ConversationBody};
use super::error::Error;
use super::page::{Paged, Whole};
use super::teammates::TeammateBody;

#[derive(Serialize, ToSchema)]
pub struct InboxBody {
    _links: InboxLinks,
    /// `inb_` and a number in base 36.
    id: String,
    name: String,
    is_private: bool,
    is_public: bool,
    #[schema(value_type = BTreeMap<String, Value>)]
    custom_fields: BTreeMap<String, Value>,
}

#[derive(Serialize, ToSchema)]
struct InboxLinks {
    #[serde(rename = "self")]
    this: String,
    related: InboxRelated,
}

#[derive(Serialize, ToSchema)]
struct InboxRelated {
    teammates: String,
    conversations: String,
    channels: String,
    owner: String,
}

/// The company's only inbox.
pub fn only(asked: &Asked) -> InboxBody {
    let company = asked.company.id;
    let id = InboxId::nth(company, 1);
    let this = asked.url(&format!("/inboxes/{id}"));
    let related = InboxRelated {
        teammates: format!("{this}/teammates"),
        conversations: format!("{this}/conversations"),
        channels: format!("{this}/channels"),
        owner: asked.url(&format!("/teams/{}", TeamId::nth(company, 1))),
    };
    InboxBody {
        _links: InboxLinks { this, related },
        id: id.to_string(),
        name: "Inbox".into(),
        is_private: false,
        is_public: true,
        custom_fields: BTreeMap::new(),
    }
}

fn find(asked: &Asked, id: &str) -> Result<InboxId, Error> {
    let inbox = InboxId::nth(asked.company.id, 1);
    if id.parse() == Ok(inbox) { Ok(inbox) } else { Err(Error::NotFound("There is no such inbox.".into())) }
}

/// All inboxes: there is one.
#[utoipa::path(get, path = "/inboxes", tag = "Inboxes", operation_id = "list-inboxes",
    responses((status = 200, body = Whole<InboxBody>)), security(("token" = ["inboxes:read"]), ("login" = [])))]
pub async fn list(asked: Asked) -> Result<Json<Whole<InboxBody>>, Error> {
    asked.may(Scope::InboxesRead)?;
    Ok(Json(Whole::new(asked.url("/inboxes"), vec![only(&asked)])))
}

/// The inbox.
#[utoipa::path(get, path = "/inboxes/{inbox_id}", tag = "Inboxes", operation_id = "get-inbox",
    params(super::params::InboxPath), responses((status = 200, body = InboxBody)),
    security(("token" = ["inboxes:read"]), ("login" = [])))]
pub async fn get(Named(id): Named, asked: Asked) -> Result<Json<InboxBody>, Error> {
    asked.may(Scope::InboxesRead)?;
    find(&asked, &id)?;
    Ok(Json(only(&asked)))
}

/// The channels of the inbox: all of the company's.
#[utoipa::path(get, path = "/inboxes/{inbox_id}/channels", tag = "Inboxes", operation_id = "list-inbox-channels",
    params(super::params::InboxPath), responses((status = 200, body = Whole<ChannelBody>)),
    security(("token" = ["channels:read"]), ("login" = [])))]
pub async fn channels(Named(id): Named, asked: Asked) -> Result<Json<Whole<ChannelBody>>, Error> {
    asked.may(Scope::ChannelsRead)?;
    let id = find(&asked, &id)?;
    channels::listed(&asked, &format!("/inboxes/{id}/channels")).await
}

/// The conversations of the inbox: all of the company's.
#[utoipa::path(get, path = "/inboxes/{inbox_id}/conversations", tag = "Inboxes",
    operation_id = "list-inbox-conversations",
    params(super::params::InboxPath, super::params::List, super::params::Statuses),
    responses((status = 200, body = Paged<ConversationBody>)),
    security(("token" = ["conversations:read"]), ("login" = [])))]
pub async fn conversations(Named(id): Named, asked: Asked) -> Result<Json<Paged<ConversationBody>>, Error> {
    asked.may(Scope::ConversationsRead)?;
    let id = find(&asked, &id)?;
    conversations::listed(&asked, &format!("/inboxes/{id}/conversations"), None).await
}

/// Who sees the inbox: all teammates.
#[utoipa::path(get, path = "/inboxes/{inbox_id}/teammates", tag = "Inboxes", operation_id = "list-inbox-teammates",
    params(super::params::InboxPath), responses((status = 200, body = Whole<TeammateBody>)),
    security(("token" = ["teammates:read"]), ("login" = [])))]
pub async fn teammates(Named(id): Named, asked: Asked) -> Result<Json<Whole<TeammateBody>>, Error> {
    asked.may(Scope::TeammatesRead)?;
    let id = find(&asked, &id)?;
    let settings = asked.app.hub.settings(asked.company.id).await?;
    let all = settings.teammates.values().map(|teammate| TeammateBody::new(teammate, &asked.base_url)).collect();
    Ok(Json(Whole::new(asked.url(&format!("/inboxes/{id}/teammates")), all)))
}
