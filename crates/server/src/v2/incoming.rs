//! `POST /channels/{id}/incoming_messages`: what a program of the company's own passes on.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use contact::{ATTACHMENTS_MAX, Attachment, Channel, ChannelId, ChannelType};
use hub::Company;
use hub::inbound::{BodyFormat, Custom, THREAD_REF_BYTES_MAX};
use multer::{Field, Multipart};
use serde::Serialize;
use serde_json::Value;

use super::contacts;
use super::error::Error;
use crate::App;

/// Most bytes of a body in JSON.
const JSON_BYTES_MAX: usize = 1024 * 1024;
/// Most bytes of a form with its files.
const FORM_BYTES_MAX: usize = 25 * 1024 * 1024;

#[derive(Serialize)]
struct Accepted {
    status: &'static str,
    message_uid: String,
}

pub async fn receive(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Error> {
    let (head, body) = request.into_parts();
    let company = app.caller(&head).await?;
    let given = match media_type(&head.headers) {
        MediaType::Json => {
            let body = app.read(body, JSON_BYTES_MAX).await?;
            Given::from_json(&body)?
        }
        MediaType::Form(boundary) => {
            let body = app.read(body, FORM_BYTES_MAX).await?;
            Given::from_form(body, boundary).await?
        }
        MediaType::Other => return Err(Error::WrongType("Send application/json or multipart/form-data.")),
    };
    let channel = if let Ok(Path(id)) = id { find(&app, &company, &id).await? } else { None };
    let channel = channel.ok_or_else(|| Error::NotFound("There is no such channel.".into()))?;
    if let Some(contact) = given.contact_id.as_deref().filter(|contact| !contact.is_empty()) {
        // The sender's handle says who wrote; an id that leads nowhere is a mistake worth hearing of.
        let contact = contacts::find(&app, &company, contact).await?;
        contact.ok_or_else(|| Error::NotFound("There is no such contact as sender.contact_id names.".into()))?;
    }
    let custom = given.custom()?;
    // Markup that is built to be slow must not hold up the requests of others.
    let message = tokio::task::spawn_blocking(move || custom.message(&channel, company.region)).await;
    let message = message.map_err(|_| Error::BadRequest("The message cannot be read.".into()))?;
    let message = message.map_err(|invalid| Error::BadRequest(format!("sender.handle: {invalid}")))?;
    let outcome = app.hub.receive(company.id, message).await?;
    let message_uid = outcome.message.map(|marked| marked.message.to_string()).unwrap_or_default();
    Ok((StatusCode::ACCEPTED, Json(Accepted { status: "accepted", message_uid })).into_response())
}

pub async fn method_not_allowed() -> Error {
    Error::OnlyPost
}

/// The channel with an id, or with an alias: `alt:address:` with its address.
async fn find(app: &App, company: &Company, id: &str) -> Result<Option<Channel>, Error> {
    let Some(address) = id.strip_prefix("alt:address:") else {
        let Ok(id) = id.parse::<ChannelId>() else { return Ok(None) };
        return Ok(app.hub.channel(company.id, id).await?);
    };
    for kind in [ChannelType::Custom, ChannelType::Email, ChannelType::Sms] {
        let Ok(address) = Channel::address(kind, address, company.region) else { continue };
        if let Some(channel) = app.hub.channel_at(company.id, address.key()).await? {
            return Ok(Some(channel));
        }
    }
    Ok(None)
}

enum MediaType {
    Json,
    /// A form, and what its fields are parted by.
    Form(String),
    Other,
}

fn media_type(headers: &HeaderMap) -> MediaType {
    let Some(Ok(value)) = headers.get(CONTENT_TYPE).map(|value| value.to_str()) else { return MediaType::Other };
    if value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return MediaType::Json;
    }
    multer::parse_boundary(value).map_or(MediaType::Other, MediaType::Form)
}

/// What was given, under the names that a form has for it.
#[derive(Default)]
struct Given {
    handle: Option<String>,
    name: Option<String>,
    contact_id: Option<String>,
    body: Option<String>,
    subject: Option<String>,
    body_format: Option<String>,
    thread_ref: Option<String>,
    attachments: Vec<Attachment>,
}

impl Given {
    /// Where a field's value goes; none if nobody knows the field.
    fn place(&mut self, field: &str) -> Option<&mut Option<String>> {
        Some(match field {
            "sender[handle]" => &mut self.handle,
            "sender[name]" => &mut self.name,
            "sender[contact_id]" => &mut self.contact_id,
            "body" => &mut self.body,
            "subject" => &mut self.subject,
            "body_format" => &mut self.body_format,
            "metadata[thread_ref]" => &mut self.thread_ref,
            _ => return None,
        })
    }

    fn from_json(body: &[u8]) -> Result<Given, Error> {
        let not_json = |error: serde_json::Error| Error::BadRequest(format!("The body is not JSON: {error}."));
        let Value::Object(fields) = serde_json::from_slice(body).map_err(not_json)? else {
            return Err(Error::BadRequest("The body must be an object with sender and body.".into()));
        };
        let mut given = Given::default();
        for (name, value) in fields {
            match value {
                Value::Object(inner) if matches!(name.as_str(), "sender" | "metadata") => {
                    for (key, value) in inner {
                        given.set(&format!("{name}[{key}]"), &format!("{name}.{key}"), value)?;
                    }
                }
                Value::Null => {}
                _ if matches!(name.as_str(), "sender" | "metadata") => {
                    return Err(Error::BadRequest(format!("{name} must be an object.")));
                }
                value => given.set(&name, &name, value)?,
            }
        }
        Ok(given)
    }

    fn set(&mut self, field: &str, shown: &str, value: Value) -> Result<(), Error> {
        let Some(place) = self.place(field) else { return Ok(()) };
        *place = match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            _ => return Err(Error::BadRequest(format!("{shown} must be a string."))),
        };
        Ok(())
    }

    async fn from_form(body: Bytes, boundary: String) -> Result<Given, Error> {
        let broken = |error: multer::Error| Error::BadRequest(format!("The form cannot be read: {error}."));
        let mut form = Multipart::new(Body::from(body).into_data_stream(), boundary);
        let mut given = Given::default();
        while let Some(field) = form.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == "attachments" || name.starts_with("attachments[") {
                if given.attachments.len() == ATTACHMENTS_MAX {
                    return Err(Error::BadRequest(format!("A message has at most {ATTACHMENTS_MAX} attachments.")));
                }
                given.attachments.push(attachment(field).await.map_err(broken)?);
            } else if let Some(place) = given.place(&name) {
                let value = field.bytes().await.map_err(broken)?;
                let text = String::from_utf8(value.into());
                *place = Some(text.map_err(|_| Error::BadRequest(format!("{name} must be UTF-8.")))?);
            }
        }
        Ok(given)
    }

    fn custom(self) -> Result<Custom, Error> {
        let missing = |field: &str| Error::BadRequest(format!("{field} is required."));
        let format = match self.body_format.as_deref() {
            None | Some("markdown") => BodyFormat::Markdown,
            Some("html") => BodyFormat::Html,
            Some(_) => return Err(Error::BadRequest("body_format must be markdown or html.".into())),
        };
        if self
            .thread_ref
            .as_ref()
            .is_some_and(|thread| thread.len() > THREAD_REF_BYTES_MAX || thread.contains(char::is_control))
        {
            let message =
                format!("metadata.thread_ref must have at most {THREAD_REF_BYTES_MAX} bytes, none a control.");
            return Err(Error::BadRequest(message));
        }
        Ok(Custom {
            sender: self.handle.ok_or_else(|| missing("sender.handle"))?,
            name: self.name,
            subject: self.subject,
            body: self.body.ok_or_else(|| missing("body"))?,
            format,
            thread_ref: self.thread_ref,
            attachments: self.attachments,
        })
    }
}

async fn attachment(field: Field<'_>) -> Result<Attachment, multer::Error> {
    let name = field.file_name().unwrap_or_default().to_owned();
    let media_type = field.content_type().map(ToString::to_string).unwrap_or_default();
    let content = field.bytes().await?.as_ref().into();
    Ok(Attachment { name, media_type, content })
}
