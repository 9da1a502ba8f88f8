//! Operations: what people and programs can do. Pages, APIs and commands all come through here.
//!
//! An operation loads, lets the rules decide, and writes. It knows nothing of HTTP.

mod access;
mod accounts;
mod channels;
mod contacts;
mod conversation_search;
mod conversations;
mod duplicates;
mod export;
mod feed;
mod history;
mod import;
pub mod inbound;
mod search;
mod session;
mod settings;
mod tokens;
mod upkeep;
mod walk;

use std::sync::Arc;

use contact::{CompanyId, CompanyName, Refused, Region, Time};
use store::{Scratch, Store};
use thiserror::Error;

pub use access::Password;
pub use contacts::{PAGE_SIZE_MAX, Page};
pub use conversation_search::{ConversationQuery, Parties};
pub use conversations::{CONVERSATIONS_MAX, ConversationList, ConversationSummary, MESSAGES_MAX, Thread, Written};
pub use duplicates::{DUPLICATES_COUNTED_MAX, DUPLICATES_MAX, Duplicate, DuplicateList};
pub use export::{EXPORT_FOUND_MAX, Export, Exported};
pub use feed::{ChangeNotice, Feed};
pub use history::{HISTORY_MAX, History, HistoryItem, Preview};
pub use import::{
    BatchSizes, ImportError, ImportFile, Importing, MERGES_SHOWN, Report, RowResult, RowStatus, Tally, identify,
};
pub use search::FOUND_MAX;
pub use session::{SESSION_TIME, SessionToken, SignedIn};
pub use ::search::duplicates::{DuplicatePair, DuplicateReason};
pub use ::search::{Highlight, PART_LETTERS_MIN, QUERY_CHARS_MAX, QUERY_WORDS_MAX, Query, QueryTooLong};
pub use store::{Cursor, Difference, Found, IndexProgress, ListRequest, Note, Order, SortBy};
pub use tokens::{Bearer, NoScope, Scope, Scopes, TOKEN_NAME_CHARS_MAX, TOKENS_MAX, TokenInfo};
pub use walk::{Listed, Mark};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Time;
}

/// Draws random bytes that nobody can guess.
pub trait Random: Send + Sync {
    /// Fills a buffer.
    fn fill(&self, bytes: &mut [u8]);
}

/// A company, as its callers know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Company {
    /// Its number, which all operations take.
    pub id: CompanyId,
    /// Its name, which is its login.
    pub name: CompanyName,
    /// Where its phone numbers without a country code are dialled.
    pub region: Region,
    /// How many requests a minute its programs may make; none if there is no limit.
    pub rate_limit: Option<u32>,
    /// When it was made.
    pub created_at: Time,
}

impl From<store::Company> for Company {
    fn from(company: store::Company) -> Company {
        let store::Company { id, name, region, rate_limit, created_at, secret: _ } = company;
        Company { id, name, region, rate_limit, created_at }
    }
}

/// Everything that can be done, on one store.
pub struct Hub {
    store: Arc<dyn Store>,
    scratch: Arc<dyn Scratch>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    desk: feed::Feeds,
    tokens: tokens::AtHand,
}

impl Hub {
    /// A hub on a store. `scratch` makes the copies that dry runs change.
    pub fn new(
        store: Arc<dyn Store>,
        scratch: Arc<dyn Scratch>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Hub {
        Hub { store, scratch, clock, random, desk: feed::Feeds::default(), tokens: tokens::AtHand::default() }
    }

    /// A hub on a copy of a company, for a dry run: what it changes does not last.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the copy cannot be made.
    pub async fn rehearse(&self, company: CompanyId) -> Result<Hub, Error> {
        let copy = self.scratch.copy_of(&*self.store, company).await?;
        Ok(Hub::new(copy, Arc::clone(&self.scratch), Arc::clone(&self.clock), Arc::clone(&self.random)))
    }

    /// The present moment.
    pub fn now(&self) -> Time {
        self.clock.now()
    }
}

/// Why an operation was not done. Nothing was changed. The text is a sentence for whoever asked, except
/// that of an internal error, which is for the log.
#[derive(Debug, Error)]
pub enum Error {
    /// The rules refuse it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Another company has the name.
    #[error("There is a company {0} already.")]
    CompanyTaken(CompanyName),
    /// Another channel has the address.
    #[error("There is a channel with the address {0} already.")]
    ChannelTaken(String),
    /// No company has the name.
    #[error("There is no company {0}.")]
    NoCompany(CompanyName),
    /// A token cannot be called so.
    #[error("A token needs a name of at most {TOKEN_NAME_CHARS_MAX} characters, none a control.")]
    TokenName,
    /// There are as many tokens as there may be.
    #[error("There are {TOKENS_MAX} tokens already, and no more are kept.")]
    TooManyTokens,
    /// The store cannot do it.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What kind of error it is: what whoever asked can do about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Ask for something else.
    Invalid,
    /// It is not there.
    NotFound,
    /// It is there already.
    Conflict,
    /// Ask again later.
    Unavailable,
    /// Nothing: it is our fault.
    Internal,
}

impl Error {
    /// What kind of error it is.
    pub fn kind(&self) -> Kind {
        match self {
            Error::Refused(
                Refused::NoContact(_)
                | Refused::NoMerge(_)
                | Refused::NoHandleThere
                | Refused::NoList(_)
                | Refused::NoField(_)
                | Refused::NoTeammate(_)
                | Refused::NoAccount(_),
            )
            | Error::NoCompany(_) => Kind::NotFound,
            Error::Refused(
                Refused::HandleTaken(..)
                | Refused::FieldTaken(_)
                | Refused::TeammateTaken(_)
                | Refused::AccountTaken(..),
            )
            | Error::CompanyTaken(_)
            | Error::ChannelTaken(_) => Kind::Conflict,
            Error::Refused(_) | Error::TokenName | Error::TooManyTokens => Kind::Invalid,
            Error::Store(store::Error::Unavailable(_)) => Kind::Unavailable,
            Error::Store(_) => Kind::Internal,
        }
    }
}
