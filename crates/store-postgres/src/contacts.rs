//! The rows of records and of their names, and loading whole contacts from them.
//!
//! Each statement names one company and finds rows by whole keys. A set of keys is a table joined by `LATERAL`
//! with `OFFSET 0`. So the planner, which has no statistics of a new table, cannot choose to read a whole company.

use contact::{CompanyId, ContactId, Record, RecordId, RecordName, View};
use deadpool_postgres::ClientWrapper;
use store::Batch;
use store::record::{self, RecordColumns};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::codec::{self, contact_id, number, optional_number, stored};
use crate::connect::{Pool, query};
use crate::error::Result;
use crate::handles;
use crate::pipeline::{Insert, Pipeline, Value};

/// All records of the contacts that the records of `$which` are part of.
///
/// `$which` is a table of the records' numbers, and parameter 1 the company.
macro_rules! contacts {
    ($which:literal) => {
        contacts!($which, "record, contact, changed, changed_at, owner, body")
    };
    ($which:literal, $columns:literal) => {
        concat!(
            "WITH root AS (
                 SELECT root.* FROM (
                     SELECT DISTINCT part.contact FROM ",
            $which,
            " AS requested (id), LATERAL (
                         SELECT contact FROM record WHERE company = $1 AND record = requested.id OFFSET 0
                     ) AS part
                 ) AS found, LATERAL (
                     SELECT ",
            $columns,
            " FROM record WHERE company = $1 AND record = found.contact OFFSET 0
                 ) AS root
             )
             SELECT ",
            $columns,
            " FROM root
             UNION ALL
             SELECT part.* FROM root, json_array_elements_text(root.body::json -> 'others') AS other (id), LATERAL (
                 SELECT ",
            $columns,
            " FROM record WHERE company = $1 AND record = other.id::bigint OFFSET 0
             ) AS part"
        )
    };
}

pub const BY_ID: &str = contacts!("unnest($2::bigint[])");
pub const BY_HANDLE: &str = contacts!("(SELECT home FROM handle WHERE company = $1 AND source = $2 AND key = $3)");
pub const BY_GROUP: &str = contacts!(
    "(
         SELECT record FROM membership WHERE company = $1 AND kind = $2 AND \"group\" = $3 AND record < $4
         ORDER BY record DESC LIMIT $5
     )"
);
/// The contacts whose records report a handle.
pub const BY_REPORT: &str = contacts!(
    "(
         SELECT DISTINCT reporting.contact FROM (
             SELECT home AS record FROM handle WHERE company = $1 AND source = $2 AND key = $3
             UNION ALL
             SELECT record FROM reporter WHERE company = $1 AND source = $2 AND key = $3
         ) AS report, LATERAL (
             SELECT contact FROM record WHERE company = $1 AND record = report.record OFFSET 0
         ) AS reporting
         WHERE reporting.contact > $4 ORDER BY reporting.contact LIMIT $5
     )"
);
pub const ALL: &str = "SELECT record, contact, changed, changed_at, owner, body FROM record
     WHERE company = $1 ORDER BY record";
pub const DELETE: &str = "DELETE FROM record WHERE company = $1 AND record = $2";
const COLUMNS: &str = "record (company, record, contact, changed, changed_at, owner, body)";
/// For records that are known to be new: cheaper than checking for a conflict.
pub static NEW: Insert = Insert::new(COLUMNS, 6, "");
pub static ANY: Insert = Insert::new(
    COLUMNS,
    6,
    " ON CONFLICT (company, record) DO UPDATE SET contact = excluded.contact, changed = excluded.changed,
          changed_at = excluded.changed_at, owner = excluded.owner, body = excluded.body",
);

pub const BY_NAME: &str = "SELECT named.* FROM unnest($2::text[], $3::text[]) AS requested (system, id), LATERAL (
         SELECT system, id, record FROM record_name
         WHERE company = $1 AND system = requested.system AND id = requested.id OFFSET 0
     ) AS named";
pub const ALL_NAMES: &str = "SELECT system, id, record FROM record_name WHERE company = $1 ORDER BY system, id";
/// The names of the records of a system whose ids come after one.
pub const NAMES_OF_SYSTEM: &str = "SELECT system, id, record FROM record_name
     WHERE company = $1 AND system = $2 AND id > $3 ORDER BY id LIMIT $4";
pub const DELETE_NAME: &str = "DELETE FROM record_name WHERE company = $1 AND system = $2 AND id = $3";
pub static NAME: Insert = Insert::new(
    "record_name (company, system, id, record)",
    3,
    " ON CONFLICT (company, system, id) DO UPDATE SET record = excluded.record",
);

/// The statement that loads the contacts that the records of a subquery are part of.
pub fn contacts_of(subquery: &str) -> String {
    format!(contacts!("({})"), subquery)
}

pub fn record(row: &Row) -> Result<Record> {
    let columns = RecordColumns {
        id: number(row, 0)?,
        contact: number(row, 1)?,
        changed: number(row, 2)?,
        changed_at: row.try_get(3)?,
        owner: optional_number(row, 4)?,
    };
    Ok(record::to_record(columns, row.try_get(5)?)?)
}

pub fn name(row: &Row) -> Result<(RecordName, RecordId)> {
    Ok((RecordName::from_stored(row.try_get(0)?, row.try_get(1)?), contact_id(row, 2)?))
}

/// Adds records to a view.
pub fn add_to_view(view: &mut View, rows: &[Row]) -> Result<()> {
    for row in rows {
        let record = record(row)?;
        view.records.insert(record.id, record);
    }
    Ok(())
}

/// A view of these records alone.
pub fn view_of(company: CompanyId, rows: &[Row]) -> Result<View> {
    let mut view = View::new(company);
    add_to_view(&mut view, rows)?;
    Ok(view)
}

/// All records of the contact of a record.
pub async fn records(pool: &Pool, company: CompanyId, id: RecordId) -> Result<View> {
    view_of(company, &pool.query(BY_ID, &[&codec::company(company), &codec::contacts(&[id])]).await?)
}

/// The contacts that a statement finds, with the claims that decide which handles they show.
pub async fn contacts_by(
    pool: &Pool,
    company: CompanyId,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<View> {
    let mut view = view_of(company, &pool.query(sql, parameters).await?)?;
    let unclaimed = handles::unclaimed(&view);
    if !unclaimed.is_empty() {
        let (sources, keys) = handles::parameters(&unclaimed);
        let rows = pool.query(handles::CLAIMS, &[&codec::company(company), &sources, &keys]).await?;
        handles::add_to_view(&mut view, &rows)?;
    }
    Ok(view)
}

/// The contacts that records are part of, with the claims that decide which handles they show.
pub async fn contacts(pool: &Pool, company: CompanyId, ids: &[RecordId]) -> Result<View> {
    contacts_by(pool, company, BY_ID, &[&codec::company(company), &codec::contacts(ids)]).await
}

/// The same, in a transaction.
pub async fn load(client: &ClientWrapper, company: CompanyId, ids: &[RecordId]) -> Result<View> {
    let rows = query(client, BY_ID, &[&codec::company(company), &codec::contacts(ids)]).await?;
    let mut view = view_of(company, &rows)?;
    add_claims(client, &mut view).await?;
    Ok(view)
}

/// Loads the claims that decide which handles the contacts of a view show.
pub async fn add_claims(client: &ClientWrapper, view: &mut View) -> Result<()> {
    let unclaimed = handles::unclaimed(view);
    let rows = handles::find(client, view.company, handles::CLAIMS, &unclaimed).await?;
    handles::add_to_view(view, &rows)
}

/// The ids of the contacts of a view, in order.
pub fn ids(view: &View) -> Vec<ContactId> {
    let roots = view.records.values().filter(|record| record.contact == record.id);
    let mut ids: Vec<ContactId> = roots.map(|root| root.id).collect();
    ids.sort_unstable();
    ids
}

/// Adds the statements that store the records and names that a batch changed.
pub async fn append<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) -> Result<()> {
    let Batch { view, changes, .. } = batch;
    let Some(first) = changes.entries.first() else { return Ok(()) };
    let records = changes.records.iter().filter_map(|id| view.records.get(id));
    let (new, known): (Vec<&Record>, Vec<&Record>) = records.partition(|record| record.first >= first.seq);
    pipeline.insert(&NEW, new.into_iter().map(record_row).collect()).await?;
    pipeline.insert(&ANY, known.into_iter().map(record_row).collect()).await?;
    for id in changes.records.iter().filter(|id| !view.records.contains_key(id)) {
        pipeline.add(DELETE, vec![Box::new(stored(id.number()))]).await?;
    }
    let named = changes.names.iter().filter_map(|name| view.names.get_key_value(name));
    pipeline.insert(&NAME, named.map(name_row).collect()).await?;
    for name in changes.names.iter().filter(|name| !view.names.contains_key(name)) {
        pipeline.add(DELETE_NAME, vec![Box::new(name.system()), Box::new(name.id())]).await?;
    }
    Ok(())
}

fn record_row(record: &Record) -> Vec<Value<'_>> {
    vec![
        Box::new(stored(record.id.number())),
        Box::new(stored(record.contact.number())),
        Box::new(stored(record.changed.0)),
        Box::new(record.changed_at.millis()),
        Box::new(record.owner.map(|owner| stored(owner.number()))),
        Box::new(record::from_record(record)),
    ]
}

fn name_row<'a>((name, id): (&'a RecordName, &RecordId)) -> Vec<Value<'a>> {
    vec![Box::new(name.system()), Box::new(name.id()), Box::new(stored(id.number()))]
}
