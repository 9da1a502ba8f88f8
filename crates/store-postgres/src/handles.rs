//! The claims of handles.

use std::collections::BTreeSet;

use contact::{Claim, Claims, HandleKey};
use store::{Batch, record};
use tokio_postgres::Row;

use crate::codec::{optional_number, stored};
use crate::error::Result;
use crate::pipeline::{Insert, Pipeline, Value};

pub const CLAIMS: &str = "SELECT claim.* FROM unnest($2::text[]) AS requested (key), LATERAL (
         SELECT source, key, home, shared FROM handle WHERE company = $1 AND key = requested.key OFFSET 0
     ) AS claim";
pub const ALL: &str = "SELECT source, key, home, shared FROM handle WHERE company = $1 ORDER BY key, source";
pub const RELEASE: &str = "DELETE FROM handle WHERE company = $1 AND source = $2 AND key = $3";
const COLUMNS: &str = "handle (company, source, key, home, shared)";
/// For handles that are known to be new: cheaper than checking for a conflict.
pub static NEW: Insert = Insert::new(COLUMNS, 4, "");
pub static ANY: Insert = Insert::new(
    COLUMNS,
    4,
    " ON CONFLICT (company, key, source) DO UPDATE SET home = excluded.home, shared = excluded.shared",
);

pub fn claim(row: &Row) -> Result<(HandleKey, Claim)> {
    let home = optional_number(row, 2)?.map(record::contact_id).transpose()?;
    let handle = HandleKey::from_stored(record::source(row.try_get(0)?)?, row.try_get(1)?);
    Ok((handle, Claim { home, shared: row.try_get(3)? }))
}

/// Adds the statements that store the claims that a batch changed. `before` are the claims that it loaded.
pub async fn append<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch, before: &Claims) -> Result<()> {
    let Batch { view, changes, .. } = batch;
    let (mut new, mut known) = (Vec::with_capacity(changes.claims.len()), Vec::new());
    // In the order of the primary key, so that neighbouring rows share pages that are in memory.
    let handles: BTreeSet<&HandleKey> = changes.claims.iter().collect();
    for handle in handles {
        let (source, key) = (handle.source().name(), handle.as_str());
        match view.claims.get(handle) {
            Some(claim) => {
                let home = claim.home.map(|home| stored(home.number()));
                let row: Vec<Value> = vec![Box::new(source), Box::new(key), Box::new(home), Box::new(claim.shared)];
                if before.get(handle).is_some() { known.push(row) } else { new.push(row) }
            }
            None if before.get(handle).is_none() => {}
            None => pipeline.add(RELEASE, vec![Box::new(source), Box::new(key)]).await?,
        }
    }
    pipeline.insert(&NEW, new).await?;
    pipeline.insert(&ANY, known).await
}
