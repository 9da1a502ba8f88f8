//! Exports: contacts as they are at one moment, for a file.

use contact::{CompanyId, Contact, Group, ListName, Settings};
use files::Person;
use search::Query;
use store::ContactStream;

use crate::{Error, Hub};

/// Which contacts are exported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exported {
    /// All contacts of the company, without private contacts.
    Everybody,
    /// The contacts of these that a search finds. All contacts are compared rather than the search index, which may lag and
    /// returns the best matches only.
    Found(Query),
}

/// A running export.
pub struct Export<'a> {
    hub: &'a Hub,
    company: CompanyId,
    settings: Settings,
    contacts: ContactStream,
    query: Option<Query>,
    with_pictures: bool,
}

impl Hub {
    /// Starts an export. `with_pictures` says whether the format can hold pictures.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn export(&self, company: CompanyId, who: &Exported, with_pictures: bool) -> Result<Export<'_>, Error> {
        let contacts = self.store.all_contacts(company).await?;
        let query = match who {
            Exported::Everybody => None,
            Exported::Found(query) => Some(query.clone()),
        };
        // Read after the contacts, so that it has every list that they are on.
        let settings = self.store.settings(company).await?;
        Ok(Export { hub: self, company, settings, contacts, query, with_pictures })
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
        let contact = loop {
            let Some(contact) = self.contacts.recv().await.transpose()? else { return Ok(None) };
            if self.query.as_ref().is_none_or(|query| query.tier(&contact).is_some()) {
                break contact;
            }
        };
        let lists = contact.groups.iter().filter_map(|group| self.list(*group)).collect();
        let picture = match contact.picture.filter(|_| self.with_pictures) {
            Some(picture) => self.hub.picture(self.company, picture.entry).await?,
            None => None,
        };
        let Contact { attributes, handles, links, properties, custom, .. } = contact;
        Ok(Some(Person { attributes, handles, links, properties, lists, custom, picture }))
    }

    /// The name of a list. None for a private list of a teammate, which no export shows.
    fn list(&self, group: Group) -> Option<ListName> {
        let Group::List(id) = group else { return None };
        self.settings.lists.get(&id).filter(|list| list.owner.is_none()).map(|list| list.name.clone())
    }
}
