//! The records in lists and accounts.

use contact::{Group, RecordId};
use store::{Batch, record};
use tokio_postgres::Row;

use crate::codec::{contact_id, number, stored};
use crate::error::Result;
use crate::pipeline::{Insert, Pipeline, Value};

pub const ALL: &str =
    "SELECT kind, \"group\", record FROM membership WHERE company = $1 ORDER BY kind, \"group\", record";
pub const LEAVE: &str = "DELETE FROM membership WHERE company = $1 AND kind = $2 AND \"group\" = $3 AND record = $4";
pub static JOIN: Insert = Insert::new("membership (company, kind, \"group\", record)", 3, " ON CONFLICT DO NOTHING");

pub fn membership(row: &Row) -> Result<(Group, RecordId)> {
    Ok((record::to_group(row.try_get(0)?, number(row, 1)?)?, contact_id(row, 2)?))
}

/// Adds the statements that store the memberships that a batch changed.
pub async fn append<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) -> Result<()> {
    let Batch { view, changes, .. } = batch;
    let mut joined = Vec::new();
    for (group, record) in &changes.memberships {
        let (kind, number) = record::from_group(*group);
        let row: Vec<Value> = vec![Box::new(kind), Box::new(stored(number)), Box::new(stored(record.number()))];
        let groups = view.records.get(record).map(|record| &record.facts.groups[..]).unwrap_or_default();
        if groups.iter().any(|stamped| stamped.value == *group) {
            joined.push(row);
        } else {
            pipeline.add(LEAVE, row).await?;
        }
    }
    pipeline.insert(&JOIN, joined).await
}
