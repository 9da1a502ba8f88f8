//! Reading contacts.

use async_trait::async_trait;
use contact::{
    Claim, CompanyId, Contact, ContactId, Entry, Group, HandleKey, HandleStatus, Missing, NoteBody, Picture,
    RecordName, Seq, Settings, TeammateId, Time, View,
};

use search::duplicates::DuplicatePair;

use crate::error::Error;

/// The cursor of a list of contacts: the last change and the id of the last contact read.
pub type Cursor = (Seq, ContactId);

/// The sort key of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SortBy {
    /// The time of creation.
    Created,
    /// The time of the last change.
    Changed,
}

/// The order of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Order {
    /// The sort key.
    pub by: SortBy,
    /// Whether the oldest comes first.
    pub ascending: bool,
}

/// The contacts to list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ListRequest {
    /// The order. Contacts with the same sort key are ordered by id.
    pub order: Order,
    /// Only contacts after this cursor.
    pub after: Option<Cursor>,
    /// Only contacts changed later than this.
    pub changed_after: Option<Time>,
    /// Only contacts changed earlier than this.
    pub changed_before: Option<Time>,
    /// Only private contacts of this teammate; if none, only the contacts of the whole company.
    pub owner: Option<TeammateId>,
}

impl ListRequest {
    /// All contacts of the company, the latest change first.
    pub fn latest(after: Option<Cursor>) -> ListRequest {
        let order = Order { by: SortBy::Changed, ascending: false };
        ListRequest { order, after, changed_after: None, changed_before: None, owner: None }
    }
}

/// A note that a teammate wrote about a contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// The journal entry of the note.
    pub seq: Seq,
    /// When it was written.
    pub at: Time,
    /// The teammate who wrote it.
    pub author: TeammateId,
    /// The text.
    pub body: NoteBody,
}

/// Most contacts that a [`ContactStream`] buffers.
pub const CONTACTS_AHEAD_MAX: usize = 256;

/// A stream of contacts. The last item may be the error that ended it.
pub type ContactStream = tokio::sync::mpsc::Receiver<Result<Contact, Error>>;

/// Reading contacts.
#[async_trait]
pub trait Contacts: Send + Sync {
    /// Returns a contact, or the one that it is merged into.
    async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error>;

    /// Returns the contact that has a handle.
    async fn owner(&self, company: CompanyId, handle: HandleKey) -> Result<Option<Contact>, Error>;

    /// Returns at most `limit` contacts of a list.
    async fn contacts(&self, company: CompanyId, listing: ListRequest, limit: usize) -> Result<Vec<Contact>, Error>;

    /// Streams a snapshot of all contacts of the company, the oldest first, without teammates' private contacts.
    async fn all_contacts(&self, company: CompanyId) -> Result<ContactStream, Error>;

    /// Returns at most `limit` members of a group before `before`, the youngest first.
    ///
    /// Each comes with the contact that it is merged into. Where several members are merged into the same contact, only
    /// the youngest has it.
    async fn members(
        &self,
        company: CompanyId,
        group: Group,
        before: Option<ContactId>,
        limit: usize,
    ) -> Result<Vec<(ContactId, Option<Contact>)>, Error>;

    /// Loads contacts as a view for trying out commands.
    ///
    /// The view has these contacts with all their records, and `missing`, what a command found missing in such a view.
    async fn view(&self, company: CompanyId, contacts: &[ContactId], missing: &Missing) -> Result<View, Error>;

    /// Returns at most `limit` contacts whose records report a handle, and that come after `after`, the oldest first.
    async fn reporters(
        &self,
        company: CompanyId,
        handle: &HandleKey,
        after: Option<ContactId>,
        limit: usize,
    ) -> Result<Vec<Contact>, Error>;

    /// Returns what is known of a handle, and how many contacts have records that report it.
    async fn handle(&self, company: CompanyId, handle: &HandleKey) -> Result<(Claim, u64), Error>;

    /// Returns at most `limit` names of the records of a system after `after`, ordered by their ids.
    async fn record_names(
        &self,
        company: CompanyId,
        system: &str,
        after: Option<&RecordName>,
        limit: usize,
    ) -> Result<Vec<RecordName>, Error>;

    /// Returns at most `limit` handles after `after` that have a status other than plain, with what is known of them. They
    /// are ordered by the names of their sources, then by their keys.
    async fn marked_handles(
        &self,
        company: CompanyId,
        status: HandleStatus,
        after: Option<HandleKey>,
        limit: usize,
    ) -> Result<Vec<(HandleKey, Claim)>, Error>;

    /// Returns several contacts, or those that they are merged into, in the order of `ids`. Missing ones are left out.
    async fn people(&self, company: CompanyId, ids: &[ContactId]) -> Result<Vec<(ContactId, Contact)>, Error>;

    /// Returns at most `limit` journal entries about a contact before `before`, the newest first.
    async fn history(
        &self,
        company: CompanyId,
        contact: ContactId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Entry>, Error>;

    /// Returns the last `limit` notes about a contact, the newest first.
    async fn notes(&self, company: CompanyId, contact: ContactId, limit: usize) -> Result<Vec<Note>, Error>;

    /// Returns the picture that an entry set.
    async fn picture(&self, company: CompanyId, entry: Seq) -> Result<Option<Picture>, Error>;

    /// Returns at most `limit` pairs of possible duplicates after `after`, the latest contacts first.
    ///
    /// Pairs that a rule keeps apart are left out. The result may lag some seconds.
    async fn duplicates(
        &self,
        company: CompanyId,
        after: Option<DuplicatePair>,
        limit: usize,
    ) -> Result<Vec<DuplicatePair>, Error>;

    /// Returns the settings of the company.
    async fn settings(&self, company: CompanyId) -> Result<Settings, Error>;
}
