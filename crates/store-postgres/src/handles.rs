//! The claims of handles, and the records that report them.

use std::collections::BTreeSet;

use contact::{Claim, Claims, CompanyId, HandleKey, HandleStatus, RecordId, View};
use deadpool_postgres::ClientWrapper;
use store::{Batch, record};
use tokio_postgres::Row;

use crate::codec::{company, contact_id, optional_number, stored};
use crate::connect::query;
use crate::error::{Error, Result};
use crate::pipeline::{Insert, Pipeline, Value};

pub const CLAIMS: &str = "SELECT claim.* FROM unnest($2::text[], $3::text[]) AS requested (source, key), LATERAL (
         SELECT source, key, home, has_more, status FROM handle
         WHERE company = $1 AND key = requested.key AND source = requested.source OFFSET 0
     ) AS claim";
/// The records besides the homes that report some handles.
pub const OTHERS: &str = "SELECT other.* FROM unnest($2::text[], $3::text[]) AS requested (source, key), LATERAL (
         SELECT source, key, record FROM reporter
         WHERE company = $1 AND key = requested.key AND source = requested.source OFFSET 0
     ) AS other";
/// The claim of one handle, and the number of the contacts whose records report it.
pub const COUNTED: &str = "SELECT source, key, home, has_more, status, (
         SELECT count(DISTINCT reporting.contact) FROM (
             SELECT handle.home AS record
             UNION ALL
             SELECT record FROM reporter WHERE company = $1 AND source = $2 AND key = $3
         ) AS report, LATERAL (
             SELECT contact FROM record WHERE company = $1 AND record = report.record OFFSET 0
         ) AS reporting
     ) FROM handle WHERE company = $1 AND source = $2 AND key = $3";
/// The next handles that have a status.
pub const MARKED: &str = "SELECT source, key, home, has_more, status FROM handle
     WHERE company = $1 AND status > 0 AND status = $2 AND (source, key) > ($3, $4) ORDER BY source, key LIMIT $5";
pub const ALL: &str = "SELECT source, key, home, has_more, status FROM handle WHERE company = $1 ORDER BY source, key";
pub const ALL_OTHERS: &str = "SELECT source, key, record FROM reporter WHERE company = $1 ORDER BY source, key, record";
pub const RELEASE: &str = "DELETE FROM handle WHERE company = $1 AND source = $2 AND key = $3";
pub const DELETE_OTHER: &str = "DELETE FROM reporter WHERE company = $1 AND source = $2 AND key = $3 AND record = $4";
const COLUMNS: &str = "handle (company, source, key, home, has_more, status)";
/// For handles that are known to be new: cheaper than checking for a conflict.
pub static NEW: Insert = Insert::new(COLUMNS, 5, "");
pub static ANY: Insert = Insert::new(
    COLUMNS,
    5,
    " ON CONFLICT (company, key, source) DO UPDATE SET home = excluded.home, has_more = excluded.has_more,
          status = excluded.status",
);
pub static OTHER: Insert = Insert::new("reporter (company, source, key, record)", 3, " ON CONFLICT DO NOTHING");

/// The sources and the keys of handles, as parameters.
pub fn parameters<'a>(handles: impl IntoIterator<Item = &'a HandleKey>) -> (Vec<&'static str>, Vec<&'a str>) {
    handles.into_iter().map(|handle| (handle.source().name(), handle.as_str())).unzip()
}

/// The rows that a statement finds by handles.
pub async fn find<'a>(
    client: &ClientWrapper,
    id: CompanyId,
    sql: &str,
    handles: impl IntoIterator<Item = &'a HandleKey>,
) -> Result<Vec<Row>> {
    let (sources, keys) = parameters(handles);
    if keys.is_empty() { Ok(Vec::new()) } else { query(client, sql, &[&company(id), &sources, &keys]).await }
}

pub fn claim(row: &Row) -> Result<(HandleKey, Claim)> {
    let home = optional_number(row, 2)?.map(record::contact_id).transpose()?;
    Ok((handle(row)?, Claim { home, has_more: row.try_get(3)?, status: status(row)? }))
}

/// Reads a record that reports a handle besides its home.
pub fn other(row: &Row) -> Result<(HandleKey, RecordId)> {
    Ok((handle(row)?, contact_id(row, 2)?))
}

fn handle(row: &Row) -> Result<HandleKey> {
    Ok(HandleKey::from_stored(record::source(row.try_get(0)?)?, row.try_get(1)?))
}

fn status(row: &Row) -> Result<HandleStatus> {
    let number: i16 = row.try_get(4)?;
    let known = u8::try_from(number).map_err(|_| Error::damaged(format!("{number} is no status of a handle")))?;
    Ok(record::to_handle_status(known)?)
}

/// Adds claims to a view.
pub fn add_to_view(view: &mut View, rows: &[Row]) -> Result<()> {
    for row in rows {
        let (handle, claim) = claim(row)?;
        view.claims.put(handle, claim);
    }
    Ok(())
}

/// The handles of a view that several records report or that have a status, and whose claims are not in the view.
pub fn unclaimed(view: &View) -> BTreeSet<HandleKey> {
    let common = view.records.values().flat_map(|record| &record.facts.common);
    common.filter(|handle| view.claims.get(handle).is_none()).cloned().collect()
}

/// Adds the statements that store the claims and reporters that a batch changed. `before` are the claims that it loaded.
pub async fn append<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch, before: &Claims) -> Result<()> {
    let Batch { view, changes, .. } = batch;
    let (mut new, mut known) = (Vec::with_capacity(changes.claims.len()), Vec::new());
    // In the order of the primary key, so that neighbouring rows share pages that are in memory.
    let handles: BTreeSet<&HandleKey> = changes.claims.iter().collect();
    for handle in handles {
        match view.claims.get(handle) {
            Some(claim) if before.get(handle).is_some() => known.push(claim_row(handle, claim)),
            Some(claim) => new.push(claim_row(handle, claim)),
            None if before.get(handle).is_none() => {}
            None => pipeline.add(RELEASE, key(handle)).await?,
        }
    }
    pipeline.insert(&NEW, new).await?;
    pipeline.insert(&ANY, known).await?;
    let mut others = Vec::new();
    for ((handle, record), is_one) in &changes.others {
        let mut row = key(handle);
        row.push(Box::new(stored(record.number())));
        if *is_one { others.push(row) } else { pipeline.add(DELETE_OTHER, row).await? }
    }
    pipeline.insert(&OTHER, others).await
}

fn claim_row(handle: &HandleKey, claim: Claim) -> Vec<Value<'_>> {
    let mut row = key(handle);
    row.push(Box::new(claim.home.map(|home| stored(home.number()))));
    row.push(Box::new(claim.has_more));
    row.push(Box::new(i16::from(record::from_handle_status(claim.status))));
    row
}

fn key(handle: &HandleKey) -> Vec<Value<'_>> {
    vec![Box::new(handle.source().name()), Box::new(handle.as_str())]
}
