//! The error responses of API 1: `{"errors":[{"at":…,"value":…,"message":…}]}`.

use axum::Json;
use axum::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use files::body::BodyProblem;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::rate_limit::Exceeded;
use crate::shares::Refused;
use crate::{auth, exports, request_body};

/// Seconds that a client should wait when the store is not available.
const RETRY_AFTER_S: u64 = 5;

/// An error response.
#[derive(Serialize, ToSchema)]
pub struct Errors {
    errors: Vec<Problem>,
}

/// One problem of a request.
#[derive(Clone, Serialize, Debug, PartialEq, ToSchema)]
pub struct Problem {
    /// The position in the body, as a JSON pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The invalid value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// What is wrong, and what would be right.
    pub message: String,
    /// The line of the body, if the body is not JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column of that line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

impl Problem {
    /// Returns a problem without a position.
    pub fn new(message: impl Into<String>) -> Problem {
        Problem { at: None, value: None, message: message.into(), line: None, column: None }
    }
}

impl From<BodyProblem> for Problem {
    fn from(problem: BodyProblem) -> Problem {
        Problem { at: Some(problem.at), value: problem.value, ..Problem::new(problem.message) }
    }
}

/// Why a request was refused. Nothing of it was stored.
pub enum Error {
    Auth(auth::Failure),
    /// The company is past its request limit.
    TooManyRequests(Exceeded),
    /// The token lacks a scope.
    Forbidden(hub::Scope),
    /// The path has another method.
    MethodNotAllowed(&'static str),
    /// A query parameter is invalid.
    Parameter(String),
    NotJson(serde_json::Error),
    /// The body must have this media type.
    WrongType(&'static str),
    Body(request_body::Failure),
    /// The company's share of something, or all of it, is used up.
    Refused(Refused),
    Invalid(Vec<Problem>),
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

impl From<Refused> for Error {
    fn from(refused: Refused) -> Error {
        Error::Refused(refused)
    }
}

impl From<exports::Failure> for Error {
    fn from(failure: exports::Failure) -> Error {
        match failure {
            exports::Failure::Refused(refused) => Error::Refused(refused),
            exports::Failure::Hub(error) => Error::Hub(error),
            exports::Failure::File(error) => Error::Body(request_body::Failure::Unstored(error)),
        }
    }
}

impl From<Vec<BodyProblem>> for Error {
    fn from(problems: Vec<BodyProblem>) -> Error {
        Error::Invalid(problems.into_iter().map(Problem::from).collect())
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

/// A header of the response.
type Header = Option<(HeaderName, HeaderValue)>;

impl Error {
    /// Returns the status and the problems.
    pub fn parts(self) -> (StatusCode, Vec<Problem>) {
        let (status, _, problems) = self.answer();
        (status, problems)
    }

    fn answer(self) -> (StatusCode, Header, Vec<Problem>) {
        match self {
            Error::Auth(auth::Failure::Unauthorized) => {
                let message = "Sign in with the company's name and password (Basic auth).";
                let challenge = HeaderValue::from_static(auth::CHALLENGE);
                (StatusCode::UNAUTHORIZED, Some((WWW_AUTHENTICATE, challenge)), vec![Problem::new(message)])
            }
            Error::Auth(auth::Failure::TooMany { retry_after_s }) => {
                let message = "Too many failed logins. Check the company's name and password.";
                retry(StatusCode::TOO_MANY_REQUESTS, retry_after_s, message)
            }
            Error::Auth(auth::Failure::CrossSite) => plain(StatusCode::FORBIDDEN, vec![Problem::new(auth::CROSS_SITE)]),
            Error::Auth(auth::Failure::Hub(error)) | Error::Hub(error) => from_hub(&error),
            Error::TooManyRequests(exceeded) => {
                retry(StatusCode::TOO_MANY_REQUESTS, exceeded.retry_after_s, &exceeded.message())
            }
            Error::Forbidden(scope) => {
                let message = format!("The token lacks the scope {scope}.");
                plain(StatusCode::FORBIDDEN, vec![Problem::new(message)])
            }
            Error::MethodNotAllowed(allowed) => {
                let message = match allowed {
                    "GET" => "Use GET.",
                    _ => "Use POST.",
                };
                let allow = HeaderValue::from_static(allowed);
                (StatusCode::METHOD_NOT_ALLOWED, Some((ALLOW, allow)), vec![Problem::new(message)])
            }
            Error::WrongType(wanted) => {
                let message = format!("Set the header Content-Type: {wanted}.");
                plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, vec![Problem::new(message)])
            }
            Error::Parameter(message) => plain(StatusCode::BAD_REQUEST, vec![Problem::new(message)]),
            Error::NotJson(error) => {
                let (line, column) = (Some(error.line()), Some(error.column()));
                let problem = Problem { line, column, ..Problem::new(format!("The body is not JSON: {error}.")) };
                plain(StatusCode::BAD_REQUEST, vec![problem])
            }
            Error::Body(failure) => from_body(&failure),
            Error::Refused(refused) => from_refused(refused),
            Error::Invalid(problems) => plain(StatusCode::UNPROCESSABLE_ENTITY, problems),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, header, errors) = self.answer();
        (status, HeaderMap::from_iter(header), Json(Errors { errors })).into_response()
    }
}

/// Returns an error response of a status.
pub fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(Errors { errors: vec![Problem::new(message)] })).into_response()
}

fn from_body(failure: &request_body::Failure) -> (StatusCode, Header, Vec<Problem>) {
    let problem = |message: &str| vec![Problem::new(message)];
    match failure {
        request_body::Failure::TooLarge => plain(StatusCode::PAYLOAD_TOO_LARGE, problem("A body has at most 1 MiB.")),
        request_body::Failure::TooSlow => {
            plain(StatusCode::REQUEST_TIMEOUT, problem("The body did not arrive in time."))
        }
        request_body::Failure::Broken => plain(StatusCode::BAD_REQUEST, problem("The body broke off.")),
        request_body::Failure::Refused(refused) => from_refused(*refused),
        request_body::Failure::Unstored(error) => {
            tracing::error!(%error, "a temporary file cannot be written");
            retry(
                StatusCode::SERVICE_UNAVAILABLE,
                RETRY_AFTER_S,
                "The body cannot be stored at the moment. Send it again.",
            )
        }
    }
}

fn from_refused(refused: Refused) -> (StatusCode, Header, Vec<Problem>) {
    (refused.status(), Some((RETRY_AFTER, refused.retry_after())), vec![Problem::new(refused.to_string())])
}

fn from_hub(error: &hub::Error) -> (StatusCode, Header, Vec<Problem>) {
    match error.kind() {
        hub::Kind::Invalid => {
            let problem = Problem { at: Some("/fields".into()), ..Problem::new(error.to_string()) };
            plain(StatusCode::UNPROCESSABLE_ENTITY, vec![problem])
        }
        hub::Kind::NotFound => plain(StatusCode::NOT_FOUND, vec![Problem::new(error.to_string())]),
        hub::Kind::Conflict => plain(StatusCode::CONFLICT, vec![Problem::new(error.to_string())]),
        hub::Kind::Unavailable => {
            tracing::warn!(error = %error, "the store is not available");
            let message = "The store is not available. Nothing was stored. Send the request again.";
            retry(StatusCode::SERVICE_UNAVAILABLE, RETRY_AFTER_S, message)
        }
        hub::Kind::Internal => {
            tracing::error!(error = %error, "a request failed");
            let message = "This is a fault of the server, not of the request. Nothing was stored.";
            plain(StatusCode::INTERNAL_SERVER_ERROR, vec![Problem::new(message)])
        }
    }
}

fn retry(status: StatusCode, after_s: u64, message: &str) -> (StatusCode, Header, Vec<Problem>) {
    (status, Some((RETRY_AFTER, HeaderValue::from(after_s))), vec![Problem::new(message)])
}

fn plain(status: StatusCode, errors: Vec<Problem>) -> (StatusCode, Header, Vec<Problem>) {
    (status, None, errors)
}
