//! The store of each company: its journal, and the views derived from it.
//!
//! All writes pass through [`Journal::write`] and, for imports, [`Journal::import`]. A store loads what the commands
//! need, calls [`contact::decide`], appends to the journal and updates the views, in one transaction. The store itself
//! never decides. This crate has the traits and what every store shares; it knows no database driver.

mod access;
mod activity;
mod batch;
mod copy;
mod copy_company;
mod error;
mod import_batch;
mod journal_record;
mod model;
pub mod record;
pub mod reimport;
mod scan_item;
mod scratch;
mod traits;
mod verify;

pub use access::{Access, Migrated};
pub use activity::{Activity, ActivityCounter, ReaderPositions};
pub use batch::{Batch, Needs};
pub use copy::{Copied, copy};
pub use copy_company::{Progress, Step, copy_company};
pub use error::Error;
pub use import_batch::{ImportBatch, ImportProgress};
pub use journal_record::{Content, JournalRecord};
pub use model::Model;
pub use scan_item::ScanItem;
pub use scratch::{InMemory, Scratch};
pub use traits::{
    AccountCursor, Accounts, Added, AddedChannel, CONTACTS_AHEAD_MAX, Companies, Company, ContactStream, Contacts,
    Conversations, Cursor, Found, IndexProgress, Journal, ListRequest, NewChannel, Note, Order, Outcomes,
    SCAN_AHEAD_MAX, ScanItems, Search, SecretHash, Session, SortBy, Store, Token,
};
pub use verify::{Difference, verify};
