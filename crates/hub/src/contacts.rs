//! Contacts: writing observations and decisions, and reading contacts.

use std::collections::BTreeMap;

use contact::{
    Claim, Command, CompanyId, Contact, ContactId, Handle, HandleDecision, HandleKey, HandleStatus, Link, ListName,
    Missing, NotUsed, Observation, Origin, Outcome, Picture, RecordName, Refused, Seq, TeammateId, Time, Update,
};
use store::{ListRequest, Store};

use crate::walk::{LAST_COUNT, Listing, walk};
use crate::{Cursor, Error, Hub, Order, Page};

/// Most items of a page.
pub const PAGE_SIZE_MAX: usize = 100;

/// Which contacts a list holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ContactFilter {
    /// Only contacts that changed later than this.
    pub changed_after: Option<Time>,
    /// Only contacts that changed earlier than this.
    pub changed_before: Option<Time>,
    /// The private contacts of this teammate. None: the contacts of the whole company.
    pub owner: Option<TeammateId>,
}

struct ContactListing<'a> {
    store: &'a dyn Store,
    company: CompanyId,
    filter: ContactFilter,
}

impl Listing for ContactListing<'_> {
    type Item = Contact;
    type Id = ContactId;

    async fn read(&self, order: Order, after: Option<(Seq, ContactId)>, limit: usize) -> Result<Vec<Contact>, Error> {
        let ContactFilter { changed_after, changed_before, owner } = self.filter;
        let request = ListRequest { order: order.into(), after, changed_after, changed_before, owner };
        Ok(self.store.contacts(self.company, request, limit).await?)
    }

    async fn head(&self) -> Result<Seq, Error> {
        Ok(self.store.head(self.company).await?)
    }

    fn position(contact: &Contact) -> (Seq, ContactId) {
        (contact.changed, contact.id)
    }

    fn last_id(&self) -> ContactId {
        ContactId::nth(self.company, LAST_COUNT)
    }
}

impl Hub {
    /// Lists contacts: at most `size`, and at most [`PAGE_SIZE_MAX`].
    ///
    /// # Errors
    ///
    /// [`Error::CursorOrder`] if the cursor is of a list in another order; [`Error::Store`] if the store does not answer.
    pub async fn contacts(
        &self,
        company: CompanyId,
        filter: ContactFilter,
        order: Order,
        cursor: Option<Cursor<ContactId>>,
        size: usize,
    ) -> Result<Page<Contact, Cursor<ContactId>>, Error> {
        walk(&ContactListing { store: &*self.store, company, filter }, order, cursor, size).await
    }

    /// Creates a contact and puts it on the lists with these names. Lists that do not exist are created.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if another contact has a handle, or the rules refuse it; [`Error::Store`] if the store
    /// does not accept it.
    pub async fn create(
        &self,
        company: CompanyId,
        observation: Observation,
        lists: Vec<ListName>,
    ) -> Result<Outcome, Error> {
        self.perform(company, Command::Create { observation: observation.into(), lists }).await
    }

    /// Updates a contact.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it is not found or the rules refuse it; [`Error::Store`] if the store does not accept it.
    pub async fn update(
        &self,
        company: CompanyId,
        contact: ContactId,
        update: Update,
        by: Origin,
    ) -> Result<Outcome, Error> {
        self.perform(company, Command::Update { contact, update: Box::new(update), by }).await
    }

    /// Deletes a contact. Its handles become free.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it is not found; [`Error::Store`] if the store does not accept it.
    pub async fn delete(&self, company: CompanyId, contact: ContactId, by: Origin) -> Result<(), Error> {
        self.perform(company, Command::Delete { contact, by }).await.map(drop)
    }

    /// Adds a handle to a contact.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the contact is not found or another has the handle; [`Error::Store`] if the store does not
    /// accept it.
    pub async fn add_handle(
        &self,
        company: CompanyId,
        contact: ContactId,
        handle: Handle,
        by: Origin,
    ) -> Result<(), Error> {
        self.perform(company, Command::AddHandle { contact, handle, by }).await.map(drop)
    }

    /// Adds a link to a contact.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the contact is not found; [`Error::Store`] if the store does not accept it.
    pub async fn add_link(&self, company: CompanyId, contact: ContactId, link: Link, by: Origin) -> Result<(), Error> {
        self.perform(company, Command::AddLink { contact, link, by }).await.map(drop)
    }

    /// Removes a handle from a contact. With `force`, removing the last handle deletes the contact.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the contact does not have it, or it is the last; [`Error::Store`] if the store does not accept
    /// it.
    pub async fn remove_handle(
        &self,
        company: CompanyId,
        contact: ContactId,
        handle: HandleKey,
        force: bool,
        by: Origin,
    ) -> Result<(), Error> {
        self.perform(company, Command::RemoveHandle { contact, handle, force, by }).await.map(drop)
    }

    /// The picture that came with a journal entry.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn picture(&self, company: CompanyId, entry: Seq) -> Result<Option<Picture>, Error> {
        Ok(self.store.picture(company, entry).await?)
    }

    /// Writes an observation. When this returns, it is on disk and every read shows it.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the rules refuse it; [`Error::Store`] if the store does not accept it.
    pub async fn observe(&self, company: CompanyId, observation: Observation) -> Result<Outcome, Error> {
        self.perform(company, Command::from(observation)).await
    }

    /// Writes observations in order, in one write. A refused one changes nothing, and the others are written.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not accept them; then none is written.
    pub async fn observe_all(
        &self,
        company: CompanyId,
        observations: Vec<Observation>,
    ) -> Result<Vec<Result<Outcome, Refused>>, Error> {
        let commands = observations.into_iter().map(Command::from).collect();
        Ok(self.store.write(company, self.write_time(company).await?, commands).await?)
    }

    /// The contact with an id, or the one that it was merged into.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error> {
        // Ids hold their company, so another company is answered without a read.
        if id.company() != company {
            return Ok(None);
        }
        Ok(self.store.contact(company, id).await?)
    }

    /// The contact that has a handle.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn owner(&self, company: CompanyId, handle: &HandleKey) -> Result<Option<Contact>, Error> {
        Ok(self.store.owner(company, handle.clone()).await?)
    }

    /// Removes handles and links from a contact.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the contact is not found; [`Error::Store`] if the store does not accept it.
    pub async fn remove(
        &self,
        company: CompanyId,
        contact: ContactId,
        handles: Vec<HandleKey>,
        links: Vec<Link>,
        by: Origin,
    ) -> Result<Outcome, Error> {
        self.perform(company, Command::Remove { contact, handles, links, by }).await
    }

    /// The handles of a contact that identify nobody, and why.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn shared_handles(
        &self,
        company: CompanyId,
        contact: ContactId,
    ) -> Result<BTreeMap<HandleKey, NotUsed>, Error> {
        let view = self.store.view(company, &[contact], &Missing::default()).await?;
        let handles = view.contact(contact).map(|contact| contact.handles).unwrap_or_default();
        let keys = handles.iter().map(Handle::key);
        Ok(keys.filter_map(|key| Some((key.clone(), view.claims.obstacle(key)?))).collect())
    }

    /// Decides whether a handle identifies anybody.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if this would merge too many contacts; [`Error::Store`] if the store does not accept it.
    pub async fn mark_handle(
        &self,
        company: CompanyId,
        handle: HandleKey,
        decision: HandleDecision,
        by: Origin,
    ) -> Result<Outcome, Error> {
        self.perform(company, Command::MarkHandle { handle, decision, by }).await
    }

    /// What is known of a handle, and how many contacts report it.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn handle(&self, company: CompanyId, handle: &HandleKey) -> Result<(Claim, u64), Error> {
        Ok(self.store.handle(company, handle).await?)
    }

    /// The contacts whose records report a handle, the oldest first: at most [`PAGE_SIZE_MAX`] after one.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn reporters(
        &self,
        company: CompanyId,
        handle: &HandleKey,
        after: Option<ContactId>,
    ) -> Result<Page<Contact, ContactId>, Error> {
        let contacts = self.store.reporters(company, handle, after, PAGE_SIZE_MAX + 1).await?;
        Ok(Page::cut(contacts, PAGE_SIZE_MAX, |contact| contact.id))
    }

    /// The handles that have a status other than plain, with what is known of them: at most `size` after one, and at most
    /// [`PAGE_SIZE_MAX`].
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn marked_handles(
        &self,
        company: CompanyId,
        status: HandleStatus,
        after: Option<HandleKey>,
        size: usize,
    ) -> Result<Page<(HandleKey, Claim), HandleKey>, Error> {
        let size = size.min(PAGE_SIZE_MAX);
        let handles = self.store.marked_handles(company, status, after, size + 1).await?;
        Ok(Page::cut(handles, size, |(handle, _)| handle.clone()))
    }

    /// Withdraws a named record: what it reported counts as never reported.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if there is none; [`Error::Store`] if the store does not accept it.
    pub async fn withdraw(&self, company: CompanyId, record: RecordName, by: Origin) -> Result<Outcome, Error> {
        self.perform(company, Command::Withdraw { record: record.into(), by }).await
    }

    pub(crate) async fn perform(&self, company: CompanyId, command: Command) -> Result<Outcome, Error> {
        let outcomes = self.store.write(company, self.write_time(company).await?, vec![command]).await?;
        let outcome = outcomes.into_iter().next();
        Ok(outcome.ok_or_else(|| store::Error::Damaged("a command without an outcome".into()))??)
    }
}
