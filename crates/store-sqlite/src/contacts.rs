//! Reading who is who.

use std::sync::Arc;

use async_trait::async_trait;
use contact::{CompanyId, Contact, ContactId, Entry, Group, HandleKey, Picture, Seq, Settings, TeammateId, Time, View};
use rusqlite::{Connection, Row, named_params};
use tokio::sync::mpsc;

use super::{Sqlite, claim_buffer, load, read_lock, settings};
use crate::{CONTACTS_AHEAD_MAX, ContactStream, Contacts, DuplicatePair, Error, ListRequest, Note, SortBy, record};

#[async_trait]
impl Contacts for Sqlite {
    async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error> {
        self.read_at_once(|connection| contact(connection, company, id))
    }

    async fn owner(&self, company: CompanyId, handle: HandleKey) -> Result<Option<Contact>, Error> {
        // Asked before the read begins: what leaves the claim_buffer after this is in the table that is read.
        let known = read_lock(&self.claim_buffer).known(company, &handle);
        let read = move |connection: &Connection| {
            let (claim, behind) = claim_buffer::claim(connection, company, &handle, &known)?;
            let owner = claim.and_then(|claim| claim.home).map(|home| contact(connection, company, home));
            Ok((owner.transpose()?.flatten(), behind))
        };
        let (owner, behind) = self.read_at_once(read)?;
        if let Some(writer) = self.writer.as_ref().filter(|_| behind.is_far()) {
            writer.catch_up(company);
        }
        Ok(owner)
    }

    async fn contacts(&self, company: CompanyId, listing: ListRequest, limit: usize) -> Result<Vec<Contact>, Error> {
        self.read(move |connection| {
            let ids = listed(connection, company, listing, limit)?;
            let mut people = Vec::with_capacity(ids.len());
            for id in ids {
                people.extend(contact(connection, company, id)?);
            }
            Ok(people)
        })
        .await
    }

    async fn all_contacts(&self, company: CompanyId) -> Result<ContactStream, Error> {
        let (send, people) = mpsc::channel(CONTACTS_AHEAD_MAX);
        let readers = Arc::clone(&self.readers);
        tokio::task::spawn_blocking(move || {
            let mut visit = |contact| send.blocking_send(Ok(contact)).is_ok();
            if let Err(error) = readers.with(|connection| all_contacts(connection, company, &mut visit)) {
                // Nobody listens any more if this fails too.
                let _ = send.blocking_send(Err(error));
            }
        });
        Ok(people)
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
            ids.iter().try_for_each(|id| load::whole(connection, &mut view, *id))?;
            let shown = |id| view.contact(id).filter(|_| view.member_as(id, group) == Some(id));
            Ok(ids.into_iter().map(|id| (id, shown(id))).collect())
        })
        .await
    }

    async fn view(&self, company: CompanyId, contacts: &[ContactId], merge: Option<Seq>) -> Result<View, Error> {
        let contacts = contacts.to_vec();
        self.read(move |connection| {
            let head = load::ends(connection, company)?.map(|ends| ends.head).unwrap_or_default();
            let mut view = View { head, ..View::new(company) };
            let joined = merge.map(|merge| load::joined_by(connection, company, merge)).transpose()?.flatten();
            for contact in contacts.into_iter().chain(joined) {
                load::whole(connection, &mut view, contact)?;
            }
            Ok(view)
        })
        .await
    }

    async fn people(&self, company: CompanyId, ids: &[ContactId]) -> Result<Vec<(ContactId, Contact)>, Error> {
        let ids = ids.to_vec();
        self.read(move |connection| {
            let mut view = View::new(company);
            let mut people = Vec::with_capacity(ids.len());
            for id in ids {
                load::whole(connection, &mut view, id)?;
                people.extend(view.contact(id).map(|contact| (id, contact)));
            }
            Ok(people)
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
        self.read(move |connection| load::history(connection, company, contact, before, limit)).await
    }

    async fn notes(&self, company: CompanyId, contact: ContactId, limit: usize) -> Result<Vec<Note>, Error> {
        self.read(move |connection| {
            let mut view = View::new(company);
            load::whole(connection, &mut view, contact)?;
            settings::notes(connection, company, &view.parts(contact), limit)
        })
        .await
    }

    async fn picture(&self, company: CompanyId, entry: Seq) -> Result<Option<Picture>, Error> {
        self.read(move |connection| settings::picture(connection, company, entry)).await
    }

    async fn duplicates(
        &self,
        company: CompanyId,
        after: Option<DuplicatePair>,
        limit: usize,
    ) -> Result<Vec<DuplicatePair>, Error> {
        self.duplicates.pairs(company, after, limit)
    }

    async fn settings(&self, company: CompanyId) -> Result<Settings, Error> {
        self.read(move |connection| settings::settings(connection, company)).await
    }
}

fn contact(connection: &Connection, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error> {
    let mut view = View::new(company);
    load::whole(connection, &mut view, id)?;
    Ok(view.contact(id))
}

/// Gives all people to `visit`, the first made first, until it has enough.
fn all_contacts(
    connection: &Connection,
    company: CompanyId,
    visit: &mut dyn FnMut(Contact) -> bool,
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(
        "SELECT contact FROM contact WHERE company = ?1 AND merged_into IS NULL AND owner IS NULL ORDER BY contact",
    )?;
    let mut rows = statement.query([company.number()])?;
    while let Some(row) = rows.next()? {
        let found = contact(connection, company, record::contact_id(row.get(0)?)?)?;
        if found.is_some_and(|contact| !visit(contact)) {
            break;
        }
    }
    Ok(())
}

/// The people of a list.
fn listed(
    connection: &Connection,
    company: CompanyId,
    listing: ListRequest,
    limit: usize,
) -> Result<Vec<ContactId>, Error> {
    let ListRequest { order, after, changed_after, changed_before, owner } = listing;
    let (follows, direction) = if order.ascending { (">", "ASC") } else { ("<", "DESC") };
    // What is asked for by the time of its change is found by that, then sorted: it is seldom much.
    let is_timed = changed_after.is_some() || changed_before.is_some();
    let (place, sort) = match order.by {
        SortBy::Created => ("contact", if is_timed { "+contact" } else { "contact" }),
        SortBy::Changed => ("changed, contact", if is_timed { "+changed, +contact" } else { "changed, contact" }),
    };
    let sort: Vec<String> = sort.split(", ").map(|column| format!("{column} {direction}")).collect();
    let whose = if owner.is_some() { "owner = :owner" } else { "owner IS :owner" };
    let time = if is_timed { "AND changed_at > :changed_after AND changed_at < :changed_before" } else { "" };
    let beyond = match order.by {
        SortBy::Created => format!("{place} {follows} :contact"),
        SortBy::Changed => format!("({place}) {follows} (:changed, :contact)"),
    };
    let query = format!(
        "SELECT contact FROM contact WHERE company = :company AND merged_into IS NULL AND {whose} {time} AND {beyond}
         ORDER BY {} LIMIT :limit",
        sort.join(", ")
    );
    let start = if order.ascending { 0 } else { i64::MAX as u64 };
    let (changed, contact) = after.map_or((start, start), |(seq, id)| (seq.0, id.number()));
    let mut statement = connection.prepare_cached(&query)?;
    let all = named_params! {
        ":company": company.number(),
        ":owner": owner.map(TeammateId::number),
        ":changed_after": changed_after.map_or(i64::MIN, Time::millis),
        ":changed_before": changed_before.map_or(i64::MAX, Time::millis),
        ":changed": changed,
        ":contact": contact,
        ":limit": limit,
    };
    // Not every list names all of them.
    let mut named = Vec::with_capacity(all.len());
    for (name, value) in all {
        if statement.parameter_index(name)?.is_some() {
            named.push((*name, *value));
        }
    }
    let rows = statement.query_map(&named[..], |row: &Row| row.get(0))?;
    rows.map(|number| record::contact_id(number?)).collect()
}
