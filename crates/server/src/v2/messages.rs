//! `/messages`: what people wrote.

use axum::Json;
use contact::{Channel, ChannelType, Conversation, MessageId};
use hub::{Page, Scope, Written};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::asked::{Asked, Named};
use super::conversations::Recipient;
use super::error::Error;
use super::page::{ListAsked, Paged, seconds};

#[derive(Serialize, ToSchema)]
pub struct MessageBody {
    _links: MessageLinks,
    /// `msg_` and a number in base 36.
    id: String,
    message_uid: String,
    /// `email`, `sms` or `custom`.
    r#type: &'static str,
    is_inbound: bool,
    /// Unix seconds, with three decimals.
    created_at: f64,
    subject: String,
    /// How it begins.
    blurb: String,
    /// What it says, as markup that was cleaned.
    body: String,
    /// What it says, as plain text.
    text: String,
    error_type: Option<String>,
    version: Option<String>,
    recipients: Vec<Recipient>,
    attachments: Vec<AttachmentBody>,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

#[derive(Serialize, ToSchema)]
struct MessageLinks {
    #[serde(rename = "self")]
    this: String,
    related: MessageRelated,
}

#[derive(Serialize, ToSchema)]
struct MessageRelated {
    conversation: String,
}

#[derive(Serialize, ToSchema)]
struct AttachmentBody {
    /// `fil_` and a number in base 36.
    id: String,
    filename: String,
    content_type: String,
    /// In bytes.
    size: u64,
}

/// Characters of a message that say how it begins.
const BLURB_CHARS: usize = 140;

impl MessageBody {
    fn new(written: &Written, channel: Option<&Channel>, asked: &Asked) -> MessageBody {
        let Written { message, contact } = written;
        let this = asked.url(&format!("/messages/{}", message.id));
        let conversation = asked.url(&format!("/conversations/{}", message.conversation));
        let text = message.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let from = Recipient::new(asked, contact.as_ref(), &message.sender, "from");
        let to = channel.map(|channel| Recipient::new(asked, None, &channel.address, "to"));
        let attachment = |info: &contact::AttachmentInfo| AttachmentBody {
            id: info.id.to_string(),
            filename: info.name.clone(),
            content_type: info.media_type.clone(),
            size: info.bytes,
        };
        MessageBody {
            _links: MessageLinks { this, related: MessageRelated { conversation } },
            id: message.id.to_string(),
            message_uid: message.id.to_string(),
            r#type: channel.map_or("custom", |channel| match channel.kind {
                ChannelType::Email => "email",
                ChannelType::Sms => "sms",
                ChannelType::Custom => "custom",
            }),
            is_inbound: true,
            created_at: seconds(message.at),
            subject: message.subject.clone(),
            blurb: text.chars().take(BLURB_CHARS).collect(),
            body: message.html.clone().unwrap_or_else(|| escaped(&message.text)),
            text: message.text.clone(),
            error_type: None,
            version: None,
            recipients: std::iter::once(from).chain(to).collect(),
            attachments: message.attachments.iter().map(attachment).collect(),
            metadata: Map::new(),
        }
    }
}

/// Plain text as markup.
fn escaped(text: &str) -> String {
    maud::html! { (text) }.into_string().replace('\n', "<br>")
}

/// The messages of a conversation, the last first.
pub async fn listed(asked: &Asked, conversation: &Conversation) -> Result<Json<Paged<MessageBody>>, Error> {
    let list = ListAsked::<MessageId>::read(asked, &[("created_at", hub::SortBy::Created)])?;
    let channel = asked.app.hub.channel(asked.company.id, conversation.channel).await?;
    let (company, limit) = (asked.company.id, list.limit);
    let thread = asked.app.hub.messages(company, conversation.id, list.cursor).await?;
    let mut items = thread.messages;
    // Messages come in their order, and the last of them are asked for.
    let more = items.len().saturating_sub(limit);
    let next = if more > 0 { items.get(more).map(|written| written.message.id) } else { thread.before };
    items.drain(..more);
    items.reverse();
    let path = format!("/conversations/{}/messages", conversation.id);
    let show = |written: Written| MessageBody::new(&written, channel.as_ref(), asked);
    Ok(Json(Paged::new(asked.url(&path), &list, Page { items, next }, show)))
}

/// A message.
#[utoipa::path(get, path = "/messages/{message_id}", tag = "Messages", operation_id = "get-message",
    params(super::params::MessagePath), responses((status = 200, body = MessageBody)),
    security(("token" = ["messages:read"]), ("login" = [])))]
pub async fn get(Named(id): Named, asked: Asked) -> Result<Json<MessageBody>, Error> {
    asked.may(Scope::MessagesRead)?;
    let not_there = || Error::NotFound("There is no such message.".into());
    let id: MessageId = id.strip_prefix("alt:uid:").unwrap_or(&id).parse().map_err(|_| not_there())?;
    let hub = &asked.app.hub;
    let written = hub.message_by_id(asked.company.id, id).await?.ok_or_else(not_there)?;
    let talk = hub.conversation(asked.company.id, written.message.conversation).await?.ok_or_else(not_there)?;
    let channel = hub.channel(asked.company.id, talk.conversation.channel).await?;
    Ok(Json(MessageBody::new(&written, channel.as_ref(), &asked)))
}
