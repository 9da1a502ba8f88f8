//! Sessions of the app.

use std::time::Duration;

use contact::{CompanyId, Origin, Teammate, TeammateId, Time};
use sha2::{Digest, Sha256};
use store::{SecretHash, Session};

use crate::{Company, Error, Hub};

/// How long a session lasts.
pub const SESSION_TIME: Duration = Duration::from_hours(336);

/// The token of a session, which the browser keeps: the company's id and a secret. `Debug` hides it.
pub struct SessionToken {
    company: CompanyId,
    secret: String,
}

impl SessionToken {
    /// The token as text, for a cookie.
    pub fn reveal(&self) -> String {
        format!("{}.{}", self.company.number(), self.secret)
    }

    /// Parses a token. None if the text is not one.
    pub fn parse(text: &str) -> Option<SessionToken> {
        let (company, secret) = text.split_once('.')?;
        let company = CompanyId::new(company.parse().ok()?)?;
        Some(SessionToken { company, secret: secret.to_owned() })
    }

    /// The token that forms of this session contain, so that no other site can submit one.
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

/// Who is signed in to the app.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The company.
    pub company: Company,
    /// The teammate. None for the company's own login.
    pub teammate: Option<Teammate>,
}

impl SignedIn {
    /// The origin of their changes.
    pub fn origin(&self) -> Origin {
        self.teammate.as_ref().map_or(Origin::Person, |teammate| Origin::Teammate(teammate.id))
    }
}

impl Hub {
    /// Starts a session of a company or of its teammate, after a sign-in.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not accept it.
    pub async fn begin_session(&self, company: CompanyId, teammate: Option<TeammateId>) -> Result<SessionToken, Error> {
        let token = SessionToken { company, secret: self.password().reveal().to_owned() };
        let now = self.clock.now();
        let lasts = i64::try_from(SESSION_TIME.as_millis()).unwrap_or(i64::MAX);
        let expires_at = Time::from_millis(now.millis().saturating_add(lasts));
        self.store.add_session(company, Session { token: token.hash(), teammate, expires_at }, now).await?;
        Ok(token)
    }

    /// The company and teammate of a session, if it has not ended.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn session(&self, token: &SessionToken) -> Result<Option<SignedIn>, Error> {
        let session = self.store.session(token.company, token.hash()).await?;
        let Some(session) = session.filter(|session| session.expires_at > self.clock.now()) else { return Ok(None) };
        let Some(company) = self.store.company_by_id(token.company).await?.map(Company::from) else { return Ok(None) };
        let Some(id) = session.teammate else { return Ok(Some(SignedIn { company, teammate: None })) };
        let teammate = self.store.settings(company.id).await?.teammates.remove(&id);
        let teammate = teammate.filter(|teammate| !teammate.is_blocked);
        Ok(teammate.map(|teammate| SignedIn { company, teammate: Some(teammate) }))
    }

    /// Ends a session.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not accept it.
    pub async fn end_session(&self, token: &SessionToken) -> Result<(), Error> {
        Ok(self.store.remove_session(token.company, token.hash()).await?)
    }
}
