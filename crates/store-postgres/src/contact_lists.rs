//! Lists of contacts: a page in some order, and all of a company as a stream.

use contact::{CompanyId, Contact, RecordId, TeammateId, Time};
use deadpool_postgres::ClientWrapper;
use futures_util::future::try_join;
use store::{ListRequest, Order, SortBy};
use tokio::sync::mpsc;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::codec::{self, BEFORE_ALL, stored};
use crate::connect::{Pool, Transaction, query};
use crate::contacts;
use crate::error::Result;
use crate::list_order;

/// The records whose ids the next contacts of the whole company bear.
pub const STREAM: &str = "SELECT record, contact, changed, changed_at, owner, body FROM record
     WHERE company = $1 AND contact = record AND owner IS NULL AND record > $2 ORDER BY record LIMIT $3";
/// Contacts of a stream that are read at once.
const STREAM_BATCH: usize = 1_000;

/// The kind of a list. Each has a statement of its own.
#[derive(Clone, Copy)]
struct ListKind {
    order: Order,
    /// Whether it is bounded by the time of the last change.
    is_timed: bool,
    /// Whether it lists a teammate's private contacts.
    is_private: bool,
}

impl ListKind {
    fn all() -> impl Iterator<Item = ListKind> {
        let kinds = [(false, false), (false, true), (true, false), (true, true)];
        let of = move |order| kinds.map(|(is_timed, is_private)| ListKind { order, is_timed, is_private });
        list_order::ORDERS.into_iter().flat_map(of)
    }

    /// The statement that lists contacts.
    ///
    /// Its parameters: the company, the limit and the id of the cursor. Then its last change, if the list is sorted by
    /// that; the two bounds of time, if it has any; the owner, if it has one.
    fn statement(self) -> String {
        let (after, by) = list_order::conditions(self.order, "record");
        let mut next = match self.order.by {
            SortBy::Created => 4,
            SortBy::Changed => 5,
        };
        let mut bounds = String::new();
        if self.is_timed {
            bounds = format!(" AND changed_at > ${next} AND changed_at < ${}", next + 1);
            next += 2;
        }
        let owner = if self.is_private { format!("owner = ${next}") } else { "owner IS NULL".to_owned() };
        // The planner underestimates how many records have their own number there. To list them by id, it would sort all
        // of an index on changes. With a difference it cannot use these indexes.
        let is_by_id = self.order.by == SortBy::Created && !self.is_timed;
        let is_root = if is_by_id { "contact - record = 0" } else { "contact = record" };
        contacts::contacts_of(&format!(
            "
         SELECT record FROM record WHERE company = $1 AND {is_root} AND {owner} AND {after}{bounds}
         ORDER BY {by} LIMIT $2
     "
        ))
    }
}

/// The statements that list contacts.
pub fn statements() -> impl Iterator<Item = String> {
    ListKind::all().map(ListKind::statement)
}

/// At most `limit` contacts of a list.
pub async fn list(pool: &Pool, company: CompanyId, request: ListRequest, limit: usize) -> Result<Vec<Contact>> {
    let ListRequest { order, after, changed_after, changed_before, owner } = request;
    let (changed, contact) = list_order::cursor(order, after.map(|(changed, id)| (changed, id.number())));
    let is_timed = changed_after.is_some() || changed_before.is_some();
    let (later, earlier) =
        (changed_after.map_or(i64::MIN, Time::millis), changed_before.map_or(i64::MAX, Time::millis));
    let owner = owner.map(|owner: TeammateId| stored(owner.number()));
    let (id, limit) = (codec::company(company), codec::limit(limit));
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&id, &limit, &contact];
    if order.by == SortBy::Changed {
        parameters.push(&changed);
    }
    if is_timed {
        parameters.extend([&later as &(dyn ToSql + Sync), &earlier]);
    }
    parameters.extend(owner.as_ref().map(|owner| owner as &(dyn ToSql + Sync)));
    let kind = ListKind { order, is_timed, is_private: owner.is_some() };
    let view = contacts::contacts_by(pool, company, &kind.statement(), &parameters).await?;
    let mut list: Vec<Contact> = contacts::ids(&view).into_iter().filter_map(|id| view.contact(id)).collect();
    match order.by {
        SortBy::Created => list.sort_by_key(|contact| contact.id),
        SortBy::Changed => list.sort_by_key(|contact| (contact.changed, contact.id)),
    }
    if !order.ascending {
        list.reverse();
    }
    Ok(list)
}

/// Sends all contacts of a company by id, until the receiver is closed.
pub async fn stream(
    transaction: Transaction,
    company: CompanyId,
    send: &mpsc::Sender<std::result::Result<Contact, store::Error>>,
) -> Result<()> {
    let client = transaction.client();
    // The planner overestimates a table that was just filled, and would rather read and sort all of it.
    client.batch_execute("SET LOCAL enable_sort = off").await?;
    let (id, limit) = (codec::company(company), codec::limit(STREAM_BATCH));
    let batch = async |after: i64| query(client, STREAM, &[&id, &after, &limit]).await;
    let mut rows = batch(BEFORE_ALL).await?;
    while let Some(last) = rows.last() {
        // Reads the next batch while this one is sent.
        let (next, is_open) = try_join(batch(last.try_get(0)?), send_batch(client, company, &rows, send)).await?;
        if !is_open {
            return Ok(());
        }
        rows = next;
    }
    transaction.roll_back().await
}

/// Sends the contacts of a batch, and returns whether the receiver is open.
async fn send_batch(
    client: &ClientWrapper,
    company: CompanyId,
    rows: &[Row],
    send: &mpsc::Sender<std::result::Result<Contact, store::Error>>,
) -> Result<bool> {
    let mut view = contacts::view_of(company, rows)?;
    let others: Vec<RecordId> = view.records.values().flat_map(|root| &root.others).copied().collect();
    if !others.is_empty() {
        let parameters: [&(dyn ToSql + Sync); 2] = [&codec::company(company), &codec::contacts(&others)];
        contacts::add_to_view(&mut view, &query(client, contacts::BY_ID, &parameters).await?)?;
    }
    contacts::add_claims(client, &mut view).await?;
    for contact in contacts::ids(&view).into_iter().filter_map(|id| view.contact(id)) {
        if send.send(Ok(contact)).await.is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}
