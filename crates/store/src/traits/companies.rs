//! Companies, and their records outside the journal: secrets, tokens, sign-ins and channels.

use async_trait::async_trait;
use contact::{
    Channel, ChannelType, CompanyId, CompanyName, Handle, HandleKey, Region, SignatureKey, TeammateId, Time,
};

use crate::error::Error;

/// SHA-256 of a secret. The secret itself is never kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

/// A company as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Company {
    /// Its number.
    pub id: CompanyId,
    /// Its name, which is its login.
    pub name: CompanyName,
    /// The hash of its secret.
    pub secret: SecretHash,
    /// The region of its phone numbers without a country code.
    pub region: Region,
    /// Most API requests a minute; none if unlimited.
    pub rate_limit: Option<u32>,
    /// When it was created.
    pub created_at: Time,
}

/// The result of adding a company.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Added {
    /// The company was added.
    Done,
    /// Another company has its name. Nothing was stored.
    NameTaken,
    /// Another company has its number. Nothing was stored.
    NumberTaken,
}

/// The result of adding a channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AddedChannel {
    /// The channel was added.
    Done(Channel),
    /// Another channel has its address. Nothing was stored.
    AddressTaken,
    /// The company does not exist. Nothing was stored.
    NoCompany,
}

/// A channel to add.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewChannel {
    /// The kind of messages that it receives.
    pub kind: ChannelType,
    /// Its address.
    pub address: Handle,
    /// What verifies the signatures of the service that delivers its messages.
    pub signature_key: Option<SignatureKey>,
    /// When it is created.
    pub created_at: Time,
}

/// A sign-in to the app.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token in the browser's cookie.
    pub token: SecretHash,
    /// The teammate who is signed in; none for the company's own login.
    pub teammate: Option<TeammateId>,
    /// When it ends.
    pub expires_at: Time,
}

/// An API token of a company.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// SHA-256 of the token.
    pub hash: SecretHash,
    /// The name under which it is listed.
    pub name: String,
    /// Its scopes, separated by spaces.
    pub scopes: String,
    /// When it was created.
    pub created_at: Time,
}

/// Companies and their records outside the journal.
#[async_trait]
pub trait Companies: Send + Sync {
    /// Adds a company.
    async fn add_company(&self, company: Company) -> Result<Added, Error>;

    /// Returns the company with a name.
    async fn company(&self, name: &CompanyName) -> Result<Option<Company>, Error>;

    /// Returns the company with a number.
    async fn company_by_id(&self, company: CompanyId) -> Result<Option<Company>, Error>;

    /// Returns all companies, sorted by name.
    async fn companies(&self) -> Result<Vec<Company>, Error>;

    /// Replaces a company's secret and ends the sign-ins with it. Returns false if the company does not exist.
    async fn set_secret(&self, company: CompanyId, secret: SecretHash) -> Result<bool, Error>;

    /// Sets the API requests a minute of a company. Returns false if the company does not exist.
    async fn set_rate_limit(&self, company: CompanyId, limit: Option<u32>) -> Result<bool, Error>;

    /// Replaces a teammate's password hash and ends their sign-ins. Without one the teammate cannot sign in.
    async fn set_teammate_secret(
        &self,
        company: CompanyId,
        teammate: TeammateId,
        secret: Option<SecretHash>,
    ) -> Result<(), Error>;

    /// Returns the password hashes of all teammates who have one.
    async fn teammate_secrets(&self, company: CompanyId) -> Result<Vec<(TeammateId, SecretHash)>, Error>;

    /// Adds a token.
    async fn add_token(&self, company: CompanyId, token: Token) -> Result<(), Error>;

    /// Returns all tokens of a company, the oldest first.
    async fn tokens(&self, company: CompanyId) -> Result<Vec<Token>, Error>;

    /// Returns the token with a hash.
    async fn token(&self, company: CompanyId, hash: SecretHash) -> Result<Option<Token>, Error>;

    /// Removes a token. Returns false if it does not exist.
    async fn remove_token(&self, company: CompanyId, hash: SecretHash) -> Result<bool, Error>;

    /// Adds a sign-in, and removes those that have expired.
    async fn add_session(&self, company: CompanyId, session: Session, now: Time) -> Result<(), Error>;

    /// Returns the sign-in with a token hash.
    async fn session(&self, company: CompanyId, token: SecretHash) -> Result<Option<Session>, Error>;

    /// Removes a sign-in.
    async fn remove_session(&self, company: CompanyId, token: SecretHash) -> Result<(), Error>;

    /// Adds a channel.
    ///
    /// The address of an e-mail channel is unique in the whole store, because mail is delivered by address alone.
    async fn add_channel(&self, company: CompanyId, channel: NewChannel) -> Result<AddedChannel, Error>;

    /// Returns all channels of a company, sorted by id.
    async fn channels(&self, company: CompanyId) -> Result<Vec<Channel>, Error>;

    /// Returns the e-mail channel with an address, and its company.
    async fn mailbox(&self, address: &HandleKey) -> Result<Option<(Company, Channel)>, Error>;
}
