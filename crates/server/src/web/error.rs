//! Error pages, which say what to do.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Redirect, Response};
use hub::Kind;
use maud::html;

use super::layout;
use crate::exports;
use crate::request_body::Failure;
use crate::shares::Refused;

/// Seconds that a client should wait when the server or the store is busy.
const RETRY_AFTER_S: u64 = 5;

/// Why a request gets an error page.
pub enum Error {
    /// The request has no session. Holds the path to return to after signing in.
    SignedOut(String),
    /// The page or the object does not exist.
    NotFound(&'static str),
    /// The query of the page's address is not valid.
    Address,
    /// The request cannot be done, with the reason as a sentence.
    Invalid(String),
    /// The form came from another site or another session.
    CrossSite,
    /// The form was not read.
    Body(Failure),
    /// The caller's share of something, or all of it, is used up.
    Refused(Refused),
    /// The hub refused or failed.
    Hub(hub::Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
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
            exports::Failure::File(error) => Error::Body(Failure::Unstored(error)),
        }
    }
}

impl From<hub::Error> for Error {
    fn from(error: hub::Error) -> Error {
        Error::Hub(error)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, title, text) = match self {
            Error::SignedOut(page) => {
                let next: String = url::form_urlencoded::byte_serialize(page.as_bytes()).collect();
                return Redirect::to(&format!("/app/sign-in?next={next}")).into_response();
            }
            Error::NotFound(text) => (StatusCode::NOT_FOUND, "Not found", text.to_owned()),
            Error::Address => {
                let text = "The address of this page is not complete, or has a parameter that is not valid.";
                (StatusCode::BAD_REQUEST, "Address not valid", text.to_owned())
            }
            Error::Invalid(text) => (StatusCode::UNPROCESSABLE_ENTITY, "This cannot be done", text),
            Error::CrossSite => {
                let text = "This form came from another site, or from an earlier sign-in. Reload the page and submit \
                    it again.";
                (StatusCode::FORBIDDEN, "Form refused", text.to_owned())
            }
            Error::Body(failure) => of_body(&failure),
            Error::Refused(refused) => of_refused(refused),
            Error::Hub(error) => of_hub(&error),
        };
        let mut response = page(status, title, &text);
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_S.into());
        }
        response
    }
}

/// Returns an error page of a status.
pub fn refuse(status: StatusCode, message: &str) -> Response {
    page(status, status.canonical_reason().unwrap_or("Error"), message)
}

fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let page = html! {
        h1 { (title) }
        p { (text) }
        p.actions { a.button href="/app/inbox" { "Inbox" } a.button href="/app/contacts" { "Contacts" } }
        p.small.muted { (status.as_u16()) }
    };
    (status, layout::standalone(title, "gate words", &page)).into_response()
}

/// Returns why a change was refused, as a sentence for the form.
///
/// # Errors
///
/// Errors that are not about the content of the form.
pub fn refusal(error: hub::Error) -> Result<String, Error> {
    match error.kind() {
        Kind::Invalid | Kind::Conflict => Ok(error.to_string()),
        Kind::NotFound | Kind::Unavailable | Kind::Internal => Err(Error::Hub(error)),
    }
}

fn of_body(failure: &Failure) -> (StatusCode, &'static str, String) {
    let title = "Form refused";
    let incomplete = "The form arrived incomplete. Submit it again.".to_owned();
    match failure {
        Failure::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, title, "The form is too large.".into()),
        Failure::TooSlow => {
            (StatusCode::REQUEST_TIMEOUT, title, "The form arrived too slowly. Submit it again.".into())
        }
        Failure::Broken => (StatusCode::UNPROCESSABLE_ENTITY, title, incomplete),
        Failure::Refused(refused) => of_refused(*refused),
        Failure::Unstored(error) => {
            tracing::error!(%error, "a temporary file cannot be written");
            let text = "The file cannot be stored at the moment. Try again in a minute.";
            (StatusCode::SERVICE_UNAVAILABLE, "Temporarily unavailable", text.into())
        }
    }
}

fn of_refused(refused: Refused) -> (StatusCode, &'static str, String) {
    (refused.status(), "Too much at once", refused.to_string())
}

fn of_hub(error: &hub::Error) -> (StatusCode, &'static str, String) {
    match error.kind() {
        Kind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "This cannot be done", error.to_string()),
        Kind::NotFound => (StatusCode::NOT_FOUND, "Not found", error.to_string()),
        Kind::Conflict => (StatusCode::CONFLICT, "Already taken", error.to_string()),
        Kind::Unavailable => {
            let text = "The store is not available. Nothing was changed. Try again in a minute.";
            (StatusCode::SERVICE_UNAVAILABLE, "Temporarily unavailable", text.into())
        }
        Kind::Internal => {
            tracing::error!(%error, "a page failed");
            let text = "This is a fault of the server, and it is logged. Nothing was changed.";
            (StatusCode::INTERNAL_SERVER_ERROR, "Server error", text.into())
        }
    }
}
