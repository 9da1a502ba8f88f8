//! The session of a request, from its cookie.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use contact::{Origin, Teammate, TeammateId};
use hub::{Company, SESSION_TIME, SessionToken};

use super::error::Error;
use crate::App;
use crate::client::Client;

const COOKIE: &str = "kith_session";

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
        let token = token(&request.headers).ok_or_else(signed_out)?;
        let found = app.hub.session(&token).await?.ok_or_else(signed_out)?;
        let origin = found.origin();
        let hub::SignedIn { company, teammate } = found;
        let base_url = Client::of(request).base_url;
        Ok(SignedIn { company, teammate, origin, base_url, form_token: token.form_token() })
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

/// Returns the session token of a request.
pub fn token(headers: &HeaderMap) -> Option<SessionToken> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|value| value.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    cookies.find(|(name, _)| *name == COOKIE).and_then(|(_, value)| SessionToken::parse(value))
}

/// Returns the cookie of a new session.
pub fn cookie(token: &SessionToken, is_secure: bool) -> String {
    let secure = if is_secure { "; Secure" } else { "" };
    let lasts = SESSION_TIME.as_secs();
    format!("{COOKIE}={}; Path=/app; Max-Age={lasts}; HttpOnly; SameSite=Lax{secure}", token.reveal())
}

/// Returns the cookie that removes the session cookie.
pub fn no_cookie() -> String {
    format!("{COOKIE}=; Path=/app; Max-Age=0; HttpOnly; SameSite=Lax")
}
