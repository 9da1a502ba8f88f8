//! `/conversations`: conversations, their messages, and their search.

use axum::Json;
use contact::{ContactId, ConversationId};
use hub::{ConversationSummary, Page, Scope, SortBy};

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

/// Lists all conversations, or those that one contact started.
pub async fn listed(
    request: &ApiRequest,
    path: &str,
    of: Option<ContactId>,
) -> Result<Json<Paged<ConversationBody>>, Error> {
    let list = PageRequest::read(request, &SORTS)?;
    let is_wanted = list.statuses.as_ref().is_none_or(|statuses| statuses.iter().any(|status| status == STATUS));
    let found = if is_wanted {
        let ascending = list.order.ascending;
        request.app.hub.conversations(request.company.id, of, ascending, list.cursor, list.limit).await?
    } else {
        Page::last(Vec::new())
    };
    Ok(Json(Paged::new(request.url(path), &list, found, |summary| ConversationBody::new(&summary, request))))
}

async fn find(request: &ApiRequest, id: &str) -> Result<ConversationSummary, Error> {
    let not_found = || Error::NotFound("Conversation not found.".into());
    let id: ConversationId = id.parse().map_err(|_| not_found())?;
    request.app.hub.conversation(request.company.id, id).await?.ok_or_else(not_found)
}

/// List conversations, latest message first.
#[utoipa::path(get, path = "/conversations", tag = "Conversations", operation_id = "list-conversations",
    params(super::params::List, super::params::SortedByDate, super::params::Statuses),
    responses((status = 200, body = Paged<ConversationBody>)),
    security(("token" = ["conversations:read"]), ("login" = [])))]
pub async fn list(request: ApiRequest) -> Result<Json<Paged<ConversationBody>>, Error> {
    request.require(Scope::ConversationsRead)?;
    listed(&request, "/conversations", None).await
}

/// List the conversations that a contact started, latest message first.
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

/// Search conversations, latest message first.
///
/// A word matches the beginning of a word in the subject, in the beginning of the last message, or in the sender's handle.
/// Words in quotes match a phrase. All words and filters must match; of several handles, one is enough.
///
/// `from:` is a handle of the sender, `to:` the address of the channel, `recipient:` either. `contact:` is the sender by id
/// or alias. `inbox:` is the id of the inbox. `before:`, `after:` and `during:` (the same day in UTC) compare the time of the
/// last message, in Unix seconds. `is:open`, `is:unassigned`, `is:unreplied` and `is:waiting` match every conversation.
/// `is:archived`, `is:assigned`, `is:snoozed` and `is:trashed` match none.
#[utoipa::path(get, path = "/conversations/search/{query}", tag = "Conversations",
    operation_id = "search-conversations", params(super::params::QueryPath, super::params::List),
    responses((status = 200, body = Counted<ConversationBody>)),
    security(("token" = ["conversations:read"]), ("login" = [])))]
pub async fn search(PathId(query): PathId, request: ApiRequest) -> Result<Json<Counted<ConversationBody>>, Error> {
    request.require(Scope::ConversationsRead)?;
    let list = PageRequest::read(&request, &[])?;
    let (total, found) = match conversation_search::read(&request, &query).await? {
        Some(search) => {
            request.app.hub.search_conversations(request.company.id, &search, list.cursor, list.limit).await?
        }
        None => (0, Page::last(Vec::new())),
    };
    let page =
        Paged::new(request.url(request.path()), &list, found, |summary| ConversationBody::new(&summary, &request));
    Ok(Json(Counted::new(page, total)))
}

/// Get a conversation.
#[utoipa::path(get, path = "/conversations/{conversation_id}", tag = "Conversations",
    operation_id = "get-conversation", params(super::params::ConversationPath),
    responses((status = 200, body = ConversationBody)),
    security(("token" = ["conversations:read"]), ("login" = [])))]
pub async fn get(PathId(id): PathId, request: ApiRequest) -> Result<Json<ConversationBody>, Error> {
    request.require(Scope::ConversationsRead)?;
    Ok(Json(ConversationBody::new(&find(&request, &id).await?, &request)))
}

/// List the messages of a conversation, latest first.
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

/// List the inboxes of a conversation. There is always one.
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
