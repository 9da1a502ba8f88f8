//! The error responses of API 2: `{"_error":{"status":…,"title":…,"message":…}}`.

use axum::Json;
use axum::http::header::{HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hub::Scope;
use serde::Serialize;
use utoipa::ToSchema;

use crate::rate_limit::Exceeded;
use crate::shares::Refused;
use crate::{auth, request_body};

/// The challenge for bearer tokens.
const BEARER: &str = r#"Bearer realm="Kith""#;
/// Seconds that a client should wait when the store is not available.
const RETRY_AFTER_S: u64 = 5;

/// Why a request was refused.
pub enum Error {
    Auth(auth::Failure),
    /// The body or a parameter is invalid.
    BadRequest(String),
    NotFound(String),
    /// The request contradicts the state of the company.
    Conflict(String),
    /// The token lacks a scope.
    Forbidden(Scope),
    /// The company is past its request limit.
    TooManyRequests(Exceeded),
    MethodNotAllowed(Method),
    /// The media type of the body is not supported.
    WrongType(&'static str),
    Body(request_body::Failure),
    /// The company's share of something, or all of it, is used up.
    Refused(Refused),
    Hub(hub::Error),
}

impl From<auth::Failure> for Error {
    fn from(failure: auth::Failure) -> Error {
        Error::Auth(failure)
    }
}

impl From<request_body::Failure> for Error {
    fn from(failure: request_body::Failure) -> Error {
        Error::Body(failure)
    }
}

impl From<Exceeded> for Error {
    fn from(exceeded: Exceeded) -> Error {
        Error::TooManyRequests(exceeded)
    }
}

impl From<hub::Error> for Error {
    fn from(error: hub::Error) -> Error {
        Error::Hub(error)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Error::Auth(auth::Failure::Unauthorized) => {
                let message = "Send a valid token (Authorization: Bearer …), or the company's name and password.";
                let mut response = answer(StatusCode::UNAUTHORIZED, message, None);
                for challenge in [auth::CHALLENGE, BEARER] {
                    response.headers_mut().append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
                }
                response
            }
            Error::Auth(auth::Failure::TooMany { retry_after_s }) => {
                let message = "Too many failed logins. Check the company's name and password.";
                answer(StatusCode::TOO_MANY_REQUESTS, message, Some((RETRY_AFTER, retry_after_s.into())))
            }
            Error::Auth(auth::Failure::CrossSite) => answer(StatusCode::FORBIDDEN, auth::CROSS_SITE, None),
            Error::BadRequest(message) => answer(StatusCode::BAD_REQUEST, &message, None),
            Error::NotFound(message) => answer(StatusCode::NOT_FOUND, &message, None),
            Error::Conflict(message) => answer(StatusCode::CONFLICT, &message, None),
            Error::Forbidden(scope) => {
                let message = format!("The token lacks the scope {scope}.");
                answer(StatusCode::FORBIDDEN, &message, None)
            }
            Error::TooManyRequests(exceeded) => {
                let retry_after = Some((RETRY_AFTER, exceeded.retry_after_s.into()));
                answer(StatusCode::TOO_MANY_REQUESTS, &exceeded.message(), retry_after)
            }
            Error::MethodNotAllowed(method) => {
                let message = format!("{method} is not allowed. The Allow header lists the methods.");
                answer(StatusCode::METHOD_NOT_ALLOWED, &message, None)
            }
            Error::WrongType(message) => answer(StatusCode::UNSUPPORTED_MEDIA_TYPE, message, None),
            Error::Body(failure) => from_body(&failure),
            Error::Refused(refused) => from_refused(refused),
            Error::Auth(auth::Failure::Hub(error)) | Error::Hub(error) => from_hub(&error),
        }
    }
}

/// Returns an error response of a status.
pub fn refuse(status: StatusCode, message: &str) -> Response {
    answer(status, message, None)
}

fn from_body(failure: &request_body::Failure) -> Response {
    match failure {
        request_body::Failure::TooLarge => answer(StatusCode::PAYLOAD_TOO_LARGE, "The body has too many bytes.", None),
        request_body::Failure::TooSlow => answer(StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.", None),
        request_body::Failure::Broken => answer(StatusCode::BAD_REQUEST, "The body broke off.", None),
        request_body::Failure::Refused(refused) => from_refused(*refused),
        request_body::Failure::Unstored(error) => {
            tracing::error!(%error, "a temporary file cannot be written");
            let message = "The body cannot be stored at the moment. Send it again.";
            answer(StatusCode::SERVICE_UNAVAILABLE, message, Some((RETRY_AFTER, RETRY_AFTER_S.into())))
        }
    }
}

fn from_refused(refused: Refused) -> Response {
    answer(refused.status(), &refused.to_string(), Some((RETRY_AFTER, refused.retry_after())))
}

fn from_hub(error: &hub::Error) -> Response {
    match error.kind() {
        hub::Kind::Invalid => answer(StatusCode::BAD_REQUEST, &error.to_string(), None),
        hub::Kind::NotFound => answer(StatusCode::NOT_FOUND, &error.to_string(), None),
        hub::Kind::Conflict => answer(StatusCode::CONFLICT, &error.to_string(), None),
        hub::Kind::Unavailable => {
            tracing::warn!(error = %error, "the store is not available");
            let message = "The store is not available. Try again.";
            answer(StatusCode::SERVICE_UNAVAILABLE, message, Some((RETRY_AFTER, RETRY_AFTER_S.into())))
        }
        hub::Kind::Internal => {
            tracing::error!(error = %error, "a request failed");
            answer(StatusCode::INTERNAL_SERVER_ERROR, "This is a fault of the server, not of the request.", None)
        }
    }
}

fn answer(status: StatusCode, message: &str, header: Option<(HeaderName, HeaderValue)>) -> Response {
    let title = status.canonical_reason().unwrap_or("Error").to_owned();
    let body = Json(ErrorBody { _error: ErrorDetail { status: status.as_u16(), title, message: message.to_owned() } });
    let mut response = (status, body).into_response();
    response.headers_mut().extend(header.map(|(name, value)| (Some(name), value)));
    response
}

/// An error response.
#[derive(Serialize, ToSchema)]
pub struct ErrorBody {
    _error: ErrorDetail,
}

#[derive(Serialize, ToSchema)]
struct ErrorDetail {
    /// The status of the response.
    status: u16,
    /// The name of the status.
    title: String,
    /// What is wrong, and where.
    message: String,
}
