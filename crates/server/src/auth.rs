//! Authentication: a bearer token (RFC 6750), or Basic credentials with the company's name as login (RFC 7617).

use axum::http::HeaderValue;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use data_encoding::BASE64;
use hub::{Bearer, Company, Scopes};

use crate::App;
use crate::client::Client;
use crate::shares::Holder;

/// What is wrong with a change by a page of another site.
pub const CROSS_SITE: &str = "A page of another site sent this request with a login that the browser remembers. A program \
    sends no Origin and no Sec-Fetch-Site header, or uses a token.";
/// The challenge for Basic credentials.
pub const CHALLENGE: &str = r#"Basic realm="Kith", charset="UTF-8""#;

/// Returns the holder of what a request takes before its credentials are checked.
pub fn client(request: &Parts) -> Holder {
    Holder::client(Client::of(request).ip)
}

/// Why a request was not authenticated.
pub enum Failure {
    /// The credentials are missing or wrong.
    Unauthorized,
    /// Too many wrong credentials came from the same address or for the same company.
    TooMany {
        /// Seconds until the next attempt.
        retry_after_s: u64,
    },
    /// A page of another site sent credentials that the browser remembers.
    CrossSite,
    /// The hub could not check them.
    Hub(hub::Error),
}

impl App {
    /// Returns the company of a request's Basic credentials.
    ///
    /// Right credentials always pass. They have 160 random bits, so guessing finds none, and must not lock the company
    /// out. Wrong ones are slowed down.
    pub(crate) async fn company_of(&self, request: &Parts) -> Result<Company, Failure> {
        let Some(header) = request.headers.get(AUTHORIZATION) else { return Err(Failure::Unauthorized) };
        let (login, password) = credentials(header.as_bytes()).unwrap_or_default();
        // Browsers add a login that they remember to the forms of any page. They never add a token.
        if !request.method.is_safe() && !Client::of(request).is_same_origin {
            return Err(Failure::CrossSite);
        }
        let company = self.hub.sign_in(&login, &password).await.map_err(Failure::Hub)?;
        company.ok_or_else(|| {
            let client = Client::of(request).ip;
            match self.throttle.failed(client, &login) {
                None => Failure::Unauthorized,
                Some(wait) => Failure::TooMany { retry_after_s: wait.as_secs() + 1 },
            }
        })
    }
}

impl App {
    /// Returns the bearer of a request's token, or that of the company's own login.
    pub(crate) async fn authenticate(&self, request: &Parts) -> Result<Bearer, Failure> {
        let header = request.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
        let Some((_, token)) = header.split_at_checked(7).filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"Bearer "))
        else {
            return Ok(Bearer { company: self.company_of(request).await?, token: None, scopes: Scopes::all() });
        };
        let token = std::str::from_utf8(token.trim_ascii()).unwrap_or_default();
        let bearer = self.hub.bearer(token).await.map_err(Failure::Hub)?;
        bearer.ok_or_else(|| {
            let client = Client::of(request).ip;
            match self.throttle.failed_token(client) {
                None => Failure::Unauthorized,
                Some(wait) => Failure::TooMany { retry_after_s: wait.as_secs() + 1 },
            }
        })
    }
}

fn credentials(header: &[u8]) -> Option<(String, String)> {
    let (scheme, rest) = header.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return None;
    }
    let decoded = BASE64.decode(rest.trim_ascii()).ok()?;
    let (login, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((login.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_ends_at_the_first_colon() {
        let pair = |login: &str, password: &str| Some((login.to_owned(), password.to_owned()));
        assert_eq!(credentials(b"Basic d2F5bmU6YTpi"), pair("wayne", "a:b"));
        assert_eq!(credentials(b"bAsIc  d2F5bmU6 "), pair("wayne", ""));
        for header in ["", "Basic", "Basic ", "Basic !!", "Basic d2F5bmU=", "Bearer d2F5bmU6YTpi", "Basic /////w=="] {
            assert_eq!(credentials(header.as_bytes()), None, "{header}");
        }
    }
}
