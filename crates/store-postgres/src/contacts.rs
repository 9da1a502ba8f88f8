//! The rows of contacts, and loading whole persons from them.
//!
//! Each statement names one company and finds rows by whole keys. A set of keys is a table joined by `LATERAL`
//! with `OFFSET 0`. So the planner, which has no statistics of a new table, cannot choose to read a whole company.

use contact::{CompanyId, ContactId, Member, View};
use store::Batch;
use store::record::{self, MemberColumns};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::codec::{self, number, optional_number, stored};
use crate::connect::Pool;
use crate::error::Result;
use crate::pipeline::{Insert, Pipeline, Value};

/// The persons that the contacts of `$which` are part of, with every part.
///
/// `$which` is a table of the contacts' numbers, and parameter 1 the company.
macro_rules! persons {
    ($which:literal) => {
        persons!($which, "contact, changed, merged_into, merge, changed_at, owner, body")
    };
    ($which:literal, $columns:literal) => {
        concat!(
            "WITH RECURSIVE chain (",
            $columns,
            ") AS (
                 SELECT first.* FROM ",
            $which,
            " AS requested (id), LATERAL (
                     SELECT ",
            $columns,
            " FROM contact WHERE company = $1 AND contact = requested.id OFFSET 0
                 ) AS first
                 UNION
                 SELECT next.* FROM chain, LATERAL (
                     SELECT ",
            $columns,
            " FROM contact WHERE company = $1 AND contact = chain.merged_into OFFSET 0
                 ) AS next
             )
             SELECT ",
            $columns,
            " FROM chain
             UNION ALL
             SELECT part.* FROM chain, json_array_elements_text(chain.body::json -> 'members') AS member (id), LATERAL (
                 SELECT ",
            $columns,
            " FROM contact WHERE company = $1 AND contact = member.id::bigint OFFSET 0
             ) AS part
             WHERE chain.merged_into IS NULL"
        )
    };
}

pub const BY_ID: &str = persons!("unnest($2::bigint[])");
pub const BY_HANDLE: &str = persons!("(SELECT home FROM handle WHERE company = $1 AND source = $2 AND key = $3)");
pub const BY_GROUP: &str = persons!(
    "(
         SELECT contact FROM membership WHERE company = $1 AND kind = $2 AND \"group\" = $3 AND contact < $4
         ORDER BY contact DESC LIMIT $5
     )"
);
pub const ALL: &str = "SELECT contact, changed, merged_into, merge, changed_at, owner, body FROM contact
     WHERE company = $1 ORDER BY contact";
pub const DELETE: &str = "DELETE FROM contact WHERE company = $1 AND contact = $2";
const COLUMNS: &str = "contact (company, contact, changed, merged_into, merge, changed_at, owner, body)";
/// For contacts that are known to be new: cheaper than checking for a conflict.
pub static NEW: Insert = Insert::new(COLUMNS, 7, "");
pub static ANY: Insert = Insert::new(
    COLUMNS,
    7,
    " ON CONFLICT (company, contact) DO UPDATE SET changed = excluded.changed, merged_into = excluded.merged_into,
          merge = excluded.merge, changed_at = excluded.changed_at, owner = excluded.owner, body = excluded.body",
);

/// The statement that loads the persons that the contacts of a subquery are part of.
pub fn persons_of(subquery: &str) -> String {
    format!(persons!("({})"), subquery)
}

pub fn member(row: &Row) -> Result<Member> {
    let merged_into = optional_number(row, 2)?.zip(optional_number(row, 3)?);
    let columns = MemberColumns {
        id: number(row, 0)?,
        changed: number(row, 1)?,
        changed_at: row.try_get(4)?,
        merged_into,
        owner: optional_number(row, 5)?,
    };
    Ok(record::to_member(columns, row.try_get(6)?)?)
}

/// Adds contacts, with the claims of their handles, to a view.
pub fn add_to_view(view: &mut View, rows: &[Row]) -> Result<()> {
    for row in rows {
        let member = member(row)?;
        // An observation of one handle of a person often has the others too.
        for (handle, claim) in member.facts.claims(member.id) {
            view.claims.put(handle.clone(), claim);
        }
        view.members.insert(member.id, member);
    }
    Ok(())
}

/// A view of these contacts alone.
pub fn view_of(company: CompanyId, rows: &[Row]) -> Result<View> {
    let mut view = View::new(company);
    add_to_view(&mut view, rows)?;
    Ok(view)
}

/// The persons that a statement finds.
pub async fn persons_by(
    pool: &Pool,
    company: CompanyId,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<View> {
    view_of(company, &pool.query(sql, parameters).await?)
}

/// The persons that contacts are part of, with every part.
pub async fn persons(pool: &Pool, company: CompanyId, contacts: &[ContactId]) -> Result<View> {
    persons_by(pool, company, BY_ID, &[&codec::company(company), &codec::contacts(contacts)]).await
}

/// Adds the statements that store the contacts that a batch changed.
pub async fn append<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) -> Result<()> {
    let Batch { view, changes, .. } = batch;
    let Some(first) = changes.entries.first() else { return Ok(()) };
    let members = changes.members.iter().filter_map(|id| view.members.get(id));
    let (new, known): (Vec<&Member>, Vec<&Member>) = members.partition(|member| member.first >= first.seq);
    pipeline.insert(&NEW, new.into_iter().map(member_row).collect()).await?;
    pipeline.insert(&ANY, known.into_iter().map(member_row).collect()).await?;
    for id in changes.members.iter().filter(|id| !view.members.contains_key(id)) {
        pipeline.add(DELETE, vec![Box::new(stored(id.number()))]).await?;
    }
    Ok(())
}

fn member_row(member: &Member) -> Vec<Value<'_>> {
    let merged_into = member.merged_into.map(|merged| stored(merged.contact.number()));
    let merge = member.merged_into.map(|merged| stored(merged.merge.0));
    vec![
        Box::new(stored(member.id.number())),
        Box::new(stored(member.changed.0)),
        Box::new(merged_into),
        Box::new(merge),
        Box::new(member.changed_at.millis()),
        Box::new(member.owner.map(|owner| stored(owner.number()))),
        Box::new(record::from_member(member)),
    ]
}
