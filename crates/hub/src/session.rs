//! Being signed in to the app.

use std::time::Duration;

use contact::{CompanyId, Time};
use sha2::{Digest, Sha256};
use store::{SecretHash, Session};

use crate::{Company, Error, Hub};

/// How long a sign-in lasts.
pub const SESSION_TIME: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// What a browser holds to be signed in: the company's number and a secret. Its `Debug` hides it.
pub struct SessionToken {
    company: CompanyId,
    secret: String,
}

impl SessionToken {
    /// The token as text, for a cookie.
    pub fn reveal(&self) -> String {
        format!("{}.{}", self.company.number(), self.secret)
    }

    /// Reads a token; none if it cannot be one.
    pub fn read(text: &str) -> Option<SessionToken> {
        let (company, secret) = text.split_once('.')?;
        let company = CompanyId::new(company.parse().ok()?)?;
        Some(SessionToken { company, secret: secret.to_owned() })
    }

    /// What a form of this session has to bear, so that no other site can send it.
    pub fn form_token(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&Sha256::digest(format!("form {}", self.secret))[..20])
    }

    fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(&self.secret).into())
    }
}

impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

impl Hub {
    /// Begins a session of a company that has just signed in.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not take it.
    pub async fn begin_session(&self, company: CompanyId) -> Result<SessionToken, Error> {
        let token = SessionToken { company, secret: self.password().reveal().to_owned() };
        let now = self.clock.now();
        let lasts = i64::try_from(SESSION_TIME.as_millis()).unwrap_or(i64::MAX);
        let expires_at = Time::from_millis(now.millis().saturating_add(lasts));
        self.store.add_session(company, Session { token: token.hash(), expires_at }, now).await?;
        Ok(token)
    }

    /// The company that a session is of, if it has not ended.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn session(&self, token: &SessionToken) -> Result<Option<Company>, Error> {
        let ends = self.store.session(token.company, token.hash()).await?;
        if ends.is_none_or(|ends| ends <= self.clock.now()) {
            return Ok(None);
        }
        Ok(self.store.company_by_id(token.company).await?.map(Company::from))
    }

    /// Ends a session.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not take it.
    pub async fn end_session(&self, token: &SessionToken) -> Result<(), Error> {
        Ok(self.store.remove_session(token.company, token.hash()).await?)
    }
}
