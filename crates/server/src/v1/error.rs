//! How API 1 says what went wrong: `{"errors":[{"at":…,"value":…,"message":…}]}`.

use axum::Json;
use axum::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use files::body::BodyProblem;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{auth, request_body};

/// How long a sender should wait when the store cannot take anything in.
const RETRY_AFTER_S: u64 = 5;

/// What an answer says that is no success.
#[derive(Serialize, ToSchema)]
pub struct Errors {
    errors: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Clone, Serialize, Debug, PartialEq, ToSchema)]
pub struct Problem {
    /// Where in the body, as a JSON pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The value, as it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// What is wrong with it, and what would be right.
    pub message: String,
    /// The line of the body, where it is not JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column of that line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

impl Problem {
    pub fn says(message: impl Into<String>) -> Problem {
        Problem { at: None, value: None, message: message.into(), line: None, column: None }
    }
}

impl From<BodyProblem> for Problem {
    fn from(problem: BodyProblem) -> Problem {
        Problem { at: Some(problem.at), value: problem.value, ..Problem::says(problem.message) }
    }
}

/// Why a request was refused, whole.
pub enum Error {
    Auth(auth::Failure),
    /// The token may not do this.
    Forbidden(hub::Scope),
    /// Another method is the right one.
    MethodNotAllowed(&'static str),
    /// A parameter of the query cannot be used.
    Parameter(String),
    NotJson(serde_json::Error),
    /// The body has to be of this media type.
    WrongType(&'static str),
    Body(request_body::Failure),
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

impl From<Vec<BodyProblem>> for Error {
    fn from(problems: Vec<BodyProblem>) -> Error {
        Error::Invalid(problems.into_iter().map(Problem::from).collect())
    }
}

impl From<hub::Error> for Error {
    fn from(error: hub::Error) -> Error {
        Error::Hub(error)
    }
}

/// What goes beside the problems.
type Header = Option<(HeaderName, HeaderValue)>;

impl Error {
    /// What is answered: the status and the problems.
    pub fn parts(self) -> (StatusCode, Vec<Problem>) {
        let (status, _, problems) = self.answer();
        (status, problems)
    }

    fn answer(self) -> (StatusCode, Header, Vec<Problem>) {
        match self {
            Error::Auth(auth::Failure::Unauthorized) => {
                let message = "Sign in with the company's name and password (Basic auth).";
                let challenge = HeaderValue::from_static(auth::CHALLENGE);
                (StatusCode::UNAUTHORIZED, Some((WWW_AUTHENTICATE, challenge)), vec![Problem::says(message)])
            }
            Error::Auth(auth::Failure::TooMany { retry_after_s }) => {
                let message = "Too many failed logins. Check the company's name and password.";
                retry(StatusCode::TOO_MANY_REQUESTS, retry_after_s, message)
            }
            Error::Auth(auth::Failure::Hub(error)) | Error::Hub(error) => from_hub(&error),
            Error::Forbidden(scope) => {
                let message = format!("The token may not do this: it lacks the scope {scope}.");
                plain(StatusCode::FORBIDDEN, vec![Problem::says(message)])
            }
            Error::MethodNotAllowed(allowed) => {
                let message = match allowed {
                    "GET" => "Contacts are read with GET.",
                    _ => "Contacts are told with POST.",
                };
                let allow = HeaderValue::from_static(allowed);
                (StatusCode::METHOD_NOT_ALLOWED, Some((ALLOW, allow)), vec![Problem::says(message)])
            }
            Error::WrongType(wanted) => {
                let message = format!("Set the header Content-Type: {wanted}.");
                plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, vec![Problem::says(message)])
            }
            Error::Parameter(message) => plain(StatusCode::BAD_REQUEST, vec![Problem::says(message)]),
            Error::NotJson(error) => {
                let (line, column) = (Some(error.line()), Some(error.column()));
                let problem = Problem { line, column, ..Problem::says(format!("The body is not JSON: {error}.")) };
                plain(StatusCode::BAD_REQUEST, vec![problem])
            }
            Error::Body(failure) => from_body(&failure),
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

fn from_body(failure: &request_body::Failure) -> (StatusCode, Header, Vec<Problem>) {
    let says = |message: &str| vec![Problem::says(message)];
    match failure {
        request_body::Failure::TooLarge => plain(StatusCode::PAYLOAD_TOO_LARGE, says("A body has at most 1 MiB.")),
        request_body::Failure::TooSlow => plain(StatusCode::REQUEST_TIMEOUT, says("The body did not arrive in time.")),
        request_body::Failure::Broken => plain(StatusCode::BAD_REQUEST, says("The body broke off.")),
        request_body::Failure::Busy => {
            retry(StatusCode::SERVICE_UNAVAILABLE, 1, "Too much is arriving at once. Try again.")
        }
    }
}

fn from_hub(error: &hub::Error) -> (StatusCode, Header, Vec<Problem>) {
    match error.kind() {
        hub::Kind::Invalid => {
            let problem = Problem { at: Some("/fields".into()), ..Problem::says(error.to_string()) };
            plain(StatusCode::UNPROCESSABLE_ENTITY, vec![problem])
        }
        hub::Kind::NotFound => plain(StatusCode::NOT_FOUND, vec![Problem::says(error.to_string())]),
        hub::Kind::Conflict => plain(StatusCode::CONFLICT, vec![Problem::says(error.to_string())]),
        hub::Kind::Unavailable => {
            tracing::warn!(error = %error, "a request could not be taken");
            let message = "This cannot be taken in at the moment. Nothing was stored; send it again.";
            retry(StatusCode::SERVICE_UNAVAILABLE, RETRY_AFTER_S, message)
        }
        hub::Kind::Internal => {
            tracing::error!(error = %error, "a request failed");
            let message = "Something is wrong here, not with what you sent. Nothing was stored.";
            plain(StatusCode::INTERNAL_SERVER_ERROR, vec![Problem::says(message)])
        }
    }
}

fn retry(status: StatusCode, after_s: u64, message: &str) -> (StatusCode, Header, Vec<Problem>) {
    (status, Some((RETRY_AFTER, HeaderValue::from(after_s))), vec![Problem::says(message)])
}

fn plain(status: StatusCode, errors: Vec<Problem>) -> (StatusCode, Header, Vec<Problem>) {
    (status, None, errors)
}
