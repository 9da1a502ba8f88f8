//! Reading who is who, and lists of people.

use std::collections::BTreeSet;

use async_trait::async_trait;
use contact::{
    CompanyId, Contact, ContactId, Entry, Group, HandleKey, Member, Picture, PictureType, Seq, Settings, TeammateId,
    Time, View,
};
use deadpool_postgres::ClientWrapper;
use futures_util::future::try_join;
use tokio::sync::mpsc;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::Postgres;
use super::connect::Transaction;
use super::duplicates;
use super::load::{self, company as number, limit, stored};
use crate::{
    CONTACTS_AHEAD_MAX, ContactStream, Contacts, DuplicatePair, Error, ListRequest, Note, Order, SortBy, record,
};

/// Those who stand for a person of the whole company's.
pub const EVERYBODY: &str = "SELECT contact, changed, merged_into, merge, changed_at, owner, body FROM contact
     WHERE company = $1 AND merged_into IS NULL AND owner IS NULL AND contact > $2 ORDER BY contact LIMIT $3";
/// How many of them are read at once.
const PAGE: usize = 1_000;
pub const PICTURE: &str = "SELECT media_type, content FROM picture WHERE company = $1 AND seq = $2";

/// What kind of list it is: each kind has a statement of its own.
#[derive(Clone, Copy)]
struct Form {
    order: Order,
    /// Whether it is bounded by when people were changed.
    is_timed: bool,
    /// Whether it is of a teammate's own people.
    is_owned: bool,
}

impl Form {
    /// All that there are.
    fn all() -> impl Iterator<Item = Form> {
        let kinds = [(false, false), (false, true), (true, false), (true, true)];
        let of = move |order| kinds.map(|(is_timed, is_owned)| Form { order, is_timed, is_owned });
        load::ORDERS.into_iter().flat_map(of)
    }

    /// The statement that lists people. Its parameters: the company, how many, the contact to go on after, the last change
    /// of that if it goes by changes, the bounds if there are any, and the owner if there is one.
    fn statement(self) -> String {
        let (after, by) = load::place(self.order, "contact");
        let mut next = match self.order.by {
            SortBy::Created => 4,
            SortBy::Changed => 5,
        };
        let mut bounds = String::new();
        if self.is_timed {
            bounds = format!(" AND changed_at > ${next} AND changed_at < ${}", next + 1);
            next += 2;
        }
        let owner = if self.is_owned { format!("owner = ${next}") } else { "owner IS NULL".to_owned() };
        load::people_of(&format!(
            "
         SELECT contact FROM contact WHERE company = $1 AND merged_into IS NULL AND {owner} AND {after}{bounds}
         ORDER BY {by} LIMIT $2
     "
        ))
    }
}

/// The statements that list people.
pub fn lists() -> impl Iterator<Item = String> {
    Form::all().map(Form::statement)
}

impl Postgres {
    /// The part of a view that a statement finds.
    async fn people_by(&self, id: CompanyId, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<View, Error> {
        load::people(id, &self.pool.query(sql, parameters).await?)
    }

    /// Contacts, with all that they are part of and all that is part of that.
    pub(super) async fn whole(&self, company: CompanyId, contacts: &[ContactId]) -> Result<View, Error> {
        self.people_by(company, load::BY_ID, &[&number(company), &load::numbers(contacts)]).await
    }
}

#[async_trait]
impl Contacts for Postgres {
    async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error> {
        Ok(self.whole(company, &[id]).await?.contact(id))
    }

    async fn owner(&self, company: CompanyId, handle: HandleKey) -> Result<Option<Contact>, Error> {
        let (source, key) = (handle.source().name(), handle.as_str());
        let view = self.people_by(company, load::BY_HANDLE, &[&number(company), &source, &key]).await?;
        let home = view.claims.get(&handle).and_then(|claim| claim.home);
        Ok(home.and_then(|home| view.contact(home)))
    }

    async fn contacts(&self, company: CompanyId, listing: ListRequest, most: usize) -> Result<Vec<Contact>, Error> {
        let ListRequest { order, after, changed_after, changed_before, owner } = listing;
        let (changed, contact) = load::cursor(order, after.map(|(changed, id)| (changed, id.number())));
        let is_timed = changed_after.is_some() || changed_before.is_some();
        let (later, earlier) =
            (changed_after.map_or(i64::MIN, Time::millis), changed_before.map_or(i64::MAX, Time::millis));
        let owner = owner.map(|owner: TeammateId| stored(owner.number()));
        let (id, most) = (number(company), limit(most));
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&id, &most, &contact];
        if order.by == SortBy::Changed {
            parameters.push(&changed);
        }
        if is_timed {
            parameters.extend([&later as &(dyn ToSql + Sync), &earlier]);
        }
        parameters.extend(owner.as_ref().map(|owner| owner as &(dyn ToSql + Sync)));
        let form = Form { order, is_timed, is_owned: owner.is_some() };
        let view = self.people_by(company, &form.statement(), &parameters).await?;
        let roots = view.members.values().filter(|member| member.merged_into.is_none());
        let mut people: Vec<Contact> = roots.filter_map(|root| view.contact(root.id)).collect();
        match order.by {
            SortBy::Created => people.sort_by_key(|person| person.id),
            SortBy::Changed => people.sort_by_key(|person| (person.changed, person.id)),
        }
        if !order.ascending {
            people.reverse();
        }
        Ok(people)
    }

    async fn all_contacts(&self, company: CompanyId) -> Result<ContactStream, Error> {
        let transaction = Transaction::reading(self.pool.get().await?).await?;
        let (send, people) = mpsc::channel(CONTACTS_AHEAD_MAX);
        tokio::spawn(async move {
            if let Err(error) = all_contacts(transaction, company, &send).await {
                // Nobody listens any more if this fails too.
                let _ = send.send(Err(error)).await;
            }
        });
        Ok(people)
    }

    async fn members(
        &self,
        company: CompanyId,
        group: Group,
        before: Option<ContactId>,
        most: usize,
    ) -> Result<Vec<(ContactId, Option<Contact>)>, Error> {
        let (kind, id) = record::from_group(group);
        let first = before.map_or(load::BEYOND, |before| stored(before.number()));
        let parameters: [&(dyn ToSql + Sync); 5] = [&number(company), &kind, &stored(id), &first, &limit(most)];
        let view = self.people_by(company, load::BY_GROUP, &parameters).await?;
        // What else came, because it is part of the same people, is further down the list.
        let is_in = |member: &&Member| {
            member.facts.groups.iter().any(|told| told.value == group) && before.is_none_or(|before| member.id < before)
        };
        let inside: BTreeSet<ContactId> = view.members.values().filter(is_in).map(|member| member.id).collect();
        let shown = |id| view.contact(id).filter(|_| view.member_as(id, group) == Some(id));
        Ok(inside.into_iter().rev().map(|id| (id, shown(id))).take(most).collect())
    }

    async fn view(&self, company: CompanyId, contacts: &[ContactId], merge: Option<Seq>) -> Result<View, Error> {
        let transaction = Transaction::reading(self.pool.get().await?).await?;
        let client = transaction.client();
        let ends = load::query(client, load::ENDS, &[&number(company)]).await?;
        let mut view = ends.first().map_or_else(|| Ok(View::new(company)), |ends| load::open(company, ends))?;
        let mut contacts = contacts.to_vec();
        if let Some(merge) = merge {
            contacts.extend(load::joined_by(client, company, merge).await?);
        }
        let parameters: [&(dyn ToSql + Sync); 2] = [&number(company), &load::numbers(&contacts)];
        load::add(&mut view, &load::query(client, load::BY_ID, &parameters).await?)?;
        transaction.roll_back().await?;
        Ok(view)
    }

    async fn people(&self, company: CompanyId, ids: &[ContactId]) -> Result<Vec<(ContactId, Contact)>, Error> {
        let view = self.whole(company, ids).await?;
        Ok(ids.iter().filter_map(|id| Some((*id, view.contact(*id)?))).collect())
    }

    async fn history(
        &self,
        company: CompanyId,
        contact: ContactId,
        before: Option<Seq>,
        most: usize,
    ) -> Result<Vec<Entry>, Error> {
        let view = self.whole(company, &[contact]).await?;
        let parts = view.parts(contact);
        let before = before.map_or(load::BEYOND, |before| stored(before.0));
        let firsts = parts.iter().filter_map(|part| view.members.get(part)).map(|member| stored(member.first.0));
        let firsts: Vec<i64> = firsts.filter(|first| *first < before).collect();
        let parameters: [&(dyn ToSql + Sync); 5] =
            [&number(company), &firsts, &load::numbers(&parts), &before, &limit(most)];
        load::entries(&self.pool.query(load::HISTORY, &parameters).await?)
    }

    async fn notes(&self, company: CompanyId, contact: ContactId, most: usize) -> Result<Vec<Note>, Error> {
        let parts = load::numbers(&self.whole(company, &[contact]).await?.parts(contact));
        let rows = self.pool.query(load::NOTES, &[&number(company), &parts, &limit(most)]).await?;
        Ok(load::entries(&rows)?.into_iter().filter_map(record::note).collect())
    }

    async fn picture(&self, company: CompanyId, entry: Seq) -> Result<Option<Picture>, Error> {
        let rows = self.pool.query(PICTURE, &[&number(company), &stored(entry.0)]).await?;
        let picture = |row: &Row| {
            let kind: PictureType = record::to_picture_type(row.try_get(0)?)?;
            let content: &[u8] = row.try_get(1)?;
            Ok(Picture { kind, content: content.into() })
        };
        rows.first().map(picture).transpose()
    }

    async fn duplicates(
        &self,
        company: CompanyId,
        after: Option<DuplicatePair>,
        most: usize,
    ) -> Result<Vec<DuplicatePair>, Error> {
        duplicates::pairs(&self.pool, company, after, most).await
    }

    async fn settings(&self, company: CompanyId) -> Result<Settings, Error> {
        load::settings(&self.pool.query(load::DIRECTORY, &[&number(company)]).await?)
    }
}

/// Sends all people, the first made first, until nobody listens.
async fn all_contacts(
    transaction: Transaction,
    company: CompanyId,
    send: &mpsc::Sender<Result<Contact, Error>>,
) -> Result<(), Error> {
    let client = transaction.client();
    // Of a table that was just filled the planner believes that it is quicker to read all of it, and to sort that.
    client.batch_execute("SET LOCAL enable_sort = off").await?;
    let (id, most) = (number(company), limit(PAGE));
    let page = async |after: i64| load::query(client, EVERYBODY, &[&id, &after, &most]).await;
    let mut rows = page(load::BEFORE).await?;
    while let Some(last) = rows.last() {
        // While some are sent, the next are read.
        let (next, is_heard) = try_join(page(last.try_get(0)?), send_page(client, company, &rows, send)).await?;
        if !is_heard {
            return Ok(());
        }
        rows = next;
    }
    transaction.roll_back().await
}

/// Sends the people of a page, and says whether anybody listens.
async fn send_page(
    client: &ClientWrapper,
    company: CompanyId,
    rows: &[Row],
    send: &mpsc::Sender<Result<Contact, Error>>,
) -> Result<bool, Error> {
    let mut view = load::people(company, rows)?;
    let roots: BTreeSet<ContactId> = view.members.keys().copied().collect();
    let parts: Vec<ContactId> = view.members.values().flat_map(|root| &root.members).copied().collect();
    if !parts.is_empty() {
        load::add(&mut view, &load::query(client, load::BY_ID, &[&number(company), &load::numbers(&parts)]).await?)?;
    }
    for contact in roots.into_iter().filter_map(|root| view.contact(root)) {
        if send.send(Ok(contact)).await.is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}
