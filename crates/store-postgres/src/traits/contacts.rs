//! Reading contacts.

use std::collections::BTreeSet;

use ::search::duplicates::DuplicatePair;
use async_trait::async_trait;
use contact::{
    Claim, CompanyId, Contact, ContactId, Entry, Group, HandleKey, HandleStatus, Missing, Picture, Record, RecordName,
    Seq, Settings, View,
};
use store::{CONTACTS_AHEAD_MAX, ContactStream, Contacts, Error, ListRequest, Needs, Note, record};
use tokio::sync::mpsc;
use tokio_postgres::types::ToSql;

use crate::codec::{self, AFTER_ALL, BEFORE_ALL, number, stored};
use crate::connect::{Transaction, query};
use crate::load::Loaded;
use crate::postgres::Postgres;
use crate::{contact_lists, contacts, duplicates, handles, history, journal, settings};

#[async_trait]
impl Contacts for Postgres {
    async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error> {
        Ok(contacts::contacts(&self.pool, company, &[id]).await?.contact(id))
    }

    async fn owner(&self, company: CompanyId, handle: HandleKey) -> Result<Option<Contact>, Error> {
        let (number, source, key) = (codec::company(company), handle.source().name(), handle.as_str());
        let parameters: [&(dyn ToSql + Sync); 3] = [&number, &source, &key];
        let view = contacts::contacts_by(&self.pool, company, contacts::BY_HANDLE, &parameters).await?;
        Ok(contacts::ids(&view).first().and_then(|owner| view.contact(*owner)))
    }

    async fn contacts(&self, company: CompanyId, listing: ListRequest, limit: usize) -> Result<Vec<Contact>, Error> {
        Ok(contact_lists::list(&self.pool, company, listing, limit).await?)
    }

    async fn all_contacts(&self, company: CompanyId) -> Result<ContactStream, Error> {
        let transaction = Transaction::read_only(self.pool.get().await?).await?;
        let (send, contacts) = mpsc::channel(CONTACTS_AHEAD_MAX);
        tokio::spawn(async move {
            if let Err(error) = contact_lists::stream(transaction, company, &send).await {
                // The receiver may be closed.
                let _ = send.send(Err(error.into())).await;
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
        let (kind, id) = record::from_group(group);
        let first = before.map_or(AFTER_ALL, |before| stored(before.number()));
        let (number, id, rows) = (codec::company(company), stored(id), codec::limit(limit));
        let parameters: [&(dyn ToSql + Sync); 5] = [&number, &kind, &id, &first, &rows];
        let view = contacts::contacts_by(&self.pool, company, contacts::BY_GROUP, &parameters).await?;
        // The statement also returns other records of the same contacts, which belong to other pages of the list.
        let is_in = |record: &&Record| {
            record.facts.groups.iter().any(|stamped| stamped.value == group)
                && before.is_none_or(|before| record.id < before)
        };
        let inside: BTreeSet<ContactId> = view.records.values().filter(is_in).map(|record| record.id).collect();
        let shown = |id| view.contact(id).filter(|_| view.member_as(id, group) == Some(id));
        Ok(inside.into_iter().rev().map(|id| (id, shown(id))).take(limit).collect())
    }

    async fn view(&self, company: CompanyId, contacts: &[ContactId], missing: &Missing) -> Result<View, Error> {
        let transaction = Transaction::read_only(self.pool.get().await?).await?;
        let client = transaction.client();
        let ends = query(client, journal::ENDS, &[&codec::company(company)]).await?;
        let ends = ends.first();
        let view = ends.map_or_else(|| Ok(View::new(company)), |ends| journal::empty_view(company, ends))?;
        let mut loaded = Loaded::new(view);
        let mut needs = Needs { settings: true, ..Needs::of_missing(missing) };
        needs.contacts.extend(contacts);
        loaded.load(client, &needs).await?;
        transaction.roll_back().await?;
        Ok(loaded.batch.view)
    }

    async fn reporters(
        &self,
        company: CompanyId,
        handle: &HandleKey,
        after: Option<ContactId>,
        limit: usize,
    ) -> Result<Vec<Contact>, Error> {
        let (number, source, key) = (codec::company(company), handle.source().name(), handle.as_str());
        let (after, rows) = (after.map_or(BEFORE_ALL, |after| stored(after.number())), codec::limit(limit));
        let parameters: [&(dyn ToSql + Sync); 5] = [&number, &source, &key, &after, &rows];
        let view = contacts::contacts_by(&self.pool, company, contacts::BY_REPORT, &parameters).await?;
        Ok(contacts::ids(&view).into_iter().filter_map(|id| view.contact(id)).collect())
    }

    async fn handle(&self, company: CompanyId, handle: &HandleKey) -> Result<(Claim, u64), Error> {
        let (id, source, key) = (codec::company(company), handle.source().name(), handle.as_str());
        let rows = self.pool.query(handles::COUNTED, &[&id, &source, &key]).await?;
        let Some(row) = rows.first() else { return Ok((Claim::default(), 0)) };
        Ok((handles::claim(row)?.1, number(row, 5)?))
    }

    async fn record_names(
        &self,
        company: CompanyId,
        system: &str,
        after: Option<&RecordName>,
        limit: usize,
    ) -> Result<Vec<RecordName>, Error> {
        let after = after.map(RecordName::id).unwrap_or_default();
        let (company, limit) = (codec::company(company), codec::limit(limit));
        let rows = self.pool.query(contacts::NAMES_OF_SYSTEM, &[&company, &system, &after, &limit]).await?;
        Ok(rows.iter().map(|row| Ok(contacts::name(row)?.0)).collect::<crate::error::Result<_>>()?)
    }

    async fn marked_handles(
        &self,
        company: CompanyId,
        status: HandleStatus,
        after: Option<HandleKey>,
        limit: usize,
    ) -> Result<Vec<(HandleKey, Claim)>, Error> {
        let (source, key) = after.as_ref().map_or(("", ""), |after| (after.source().name(), after.as_str()));
        let (company, limit) = (codec::company(company), codec::limit(limit));
        let status = i16::from(record::from_handle_status(status));
        let rows = self.pool.query(handles::MARKED, &[&company, &status, &source, &key, &limit]).await?;
        Ok(rows.iter().map(handles::claim).collect::<Result<_, _>>()?)
    }

    async fn people(&self, company: CompanyId, ids: &[ContactId]) -> Result<Vec<(ContactId, Contact)>, Error> {
        let view = contacts::contacts(&self.pool, company, ids).await?;
        Ok(ids.iter().filter_map(|id| Some((*id, view.contact(*id)?))).collect())
    }

    async fn history(
        &self,
        company: CompanyId,
        contact: ContactId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        let view = contacts::records(&self.pool, company, contact).await?;
        let parts = view.parts(contact);
        let before = before.map_or(AFTER_ALL, |before| stored(before.0));
        let firsts = parts.iter().filter_map(|part| view.records.get(part)).map(|record| stored(record.first.0));
        let firsts: Vec<i64> = firsts.filter(|first| *first < before).collect();
        let (number, parts, limit) = (codec::company(company), codec::contacts(&parts), codec::limit(limit));
        let parameters: [&(dyn ToSql + Sync); 5] = [&number, &firsts, &parts, &before, &limit];
        Ok(journal::entries(&self.pool.query(history::HISTORY, &parameters).await?)?)
    }

    async fn notes(&self, company: CompanyId, contact: ContactId, limit: usize) -> Result<Vec<Note>, Error> {
        let view = contacts::records(&self.pool, company, contact).await?;
        let (number, parts) = (codec::company(company), codec::contacts(&view.parts(contact)));
        let rows = self.pool.query(history::NOTES, &[&number, &parts, &codec::limit(limit)]).await?;
        Ok(journal::entries(&rows)?.into_iter().filter_map(record::note).collect())
    }

    async fn picture(&self, company: CompanyId, entry: Seq) -> Result<Option<Picture>, Error> {
        let rows = self.pool.query(history::PICTURE, &[&codec::company(company), &stored(entry.0)]).await?;
        Ok(rows.first().map(history::picture).transpose()?)
    }

    async fn duplicates(
        &self,
        company: CompanyId,
        after: Option<DuplicatePair>,
        limit: usize,
    ) -> Result<Vec<DuplicatePair>, Error> {
        Ok(duplicates::pairs(&self.pool, company, after, limit).await?)
    }

    async fn settings(&self, company: CompanyId) -> Result<Settings, Error> {
        Ok(settings::settings(&self.pool.query(settings::SETTINGS, &[&codec::company(company)]).await?)?)
    }
}
