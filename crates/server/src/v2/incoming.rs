//! `POST /channels/{id}/incoming_messages`: receives messages from custom channels.

use axum::Json;
use axum::http::StatusCode;
use contact::{ATTACHMENTS_MAX, Attachment};
use hub::Scope;
use hub::inbound::{BodyFormat, Custom, THREAD_REF_BYTES_MAX};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::Error;
use super::form::File;
use super::request::{ApiRequest, PathId};
use super::{channels, contacts};

/// The answer to an accepted message.
#[derive(Serialize, ToSchema)]
pub struct MessageAccepted {
    /// `accepted`.
    status: &'static str,
    message_uid: String,
}

/// An incoming message.
#[derive(Deserialize, ToSchema)]
pub struct Incoming {
    sender: Sender,
    body: String,
    subject: Option<String>,
    /// `markdown` or `html`.
    #[schema(pattern = "^(markdown|html)$")]
    body_format: Option<String>,
    metadata: Option<Metadata>,
}

/// The sender of a message.
#[derive(Deserialize, ToSchema)]
struct Sender {
    #[schema(min_length = 1, max_length = 512)]
    handle: String,
    name: Option<String>,
    /// An existing contact. It is only checked: the sender is the contact with the handle.
    contact_id: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct Metadata {
    /// The same for all messages of a conversation. Without it, messages of a sender form a conversation.
    #[schema(max_length = 500)]
    thread_ref: Option<String>,
}

/// Receive a message.
#[utoipa::path(post, path = "/channels/{channel_id}/incoming_messages", tag = "Channels",
    operation_id = "receive-custom-message", params(super::params::ChannelPath), request_body = Incoming,
    responses((status = 202, body = MessageAccepted)), security(("token" = ["messages:write"]), ("login" = [])))]
pub async fn receive(
    PathId(id): PathId,
    mut request: ApiRequest,
) -> Result<(StatusCode, Json<MessageAccepted>), Error> {
    request.require(Scope::MessagesWrite)?;
    let (given, files): (Incoming, _) = request.json_or_form("attachments").await?;
    let channel = channels::find(&request, &id).await?;
    if let Some(contact) = given.sender.contact_id.as_deref().filter(|contact| !contact.is_empty()) {
        // The handle decides who the sender is; an unknown id is a mistake to report.
        let no_contact = |_| Error::NotFound("sender.contact_id: Contact not found.".into());
        contacts::find(&request, contact).await.map_err(no_contact)?;
    }
    let custom = custom(given, files)?;
    // HTML made to be slow must not delay the requests of others.
    let region = request.company.region;
    let message = tokio::task::spawn_blocking(move || custom.message(&channel, region)).await;
    let message = message.map_err(|_| Error::BadRequest("The message cannot be read.".into()))?;
    let message = message.map_err(|invalid| Error::BadRequest(format!("sender.handle: {invalid}")))?;
    let outcome = request.app.hub.receive(request.company.id, message).await?;
    let message_uid = outcome.message.map(|reference| reference.message.to_string()).unwrap_or_default();
    Ok((StatusCode::ACCEPTED, Json(MessageAccepted { status: "accepted", message_uid })))
}

fn custom(given: Incoming, files: Vec<File>) -> Result<Custom, Error> {
    let format = match given.body_format.as_deref() {
        None | Some("markdown") => BodyFormat::Markdown,
        Some("html") => BodyFormat::Html,
        Some(_) => return Err(Error::BadRequest("body_format must be markdown or html.".into())),
    };
    let thread_ref = given.metadata.and_then(|metadata| metadata.thread_ref);
    let is_wrong = |thread: &String| thread.len() > THREAD_REF_BYTES_MAX || thread.contains(char::is_control);
    if thread_ref.as_ref().is_some_and(is_wrong) {
        let message =
            format!("metadata.thread_ref must have at most {THREAD_REF_BYTES_MAX} bytes, and no control characters.");
        return Err(Error::BadRequest(message));
    }
    if files.len() > ATTACHMENTS_MAX {
        return Err(Error::BadRequest(format!("A message has at most {ATTACHMENTS_MAX} attachments.")));
    }
    let attachment =
        |file: File| Attachment { name: file.name, media_type: file.media_type, content: file.content[..].into() };
    Ok(Custom {
        sender: given.sender.handle,
        name: given.sender.name,
        subject: given.subject,
        body: given.body,
        format,
        thread_ref,
        attachments: files.into_iter().map(attachment).collect(),
    })
}
