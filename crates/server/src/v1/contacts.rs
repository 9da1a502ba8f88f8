//! `POST /api/1/contacts`: these addresses are one person's.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::error::Error;
use super::observation;
use crate::App;

/// Most bytes of a body.
const BODY_BYTES_MAX: usize = 1024 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[derive(Serialize)]
struct Accepted {
    status: &'static str,
    /// The contact that it became.
    id: String,
    /// The contacts that became part of it by this.
    merged: Vec<String>,
    /// The contacts that would have, but for a split.
    kept_apart: Vec<String>,
    /// Where the body has something that nobody knows.
    ignored: Vec<String>,
}

pub async fn observe(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (head, body) = request.into_parts();
    let company = app.caller(&head).await?;
    if !is_json(&head.headers) {
        return Err(Error::WrongType);
    }
    let body = app.read(body, BODY_BYTES_MAX).await?;
    // Parsers may ignore the mark that some editors put before a text (RFC 8259, section 8.1).
    let text = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&body);
    let value = serde_json::from_slice(text).map_err(Error::NotJson)?;
    let (observation, ignored) = observation::read(value, company.region).map_err(Error::Invalid)?;
    let outcome = app.hub.observe(company.id, observation).await?;
    let accepted = Accepted {
        status: "accepted",
        id: outcome.contact.map(|id| id.to_string()).unwrap_or_default(),
        merged: outcome.merged.iter().map(ToString::to_string).collect(),
        kept_apart: outcome.kept_apart.iter().map(ToString::to_string).collect(),
        ignored,
    };
    Ok((StatusCode::ACCEPTED, Json(accepted)).into_response())
}

pub async fn method_not_allowed() -> Error {
    Error::MethodNotAllowed
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(CONTENT_TYPE).map(|value| value.to_str()) else { return false };
    let media_type = value.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}
