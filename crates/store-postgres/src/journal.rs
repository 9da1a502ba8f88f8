//! The journal of a company, and the counters at its end.

use contact::{Change, CompanyId, ContactId, Entry, Seq, Time, View};
use deadpool_postgres::ClientWrapper;
use store::{Batch, record};
use tokio_postgres::Row;

use crate::codec::{company, number, stored};
use crate::connect::query;
use crate::error::Result;
use crate::pipeline::{Insert, Pipeline, Value};

pub const ENDS: &str = "SELECT entries, contacts_made, conversations_made, messages_made FROM ends WHERE company = $1";
/// Like [`ENDS`], and locks the company for writes until the transaction ends.
pub const LOCK: &str =
    "SELECT entries, contacts_made, conversations_made, messages_made FROM ends WHERE company = $1 FOR UPDATE";
pub const ENTRIES: &str = "SELECT seq, at, body FROM journal WHERE company = $1 AND seq > $2 ORDER BY seq LIMIT $3";
pub const ENTRIES_BY_SEQ: &str = "SELECT entry.* FROM unnest($2::bigint[]) AS requested (seq), LATERAL (
         SELECT seq, at, body FROM journal WHERE company = $1 AND seq = requested.seq OFFSET 0
     ) AS entry";
pub const ALL: &str = "SELECT seq, at, body FROM journal WHERE company = $1 ORDER BY seq";
pub const SET_ENDS: &str =
    "UPDATE ends SET entries = $2, contacts_made = $3, conversations_made = $4, messages_made = $5 WHERE company = $1";
pub static ENTRY: Insert = Insert::new("journal (company, seq, at, body)", 3, "");

/// The view of a company with these ends, with nothing loaded.
pub fn empty_view(company: CompanyId, ends: &Row) -> Result<View> {
    Ok(View {
        head: Seq(number(ends, 0)?),
        contacts_made: number(ends, 1)?,
        conversations_made: number(ends, 2)?,
        messages_made: number(ends, 3)?,
        ..View::new(company)
    })
}

pub fn entry(row: &Row) -> Result<Entry> {
    Ok(record::to_entry(Seq(number(row, 0)?), Time::from_millis(row.try_get(1)?), row.try_get(2)?)?)
}

pub fn entries(rows: &[Row]) -> Result<Vec<Entry>> {
    rows.iter().map(entry).collect()
}

/// The contact that a merge joined to another.
pub async fn joined_by(client: &ClientWrapper, id: CompanyId, merge: Seq) -> Result<Option<ContactId>> {
    let found = query(client, ENTRIES_BY_SEQ, &[&company(id), &[stored(merge.0)].as_slice()]).await?;
    let joined = |entry: Entry| if let Change::Merged { joined, .. } = entry.change { Some(joined) } else { None };
    Ok(found.first().map(entry).transpose()?.and_then(joined))
}

/// Adds the statements that append the entries of a batch.
pub async fn append<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) -> Result<()> {
    pipeline.insert(&ENTRY, batch.changes.entries.iter().map(entry_row).collect()).await
}

fn entry_row(entry: &Entry) -> Vec<Value<'_>> {
    vec![Box::new(stored(entry.seq.0)), Box::new(entry.at.millis()), Box::new(record::from_entry(entry))]
}

/// The parameters of [`SET_ENDS`] after a batch.
pub fn ends_row(view: &View) -> Vec<Value<'static>> {
    let counts = [view.head.0, view.contacts_made, view.conversations_made, view.messages_made];
    counts.into_iter().map(|count| Box::new(stored(count)) as Value).collect()
}
