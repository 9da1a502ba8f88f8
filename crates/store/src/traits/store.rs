//! A whole store.

use std::path::Path;

use async_trait::async_trait;
use contact::CompanyId;

use super::accounts::Accounts;
use super::companies::Companies;
use super::contacts::Contacts;
use super::conversations::Conversations;
use super::journal::Journal;
use super::search::Search;
use crate::activity::{Activity, ReaderPositions};
use crate::error::Error;

/// A store of companies and their contacts.
///
/// When a write returns, the change is on disk and visible to every read. A failed call changes nothing.
#[async_trait]
pub trait Store: Companies + Journal + Contacts + Search + Accounts + Conversations {
    /// Copies a snapshot of the whole store to a new file. Reads and writes continue meanwhile.
    async fn backup(&self, file: &Path) -> Result<(), Error>;

    /// Whether this or another process serves the store now. Others then wait for each write, so a write must not take long.
    async fn is_served(&self) -> bool {
        false
    }

    /// Whether the store answers reads, and has met no damage in its files.
    async fn ready(&self) -> Result<(), Error>;

    /// Returns what the store did since it was opened, and what waits.
    fn activity(&self) -> Activity {
        Activity::default()
    }

    /// Returns how far the readers of a company's journal are.
    async fn reader_positions(&self, company: CompanyId) -> Result<ReaderPositions, Error> {
        Ok(ReaderPositions { head: self.head(company).await?, readers: Vec::new() })
    }

    /// Checks the pages of the store's files, without comparing views. Returns what is wrong, at most a few findings.
    async fn check_pages(&self) -> Result<Vec<String>, Error>;
}
