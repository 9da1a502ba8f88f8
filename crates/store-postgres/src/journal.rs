//! The journal of a company, and the counters and guards at its end.

use contact::{CompanyId, Entry, Guards, Seq, Time, View};
use store::{Batch, record};
use tokio_postgres::Row;

use crate::codec::{number, optional_number, stored};
use crate::error::{Error, Result};
use crate::pipeline::{Insert, Pipeline, Value};

/// The columns of [`empty_view`].
macro_rules! ends {
    ($lock:literal) => {
        concat!(
            "SELECT entries, records_made, conversations_made, messages_made, shared_after, names_agree
     FROM ends WHERE company = $1",
            $lock
        )
    };
}

pub const ENDS: &str = ends!("");
/// Like [`ENDS`], and locks the company for writes until the transaction ends.
pub const LOCK: &str = ends!(" FOR UPDATE");
pub const ENTRIES: &str = "SELECT seq, at, body FROM journal WHERE company = $1 AND seq > $2 ORDER BY seq LIMIT $3";
pub const ALL: &str = "SELECT seq, at, body FROM journal WHERE company = $1 ORDER BY seq";
pub const SET_ENDS: &str = "UPDATE ends SET entries = $2, records_made = $3, conversations_made = $4,
         messages_made = $5, shared_after = $6, names_agree = $7
     WHERE company = $1";
pub static ENTRY: Insert = Insert::new("journal (company, seq, at, body)", 3, "");

/// The view of a company with these ends, with nothing loaded.
pub fn empty_view(company: CompanyId, ends: &Row) -> Result<View> {
    Ok(View {
        head: Seq(number(ends, 0)?),
        records_made: number(ends, 1)?,
        conversations_made: number(ends, 2)?,
        messages_made: number(ends, 3)?,
        guards: guards(ends)?,
        ..View::new(company)
    })
}

/// The guards against false merges in a row of ends.
pub fn guards(ends: &Row) -> Result<Guards> {
    let shared_after = optional_number(ends, 4)?.map(u32::try_from).transpose();
    let shared_after = shared_after.map_err(|_| Error::damaged("a guard of a company is invalid"))?;
    Ok(Guards { shared_after, names_agree: ends.try_get(5)? })
}

pub fn entry(row: &Row) -> Result<Entry> {
    Ok(record::to_entry(Seq(number(row, 0)?), Time::from_millis(row.try_get(1)?), row.try_get(2)?)?)
}

pub fn entries(rows: &[Row]) -> Result<Vec<Entry>> {
    rows.iter().map(entry).collect()
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
    let counts = [view.head.0, view.records_made, view.conversations_made, view.messages_made];
    let mut row: Vec<Value> = counts.into_iter().map(|count| Box::new(stored(count)) as Value).collect();
    row.push(Box::new(view.guards.shared_after.map(i64::from)));
    row.push(Box::new(view.guards.names_agree));
    row
}
