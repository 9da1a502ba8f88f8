//! What must last: the journal of each company, and its views.
//!
//! All that is written passes through one door, [`Journal::write`]. A store loads what a command
//! touches, lets [`contact::decide`] decide, appends to the journal and brings the views along, in one
//! transaction. It never decides itself.

mod again;
mod batch;
mod copy;
mod duplicates;
mod model;
mod place;
mod postgres;
mod record;
mod search;
mod sqlite;
mod traits;
mod verify;

use std::path::Path;

use async_trait::async_trait;
use contact::CompanyId;
use thiserror::Error;

pub use batch::{Content, JournalRecord};
pub use copy::{Copied, Progress, Step, copy};
pub use duplicates::{DuplicatePair, DuplicateReason, Fingerprint};
pub use model::Model;
pub use place::{Place, Prepared};
pub use postgres::{Limits, Postgres};
pub use search::{
    Found, IndexProgress, PART_LETTERS_MIN, QUERY_CHARS_MAX, QUERY_WORDS_MAX, Query, QueryTooLong, words,
};
pub use sqlite::Sqlite;
pub use traits::{
    AccountCursor, Accounts, Added, AddedChannel, CONTACTS_AHEAD_MAX, Companies, Company, ContactStream, Contacts,
    Conversations, Cursor, Journal, ListRequest, NewChannel, Note, Order, Outcomes, SCAN_AHEAD_MAX, ScanItem,
    ScanItems, Search, SecretHash, Session, SortBy, Token,
};
pub use verify::{Difference, verify};

/// What a store is opened for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// To serve it; a file, alone. It is made if it is not there.
    Serve,
    /// To change it, perhaps beside whoever serves it. It is made if it is not there.
    Make,
    /// To change it, perhaps beside whoever serves it. It must be there.
    Change,
    /// To read it. It must be there, and nothing is written.
    Read,
}

/// A place where companies and their contacts last.
///
/// When a call that writes returns, the change is on disk and every read shows it. A call that fails
/// has changed nothing.
#[async_trait]
pub trait Store: Companies + Journal + Contacts + Search + Accounts + Conversations {
    /// Copies the whole store, as it is at one moment, into a new file, while it goes on working.
    async fn backup(&self, file: &Path) -> Result<(), Error>;

    /// A copy of a company as it is at one moment, in a new file, to try things on that are not to be done. What
    /// else the file holds does not matter.
    async fn rehearse(&self, company: CompanyId, file: &Path) -> Result<Sqlite, Error>;

    /// Whether another process serves it at the moment, so that long work should leave it to that now and then.
    async fn is_shared(&self) -> bool {
        false
    }

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

impl Error {
    /// The same, for another who waited for the same.
    fn again(&self) -> Error {
        match self {
            Error::Unavailable(reason) => Error::Unavailable(reason.clone()),
            Error::Unusable(reason) => Error::Unusable(reason.clone()),
            Error::Damaged(reason) => Error::Damaged(reason.clone()),
            Error::NoCompany => Error::NoCompany,
        }
    }
}
