//! What must last: the journal of each company, and its views.
//!
//! All that is written passes through one door, [`Store::write`]. A store loads what a command
//! touches, lets [`contact::decide`] decide, appends to the journal and brings the views along, in one
//! transaction. It never decides itself.

mod batch;
mod copy;
mod model;
mod place;
mod postgres;
mod record;
mod search;
mod sqlite;
mod verify;

use std::path::Path;

use async_trait::async_trait;
use contact::{
    Attachment, AttachmentId, Channel, ChannelType, Claim, Command, CompanyId, CompanyName, Contact, ContactId,
    Conversation, ConversationId, Entry, Handle, HandleKey, Member, MessageId, Outcome, Received, Refused, Region, Seq,
    Time, View,
};
use thiserror::Error;
use tokio::sync::watch;

pub use batch::{Content, Told};
pub use copy::{Copied, Progress, Step, copy};
pub use model::Model;
pub use place::{Place, Prepared};
pub use postgres::{Limits, Postgres};
pub use sqlite::Sqlite;
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
    /// When it ends.
    pub expires_at: Time,
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
    /// A conversation.
    Conversation(Conversation),
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

    /// Replaces a company's secret, and ends its sign-ins; false if there is no such company.
    async fn set_secret(&self, company: CompanyId, secret: SecretHash) -> Result<bool, Error>;

    /// The one door: decides on commands in their order and stores what they lead to, all of it or
    /// nothing. What is refused changes nothing and holds up nothing.
    async fn write(&self, company: CompanyId, at: Time, commands: Vec<Command>) -> Result<Outcomes, Error>;

    /// Takes in entries of another store's journal as they are, all of them or none. The first must follow on the last
    /// that is here.
    async fn restore(&self, company: CompanyId, told: Vec<Told>) -> Result<(), Error>;

    /// The person that a contact is part of.
    async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error>;

    /// The person who has a handle.
    async fn owner(&self, company: CompanyId, handle: HandleKey) -> Result<Option<Contact>, Error>;

    /// At most `limit` people, the latest change first; after a cursor, if one is given.
    async fn contacts(&self, company: CompanyId, after: Option<Cursor>, limit: usize) -> Result<Vec<Contact>, Error>;

    /// These contacts and those that they are or were part of, as a view in which can be decided what something would
    /// come to: with every part of each, and the contacts that a merge joined.
    async fn view(&self, company: CompanyId, contacts: &[ContactId], merge: Option<Seq>) -> Result<View, Error>;

    /// The people that contacts are part of, in the order asked; those that are not there are left out.
    async fn people(&self, company: CompanyId, ids: &[ContactId]) -> Result<Vec<(ContactId, Contact)>, Error>;

    /// The entries about a person, the newest first: at most `limit` of those before `before`.
    async fn history(
        &self,
        company: CompanyId,
        contact: ContactId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Entry>, Error>;

    /// The entries after `after`, in order, at most `limit` of them.
    async fn entries(&self, company: CompanyId, after: Seq, limit: usize) -> Result<Vec<Entry>, Error>;

    /// The number of the last entry; 0 if there is none.
    async fn head(&self, company: CompanyId) -> Result<Seq, Error>;

    /// Becomes another number when something may have been written, by this process or by another.
    fn watch(&self) -> watch::Receiver<u64>;

    /// At most `limit` people with words in their names, handles or descriptions that begin with all of these, the last
    /// made first. May be a second behind.
    async fn search(&self, company: CompanyId, words: &[String], limit: usize) -> Result<Vec<Contact>, Error>;

    /// Makes a channel. The address of an e-mail channel is no other's in the whole store, since mail is brought to it by
    /// that alone.
    async fn add_channel(&self, company: CompanyId, channel: NewChannel) -> Result<AddedChannel, Error>;

    /// All channels of a company, by id.
    async fn channels(&self, company: CompanyId) -> Result<Vec<Channel>, Error>;

    /// The e-mail channel with an address, whosever it is.
    async fn mailbox(&self, address: &HandleKey) -> Result<Option<(Company, Channel)>, Error>;

    /// The company with a number.
    async fn company_by_id(&self, company: CompanyId) -> Result<Option<Company>, Error>;

    /// At most `limit` conversations, the last message first; after a cursor, if one is given. Of one person, or of all.
    async fn conversations(
        &self,
        company: CompanyId,
        of: Option<ContactId>,
        after: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Conversation>, Error>;

    /// A conversation.
    async fn conversation(&self, company: CompanyId, id: ConversationId) -> Result<Option<Conversation>, Error>;

    /// The last `limit` messages of a conversation before `before`, in order.
    async fn messages(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<Received>, Error>;

    /// An attachment with its bytes.
    async fn attachment(&self, company: CompanyId, id: AttachmentId) -> Result<Option<Attachment>, Error>;

    /// Keeps a sign-in, and forgets those that have ended.
    async fn add_session(&self, company: CompanyId, session: Session, now: Time) -> Result<(), Error>;

    /// When a sign-in ends, if it is known.
    async fn session(&self, company: CompanyId, token: SecretHash) -> Result<Option<Time>, Error>;

    /// Forgets a sign-in.
    async fn remove_session(&self, company: CompanyId, token: SecretHash) -> Result<(), Error>;

    /// All that is kept of a company as it is at one moment: first the journal in order, then the
    /// contacts by id, then the handles, then the conversations.
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
