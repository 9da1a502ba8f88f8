//! Reading contacts.

use std::collections::BTreeSet;

use ::search::duplicates::DuplicatePair;
use async_trait::async_trait;
use contact::{CompanyId, Contact, ContactId, Entry, Group, HandleKey, Member, Picture, Seq, Settings, View};
use store::{CONTACTS_AHEAD_MAX, ContactStream, Contacts, Error, ListRequest, Note, record};
use tokio::sync::mpsc;
use tokio_postgres::types::ToSql;

use crate::codec::{self, AFTER_ALL, stored};
use crate::connect::{Transaction, query};
use crate::postgres::Postgres;
use crate::{contact_lists, contacts, duplicates, history, journal, settings};

#[async_trait]
impl Contacts for Postgres {
    async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error> {
        Ok(contacts::persons(&self.pool, company, &[id]).await?.contact(id))
    }

    async fn owner(&self, company: CompanyId, handle: HandleKey) -> Result<Option<Contact>, Error> {
        let (number, source, key) = (codec::company(company), handle.source().name(), handle.as_str());
        let parameters: [&(dyn ToSql + Sync); 3] = [&number, &source, &key];
        let view = contacts::persons_by(&self.pool, company, contacts::BY_HANDLE, &parameters).await?;
        let home = view.claims.get(&handle).and_then(|claim| claim.home);
        Ok(home.and_then(|home| view.contact(home)))
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
        let view = contacts::persons_by(&self.pool, company, contacts::BY_GROUP, &parameters).await?;
        // The statement also returns other parts of the same persons, which belong to other pages of the list.
        let is_in = |member: &&Member| {
            member.facts.groups.iter().any(|stamped| stamped.value == group)
                && before.is_none_or(|before| member.id < before)
        };
        let inside: BTreeSet<ContactId> = view.members.values().filter(is_in).map(|member| member.id).collect();
        let shown = |id| view.contact(id).filter(|_| view.member_as(id, group) == Some(id));
        Ok(inside.into_iter().rev().map(|id| (id, shown(id))).take(limit).collect())
    }

    async fn view(&self, company: CompanyId, contacts: &[ContactId], merge: Option<Seq>) -> Result<View, Error> {
        let transaction = Transaction::read_only(self.pool.get().await?).await?;
        let client = transaction.client();
        let number = codec::company(company);
        let ends = query(client, journal::ENDS, &[&number]).await?;
        let ends = ends.first();
        let mut view = ends.map_or_else(|| Ok(View::new(company)), |ends| journal::empty_view(company, ends))?;
        let mut contacts = contacts.to_vec();
        if let Some(merge) = merge {
            contacts.extend(journal::joined_by(client, company, merge).await?);
        }
        let rows = query(client, contacts::BY_ID, &[&number, &codec::contacts(&contacts)]).await?;
        contacts::add_to_view(&mut view, &rows)?;
        transaction.roll_back().await?;
        Ok(view)
    }

    async fn people(&self, company: CompanyId, ids: &[ContactId]) -> Result<Vec<(ContactId, Contact)>, Error> {
        let view = contacts::persons(&self.pool, company, ids).await?;
        Ok(ids.iter().filter_map(|id| Some((*id, view.contact(*id)?))).collect())
    }

    async fn history(
        &self,
        company: CompanyId,
        contact: ContactId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        let view = contacts::persons(&self.pool, company, &[contact]).await?;
        let parts = view.parts(contact);
        let before = before.map_or(AFTER_ALL, |before| stored(before.0));
        let firsts = parts.iter().filter_map(|part| view.members.get(part)).map(|member| stored(member.first.0));
        let firsts: Vec<i64> = firsts.filter(|first| *first < before).collect();
        let (number, parts, limit) = (codec::company(company), codec::contacts(&parts), codec::limit(limit));
        let parameters: [&(dyn ToSql + Sync); 5] = [&number, &firsts, &parts, &before, &limit];
        Ok(journal::entries(&self.pool.query(history::HISTORY, &parameters).await?)?)
    }

    async fn notes(&self, company: CompanyId, contact: ContactId, limit: usize) -> Result<Vec<Note>, Error> {
        let view = contacts::persons(&self.pool, company, &[contact]).await?;
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
