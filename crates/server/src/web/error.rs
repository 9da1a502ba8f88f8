//! What went wrong, on a page that says what to do.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub::Kind;
use maud::html;

use super::layout;
use super::session::SignedIn;
use crate::App;

/// Why there is no page.
pub enum Error {
    /// Nobody is signed in. Where to go on afterwards, if it is a page.
    SignedOut(String),
    /// There is no such thing.
    NotFound(&'static str),
    /// What was sent cannot be done; a sentence says why.
    Invalid(String),
    /// Another site sent the form.
    Foreign,
    /// The hub did not do it.
    Hub(hub::Error),
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
            Error::NotFound(text) => (StatusCode::NOT_FOUND, "Not here", text.to_owned()),
            Error::Invalid(text) => (StatusCode::UNPROCESSABLE_ENTITY, "That cannot be done", text),
            Error::Foreign => {
                let text = "This form was sent by another site, or its page is from an earlier sign-in. Open the page \
                    again and send it once more.";
                (StatusCode::FORBIDDEN, "Not sent from here", text.to_owned())
            }
            Error::Hub(error) => of_hub(&error),
        };
        let page = html! {
            h1 { (title) }
            p { (text) }
            p.actions { a.button href="/app/inbox" { "Inbox" } a.button href="/app/contacts" { "Contacts" } }
            p.small.muted { (status.as_u16()) }
        };
        (status, layout::gate(title, "gate words", &page)).into_response()
    }
}

/// Why something was not done, as far as it is for whoever asked to change it.
pub fn refusal(error: hub::Error) -> Result<String, Error> {
    match error.kind() {
        Kind::Invalid | Kind::Conflict => Ok(error.to_string()),
        Kind::NotFound | Kind::Unavailable | Kind::Internal => Err(Error::Hub(error)),
    }
}

fn of_hub(error: &hub::Error) -> (StatusCode, &'static str, String) {
    match error.kind() {
        Kind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "That cannot be done", error.to_string()),
        Kind::NotFound => (StatusCode::NOT_FOUND, "Not here", error.to_string()),
        Kind::Conflict => (StatusCode::CONFLICT, "That is taken", error.to_string()),
        Kind::Unavailable => {
            let text = "The store does not answer at the moment. Nothing was changed; try again in a minute.";
            (StatusCode::SERVICE_UNAVAILABLE, "Not now", text.into())
        }
        Kind::Internal => {
            tracing::error!(%error, "a page could not be made");
            let text = "This is our fault, and it is in the log. Nothing was changed.";
            (StatusCode::INTERNAL_SERVER_ERROR, "Something is broken", text.into())
        }
    }
}

pub async fn no_such_page(State(_): State<App>, _: SignedIn) -> Error {
    Error::NotFound("There is no such page.")
}
