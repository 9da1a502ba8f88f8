//! Companies, their credentials and their channels.

use async_trait::async_trait;
use contact::{Channel, CompanyId, CompanyName, HandleKey, TeammateId, Time};
use store::{Access, Added, AddedChannel, Companies, Company, Error, NewChannel, SecretHash, Session, Token};

use crate::postgres::Postgres;
use crate::{channels, companies, credentials};

#[async_trait]
impl Companies for Postgres {
    async fn add_company(&self, company: Company) -> Result<Added, Error> {
        // Before and after: a lookup in between may cache that no company has the name.
        self.caches.logins.clear();
        let added = companies::add(&self.pool, &company).await;
        self.caches.logins.clear();
        Ok(added?)
    }

    async fn company(&self, name: &CompanyName) -> Result<Option<Company>, Error> {
        // Only a server listens for notifications of changes.
        let may_use_cache = self.access == Access::Serve;
        Ok(self.caches.logins.find(&self.pool, name, may_use_cache).await?)
    }

    async fn company_by_id(&self, company: CompanyId) -> Result<Option<Company>, Error> {
        Ok(companies::by_id(&self.pool, company).await?)
    }

    async fn companies(&self) -> Result<Vec<Company>, Error> {
        Ok(companies::all(&self.pool).await?)
    }

    async fn set_secret(&self, company: CompanyId, secret: SecretHash) -> Result<bool, Error> {
        let is_found = companies::set_secret(&self.pool, company, secret).await;
        self.caches.logins.clear();
        Ok(is_found?)
    }

    async fn set_rate_limit(&self, company: CompanyId, limit: Option<u32>) -> Result<bool, Error> {
        let is_found = companies::set_rate_limit(&self.pool, company, limit).await;
        self.caches.logins.clear();
        Ok(is_found?)
    }

    async fn set_teammate_secret(
        &self,
        company: CompanyId,
        teammate: TeammateId,
        secret: Option<SecretHash>,
    ) -> Result<(), Error> {
        Ok(credentials::set_teammate_secret(&self.pool, company, teammate, secret).await?)
    }

    async fn teammate_secrets(&self, company: CompanyId) -> Result<Vec<(TeammateId, SecretHash)>, Error> {
        Ok(credentials::teammate_secrets(&self.pool, company).await?)
    }

    async fn add_token(&self, company: CompanyId, token: Token) -> Result<(), Error> {
        Ok(credentials::add_token(&self.pool, company, &token).await?)
    }

    async fn tokens(&self, company: CompanyId) -> Result<Vec<Token>, Error> {
        Ok(credentials::tokens(&self.pool, company).await?)
    }

    async fn token(&self, company: CompanyId, hash: SecretHash) -> Result<Option<Token>, Error> {
        Ok(credentials::token(&self.pool, company, hash).await?)
    }

    async fn remove_token(&self, company: CompanyId, hash: SecretHash) -> Result<bool, Error> {
        Ok(credentials::remove_token(&self.pool, company, hash).await?)
    }

    async fn add_session(&self, company: CompanyId, session: Session, now: Time) -> Result<(), Error> {
        Ok(credentials::add_session(&self.pool, company, &session, now).await?)
    }

    async fn session(&self, company: CompanyId, token: SecretHash) -> Result<Option<Session>, Error> {
        Ok(credentials::session(&self.pool, company, token).await?)
    }

    async fn remove_session(&self, company: CompanyId, token: SecretHash) -> Result<(), Error> {
        Ok(credentials::remove_session(&self.pool, company, token).await?)
    }

    async fn add_channel(&self, company: CompanyId, channel: NewChannel) -> Result<AddedChannel, Error> {
        Ok(channels::add(&self.pool, company, channel).await?)
    }

    async fn channels(&self, company: CompanyId) -> Result<Vec<Channel>, Error> {
        Ok(channels::all(&self.pool, company).await?)
    }

    async fn mailbox(&self, address: &HandleKey) -> Result<Option<(Company, Channel)>, Error> {
        Ok(channels::mailbox(&self.pool, address).await?)
    }
}
