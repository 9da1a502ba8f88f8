//! What must last: the journal of each company, and its views.
//!
//! All that is written passes through one door, [`Store::write`]. A store loads what a command
//! touches, lets [`contact::decide`] decide, appends to the journal and brings the views along, in one
//! transaction. It never decides itself.

mod model;
mod record;
mod sqlite;
mod verify;

use std::path::Path;

use async_trait::async_trait;
use contact::{
    Claim, Command, CompanyId, CompanyName, Contact, ContactId, Entry, HandleKey, Member, Outcome, Refused, Region,
    Seq, Time,
};
use thiserror::Error;

pub use model::Model;
pub use sqlite::{Access, Sqlite};
pub use verify::{Difference, verify};

/// SHA-256 of a company's secret. The secret itself is never kept.
#[derive(Clone, Copy, PartialEq, Eq)]
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

/// What each command of a write came to, in their order.
pub type Outcomes = Vec<Result<Outcome, Refused>>;

/// One thing that a store keeps of a company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An entry of the journal.
    Entry(Entry),
    /// A contact's own record.
    Member(Member),
    /// Who has a handle.
    Claim(HandleKey, Claim),
}

/// The records of a scan, as they come; the last may be what cut it short.
pub type Records = tokio::sync::mpsc::Receiver<Result<Record, Error>>;

/// Where a list of contacts goes on: after the contact with this last change and id.
pub type Cursor = (Seq, ContactId);

const SCAN_AHEAD_MAX: usize = 256;

/// A place where companies and their contacts last.
///
/// When a call that writes returns, the change is on disk and every read shows it. A call that fails
/// has changed nothing.
#[async_trait]
pub trait Store: Send + Sync {
    /// Adds a company.
    async fn add_company(&self, company: Company) -> Result<Added, Error>;

    /// The company with this name, if there is one.
    async fn company(&self, name: &CompanyName) -> Result<Option<Company>, Error>;

    /// All companies, by name.
    async fn companies(&self) -> Result<Vec<Company>, Error>;

    /// Replaces a company's secret; false if there is no such company.
    async fn set_secret(&self, company: CompanyId, secret: SecretHash) -> Result<bool, Error>;

    /// The one door: decides on commands in their order and stores what they lead to, all of it or
    /// nothing. What is refused changes nothing and holds up nothing.
    async fn write(&self, company: CompanyId, at: Time, commands: Vec<Command>) -> Result<Outcomes, Error>;

    /// The person that a contact is part of.
    async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error>;

    /// The person who has a handle.
    async fn owner(&self, company: CompanyId, handle: HandleKey) -> Result<Option<Contact>, Error>;

    /// At most `limit` people, the latest change first; after a cursor, if one is given.
    async fn contacts(&self, company: CompanyId, after: Option<Cursor>, limit: usize) -> Result<Vec<Contact>, Error>;

    /// All that is kept of a company as it is at one moment: first the journal in order, then the
    /// contacts by id, then the handles.
    async fn scan(&self, company: CompanyId) -> Result<Records, Error>;

    /// Copies the whole store, as it is at one moment, into a new file, while it goes on working.
    async fn backup(&self, file: &Path) -> Result<(), Error>;

    /// Whether reads are answered.
    async fn ready(&self) -> Result<(), Error>;
}

/// Why a store did not do what was asked. Nothing was changed.
#[derive(Debug, Error)]
pub enum Error {
    /// It cannot be had, or takes nothing in, at the moment: its disk is full, it is locked or overloaded.
    #[error("{0}")]
    Unavailable(String),
    /// The file or database is not one that this program can use.
    #[error("{0}")]
    Unusable(String),
    /// Something stored cannot be read back.
    #[error("The store holds a record that cannot be read: {0}")]
    Damaged(String),
    /// There is no such company.
    #[error("There is no such company.")]
    NoCompany,
}
