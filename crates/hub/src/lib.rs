//! Operations: what people and programs can do. Pages, APIs and commands all call them.
//!
//! An operation loads, applies the rules of `contact`, and writes. It does not know HTTP.

mod access;
mod accounts;
mod channels;
mod contacts;
mod conversation_search;
mod conversations;
mod duplicates;
mod export;
mod feed;
mod guards;
mod history;
mod import;
pub mod inbound;
mod pace;
mod search;
mod session;
mod settings;
mod snapshot;
mod tokens;
mod try_out;
mod undo;
mod upkeep;
mod walk;
mod why;
mod write_time;

use std::sync::Arc;

use contact::{CompanyId, CompanyName, Refused, Region, Time};
use store::{Scratch, Store};
use thiserror::Error;

pub use access::Password;
pub use contacts::{ContactFilter, PAGE_SIZE_MAX};
pub use conversation_search::{ConversationQuery, Parties};
pub use conversations::{ConversationList, ConversationSummary, MESSAGES_MAX, Thread, Written};
pub use duplicates::{DUPLICATES_COUNTED_MAX, DUPLICATES_MAX, Duplicate, DuplicateList};
pub use export::{Export, Exported};
pub use feed::{ChangeNotice, Feed};
pub use guards::Regrouping;
pub use history::{HISTORY_MAX, History, HistoryItem, OTHERS_MAX, Preview};
pub use import::{
    HANDLES_COMPARED_MAX, ImportError, ImportFile, ImportMode, Importing, JOINS_SHOWN, Join, Joins, LEFT_OUT_NAMES_MAX,
    LeftOut, MERGES_SHOWN, REFUSED_SHOWN, Report, RowResult, RowStatus, Tally, identify,
};
pub use search::{FOUND_MAX, Found};
pub use session::{SESSION_TIME, SessionToken, SignedIn};
pub use settings::Note;
pub use snapshot::Snapshot;
pub use tokens::{Bearer, NoScope, Scope, Scopes, TOKEN_NAME_CHARS_MAX, TOKENS_MAX, TokenInfo};
pub use undo::{JoinedBy, Undo, UndoRequest};
pub use walk::{Cursor, Order, Page, SortBy};
pub use why::{ExplainedLink, ExplainedRecord, ExplainedRecords, Provenance, RECORDS_EXPLAINED_MAX, Why};

// What a store does.
pub use store::{Activity, ReaderPositions};
// Queries of a search, and reasons for a possible duplicate.
pub use ::search::duplicates::{DuplicatePair, DuplicateReason};
pub use ::search::{Highlight, PART_LETTERS_MIN, QUERY_CHARS_MAX, QUERY_WORDS_MAX, Query, QueryTooLong};

/// The source of the time.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Time;
}

/// The source of random bytes for secrets.
pub trait Random: Send + Sync {
    /// Fills a buffer with random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// A company, without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Company {
    /// Its id, which all operations take.
    pub id: CompanyId,
    /// Its name, which is also its login.
    pub name: CompanyName,
    /// The region of phone numbers without a country code.
    pub region: Region,
    /// Most requests that its programs may make per minute. None if there is no limit.
    pub rate_limit: Option<u32>,
    /// When it was created.
    pub created_at: Time,
}

impl From<store::Company> for Company {
    fn from(company: store::Company) -> Company {
        let store::Company { id, name, region, rate_limit, created_at, secret: _ } = company;
        Company { id, name, region, rate_limit, created_at }
    }
}

/// All operations on a store.
pub struct Hub {
    store: Arc<dyn Store>,
    scratch: Arc<dyn Scratch>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    feeds: feed::Feeds,
    tokens: tokens::TokenCache,
    write_times: write_time::WriteTimes,
}

impl Hub {
    /// Creates a hub on a store. `scratch` makes the copies that dry runs change.
    pub fn new(
        store: Arc<dyn Store>,
        scratch: Arc<dyn Scratch>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Hub {
        Hub {
            store,
            scratch,
            clock,
            random,
            feeds: feed::Feeds::default(),
            tokens: tokens::TokenCache::default(),
            write_times: write_time::WriteTimes::default(),
        }
    }

    /// Returns a hub on a copy of a company, for a dry run. What it changes does not last.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the copy cannot be made.
    pub async fn rehearse(&self, company: CompanyId) -> Result<Hub, Error> {
        let copy = self.scratch.copy_of(&*self.store, company).await?;
        Ok(Hub::new(copy, Arc::clone(&self.scratch), Arc::clone(&self.clock), Arc::clone(&self.random)))
    }

    /// The current time.
    pub fn now(&self) -> Time {
        self.clock.now()
    }
}

/// Why an operation failed. Nothing was changed. The text is a sentence for the caller, except for an internal error, whose
/// text is for the log.
#[derive(Debug, Error)]
pub enum Error {
    /// The rules refuse the operation.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Another company has the name.
    #[error("A company named {0} already exists.")]
    CompanyTaken(CompanyName),
    /// Another channel has the address.
    #[error("A channel with the address {0} already exists.")]
    ChannelTaken(String),
    /// No company has the name.
    #[error("Company {0} not found.")]
    NoCompany(CompanyName),
    /// A name is not valid for a token.
    #[error("The name of a token has 1 to {TOKEN_NAME_CHARS_MAX} characters and no control characters.")]
    TokenName,
    /// The company has the most tokens that it may have.
    #[error("A company has at most {TOKENS_MAX} tokens. Remove one first.")]
    TooManyTokens,
    /// A journal entry brought nothing into a contact that could be split off.
    #[error("Journal entry {0} brought no record into this contact that can be split off.")]
    NothingToSplit(contact::Seq),
    /// Two records are not one contact.
    #[error("{} and {} are not one person now.", .0[0], .0[1])]
    NotOnePerson([contact::ContactId; 2]),
    /// No record of a contact reports a handle.
    #[error("No record of {contact} reports {} {}.", handle.source(), handle.as_str())]
    NoHandleOf {
        /// The handle.
        handle: contact::HandleKey,
        /// The contact.
        contact: contact::ContactId,
    },
    /// A snapshot would withdraw most records of its system.
    #[error(
        "Only {staying} of {existing} records of {system} would stay. If the snapshot is whole, send it with replace=all."
    )]
    SnapshotTooSmall {
        /// The system.
        system: String,
        /// How many records the system has.
        existing: usize,
        /// How many of them the snapshot has.
        staying: usize,
    },
    /// A cursor is of a list in another order.
    #[error("This page belongs to a list in another order. Start with the first page.")]
    CursorOrder,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The kind of an error: what the caller can do about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Change the request.
    Invalid,
    /// Not found.
    NotFound,
    /// It already exists.
    Conflict,
    /// Retry later.
    Unavailable,
    /// Nothing: the fault is ours.
    Internal,
}

impl Error {
    /// The kind of the error.
    pub fn kind(&self) -> Kind {
        match self {
            Error::Refused(
                Refused::NoContact(_)
                | Refused::NoRecord(_)
                | Refused::NoHandleThere
                | Refused::NoList(_)
                | Refused::NoField(_)
                | Refused::NoTeammate(_)
                | Refused::NoAccount(_),
            )
            | Error::NoCompany(_)
            | Error::NothingToSplit(_)
            | Error::NoHandleOf { .. } => Kind::NotFound,
            Error::Refused(
                Refused::HandleTaken(..)
                | Refused::FieldTaken(_)
                | Refused::TeammateTaken(_)
                | Refused::AccountTaken(..),
            )
            | Error::CompanyTaken(_)
            | Error::SnapshotTooSmall { .. }
            | Error::NotOnePerson(_)
            | Error::ChannelTaken(_) => Kind::Conflict,
            Error::Refused(_) | Error::TokenName | Error::TooManyTokens | Error::CursorOrder => Kind::Invalid,
            Error::Store(store::Error::Unavailable(_)) => Kind::Unavailable,
            Error::Store(_) => Kind::Internal,
        }
    }
}
