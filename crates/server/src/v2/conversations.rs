//! `/conversations`: who wrote, and about what.

use std::collections::BTreeMap;

use axum::Json;
use contact::{ContactId, ConversationId};
use hub::{ConversationSummary, Page, Scope, SortBy};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::asked::{Asked, Named};
use super::contacts;
use super::conversation_search;
use super::error::Error;
use super::inboxes::{self, InboxBody};
use super::messages::MessageBody;
use super::page::{Counted, ListAsked, Paged, Whole, seconds};
use super::teammates::TeammateBody;

const SORTS: [(&str, SortBy); 1] = [("date", SortBy::Changed)];
/// Every conversation is open, and nobody's in particular.
const STATUS: &str = "unassigned";

#[derive(Serialize, ToSchema)]
pub struct ConversationBody {
    _links: ConversationLinks,
    /// `cnv_` and a number in base 36.
    id: String,
    /// `conversation`.
    r#type: &'static str,
    subject: String,
    /// `unassigned`.
    status: &'static str,
    ticket_ids: Vec<String>,
    assignee: Option<TeammateBody>,
    recipient: Option<Recipient>,
    #[schema(value_type = Vec<Object>)]
    tags: Vec<Value>,
    #[schema(value_type = Vec<Object>)]
    links: Vec<Value>,
    #[schema(value_type = BTreeMap<String, Value>)]
    custom_fields: BTreeMap<String, Value>,
    is_private: bool,
    #[schema(value_type = Vec<Object>)]
    scheduled_reminders: Vec<Value>,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    /// Unix seconds, with three decimals.
    created_at: f64,
    /// Unix seconds, with three decimals.
    updated_at: f64,
    /// Unix seconds, with three decimals.
    waiting_since: f64,
}

#[derive(Serialize, ToSchema)]
struct ConversationLinks {
    #[serde(rename = "self")]
    this: String,
    related: ConversationRelated,
}

#[derive(Serialize, ToSchema)]
struct ConversationRelated {
    events: String,
    followers: String,
    messages: String,
    comments: String,
    inboxes: String,
    last_message: String,
}

/// Somebody who wrote or was written to.
#[derive(Serialize, ToSchema)]
pub struct Recipient {
    _links: RecipientLinks,
    name: Option<String>,
    handle: String,
    /// `from` or `to`.
    role: &'static str,
}

#[derive(Serialize, ToSchema)]
struct RecipientLinks {
    related: RecipientRelated,
}

#[derive(Serialize, ToSchema)]
struct RecipientRelated {
    contact: Option<String>,
}

impl Recipient {
    pub fn new(
        asked: &Asked,
        contact: Option<&contact::Contact>,
        handle: &contact::Handle,
        role: &'static str,
    ) -> Recipient {
        let url = contact.map(|contact| asked.url(&format!("/contacts/{}", contact.id)));
        let name = contact.map(|contact| contact.name.as_str().to_owned()).filter(|name| !name.is_empty());
        let related = RecipientRelated { contact: url };
        Recipient { _links: RecipientLinks { related }, name, handle: handle.text().to_owned(), role }
    }
}

impl ConversationBody {
    fn new(talk: &ConversationSummary, asked: &Asked) -> ConversationBody {
        let ConversationSummary { conversation, contact } = talk;
        let this = asked.url(&format!("/conversations/{}", conversation.id));
        let related = ConversationRelated {
            events: format!("{this}/events"),
            followers: format!("{this}/followers"),
            messages: format!("{this}/messages"),
            comments: format!("{this}/comments"),
            inboxes: format!("{this}/inboxes"),
            last_message: format!("{this}/messages?limit=1"),
        };
        ConversationBody {
            _links: ConversationLinks { this, related },
            id: conversation.id.to_string(),
            r#type: "conversation",
            subject: conversation.subject.clone(),
            status: STATUS,
            ticket_ids: Vec::new(),
            assignee: None,
            recipient: Some(Recipient::new(asked, contact.as_ref(), &conversation.sender, "from")),
            tags: Vec::new(),
            links: Vec::new(),
            custom_fields: BTreeMap::new(),
            is_private: false,
            scheduled_reminders: Vec::new(),
            metadata: Map::new(),
            created_at: seconds(conversation.created_at),
            updated_at: seconds(conversation.changed_at),
            waiting_since: seconds(conversation.changed_at),
        }
    }
}

/// A page of conversations: all, or those that one person started.
pub async fn listed(asked: &Asked, path: &str, of: Option<ContactId>) -> Result<Json<Paged<ConversationBody>>, Error> {
    let list = ListAsked::read(asked, &SORTS)?;
    let is_wanted = list.statuses.as_ref().is_none_or(|statuses| statuses.iter().any(|status| status == STATUS));
    let found = if is_wanted {
        let ascending = list.order.ascending;
        asked.app.hub.conversations(asked.company.id, of, ascending, list.cursor, list.limit).await?
    } else {
        Page::last(Vec::new())
    };
    Ok(Json(Paged::new(asked.url(path), &list, found, |talk| ConversationBody::new(&talk, asked))))
}

async fn find(asked: &Asked, id: &str) -> Result<ConversationSummary, Error> {
    let not_there = || Error::NotFound("There is no such conversation.".into());
    let id: ConversationId = id.parse().map_err(|_| not_there())?;
    asked.app.hub.conversation(asked.company.id, id).await?.ok_or_else(not_there)
}

/// All conversations, the last message first.
#[utoipa::path(get, path = "/conversations", tag = "Conversations", operation_id = "list-conversations",
    params(super::params::List, super::params::SortedByDate, super::params::Statuses),
    responses((status = 200, body = Paged<ConversationBody>)),
    security(("token" = ["conversations:read"]), ("login" = [])))]
pub async fn list(asked: Asked) -> Result<Json<Paged<ConversationBody>>, Error> {
    asked.may(Scope::ConversationsRead)?;
    listed(&asked, "/conversations", None).await
}

/// The conversations that a contact started, the last message first.
#[utoipa::path(get, path = "/contacts/{contact_id}/conversations", tag = "Contacts",
    operation_id = "list-contact-conversations",
    params(super::params::ContactPath, super::params::List, super::params::SortedByDate, super::params::Statuses),
    responses((status = 200, body = Paged<ConversationBody>)),
    security(("token" = ["conversations:read"]), ("login" = [])))]
pub async fn of_contact(Named(id): Named, asked: Asked) -> Result<Json<Paged<ConversationBody>>, Error> {
    asked.may(Scope::ConversationsRead)?;
    let contact = contacts::find(&asked, &id).await?;
    listed(&asked, &format!("/contacts/{}/conversations", contact.id), Some(contact.id)).await
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
pub async fn search(Named(query): Named, asked: Asked) -> Result<Json<Counted<ConversationBody>>, Error> {
    asked.may(Scope::ConversationsRead)?;
    let list = ListAsked::read(&asked, &[])?;
    let (total, found) = match conversation_search::read(&asked, &query).await? {
        Some(sought) => asked.app.hub.search_conversations(asked.company.id, &sought, list.cursor, list.limit).await?,
        None => (0, Page::last(Vec::new())),
    };
    let page = Paged::new(asked.url(asked.path()), &list, found, |talk| ConversationBody::new(&talk, &asked));
    Ok(Json(Counted::new(page, total)))
}

/// A conversation.
#[utoipa::path(get, path = "/conversations/{conversation_id}", tag = "Conversations",
    operation_id = "get-conversation", params(super::params::ConversationPath),
    responses((status = 200, body = ConversationBody)),
    security(("token" = ["conversations:read"]), ("login" = [])))]
pub async fn get(Named(id): Named, asked: Asked) -> Result<Json<ConversationBody>, Error> {
    asked.may(Scope::ConversationsRead)?;
    Ok(Json(ConversationBody::new(&find(&asked, &id).await?, &asked)))
}

/// The messages of a conversation, the last first.
#[utoipa::path(get, path = "/conversations/{conversation_id}/messages", tag = "Conversations",
    operation_id = "list-conversation-messages",
    params(super::params::ConversationPath, super::params::List),
    responses((status = 200, body = Paged<MessageBody>)),
    security(("token" = ["messages:read"]), ("login" = [])))]
pub async fn messages(Named(id): Named, asked: Asked) -> Result<Json<Paged<MessageBody>>, Error> {
    asked.may(Scope::MessagesRead)?;
    let talk = find(&asked, &id).await?;
    super::messages::listed(&asked, &talk.conversation).await
}

/// The inboxes that a conversation is in: the only one.
#[utoipa::path(get, path = "/conversations/{conversation_id}/inboxes", tag = "Conversations",
    operation_id = "list-conversation-inboxes", params(super::params::ConversationPath),
    responses((status = 200, body = Whole<InboxBody>)),
    security(("token" = ["conversations:read"]), ("login" = [])))]
pub async fn inboxes(Named(id): Named, asked: Asked) -> Result<Json<Whole<InboxBody>>, Error> {
    asked.may(Scope::ConversationsRead)?;
    let talk = find(&asked, &id).await?;
    let url = asked.url(&format!("/conversations/{}/inboxes", talk.conversation.id));
    Ok(Json(Whole::new(url, vec![inboxes::only(&asked)])))
}
