//! A whole store.

use std::path::Path;

use async_trait::async_trait;

use super::accounts::Accounts;
use super::companies::Companies;
use super::contacts::Contacts;
use super::conversations::Conversations;
use super::journal::Journal;
use super::search::Search;
use crate::error::Error;

/// A store of companies and their contacts.
///
/// When a call that writes returns, the change is on disk and every read shows it. A call that fails has changed nothing.
#[async_trait]
pub trait Store: Companies + Journal + Contacts + Search + Accounts + Conversations {
    /// Copies the whole store, as it is at one moment, to a new file. Reads and writes go on meanwhile.
    async fn backup(&self, file: &Path) -> Result<(), Error>;

    /// Whether another process serves the store at the moment, so that long work should yield to it.
    async fn is_shared(&self) -> bool {
        false
    }

    /// Whether the store answers reads.
    async fn ready(&self) -> Result<(), Error>;
}
