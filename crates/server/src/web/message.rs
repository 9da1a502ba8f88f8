//! The content of a message, and its attachments.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_FRAME_OPTIONS};
use axum::response::{IntoResponse, Response};
use contact::{AttachmentId, AttachmentInfo, ConversationId, MessageId, Received};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::error::Error;
use super::format;
use super::layout::{Icon, icon};
use super::parts::{Path, Query};
use super::session::SignedIn;
use crate::App;

/// The content security policy of a message's frame. Its HTML is sanitized before it is stored; the frame also runs no script.
const FRAME_POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; sandbox allow-same-origin allow-popups \
    allow-popups-to-escape-sandbox; frame-ancestors 'self'; form-action 'none'";

/// Returns the content of a message. HTML is shown in a frame.
pub fn content(message: &Received, with_images: bool) -> Markup {
    let frame = format!("/app/inbox/{}/{}", message.conversation, message.id);
    let has_images = message.html.as_ref().is_some_and(|html| html.contains("data-src="));
    let name = format!("mail-{}", message.id);
    html! {
        @if message.html.is_some() {
            @if has_images && !with_images {
                div.mail-bar {
                    span { "Remote images are not loaded." }
                    a.button.small href={ (frame) "?images=yes" } target=(name) { "Show remote images" }
                }
            }
            iframe.mail name=(name) src={ (frame) (if with_images { "?images=yes" } else { "" }) }
                title="Formatted message" loading="lazy"
                sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox" {}
        } @else {
            div.text dir="auto" { (message.text) }
        }
        @if !message.attachments.is_empty() {
            ul.files aria-label="Attachments" { @for file in &message.attachments { (attached(file)) } }
        }
    }
}

fn attached(file: &AttachmentInfo) -> Markup {
    let name = if file.name.trim().is_empty() { "Attachment" } else { &file.name };
    html! {
        li {
            (icon(Icon::File))
            a href={ "/app/files/" (file.id) } download { bdi { (name) } }
            span { (format::size(file.bytes)) }
        }
    }
}

#[derive(Deserialize)]
pub struct Params {
    /// Fetch remote images.
    images: Option<String>,
}

pub async fn body(
    State(app): State<App>,
    Path((conversation, message)): Path<(String, String)>,
    Query(params): Query<Params>,
    by: SignedIn,
) -> Result<Response, Error> {
    let not_found = || Error::NotFound("Message not found.");
    let conversation: ConversationId = conversation.parse().map_err(|_| not_found())?;
    let message: MessageId = message.parse().map_err(|_| not_found())?;
    let found = app.hub.message(by.company.id, conversation, message).await?.ok_or_else(not_found)?;
    let mut markup = found.html.ok_or_else(not_found)?;
    let mut policy = FRAME_POLICY.to_owned();
    if params.images.is_some() {
        markup = markup.replace(" data-src=\"", " src=\"");
        policy = policy.replace("img-src data:", "img-src data: https: http:");
    }
    let document = format!(
        "<!doctype html><html lang=\"\"><head><meta charset=\"utf-8\"><title>Message</title>\
         <base target=\"_blank\"><link rel=\"stylesheet\" href=\"/app/static/mail.css\"></head>\
         <body>{markup}</body></html>"
    );
    let kind = [(CONTENT_TYPE, "text/html; charset=utf-8"), (X_FRAME_OPTIONS, "SAMEORIGIN")];
    Ok((kind, [(CONTENT_SECURITY_POLICY, policy)], document).into_response())
}

pub async fn attachment(State(app): State<App>, Path(id): Path<String>, by: SignedIn) -> Result<Response, Error> {
    let not_found = || Error::NotFound("File not found.");
    let id: AttachmentId = id.parse().map_err(|_| not_found())?;
    let file = app.hub.attachment(by.company.id, id).await?.ok_or_else(not_found)?;
    // Attachments are only downloaded, never shown, whatever their media type.
    let headers =
        [(CONTENT_TYPE, "application/octet-stream".to_owned()), (CONTENT_DISPOSITION, disposition(&file.name))];
    Ok((headers, file.content.to_vec()).into_response())
}

/// Returns a `Content-Disposition` with a safe ASCII file name, and the full name (RFC 8187).
fn disposition(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || " .-_".contains(c) { c } else { '_' };
    let plain: String = name.chars().take(150).map(safe).collect();
    let plain = plain.trim().trim_start_matches('.');
    let plain = if plain.is_empty() { "attachment" } else { plain };
    let name: String = name.chars().filter(|c| !c.is_control() && !"/\\".contains(*c)).take(150).collect();
    let whole = utf8_percent_encode(&name, NON_ALPHANUMERIC);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_cannot_leave_their_header() {
        assert_eq!(disposition("a b.png"), "attachment; filename=\"a b.png\"; filename*=UTF-8''a%20b%2Epng");
        assert_eq!(disposition("\"\r\nX: y"), "attachment; filename=\"___X_ y\"; filename*=UTF-8''%22X%3A%20y");
        assert_eq!(disposition("../é"), "attachment; filename=\"__\"; filename*=UTF-8''%2E%2E%C3%A9");
        assert_eq!(disposition(""), "attachment; filename=\"attachment\"; filename*=UTF-8''");
    }
}
