//! A request of API 2: its caller, their scopes, and its body.

use std::sync::{Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use contact::{Origin, TokenId};
use hub::{Bearer, Company, Scope, Scopes};
use serde::de::DeserializeOwned;

use super::error::Error;
use super::form;
use crate::App;
use crate::client::Client;
use crate::request_body::FORM_BYTES_MAX;
use crate::shares::Holder;

/// Most bytes of a JSON body.
const JSON_BYTES_MAX: usize = 1024 * 1024;

/// An authenticated request.
pub struct ApiRequest {
    pub app: App,
    pub company: Company,
    token: Option<TokenId>,
    scopes: Scopes,
    head: Parts,
    /// In a mutex, because a body is not `Sync`. It is never contended.
    body: Mutex<Body>,
    /// The base of links in responses.
    pub base_url: String,
}

impl FromRequest<App> for ApiRequest {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<ApiRequest, Error> {
        let (head, body) = request.into_parts();
        let Bearer { company, token, scopes } = app.authenticate(&head).await?;
        app.rate_limits.count(&head, &company, app.hub.now())?;
        let base_url = Client::of(&head).base_url;
        Ok(ApiRequest { app: app.clone(), company, token, scopes, head, body: Mutex::new(body), base_url })
    }
}

impl ApiRequest {
    /// Checks that the caller has a scope.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`] if not.
    pub fn require(&self, scope: Scope) -> Result<(), Error> {
        if self.scopes.has(scope) { Ok(()) } else { Err(Error::Forbidden(scope)) }
    }

    /// Returns the origin of what the caller reports and changes.
    pub fn origin(&self) -> Origin {
        Origin::Api(self.token)
    }

    /// Returns the query as sent.
    pub fn query(&self) -> &str {
        self.head.uri.query().unwrap_or_default()
    }

    /// Returns the path as sent.
    pub fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// Returns the URL of a path of this API.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// Whether the body is a form instead of JSON.
    pub fn is_form(&self) -> bool {
        matches!(media_type(&self.head.headers), MediaType::Form(_))
    }

    /// Reads a JSON body.
    pub async fn json<T: DeserializeOwned>(&mut self) -> Result<T, Error> {
        let wrong_type = || Error::WrongType("Send application/json.");
        let media_type = media_type(&self.head.headers);
        if matches!(media_type, MediaType::Form(_) | MediaType::Other) {
            return Err(wrong_type());
        }
        let body = self.take(JSON_BYTES_MAX).await?;
        // A body without a media type is an error; a request without a body needs none.
        let is_untyped = matches!(media_type, MediaType::None) && !body.is_empty();
        if is_untyped { Err(wrong_type()) } else { from_json(&body) }
    }

    /// Reads a body as JSON or as a form, with the files of the form named `file` or `file[…]`.
    pub async fn json_or_form<T: DeserializeOwned>(&mut self, file: &str) -> Result<(T, Vec<form::File>), Error> {
        let MediaType::Form(boundary) = media_type(&self.head.headers) else {
            return match media_type(&self.head.headers) {
                MediaType::Other => Err(Error::WrongType("Send application/json or multipart/form-data.")),
                _ => Ok((self.json().await?, Vec::new())),
            };
        };
        let body = self.take(FORM_BYTES_MAX).await?;
        let (value, files) = form::read(body, boundary, file).await?;
        Ok((typed(value)?, files))
    }

    async fn take(&mut self, bytes_max: usize) -> Result<Bytes, Error> {
        let body = std::mem::take(self.body.get_mut().unwrap_or_else(PoisonError::into_inner));
        Ok(self.app.read(Holder::Company(self.company.id), body, bytes_max).await?)
    }
}

fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    if body.trim_ascii().is_empty() {
        return Err(Error::BadRequest("The body is missing. Send a JSON object.".into()));
    }
    let value: serde_json::Value =
        serde_json::from_slice(body).map_err(|error| Error::BadRequest(format!("The body is not JSON: {error}.")))?;
    if !value.is_object() {
        return Err(Error::BadRequest("The body must be a JSON object.".into()));
    }
    typed(value)
}

fn typed<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Error> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        Error::BadRequest(type_error(&path, &error.into_inner().to_string()))
    })
}

/// Returns what is wrong with the value at a path, as a sentence for the client.
fn type_error(path: &str, reason: &str) -> String {
    if let Some(field) = reason.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        let dot = if path.is_empty() { "" } else { "." };
        return format!("{path}{dot}{field} is required.");
    }
    let parts = reason.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected "));
    match parts {
        Some((actual, expected)) => {
            let expected = match expected {
                "a sequence" => "a list",
                "a map" => "an object",
                "f64" => "a number",
                other if other.starts_with("struct ") => "an object",
                other => other,
            };
            format!("{path} must be {expected}, not {actual}.")
        }
        None => format!("{path}: {reason}."),
    }
}

enum MediaType {
    Json,
    /// A form with its boundary.
    Form(String),
    Other,
    /// The header is missing.
    None,
}

fn media_type(headers: &HeaderMap) -> MediaType {
    let Some(value) = headers.get(CONTENT_TYPE) else { return MediaType::None };
    let Ok(value) = value.to_str() else { return MediaType::Other };
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return MediaType::Json;
    }
    multer::parse_boundary(value).map_or(MediaType::Other, MediaType::Form)
}

/// The id or alias in a path. Empty if it is not UTF-8, which no id is.
pub struct PathId(pub String);

impl FromRequestParts<App> for PathId {
    type Rejection = Error;

    async fn from_request_parts(head: &mut Parts, app: &App) -> Result<PathId, Error> {
        let path = Path::<String>::from_request_parts(head, app).await;
        Ok(PathId(path.map(|Path(name)| name).unwrap_or_default()))
    }
}
