//! Exports: contacts as they are at one moment, for a file.

use contact::{CompanyId, Contact, Group, ListName, Settings};
use files::Person;
use search::Query;
use store::ContactStream;

use crate::{Error, Hub};

/// Most contacts of an export of search results.
pub const EXPORT_FOUND_MAX: usize = 10_000;

/// Which contacts are exported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exported {
    /// All contacts of the company, without private contacts.
    Everybody,
    /// The contacts that a search finds, the best match first; at most [`EXPORT_FOUND_MAX`].
    Found(Query),
}

/// A running export.
pub struct Export<'a> {
    hub: &'a Hub,
    company: CompanyId,
    settings: Settings,
    contacts: Source,
    with_pictures: bool,
}

enum Source {
    Streamed(ContactStream),
    Listed(std::vec::IntoIter<Contact>),
}

impl Hub {
    /// Starts an export. `with_pictures` says whether the format can hold pictures.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn export(&self, company: CompanyId, who: &Exported, with_pictures: bool) -> Result<Export<'_>, Error> {
        let contacts = match who {
            Exported::Everybody => Source::Streamed(self.store.all_contacts(company).await?),
            Exported::Found(query) => {
                Source::Listed(self.store.search(company, query, EXPORT_FOUND_MAX).await?.contacts.into_iter())
            }
        };
        // Read after the contacts, so that it has every list that they are on.
        let settings = self.store.settings(company).await?;
        Ok(Export { hub: self, company, settings, contacts, with_pictures })
    }
}

impl Export<'_> {
    /// The settings of the company.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The next contact. None after the last.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store stops answering.
    pub async fn next(&mut self) -> Result<Option<Person>, Error> {
        let contact = match &mut self.contacts {
            Source::Streamed(contacts) => contacts.recv().await.transpose()?,
            Source::Listed(contacts) => contacts.next(),
        };
        let Some(contact) = contact else { return Ok(None) };
        let lists = contact.groups.iter().filter_map(|group| self.list(*group)).collect();
        let picture = match contact.picture.filter(|_| self.with_pictures) {
            Some(picture) => self.hub.picture(self.company, picture.entry).await?,
            None => None,
        };
        let Contact { attributes, handles, links, custom, .. } = contact;
        Ok(Some(Person { attributes, handles, links, lists, custom, picture }))
    }

    /// The name of a list. None for a private list of a teammate, which no export shows.
    fn list(&self, group: Group) -> Option<ListName> {
        let Group::List(id) = group else { return None };
        self.settings.lists.get(&id).filter(|list| list.owner.is_none()).map(|list| list.name.clone())
    }
}
