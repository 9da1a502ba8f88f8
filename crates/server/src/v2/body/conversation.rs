//! The response body of a conversation.

use std::collections::BTreeMap;

use hub::ConversationSummary;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::recipient::Recipient;
use super::teammate::TeammateBody;
use crate::v2::page::seconds;
use crate::v2::request::ApiRequest;

/// The status of every conversation: open, and assigned to nobody.
pub const STATUS: &str = "unassigned";

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

impl ConversationBody {
    pub fn new(summary: &ConversationSummary, request: &ApiRequest) -> ConversationBody {
        let ConversationSummary { conversation, contact } = summary;
        let this = request.url(&format!("/conversations/{}", conversation.id));
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
            recipient: Some(Recipient::new(request, contact.as_ref(), &conversation.sender, "from")),
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
