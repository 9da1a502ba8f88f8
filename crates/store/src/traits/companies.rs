//! Companies, and what is kept of each beside its journal: who may ask, and where people write to it.

use async_trait::async_trait;
use contact::{Channel, ChannelType, CompanyId, CompanyName, Handle, HandleKey, Region, TeammateId, Time};

use crate::error::Error;

/// SHA-256 of a secret. The secret itself is never kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

/// A company, as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Company {
    /// Its number.
    pub id: CompanyId,
    /// Its name, which is its login.
    pub name: CompanyName,
    /// What its secret is compared with.
    pub secret: SecretHash,
    /// Where its phone numbers without a country code are dialled.
    pub region: Region,
    /// How many requests a minute its programs may make; none if there is no limit.
    pub rate_limit: Option<u32>,
    /// When it was made.
    pub created_at: Time,
}

/// What came of adding a company.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Added {
    /// It is there.
    Done,
    /// Another one has its name. Nothing was stored.
    NameTaken,
    /// Another one has its number. Nothing was stored.
    NumberTaken,
}

/// What came of adding a channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AddedChannel {
    /// It is there.
    Done(Channel),
    /// Its address is another channel's. Nothing was stored.
    AddressTaken,
    /// There is no such company. Nothing was stored.
    NoCompany,
}

/// A channel that is to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewChannel {
    /// What comes in through it.
    pub kind: ChannelType,
    /// Its address.
    pub address: Handle,
    /// What signs the requests of whoever delivers its messages.
    pub token: Option<String>,
    /// When it is made.
    pub created_at: Time,
}

/// A sign-in to the app.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of what the browser holds.
    pub token: SecretHash,
    /// Who is signed in; none if with the company's own login.
    pub teammate: Option<TeammateId>,
    /// When it ends.
    pub expires_at: Time,
}

/// A token that a program of a company asks with.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// SHA-256 of it.
    pub hash: SecretHash,
    /// What it is called, for those who look through them.
    pub name: String,
    /// What it may do, in words with spaces between.
    pub scopes: String,
    /// When it was made.
    pub created_at: Time,
}

/// What is kept of companies beside their journals.
#[async_trait]
pub trait Companies: Send + Sync {
    /// Adds a company.
    async fn add_company(&self, company: Company) -> Result<Added, Error>;

    /// The company with this name, if there is one.
    async fn company(&self, name: &CompanyName) -> Result<Option<Company>, Error>;

    /// The company with a number.
    async fn company_by_id(&self, company: CompanyId) -> Result<Option<Company>, Error>;

    /// All companies, by name.
    async fn companies(&self) -> Result<Vec<Company>, Error>;

    /// Replaces a company's secret, and ends the sign-ins with it; false if there is no such company.
    async fn set_secret(&self, company: CompanyId, secret: SecretHash) -> Result<bool, Error>;

    /// Sets how many requests a minute a company's programs may make; false if there is no such company.
    async fn set_rate_limit(&self, company: CompanyId, limit: Option<u32>) -> Result<bool, Error>;

    /// Keeps what a teammate signs in with, and ends their sign-ins; without one they cannot sign in.
    async fn set_teammate_secret(
        &self,
        company: CompanyId,
        teammate: TeammateId,
        secret: Option<SecretHash>,
    ) -> Result<(), Error>;

    /// What teammates sign in with, of those that can.
    async fn teammate_secrets(&self, company: CompanyId) -> Result<Vec<(TeammateId, SecretHash)>, Error>;

    /// Keeps a token.
    async fn add_token(&self, company: CompanyId, token: Token) -> Result<(), Error>;

    /// All tokens of a company, the oldest first.
    async fn tokens(&self, company: CompanyId) -> Result<Vec<Token>, Error>;

    /// The token with a hash, if it is known.
    async fn token(&self, company: CompanyId, hash: SecretHash) -> Result<Option<Token>, Error>;

    /// Forgets a token; false if it was not known.
    async fn remove_token(&self, company: CompanyId, hash: SecretHash) -> Result<bool, Error>;

    /// Keeps a sign-in, and forgets those that have ended.
    async fn add_session(&self, company: CompanyId, session: Session, now: Time) -> Result<(), Error>;

    /// A sign-in, if it is known.
    async fn session(&self, company: CompanyId, token: SecretHash) -> Result<Option<Session>, Error>;

    /// Forgets a sign-in.
    async fn remove_session(&self, company: CompanyId, token: SecretHash) -> Result<(), Error>;

    /// Makes a channel. The address of an e-mail channel is no other's in the whole store, since mail is brought to it by
    /// that alone.
    async fn add_channel(&self, company: CompanyId, channel: NewChannel) -> Result<AddedChannel, Error>;

    /// All channels of a company, by id.
    async fn channels(&self, company: CompanyId) -> Result<Vec<Channel>, Error>;

    /// The e-mail channel with an address, whosever it is.
    async fn mailbox(&self, address: &HandleKey) -> Result<Option<(Company, Channel)>, Error>;
}
