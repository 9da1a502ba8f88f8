//! The executable specification of a store: plain maps behind a lock.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use contact::{Command, CompanyId, CompanyName, Contact, ContactId, Entry, HandleKey, Time, View};
use tokio::sync::mpsc;

use crate::{Added, Company, Cursor, Error, Outcomes, Record, Records, SCAN_AHEAD_MAX, SecretHash, Store};

/// A store that lasts as long as the program.
#[derive(Default)]
pub struct Model {
    books: Mutex<BTreeMap<CompanyId, Book>>,
}

/// All that is kept of a company.
#[derive(Clone)]
struct Book {
    company: Company,
    journal: Vec<Entry>,
    view: View,
}

impl Model {
    fn books(&self) -> MutexGuard<'_, BTreeMap<CompanyId, Book>> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for Model {
    async fn add_company(&self, company: Company) -> Result<Added, Error> {
        let mut books = self.books();
        if books.values().any(|book| book.company.name == company.name) {
            return Ok(Added::NameTaken);
        }
        if books.contains_key(&company.id) {
            return Ok(Added::NumberTaken);
        }
        let view = View::new(company.id);
        books.insert(company.id, Book { company, journal: Vec::new(), view });
        Ok(Added::Done)
    }

    async fn company(&self, name: &CompanyName) -> Result<Option<Company>, Error> {
        Ok(self.books().values().map(|book| &book.company).find(|company| company.name == *name).cloned())
    }

    async fn companies(&self) -> Result<Vec<Company>, Error> {
        let mut companies: Vec<Company> = self.books().values().map(|book| book.company.clone()).collect();
        companies.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(companies)
    }

    async fn set_secret(&self, company: CompanyId, secret: SecretHash) -> Result<bool, Error> {
        let mut books = self.books();
        let book = books.get_mut(&company);
        Ok(book.map(|book| book.company.secret = secret).is_some())
    }

    async fn write(&self, company: CompanyId, at: Time, commands: Vec<Command>) -> Result<Outcomes, Error> {
        let mut books = self.books();
        let book = books.get_mut(&company).ok_or(Error::NoCompany)?;
        let perform = |command| {
            let performed = book.view.perform(&command, at)?;
            book.journal.extend(performed.changes.entries);
            Ok(performed.outcome)
        };
        Ok(commands.into_iter().map(perform).collect())
    }

    async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error> {
        Ok(self.books().get(&company).and_then(|book| book.view.contact(id)))
    }

    async fn owner(&self, company: CompanyId, handle: HandleKey) -> Result<Option<Contact>, Error> {
        Ok(self.books().get(&company).and_then(|book| book.view.contact(book.view.owner(&handle)?)))
    }

    async fn contacts(&self, company: CompanyId, after: Option<Cursor>, limit: usize) -> Result<Vec<Contact>, Error> {
        let books = self.books();
        let Some(Book { view, .. }) = books.get(&company) else { return Ok(Vec::new()) };
        let mut changed: Vec<_> = view.members.values().filter(|member| member.merged_into.is_none()).collect();
        changed.retain(|member| after.is_none_or(|after| (member.changed, member.id) < after));
        changed.sort_by_key(|member| std::cmp::Reverse((member.changed, member.id)));
        Ok(changed.into_iter().filter_map(|member| view.contact(member.id)).take(limit).collect())
    }

    async fn scan(&self, company: CompanyId) -> Result<Records, Error> {
        let book = self.books().get(&company).cloned();
        let (send, records) = mpsc::channel(SCAN_AHEAD_MAX);
        tokio::spawn(async move {
            let Some(Book { journal, view, .. }) = book else { return };
            let entries = journal.into_iter().map(Record::Entry);
            let members = view.members.into_values().map(Record::Member);
            let claims = view.claims.into_iter().map(|(handle, claim)| Record::Claim(handle, claim));
            for record in entries.chain(members).chain(claims) {
                if send.send(Ok(record)).await.is_err() {
                    return;
                }
            }
        });
        Ok(records)
    }

    async fn backup(&self, _file: &Path) -> Result<(), Error> {
        Err(Error::Unusable("A store in memory has no backup.".into()))
    }

    async fn ready(&self) -> Result<(), Error> {
        Ok(())
    }
}
