//! The response body of a message.

use contact::{Channel, ChannelType};
use hub::Written;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::recipient::Recipient;
use crate::v2::page::seconds;
use crate::v2::request::ApiRequest;

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
    /// The beginning of the text.
    blurb: String,
    /// The content as sanitized HTML.
    body: String,
    /// The content as plain text.
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

/// Characters of a message in its blurb.
const BLURB_CHARS: usize = 140;

impl MessageBody {
    pub fn new(written: &Written, channel: Option<&Channel>, request: &ApiRequest) -> MessageBody {
        let Written { message, contact } = written;
        let this = request.url(&format!("/messages/{}", message.id));
        let conversation = request.url(&format!("/conversations/{}", message.conversation));
        let text = message.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let from = Recipient::new(request, contact.as_ref(), &message.sender, "from");
        let to = channel.map(|channel| Recipient::new(request, None, &channel.address, "to"));
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

/// Returns plain text as HTML.
fn escaped(text: &str) -> String {
    maud::html! { (text) }.into_string().replace('\n', "<br>")
}
