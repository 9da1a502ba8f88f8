//! `/conversations`: who wrote, and about what.

use axum::Json;
use contact::{ContactId, ConversationId};
use hub::{ConversationSummary, Listed, Scope, SortBy};

use super::body::conversation::{ConversationBody, STATUS};
use super::body::inbox::{InboxBody, only_inbox};
use super::body::message::MessageBody;
use super::contacts;
use super::conversation_search;
use super::error::Error;
use super::messages;
use super::page::{Counted, PageRequest, Paged, Whole};
use super::request::{ApiRequest, PathId};

const SORTS: [(&str, SortBy); 1] = [("date", SortBy::Changed)];

/// A page of conversations: all, or those that one person started.
pub async fn listed(
    request: &ApiRequest,
    path: &str,
    of: Option<ContactId>,
) -> Result<Json<Paged<ConversationBody>>, Error> {
    let list = PageRequest::read(request, &SORTS)?;
    let is_wanted = list.statuses.as_ref().is_none_or(|statuses| statuses.iter().any(|status| status == STATUS));
    let found = if is_wanted {
        let ascending = list.order.ascending;
        request.app.hub.list_conversations(request.company.id, of, ascending, list.mark, list.limit).await?
    } else {
        Listed { items: Vec::new(), next: None }
    };
    Ok(Json(Paged::new(request.url(path), &list, found, |summary| ConversationBody::new(&summary, request))))
}

async fn find(request: &ApiRequest, id: &str) -> Result<ConversationSummary, Error> {
    let not_there = || Error::NotFound("There is no such conversation.".into());
    let id: ConversationId = id.parse().map_err(|_| not_there())?;
    request.app.hub.conversation(request.company.id, id).await?.ok_or_else(not_there)
}

/// All conversations, the last message first.
#[utoipa::path(get, path = "/conversations", tag = "Conversations", operation_id = "list-conversations",
    params(super::params::List, super::params::SortedByDate, super::params::Statuses),
    responses((status = 200, body = Paged<ConversationBody>)),
    security(("token" = ["conversations:read"]), ("login" = [])))]
pub async fn list(request: ApiRequest) -> Result<Json<Paged<ConversationBody>>, Error> {
    request.require(Scope::ConversationsRead)?;
    listed(&request, "/conversations", None).await
}

/// The conversations that a contact started, the last message first.
#[utoipa::path(get, path = "/contacts/{contact_id}/conversations", tag = "Contacts",
    operation_id = "list-contact-conversations",
    params(super::params::ContactPath, super::params::List, super::params::SortedByDate, super::params::Statuses),
    responses((status = 200, body = Paged<ConversationBody>)),
    security(("token" = ["conversations:read"]), ("login" = [])))]
pub async fn of_contact(PathId(id): PathId, request: ApiRequest) -> Result<Json<Paged<ConversationBody>>, Error> {
    request.require(Scope::ConversationsRead)?;
    let contact = contacts::find(&request, &id).await?;
    listed(&request, &format!("/contacts/{}/conversations", contact.id), Some(contact.id)).await
}

/// The conversations that a query finds, the last message first.
///
/// A word is looked for in the subject, in how the last message begins and in the sender's handle; it may be the beginning of a
/// longer one, and words in quotes follow each other. `from:`, `to:` and `recipient:` name a handle of whoever started the
/// conversation, the address of its channel, or either; `contact:` names who started it, by id or alias; `inbox:` names the inbox.
/// `before:`, `after:` and `during:`, the same day (UTC), are about the last message, in Unix seconds. `is:open`, `unassigned`,
/// `unreplied` and `waiting` find all; `archived`, `assigned`, `snoozed` and `trashed` none. All of these must hold, but one of
/// several handles is enough.
#[utoipa::path(get, path = "/conversations/search/{query}", tag = "Conversations",
    operation_id = "search-conversations", params(super::params::QueryPath, super::params::List),
    responses((status = 200, body = Counted<ConversationBody>)),
    security(("token" = ["conversations:read"]), ("login" = [])))]
pub async fn search(PathId(query): PathId, request: ApiRequest) -> Result<Json<Counted<ConversationBody>>, Error> {
    request.require(Scope::ConversationsRead)?;
    let list = PageRequest::read(&request, &[])?;
    let (total, found) = match conversation_search::read(&request, &query).await? {
        Some(sought) => {
            request.app.hub.search_conversations(request.company.id, &sought, list.mark, list.limit).await?
        }
        None => (0, Listed { items: Vec::new(), next: None }),
    };
    let page =
        Paged::new(request.url(request.path()), &list, found, |summary| ConversationBody::new(&summary, &request));
    Ok(Json(Counted::new(page, total)))
}

/// A conversation.
#[utoipa::path(get, path = "/conversations/{conversation_id}", tag = "Conversations",
    operation_id = "get-conversation", params(super::params::ConversationPath),
    responses((status = 200, body = ConversationBody)),
    security(("token" = ["conversations:read"]), ("login" = [])))]
pub async fn get(PathId(id): PathId, request: ApiRequest) -> Result<Json<ConversationBody>, Error> {
    request.require(Scope::ConversationsRead)?;
    Ok(Json(ConversationBody::new(&find(&request, &id).await?, &request)))
}

/// The messages of a conversation, the last first.
#[utoipa::path(get, path = "/conversations/{conversation_id}/messages", tag = "Conversations",
    operation_id = "list-conversation-messages",
    params(super::params::ConversationPath, super::params::List),
    responses((status = 200, body = Paged<MessageBody>)),
    security(("token" = ["messages:read"]), ("login" = [])))]
pub async fn messages(PathId(id): PathId, request: ApiRequest) -> Result<Json<Paged<MessageBody>>, Error> {
    request.require(Scope::MessagesRead)?;
    let found = find(&request, &id).await?;
    messages::listed(&request, &found.conversation).await
}

/// The inboxes that a conversation is in: the only one.
#[utoipa::path(get, path = "/conversations/{conversation_id}/inboxes", tag = "Conversations",
    operation_id = "list-conversation-inboxes", params(super::params::ConversationPath),
    responses((status = 200, body = Whole<InboxBody>)),
    security(("token" = ["conversations:read"]), ("login" = [])))]
pub async fn inboxes(PathId(id): PathId, request: ApiRequest) -> Result<Json<Whole<InboxBody>>, Error> {
    request.require(Scope::ConversationsRead)?;
    let found = find(&request, &id).await?;
    let url = request.url(&format!("/conversations/{}/inboxes", found.conversation.id));
    Ok(Json(Whole::new(url, vec![only_inbox(&request)])))
}
