//! `/messages`: what people wrote.

use axum::Json;
use contact::{Conversation, MessageId};
use hub::{Listed, Mark, Scope, Written};

use super::body::message::MessageBody;
use super::error::Error;
use super::page::{PageRequest, Paged};
use super::request::{ApiRequest, PathId};

/// The messages of a conversation, the last first.
pub async fn listed(request: &ApiRequest, conversation: &Conversation) -> Result<Json<Paged<MessageBody>>, Error> {
    let list = PageRequest::read(request, &[("created_at", hub::SortBy::Created)])?;
    let before = match list.mark {
        Some(Mark::After { number, .. } | Mark::Since { number, .. }) => MessageId::from_number(number),
        None => None,
    };
    let channel = request.app.hub.channel(request.company.id, conversation.channel).await?;
    let (company, limit) = (request.company.id, list.limit);
    let thread = request.app.hub.messages(company, conversation.id, before).await?;
    let mut items = thread.messages;
    // Messages come in their order, and the last of them are request for.
    let more = items.len().saturating_sub(limit);
    let next = if more > 0 { items.get(more).map(|written| written.message.id) } else { thread.before };
    items.drain(..more);
    items.reverse();
    let next = next.map(|id| Mark::After { changed: contact::Seq(0), number: id.number(), began: contact::Seq(0) });
    let path = format!("/conversations/{}/messages", conversation.id);
    let show = |written: Written| MessageBody::new(&written, channel.as_ref(), request);
    Ok(Json(Paged::new(request.url(&path), &list, Listed { items, next }, show)))
}

/// A message.
#[utoipa::path(get, path = "/messages/{message_id}", tag = "Messages", operation_id = "get-message",
    params(super::params::MessagePath), responses((status = 200, body = MessageBody)),
    security(("token" = ["messages:read"]), ("login" = [])))]
pub async fn get(PathId(id): PathId, request: ApiRequest) -> Result<Json<MessageBody>, Error> {
    request.require(Scope::MessagesRead)?;
    let not_there = || Error::NotFound("There is no such message.".into());
    let id: MessageId = id.strip_prefix("alt:uid:").unwrap_or(&id).parse().map_err(|_| not_there())?;
    let hub = &request.app.hub;
    let written = hub.message_by_id(request.company.id, id).await?.ok_or_else(not_there)?;
    let talk = hub.conversation(request.company.id, written.message.conversation).await?.ok_or_else(not_there)?;
    let channel = hub.channel(request.company.id, talk.conversation.channel).await?;
    Ok(Json(MessageBody::new(&written, channel.as_ref(), &request)))
}
