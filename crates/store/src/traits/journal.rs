//! The journal: the only way to write contacts, conversations and settings.

use async_trait::async_trait;
use contact::{Command, CompanyId, Entry, Outcome, Refused, Seq, Time};
use tokio::sync::watch;

use crate::error::Error;
use crate::import_batch::ImportBatch;
use crate::journal_record::JournalRecord;
use crate::scan_item::ScanItem;

/// Most items that a scan buffers.
pub const SCAN_AHEAD_MAX: usize = 256;

/// The outcome of each command of a write, in order.
pub type Outcomes = Vec<Result<Outcome, Refused>>;

/// The items of a scan as they are read; the last may be the error that ended it.
pub type ScanItems = tokio::sync::mpsc::Receiver<Result<ScanItem, Error>>;

/// The journals of all companies.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Decides on commands in order and stores the changes, all or nothing.
    ///
    /// A refused command changes nothing; the others are written.
    async fn write(&self, company: CompanyId, at: Time, commands: Vec<Command>) -> Result<Outcomes, Error>;

    /// Writes one batch of an import, with the same result as [`write`](Journal::write) has.
    ///
    /// Takes the bulk path: the batch has a transaction of its own, and a batch that changes nothing is only read.
    /// Other writes wait meanwhile, so the caller chooses the size: as many rows as fit into a short time while the store
    /// [is served](super::store::Store::is_served), and thousands otherwise.
    async fn import(&self, company: CompanyId, at: Time, batch: ImportBatch) -> Result<Outcomes, Error>;

    /// Appends entries of another store's journal as they are, all or none. The first must follow the last one here.
    async fn restore(&self, company: CompanyId, records: Vec<JournalRecord>) -> Result<(), Error>;

    /// Returns at most `limit` entries after `after`, in order.
    async fn entries(&self, company: CompanyId, after: Seq, limit: usize) -> Result<Vec<Entry>, Error>;

    /// Returns the number of the last entry; 0 if there is none.
    async fn head(&self, company: CompanyId) -> Result<Seq, Error>;

    /// Returns a counter that changes whenever this or another process may have written.
    fn watch(&self) -> watch::Receiver<u64>;

    /// Streams a snapshot of all that is stored of a company: the journal in order, then the views.
    ///
    /// The kinds of items come in the order of [`ScanItem`]. Each kind is ordered by what names an item. Ids are compared by
    /// their numbers, and texts by their bytes. A handle is compared by the name of its source and then by its key, and a
    /// group by its kind and its number.
    async fn scan(&self, company: CompanyId) -> Result<ScanItems, Error>;
}
