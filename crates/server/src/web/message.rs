//! What a message says, and the files that came with it.

use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use contact::{AttachmentId, AttachmentInfo, ConversationId, MessageId, Received};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::error::Error;
use super::layout::{Icon, icon};
use super::session::SignedIn;
use super::words;
use crate::App;

/// A message's markup is cleaned before it is kept. It is shown in a frame that may run nothing all the same.
const FRAME_POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; sandbox allow-same-origin allow-popups \
    allow-popups-to-escape-sandbox; frame-ancestors 'self'; form-action 'none'";

/// What a message says. Markup is shown in a frame.
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
            span { (words::size(file.bytes)) }
        }
    }
}

#[derive(Deserialize)]
pub struct Asked {
    /// Fetch remote images.
    images: Option<String>,
}

pub async fn body(
    State(app): State<App>,
    Path((conversation, message)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    by: SignedIn,
) -> Result<Response, Error> {
    let gone = || Error::NotFound("There is no such message.");
    let conversation: ConversationId = conversation.parse().map_err(|_| gone())?;
    let message: MessageId = message.parse().map_err(|_| gone())?;
    let found = app.hub.message(by.company.id, conversation, message).await?.ok_or_else(gone)?;
    let mut markup = found.html.ok_or_else(gone)?;
    let mut policy = FRAME_POLICY.to_owned();
    if asked.images.is_some() {
        markup = markup.replace(" data-src=\"", " src=\"");
        policy = policy.replace("img-src data:", "img-src data: https: http:");
    }
    let document = format!(
        "<!doctype html><html lang=\"\"><head><meta charset=\"utf-8\"><title>Message</title>\
         <base target=\"_blank\"><link rel=\"stylesheet\" href=\"/app/static/mail.css\"></head>\
         <body>{markup}</body></html>"
    );
    let kind = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    Ok((kind, [(CONTENT_SECURITY_POLICY, policy)], document).into_response())
}

pub async fn attachment(State(app): State<App>, Path(id): Path<String>, by: SignedIn) -> Result<Response, Error> {
    let gone = || Error::NotFound("There is no such file.");
    let id: AttachmentId = id.parse().map_err(|_| gone())?;
    let file = app.hub.attachment(by.company.id, id).await?.ok_or_else(gone)?;
    // Never shown, whatever it says it is: only ever saved.
    let headers = [(CONTENT_TYPE, "application/octet-stream".to_owned()), (CONTENT_DISPOSITION, saved_as(&file.name))];
    Ok((headers, file.content.to_vec()).into_response())
}

/// A file name for a header: as it is where that is safe, and whole in RFC 8187's way.
fn saved_as(name: &str) -> String {
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
        assert_eq!(saved_as("a b.png"), "attachment; filename=\"a b.png\"; filename*=UTF-8''a%20b%2Epng");
        assert_eq!(saved_as("\"\r\nX: y"), "attachment; filename=\"___X_ y\"; filename*=UTF-8''%22X%3A%20y");
        assert_eq!(saved_as("../é"), "attachment; filename=\"__\"; filename*=UTF-8''%2E%2E%C3%A9");
        assert_eq!(saved_as(""), "attachment; filename=\"attachment\"; filename*=UTF-8''");
    }
}
