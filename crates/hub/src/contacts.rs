//! Contacts: taking in what is told, and showing who is who.

use contact::{
    Command, CompanyId, Contact, ContactId, Handle, HandleKey, Link, ListName, Observation, Origin, Outcome, Picture,
    Refused, Seq, Update,
};
use store::{Cursor, ListRequest, Order, Store};

use crate::walk::{Walked, walk};
use crate::{Error, Hub, Listed, Mark};

/// Most contacts of a page.
pub const PAGE_SIZE_MAX: usize = 100;

/// Some of the contacts of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// The contacts.
    pub contacts: Vec<Contact>,
    /// Where the next page begins; none after the last.
    pub next: Option<Cursor>,
}

struct All<'a> {
    store: &'a dyn Store,
    company: CompanyId,
    listing: ListRequest,
}

impl Walked<Contact> for All<'_> {
    async fn list(&self, order: Order, after: Option<(Seq, u64)>, limit: usize) -> Result<Vec<Contact>, Error> {
        // What is greater than every id stands after all of them.
        let last = ContactId::nth(self.company, (1 << 39) - 1);
        let after = after.map(|(seq, number)| (seq, ContactId::from_number(number).unwrap_or(last)));
        Ok(self.store.contacts(self.company, ListRequest { order, after, ..self.listing }, limit).await?)
    }

    async fn head(&self) -> Result<Seq, Error> {
        Ok(self.store.head(self.company).await?)
    }

    fn place(contact: &Contact) -> (Seq, u64) {
        (contact.changed, contact.id.number())
    }
}

impl Hub {
    /// ContactStream of a list: at most `size` of them, and at most [`PAGE_SIZE_MAX`].
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn list(
        &self,
        company: CompanyId,
        listing: ListRequest,
        mark: Option<Mark>,
        size: usize,
    ) -> Result<Listed<Contact>, Error> {
        let all = All { store: &*self.store, company, listing };
        walk(&all, listing.order, mark, size.clamp(1, PAGE_SIZE_MAX)).await
    }

    /// Makes a contact. The lists are those of the company with these names; those that are not there are made.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if a handle is another's, or the rules refuse it; [`Error::Store`] if the store does not take it.
    pub async fn create(
        &self,
        company: CompanyId,
        observation: Observation,
        lists: Vec<ListName>,
    ) -> Result<Outcome, Error> {
        self.perform(company, Command::Create { observation: observation.into(), lists }).await
    }

    /// Changes a contact.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it is not there or the rules refuse it; [`Error::Store`] if the store does not take it.
    pub async fn update(
        &self,
        company: CompanyId,
        contact: ContactId,
        update: Update,
        by: Origin,
    ) -> Result<Outcome, Error> {
        self.perform(company, Command::Update { contact, update: Box::new(update), by }).await
    }

    /// Deletes a person. Their handles are nobody's then.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if they are not there; [`Error::Store`] if the store does not take it.
    pub async fn delete(&self, company: CompanyId, contact: ContactId, by: Origin) -> Result<(), Error> {
        self.perform(company, Command::Delete { contact, by }).await.map(drop)
    }

    /// Gives a handle to a contact.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the contact is not there or the handle is another's; [`Error::Store`] if the store does not take
    /// it.
    pub async fn add_handle(
        &self,
        company: CompanyId,
        contact: ContactId,
        handle: Handle,
        by: Origin,
    ) -> Result<(), Error> {
        self.perform(company, Command::AddHandle { contact, handle, by }).await.map(drop)
    }

    /// Gives a link to a contact, beside those that it has.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the contact is not there; [`Error::Store`] if the store does not take it.
    pub async fn add_link(&self, company: CompanyId, contact: ContactId, link: Link, by: Origin) -> Result<(), Error> {
        self.perform(company, Command::AddLink { contact, link, by }).await.map(drop)
    }

    /// Takes a handle from a contact; with `force`, the contact with its last.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the contact does not have it, or it is the last; [`Error::Store`] if the store does not take it.
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

    /// The picture that an entry brought.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn picture(&self, company: CompanyId, entry: Seq) -> Result<Option<Picture>, Error> {
        Ok(self.store.picture(company, entry).await?)
    }

    /// Takes in an observation. When this returns, it is on disk, and every read shows it.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the rules refuse it; [`Error::Store`] if the store does not take it.
    pub async fn observe(&self, company: CompanyId, observation: Observation) -> Result<Outcome, Error> {
        self.perform(company, Command::from(observation)).await
    }

    /// Takes in observations in their order, in one write. What is refused changes nothing and holds up nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not take them; then none is.
    pub async fn observe_all(
        &self,
        company: CompanyId,
        observations: Vec<Observation>,
    ) -> Result<Vec<Result<Outcome, Refused>>, Error> {
        let commands = observations.into_iter().map(Command::from).collect();
        Ok(self.store.write(company, self.clock.now(), commands).await?)
    }

    /// The person that a contact is part of.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error> {
        // Another company's contact is not there, whatever its id.
        if id.company() != company {
            return Ok(None);
        }
        Ok(self.store.contact(company, id).await?)
    }

    /// The person who has a handle.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn owner(&self, company: CompanyId, handle: &HandleKey) -> Result<Option<Contact>, Error> {
        Ok(self.store.owner(company, handle.clone()).await?)
    }

    /// ContactStream, the latest change first: at most `size` of them, and at most [`PAGE_SIZE_MAX`].
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn contacts(&self, company: CompanyId, after: Option<Cursor>, size: usize) -> Result<Page, Error> {
        let size = size.clamp(1, PAGE_SIZE_MAX);
        // One more than is shown tells whether there is a next page.
        let mut contacts = self.store.contacts(company, ListRequest::latest(after), size + 1).await?;
        let has_more = contacts.len() > size;
        contacts.truncate(size);
        let last = contacts.last().map(|contact| (contact.changed, contact.id));
        Ok(Page { next: last.filter(|_| has_more), contacts })
    }

    /// Takes handles and links from a contact.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if there is no such contact; [`Error::Store`] if the store does not take it.
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

    /// The handles of a person that several people use.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn shared_handles(&self, company: CompanyId, contact: ContactId) -> Result<Vec<HandleKey>, Error> {
        let view = self.store.view(company, &[contact], None).await?;
        let parts = view.parts(contact).into_iter().filter_map(|part| view.members.get(&part));
        Ok(parts.flat_map(|member| member.facts.shared.iter().cloned()).collect())
    }

    /// Marks a handle as used by several people, or as one person's again.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not take it.
    pub async fn share(&self, company: CompanyId, handle: HandleKey, shared: bool) -> Result<Outcome, Error> {
        self.perform(company, Command::Share { handle, shared }).await
    }

    pub(crate) async fn perform(&self, company: CompanyId, command: Command) -> Result<Outcome, Error> {
        let outcomes = self.store.write(company, self.clock.now(), vec![command]).await?;
        let outcome = outcomes.into_iter().next();
        Ok(outcome.ok_or_else(|| store::Error::Damaged("a command without an outcome".into()))??)
    }
}
