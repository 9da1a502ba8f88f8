//! The journal, and the one door through which everything gets into it.

use std::sync::Arc;

use async_trait::async_trait;
use contact::{
    Account, Claim, Command, CompanyId, ContactId, Conversation, Entry, Group, HandleKey, Member, Outcome, Refused,
    Seq, Settings, Time,
};
use tokio::sync::watch;

use crate::{Error, JournalRecord};

/// Most records of a scan that wait for whoever reads it.
pub const SCAN_AHEAD_MAX: usize = 256;

/// What each command of a write came to, in their order.
pub type Outcomes = Vec<Result<Outcome, Refused>>;

/// One thing that a store keeps of a company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanItem {
    /// An entry of the journal.
    Entry(Entry),
    /// A contact's own record.
    Member(Member),
    /// Who has a handle.
    Claim(HandleKey, Claim),
    /// That what a contact is part of is in a group.
    Membership(Group, ContactId),
    /// An account.
    Account(Account),
    /// What the company has set up.
    Settings(Settings),
    /// A conversation.
    Conversation(Conversation),
}

/// The records of a scan, as they come; the last may be what cut it short.
pub type ScanItems = tokio::sync::mpsc::Receiver<Result<ScanItem, Error>>;

/// What happened in companies, in order.
#[async_trait]
pub trait Journal: Send + Sync {
    /// The one door: decides on commands in their order and stores what they lead to, all of it or
    /// nothing. What is refused changes nothing and holds up nothing.
    async fn write(&self, company: CompanyId, at: Time, commands: Vec<Command>) -> Result<Outcomes, Error> {
        self.write_shared(company, at, commands.into()).await
    }

    /// The same, of commands that whoever tells them keeps, to tell them again if the store does not answer.
    async fn write_shared(&self, company: CompanyId, at: Time, commands: Arc<[Command]>) -> Result<Outcomes, Error>;

    /// Takes in entries of another store's journal as they are, all of them or none. The first must follow on the last
    /// that is here.
    async fn restore(&self, company: CompanyId, told: Vec<JournalRecord>) -> Result<(), Error>;

    /// The entries after `after`, in order, at most `limit` of them.
    async fn entries(&self, company: CompanyId, after: Seq, limit: usize) -> Result<Vec<Entry>, Error>;

    /// The number of the last entry; 0 if there is none.
    async fn head(&self, company: CompanyId) -> Result<Seq, Error>;

    /// Becomes another number when something may have been written, by this process or by another.
    fn watch(&self) -> watch::Receiver<u64>;

    /// All that is kept of a company as it is at one moment: first the journal in order, then what is computed from it, each
    /// kind in one piece.
    async fn scan(&self, company: CompanyId) -> Result<ScanItems, Error>;
}
