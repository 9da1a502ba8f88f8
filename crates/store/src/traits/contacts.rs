//! Reading who is who.

use async_trait::async_trait;
use contact::{
    CompanyId, Contact, ContactId, Entry, Group, HandleKey, NoteBody, Picture, Seq, Settings, TeammateId, Time, View,
};

use search::duplicates::DuplicatePair;

use crate::error::Error;

/// Where a list of contacts goes on: after the contact with this last change and id.
pub type Cursor = (Seq, ContactId);

/// What a list goes by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SortBy {
    /// When it was made.
    Created,
    /// When it was last changed.
    Changed,
}

/// In which order a list is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Order {
    /// What it goes by.
    pub by: SortBy,
    /// Whether the oldest comes first.
    pub ascending: bool,
}

/// Which people are listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ListRequest {
    /// In which order. The order of ids decides between those that are duplicates.
    pub order: Order,
    /// Those after this one in that order.
    pub after: Option<Cursor>,
    /// Those that were changed later than this.
    pub changed_after: Option<Time>,
    /// Those that were changed earlier than this.
    pub changed_before: Option<Time>,
    /// Those that are this teammate's own; otherwise the whole company's.
    pub owner: Option<TeammateId>,
}

impl ListRequest {
    /// All people of the company, the latest change first.
    pub fn latest(after: Option<Cursor>) -> ListRequest {
        let order = Order { by: SortBy::Changed, ascending: false };
        ListRequest { order, after, changed_after: None, changed_before: None, owner: None }
    }
}

/// What somebody wrote about a contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// Its entry.
    pub seq: Seq,
    /// When it was written.
    pub at: Time,
    /// Who wrote it.
    pub author: TeammateId,
    /// What it says.
    pub body: NoteBody,
}

/// Most people that wait for whoever reads them.
pub const CONTACTS_AHEAD_MAX: usize = 256;

/// ContactStream, as they come; the last may be what cut them short.
pub type ContactStream = tokio::sync::mpsc::Receiver<Result<Contact, Error>>;

/// Reading who is who.
#[async_trait]
pub trait Contacts: Send + Sync {
    /// The person that a contact is part of.
    async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error>;

    /// The person who has a handle.
    async fn owner(&self, company: CompanyId, handle: HandleKey) -> Result<Option<Contact>, Error>;

    /// At most `limit` people of a list.
    async fn contacts(&self, company: CompanyId, listing: ListRequest, limit: usize) -> Result<Vec<Contact>, Error>;

    /// All people of the company as they are at one moment, the first made first, but for those of teammates' own.
    async fn all_contacts(&self, company: CompanyId) -> Result<ContactStream, Error>;

    /// At most `limit` of the contacts that were put into a group, the last made first, those before `before`; each with the
    /// person that it is part of, but where several parts of a person were put into it, with the last made of them alone.
    async fn members(
        &self,
        company: CompanyId,
        group: Group,
        before: Option<ContactId>,
        limit: usize,
    ) -> Result<Vec<(ContactId, Option<Contact>)>, Error>;

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

    /// The last `limit` notes about a person, the newest first.
    async fn notes(&self, company: CompanyId, contact: ContactId, limit: usize) -> Result<Vec<Note>, Error>;

    /// The picture that an entry brought.
    async fn picture(&self, company: CompanyId, entry: Seq) -> Result<Option<Picture>, Error>;

    /// At most `limit` pairs of contacts that look alike and are not kept apart, those made of the latest contacts first,
    /// those after `after` in that order. May be some seconds behind.
    async fn duplicates(
        &self,
        company: CompanyId,
        after: Option<DuplicatePair>,
        limit: usize,
    ) -> Result<Vec<DuplicatePair>, Error>;

    /// What the company has set up for all of its contacts.
    async fn settings(&self, company: CompanyId) -> Result<Settings, Error>;
}
