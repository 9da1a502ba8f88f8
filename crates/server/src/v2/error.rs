//! How API 2 says what went wrong: `{"_error":{"status":…,"title":…,"message":…}}`.

use axum::Json;
use axum::http::header::{ALLOW, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::{auth, body};

/// How long a client should wait when the store does not answer.
const RETRY_AFTER_S: u64 = 5;

/// Why a request was not answered with what it asked for.
pub enum Error {
    Auth(auth::Failure),
    /// A parameter cannot be used.
    BadRequest(String),
    NotFound(String),
    MethodNotAllowed,
    OnlyPost,
    /// A body of another type than those that are read here.
    WrongType(&'static str),
    Body(body::Failure),
    Hub(hub::Error),
}

impl From<auth::Failure> for Error {
    fn from(failure: auth::Failure) -> Error {
        Error::Auth(failure)
    }
}

impl From<body::Failure> for Error {
    fn from(failure: body::Failure) -> Error {
        Error::Body(failure)
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
                let message = "Sign in with the company's name and password (Basic auth).";
                let challenge = HeaderValue::from_static(auth::CHALLENGE);
                answer(StatusCode::UNAUTHORIZED, message, Some((WWW_AUTHENTICATE, challenge)))
            }
            Error::Auth(auth::Failure::TooMany { retry_after_s }) => {
                let message = "Too many failed logins. Check the company's name and password.";
                answer(StatusCode::TOO_MANY_REQUESTS, message, Some((RETRY_AFTER, retry_after_s.into())))
            }
            Error::BadRequest(message) => answer(StatusCode::BAD_REQUEST, &message, None),
            Error::NotFound(message) => answer(StatusCode::NOT_FOUND, &message, None),
            Error::MethodNotAllowed => {
                let allow = (ALLOW, HeaderValue::from_static("GET, HEAD"));
                answer(StatusCode::METHOD_NOT_ALLOWED, "This can only be read.", Some(allow))
            }
            Error::OnlyPost => {
                let allow = (ALLOW, HeaderValue::from_static("POST"));
                answer(StatusCode::METHOD_NOT_ALLOWED, "Messages are brought with POST.", Some(allow))
            }
            Error::WrongType(message) => answer(StatusCode::UNSUPPORTED_MEDIA_TYPE, message, None),
            Error::Body(failure) => from_body(&failure),
            Error::Auth(auth::Failure::Hub(error)) | Error::Hub(error) => from_hub(&error),
        }
    }
}

fn from_body(failure: &body::Failure) -> Response {
    match failure {
        body::Failure::TooLarge => answer(StatusCode::PAYLOAD_TOO_LARGE, "The body has too many bytes.", None),
        body::Failure::TooSlow => answer(StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.", None),
        body::Failure::Broken => answer(StatusCode::BAD_REQUEST, "The body broke off.", None),
        body::Failure::Busy => {
            let message = "Too much is arriving at once. Try again.";
            answer(StatusCode::SERVICE_UNAVAILABLE, message, Some((RETRY_AFTER, 1.into())))
        }
    }
}

fn from_hub(error: &hub::Error) -> Response {
    match error.kind() {
        hub::Kind::Invalid => answer(StatusCode::BAD_REQUEST, &error.to_string(), None),
        hub::Kind::NotFound => answer(StatusCode::NOT_FOUND, &error.to_string(), None),
        hub::Kind::Conflict => answer(StatusCode::CONFLICT, &error.to_string(), None),
        hub::Kind::Unavailable => {
            tracing::warn!(error = %error, "a request could not be answered");
            let message = "The store does not answer at the moment.";
            answer(StatusCode::SERVICE_UNAVAILABLE, message, Some((RETRY_AFTER, RETRY_AFTER_S.into())))
        }
        hub::Kind::Internal => {
            tracing::error!(error = %error, "a request failed");
            answer(StatusCode::INTERNAL_SERVER_ERROR, "Something is wrong here, not with your request.", None)
        }
    }
}

fn answer(status: StatusCode, message: &str, header: Option<(HeaderName, HeaderValue)>) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        _error: Detail<'a>,
    }
    #[derive(Serialize)]
    struct Detail<'a> {
        status: u16,
        title: &'a str,
        message: &'a str,
    }
    let title = status.canonical_reason().unwrap_or("Error");
    let body = Json(Body { _error: Detail { status: status.as_u16(), title, message } });
    let mut response = (status, body).into_response();
    response.headers_mut().extend(header.map(|(name, value)| (Some(name), value)));
    response
}
