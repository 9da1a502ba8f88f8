//! Exports: people as files tell of them, as they are at one moment.

use contact::{CompanyId, Contact, Group, ListName, Settings};
use files::Person;
use search::Query;
use store::ContactStream;

use crate::{Error, Hub};

/// Most people of an export of what a search finds.
pub const EXPORT_FOUND_MAX: usize = 10_000;

/// Who is exported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exported {
    /// Everybody, but for those of teammates' own.
    Everybody,
    /// Whom a search finds, the best first; at most [`EXPORT_FOUND_MAX`].
    Found(Query),
}

/// An export under way.
pub struct Export<'a> {
    hub: &'a Hub,
    company: CompanyId,
    settings: Settings,
    people: Source,
    with_pictures: bool,
}

enum Source {
    Streamed(ContactStream),
    Listed(std::vec::IntoIter<Contact>),
}

impl Hub {
    /// Begins an export. `with_pictures` says whether the file has a place for pictures.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn export(&self, company: CompanyId, who: &Exported, with_pictures: bool) -> Result<Export<'_>, Error> {
        let people = match who {
            Exported::Everybody => Source::Streamed(self.store.all_contacts(company).await?),
            Exported::Found(query) => {
                Source::Listed(self.store.search(company, query, EXPORT_FOUND_MAX).await?.contacts.into_iter())
            }
        };
        // After the people, so that it names every list that they are on.
        let settings = self.store.settings(company).await?;
        Ok(Export { hub: self, company, settings, people, with_pictures })
    }
}

impl Export<'_> {
    /// What the company has set up.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The next person; none after the last.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer any more.
    pub async fn next(&mut self) -> Result<Option<Person>, Error> {
        let contact = match &mut self.people {
            Source::Streamed(people) => people.recv().await.transpose()?,
            Source::Listed(people) => people.next(),
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

    /// The name of a list of the company's; what a teammate put on a list of their own is nobody else's business.
    fn list(&self, group: Group) -> Option<ListName> {
        let Group::List(id) = group else { return None };
        self.settings.lists.get(&id).filter(|list| list.owner.is_none()).map(|list| list.name.clone())
    }
}
