//! The session of a request, from its cookie.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use contact::{Origin, Teammate, TeammateId};
use hub::{Company, SESSION_TIME, SessionToken};

use super::error::Error;
use crate::App;
use crate::client::Client;

/// The name of the cookie over plain HTTP.
const COOKIE: &str = "kith_session";
/// The same over TLS. With this prefix, browsers accept it only from this host, and only over TLS (RFC 6265bis, section 4.1.3).
const SECURE_COOKIE: &str = "__Host-kith_session";

/// A signed-in caller.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The company that they see.
    pub company: Company,
    /// The teammate, or none after a sign-in with the company's own password.
    pub teammate: Option<Teammate>,
    /// The origin of their changes.
    pub origin: Origin,
    /// What links to this server begin with.
    pub base_url: String,
    /// The token in their forms, which proves that a page of this session submitted them.
    pub form_token: String,
}

impl SignedIn {
    /// Returns the session of a request.
    ///
    /// # Errors
    ///
    /// [`Error::SignedOut`] without a valid session.
    pub async fn find(app: &App, request: &Parts) -> Result<SignedIn, Error> {
        let signed_out = || {
            let path = request.uri.path_and_query().map_or("", |path| path.as_str());
            Error::SignedOut(path.to_owned())
        };
        let client = Client::of(request);
        let token = token(&request.headers, &client).ok_or_else(signed_out)?;
        let found = app.hub.session(&token).await?.ok_or_else(signed_out)?;
        let origin = found.origin();
        let hub::SignedIn { company, teammate } = found;
        Ok(SignedIn { company, teammate, origin, base_url: client.base_url, form_token: token.form_token() })
    }
}

impl SignedIn {
    /// Returns the teammate whose private lists the pages show.
    pub fn viewer(&self) -> Option<TeammateId> {
        self.teammate.as_ref().map(|teammate| teammate.id)
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(request: &mut Parts, app: &App) -> Result<SignedIn, Error> {
        SignedIn::find(app, request).await
    }
}

/// Returns the session token of a request. Over TLS, only the cookie counts that plain HTTP cannot set.
pub fn token(headers: &HeaderMap, client: &Client) -> Option<SessionToken> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|value| value.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    let expected = if client.is_secure { SECURE_COOKIE } else { COOKIE };
    cookies.find(|(name, _)| *name == expected).and_then(|(_, value)| SessionToken::parse(value))
}

/// Returns the cookie of a new session.
pub fn cookie(token: &SessionToken, client: &Client) -> String {
    set_cookie(&token.reveal(), SESSION_TIME.as_secs(), client)
}

/// Returns the cookie that removes the session cookie.
pub fn no_cookie(client: &Client) -> String {
    set_cookie("", 0, client)
}

fn set_cookie(value: &str, lasts_s: u64, client: &Client) -> String {
    // The prefix requires the path `/`.
    let (name, path) = if client.is_secure { (SECURE_COOKIE, "/; Secure") } else { (COOKIE, "/app") };
    format!("{name}={value}; Path={path}; Max-Age={lasts_s}; HttpOnly; SameSite=Lax")
}
