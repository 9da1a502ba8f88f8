//! `/messages`: the messages of conversations.

use axum::Json;
use contact::{Conversation, MessageId};
use hub::{Page, Scope, Written};

use super::body::message::MessageBody;
use super::error::Error;
use super::page::{PageRequest, Paged};
use super::request::{ApiRequest, PathId};

/// Lists the messages of a conversation, latest first.
pub async fn listed(request: &ApiRequest, conversation: &Conversation) -> Result<Json<Paged<MessageBody>>, Error> {
    let list = PageRequest::<MessageId>::read(request, &[("created_at", hub::SortBy::Created)])?;
    let channel = request.app.hub.channel(request.company.id, conversation.channel).await?;
    let (company, limit) = (request.company.id, list.limit);
    let thread = request.app.hub.messages(company, conversation.id, list.cursor).await?;
    let mut items = thread.messages;
    // The hub returns messages oldest first, and a page has the latest.
    let more = items.len().saturating_sub(limit);
    let next = if more > 0 { items.get(more).map(|written| written.message.id) } else { thread.before };
    items.drain(..more);
    items.reverse();
    let path = format!("/conversations/{}/messages", conversation.id);
    let show = |written: Written| MessageBody::new(&written, channel.as_ref(), request);
    Ok(Json(Paged::new(request.url(&path), &list, Page { items, next }, show)))
}

/// Get a message.
#[utoipa::path(get, path = "/messages/{message_id}", tag = "Messages", operation_id = "get-message",
    params(super::params::MessagePath), responses((status = 200, body = MessageBody)),
    security(("token" = ["messages:read"]), ("login" = [])))]
pub async fn get(PathId(id): PathId, request: ApiRequest) -> Result<Json<MessageBody>, Error> {
    request.require(Scope::MessagesRead)?;
    let not_found = || Error::NotFound("Message not found.".into());
    let id: MessageId = id.strip_prefix("alt:uid:").unwrap_or(&id).parse().map_err(|_| not_found())?;
    let hub = &request.app.hub;
    let written = hub.message_by_id(request.company.id, id).await?.ok_or_else(not_found)?;
    let summary = hub.conversation(request.company.id, written.message.conversation).await?.ok_or_else(not_found)?;
    let channel = hub.channel(request.company.id, summary.conversation.channel).await?;
    Ok(Json(MessageBody::new(&written, channel.as_ref(), &request)))
}
