//! The contacts of lists and accounts.

use contact::{ContactId, Group};
use store::{Batch, record};
use tokio_postgres::Row;

use crate::codec::{contact_id, number, stored};
use crate::error::Result;
use crate::pipeline::{Insert, Pipeline, Value};

pub const ALL: &str =
    "SELECT kind, \"group\", contact FROM membership WHERE company = $1 ORDER BY kind, \"group\", contact";
pub const LEAVE: &str = "DELETE FROM membership WHERE company = $1 AND kind = $2 AND \"group\" = $3 AND contact = $4";
pub static JOIN: Insert = Insert::new("membership (company, kind, \"group\", contact)", 3, " ON CONFLICT DO NOTHING");

pub fn membership(row: &Row) -> Result<(Group, ContactId)> {
    Ok((record::to_group(row.try_get(0)?, number(row, 1)?)?, contact_id(row, 2)?))
}

/// Adds the statements that store the memberships that a batch changed.
pub async fn append<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) -> Result<()> {
    let Batch { view, changes, .. } = batch;
    let mut joined = Vec::new();
    for (group, contact) in &changes.memberships {
        let (kind, number) = record::from_group(*group);
        let row: Vec<Value> = vec![Box::new(kind), Box::new(stored(number)), Box::new(stored(contact.number()))];
        let member = view.members.get(contact);
        if member.is_some_and(|member| member.facts.groups.iter().any(|stamped| stamped.value == *group)) {
            joined.push(row);
        } else {
            pipeline.add(LEAVE, row).await?;
        }
    }
    pipeline.insert(&JOIN, joined).await
}
