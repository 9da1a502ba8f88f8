//! Contacts: taking in what is told, and showing who is who.

use contact::{Command, CompanyId, Contact, ContactId, HandleKey, Link, Observation, Outcome};
use store::Cursor;

use crate::{Error, Hub};

/// Most contacts of a page.
pub const PAGE_SIZE_MAX: usize = 100;

/// Most contacts that a search finds.
pub const FOUND_MAX: usize = 50;
/// Most words that a search looks for.
const WORDS_MAX: usize = 10;

/// Some of the contacts of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// The contacts.
    pub contacts: Vec<Contact>,
    /// Where the next page begins; none after the last.
    pub next: Option<Cursor>,
}

impl Hub {
    /// Takes in an observation. When this returns, it is on disk, and every read shows it.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the rules refuse it; [`Error::Store`] if the store does not take it.
    pub async fn observe(&self, company: CompanyId, observation: Observation) -> Result<Outcome, Error> {
        self.perform(company, Command::Observe(observation)).await
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

    /// People, the latest change first: at most `size` of them, and at most [`PAGE_SIZE_MAX`].
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn contacts(&self, company: CompanyId, after: Option<Cursor>, size: usize) -> Result<Page, Error> {
        let size = size.clamp(1, PAGE_SIZE_MAX);
        // One more than is shown tells whether there is a next page.
        let mut contacts = self.store.contacts(company, after, size + 1).await?;
        let has_more = contacts.len() > size;
        contacts.truncate(size);
        let last = contacts.last().map(|contact| (contact.changed, contact.id));
        Ok(Page { next: last.filter(|_| has_more), contacts })
    }

    /// At most [`FOUND_MAX`] people with words in their names, handles or descriptions that begin with all that are asked
    /// for. May be a second behind.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn search(&self, company: CompanyId, text: &str) -> Result<Vec<Contact>, Error> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let words: Vec<String> = words.take(WORDS_MAX).map(str::to_lowercase).collect();
        Ok(self.store.search(company, &words, FOUND_MAX).await?)
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
    ) -> Result<Outcome, Error> {
        self.perform(company, Command::Remove { contact, handles, links }).await
    }

    /// The handles of a person that several people use.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn shared_handles(&self, company: CompanyId, contact: ContactId) -> Result<Vec<HandleKey>, Error> {
        let view = self.store.view(company, &[contact], None).await?;
        Ok(view.members.values().flat_map(|member| member.facts.shared.iter().cloned()).collect())
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
