//! Reading who is who.

use std::sync::Arc;

use async_trait::async_trait;
use contact::{
    Claim, CompanyId, Contact, ContactId, Entry, Group, HandleKey, HandleStatus, Missing, Picture, RecordName, Seq,
    Settings, View,
};
use rusqlite::Connection;
use tokio::sync::mpsc;

use search::duplicates::DuplicatePair;
use store::{Batch, CONTACTS_AHEAD_MAX, ContactStream, Contacts, Error, ListRequest, Needs, Note};

use crate::contacts::{all_contacts, contact, existing, listed, load_contact};
use crate::locks::read_lock;
use crate::sqlite::Sqlite;
use crate::{claim_buffer, contacts, handles, journal, load, settings};

#[async_trait]
impl Contacts for Sqlite {
    async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error> {
        self.trusted(self.read_at_once(|connection| contact(connection, company, id))?)
    }

    async fn owner(&self, company: CompanyId, handle: HandleKey) -> Result<Option<Contact>, Error> {
        // Read before the transaction begins: a claim that is flushed later is in the table that it reads.
        let known = read_lock(&self.claim_buffer).known(company, &handle);
        let read = move |connection: &Connection| {
            let (claim, behind) = claim_buffer::claim(connection, company, &handle, &known)?;
            let owner = claim.and_then(|claim| claim.home).map(|home| existing(connection, company, home));
            Ok((owner.transpose()?, behind))
        };
        let (owner, behind) = self.read_at_once(read)?;
        if let Some(writer) = self.writer.as_ref().filter(|_| behind.is_far()) {
            writer.catch_up(company);
        }
        self.trusted(owner)
    }

    async fn contacts(&self, company: CompanyId, listing: ListRequest, limit: usize) -> Result<Vec<Contact>, Error> {
        self.read(move |connection| {
            let ids = listed(connection, company, listing, limit)?;
            let mut contacts = Vec::with_capacity(ids.len());
            for id in ids {
                contacts.push(existing(connection, company, id)?);
            }
            Ok(contacts)
        })
        .await
    }

    async fn all_contacts(&self, company: CompanyId) -> Result<ContactStream, Error> {
        let (send, contacts) = mpsc::channel(CONTACTS_AHEAD_MAX);
        let readers = Arc::clone(&self.readers);
        tokio::task::spawn_blocking(move || {
            let mut visit = |contact| send.blocking_send(Ok(contact)).is_ok();
            if let Err(error) = readers.with(|connection| all_contacts(connection, company, &mut visit)) {
                // Nobody listens any more if this fails too.
                let _ = send.blocking_send(Err(error.into()));
            }
        });
        Ok(contacts)
    }

    async fn members(
        &self,
        company: CompanyId,
        group: Group,
        before: Option<ContactId>,
        limit: usize,
    ) -> Result<Vec<(ContactId, Option<Contact>)>, Error> {
        self.read(move |connection| {
            let ids = settings::members(connection, company, group, before, limit)?;
            let mut view = View::new(company);
            ids.iter().try_for_each(|id| load_contact(connection, &mut view, *id))?;
            let shown = |id| view.contact(id).filter(|_| view.member_as(id, group) == Some(id));
            Ok(ids.into_iter().map(|id| (id, shown(id))).collect())
        })
        .await
    }

    async fn view(&self, company: CompanyId, contacts: &[ContactId], missing: &Missing) -> Result<View, Error> {
        let (contacts, missing) = (contacts.to_vec(), missing.clone());
        let buffer = Arc::clone(&self.claim_buffer);
        self.read(move |connection| {
            let Some(ends) = journal::ends(connection, company)? else { return Ok(View::new(company)) };
            let mut batch = Batch::new(journal::nothing(company, &ends));
            let mut needs = Needs { settings: true, ..Needs::of_missing(&missing) };
            needs.contacts.extend(contacts);
            load::needed(connection, &read_lock(&buffer), &mut batch, &needs)?;
            Ok(batch.view)
        })
        .await
    }

    async fn reporters(
        &self,
        company: CompanyId,
        handle: &HandleKey,
        after: Option<ContactId>,
        limit: usize,
    ) -> Result<Vec<Contact>, Error> {
        let known = read_lock(&self.claim_buffer).known(company, handle);
        let handle = handle.clone();
        self.read(move |connection| {
            let home = claim_buffer::claim(connection, company, &handle, &known)?.0.and_then(|claim| claim.home);
            let found = contacts::reporting(connection, company, &handle, home)?;
            let after = found.into_iter().filter(|contact| after.is_none_or(|after| *contact > after)).take(limit);
            let contacts = after.map(|id| contact(connection, company, id));
            contacts.filter_map(Result::transpose).collect()
        })
        .await
    }

    async fn handle(&self, company: CompanyId, handle: &HandleKey) -> Result<(Claim, u64), Error> {
        let known = read_lock(&self.claim_buffer).known(company, handle);
        let handle = handle.clone();
        self.read(move |connection| {
            let claim = claim_buffer::claim(connection, company, &handle, &known)?.0.unwrap_or_default();
            let contacts = contacts::reporting(connection, company, &handle, claim.home)?.len();
            Ok((claim, contacts as u64))
        })
        .await
    }

    async fn record_names(
        &self,
        company: CompanyId,
        system: &str,
        after: Option<&RecordName>,
        limit: usize,
    ) -> Result<Vec<RecordName>, Error> {
        let (system, after) = (system.to_owned(), after.map(|after| after.id().to_owned()).unwrap_or_default());
        self.read(move |connection| contacts::names(connection, company, &system, &after, limit)).await
    }

    async fn marked_handles(
        &self,
        company: CompanyId,
        status: HandleStatus,
        after: Option<HandleKey>,
        limit: usize,
    ) -> Result<Vec<(HandleKey, Claim)>, Error> {
        self.read(move |connection| handles::marked(connection, company, status, after.as_ref(), limit)).await
    }

    async fn people(&self, company: CompanyId, ids: &[ContactId]) -> Result<Vec<(ContactId, Contact)>, Error> {
        let ids = ids.to_vec();
        self.read(move |connection| {
            let mut view = View::new(company);
            let mut contacts = Vec::with_capacity(ids.len());
            for id in ids {
                load_contact(connection, &mut view, id)?;
                contacts.extend(view.contact(id).map(|contact| (id, contact)));
            }
            Ok(contacts)
        })
        .await
    }

    async fn history(
        &self,
        company: CompanyId,
        contact: ContactId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        self.read(move |connection| contacts::history(connection, company, contact, before, limit)).await
    }

    async fn notes(&self, company: CompanyId, contact: ContactId, limit: usize) -> Result<Vec<Note>, Error> {
        self.read(move |connection| {
            let mut view = View::new(company);
            load_contact(connection, &mut view, contact)?;
            settings::notes(connection, company, &view.parts(contact), limit)
        })
        .await
    }

    async fn picture(&self, company: CompanyId, entry: Seq) -> Result<Option<Picture>, Error> {
        self.trusted(self.read(move |connection| settings::picture(connection, company, entry)).await?)
    }

    async fn duplicates(
        &self,
        company: CompanyId,
        after: Option<DuplicatePair>,
        limit: usize,
    ) -> Result<Vec<DuplicatePair>, Error> {
        Ok(self.duplicates.pairs(company, after, limit)?)
    }

    async fn settings(&self, company: CompanyId) -> Result<Settings, Error> {
        self.read(move |connection| settings::settings(connection, company)).await
    }
}
