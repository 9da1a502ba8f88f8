//! Reading what a decision or an answer needs, a set at a time.
//!
//! Each statement names one company and goes by whole keys. A set of them is a table that is joined by `LATERAL` with an
//! `OFFSET 0`: so the planner, which knows little of a new table, cannot choose to read all of a company instead.

use std::collections::BTreeSet;

use contact::{Change, Claim, CompanyId, ContactId, Entry, HandleKey, Member, MergedInto, Seq, Time, View};
use deadpool_postgres::ClientWrapper;
use futures_util::future::{try_join, try_join4};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::conversations;
use crate::batch::Needs;
use crate::{Cursor, Error, record};

/// The people that some contacts are part of, with every part. Which contacts those are is said in place of `$which`, a
/// table of their numbers; the first parameter is the company.
macro_rules! people {
    ($which:literal) => {
        concat!(
            "WITH RECURSIVE line (contact, changed, merged_into, merge, body) AS (
                 SELECT one.* FROM ",
            $which,
            " AS asked (id), LATERAL (
                     SELECT contact, changed, merged_into, merge, body FROM contact
                     WHERE company = $1 AND contact = asked.id OFFSET 0
                 ) AS one
                 UNION
                 SELECT next.* FROM line, LATERAL (
                     SELECT contact, changed, merged_into, merge, body FROM contact
                     WHERE company = $1 AND contact = line.merged_into OFFSET 0
                 ) AS next
             )
             SELECT contact, changed, merged_into, merge, body FROM line
             UNION ALL
             SELECT part.* FROM line, json_array_elements_text(line.body::json -> 'members') AS member (id), LATERAL (
                 SELECT contact, changed, merged_into, merge, body FROM contact
                 WHERE company = $1 AND contact = member.id::bigint OFFSET 0
             ) AS part
             WHERE line.merged_into IS NULL"
        )
    };
}

pub const BY_ID: &str = people!("unnest($2::bigint[])");
pub const BY_HANDLE: &str = people!("(SELECT home FROM handle WHERE company = $1 AND source = $2 AND key = $3)");
pub const BY_CHANGE: &str = people!(
    "(
         SELECT contact FROM contact WHERE company = $1 AND merged_into IS NULL AND (changed, contact) < ($2, $3)
         ORDER BY changed DESC, contact DESC LIMIT $4
     )"
);
pub const CLAIMS: &str = "SELECT claim.* FROM unnest($2::text[]) AS asked (key), LATERAL (
         SELECT source, key, home, shared FROM handle WHERE company = $1 AND key = asked.key OFFSET 0
     ) AS claim";
pub const ENDS: &str = "SELECT entries, contacts_made, conversations_made, messages_made FROM ends WHERE company = $1";
/// The same, and nobody else writes to the company until the transaction ends.
pub const LOCK: &str =
    "SELECT entries, contacts_made, conversations_made, messages_made FROM ends WHERE company = $1 FOR UPDATE";
pub const ENTRIES: &str = "SELECT seq, at, body FROM journal WHERE company = $1 AND seq > $2 ORDER BY seq LIMIT $3";
pub const ENTRIES_BY_SEQ: &str = "SELECT entry.* FROM unnest($2::bigint[]) AS asked (seq), LATERAL (
         SELECT seq, at, body FROM journal WHERE company = $1 AND seq = asked.seq OFFSET 0
     ) AS entry";
pub const HISTORY: &str = "SELECT entry.* FROM (
         SELECT seq FROM unnest($2::bigint[]) AS first (seq)
         UNION
         SELECT later.seq FROM unnest($3::bigint[]) AS part (contact), LATERAL (
             SELECT seq FROM history WHERE company = $1 AND contact = part.contact AND seq < $4
             ORDER BY seq DESC LIMIT $5
         ) AS later
         ORDER BY seq DESC LIMIT $5
     ) AS told, LATERAL (
         SELECT seq, at, body FROM journal WHERE company = $1 AND seq = told.seq OFFSET 0
     ) AS entry ORDER BY seq DESC";

/// What is later than any entry and greater than any id.
pub const BEYOND: i64 = i64::MAX;

/// Runs a prepared statement.
pub async fn query(client: &ClientWrapper, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query(&statement, parameters).await?)
}

/// A number as the database keeps it. Whatever is past the greatest that it can keep is not there.
pub fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(BEYOND)
}

/// A limit as the database takes it.
pub fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(BEYOND)
}

pub fn company(company: CompanyId) -> i64 {
    i64::from(company.number())
}

/// A number that was stored.
pub fn number(row: &Row, column: usize) -> Result<u64, Error> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|_| Error::Damaged(format!("{number} is less than nothing")))
}

/// The view of a company of which nothing is loaded yet.
pub fn open(company: CompanyId, ends: &Row) -> Result<View, Error> {
    Ok(View {
        head: Seq(number(ends, 0)?),
        contacts_made: number(ends, 1)?,
        conversations_made: number(ends, 2)?,
        messages_made: number(ends, 3)?,
        ..View::new(company)
    })
}

/// Begins a transaction that holds a company, and loads all that is needed; none if there is no such company. Two round
/// trips at most, however much it is.
pub async fn begin(client: &ClientWrapper, id: CompanyId, needs: &Needs<'_>) -> Result<Option<View>, Error> {
    let lock = client.prepare_cached(LOCK).await?;
    let (claims, merges) = (client.prepare_cached(CLAIMS).await?, client.prepare_cached(ENTRIES_BY_SEQ).await?);
    let marks = client.prepare_cached(conversations::MARKS).await?;
    let number = company(id);
    let mut handles: Vec<&HandleKey> = needs.handles.clone();
    handles.sort_unstable();
    handles.dedup();
    let keys: Vec<&str> = handles.iter().map(|handle| handle.as_str()).collect();
    let seqs: Vec<i64> = needs.merges.iter().map(|seq| stored(seq.0)).collect();
    let (channels, names): (Vec<i64>, Vec<&str>) =
        needs.marks.iter().map(|(channel, mark)| (stored(channel.number()), mark.as_str())).unzip();
    // These are sent one after the other without waiting, and each is only looked at when the one before is done: what
    // comes after the lock sees all that was written before it was had.
    let begin = async { Ok::<_, Error>(client.batch_execute("BEGIN").await?) };
    let lock = async { Ok::<_, Error>(client.query_opt(&lock, &[&number]).await?) };
    let some = async |statement, parameters: &[&(dyn ToSql + Sync)], is_needed: bool| {
        if is_needed { Ok::<_, Error>(client.query(statement, parameters).await?) } else { Ok(Vec::new()) }
    };
    let ((), ends, claims, (merges, marks)) = try_join4(
        begin,
        lock,
        some(&claims, &[&number, &keys], !keys.is_empty()),
        try_join(
            some(&merges, &[&number, &seqs], !seqs.is_empty()),
            some(&marks, &[&number, &channels, &names], !names.is_empty()),
        ),
    )
    .await?;
    let Some(ends) = ends else { return Ok(None) };
    let mut view = open(id, &ends)?;

    let mut contacts: BTreeSet<i64> = needs.contacts.iter().map(|id| stored(id.number())).collect();
    for row in claims {
        let (handle, claim) = to_claim(&row)?;
        // Another source may have the same key.
        if handles.binary_search(&&handle).is_ok() {
            contacts.extend(claim.home.map(|home| stored(home.number())));
            view.claims.put(handle, claim);
        }
    }
    for row in merges {
        if let Change::Merged { joined, .. } = entry(&row)?.change {
            contacts.insert(stored(joined.number()));
        }
    }
    let mut talks: BTreeSet<i64> = needs.conversations.iter().map(|id| stored(id.number())).collect();
    for row in marks {
        let (key, marked) = conversations::to_mark(&row)?;
        talks.insert(stored(marked.conversation.number()));
        view.marks.insert(key, marked);
    }
    let contacts: Vec<i64> = contacts.into_iter().collect();
    let talks: Vec<i64> = talks.into_iter().collect();
    let people =
        async { if contacts.is_empty() { Ok(Vec::new()) } else { query(client, BY_ID, &[&number, &contacts]).await } };
    let (people, talks) = try_join(people, async {
        if talks.is_empty() { Ok(Vec::new()) } else { query(client, conversations::BY_ID, &[&number, &talks]).await }
    })
    .await?;
    add(&mut view, &people)?;
    for row in talks {
        let conversation = conversations::to_conversation(&row)?;
        view.conversations.insert(conversation.id, conversation);
    }
    Ok(Some(view))
}

/// The part of a view that a statement has found.
pub fn people(id: CompanyId, rows: &[Row]) -> Result<View, Error> {
    let mut view = View::new(id);
    add(&mut view, rows)?;
    Ok(view)
}

/// Adds contacts to a view.
pub fn add(view: &mut View, rows: &[Row]) -> Result<(), Error> {
    for row in rows {
        let member = member(row)?;
        // Whoever tells of one handle of a person often tells of the others.
        for (handle, claim) in member.facts.claims(member.id) {
            view.claims.put(handle.clone(), claim);
        }
        view.members.insert(member.id, member);
    }
    Ok(())
}

/// The numbers of contacts, as the database keeps them.
pub fn numbers(contacts: &[ContactId]) -> Vec<i64> {
    contacts.iter().map(|id| stored(id.number())).collect()
}

/// What stands for nothing before it in a list.
pub fn cursor(after: Option<Cursor>) -> (i64, i64) {
    after.map_or((BEYOND, BEYOND), |(seq, id)| (stored(seq.0), stored(id.number())))
}

/// The contact that a merge made part of another.
pub async fn joined_by(client: &ClientWrapper, id: CompanyId, merge: Seq) -> Result<Option<ContactId>, Error> {
    let found = query(client, ENTRIES_BY_SEQ, &[&company(id), &[stored(merge.0)].as_slice()]).await?;
    let joined = |entry: Entry| if let Change::Merged { joined, .. } = entry.change { Some(joined) } else { None };
    Ok(found.first().map(entry).transpose()?.and_then(joined))
}

pub fn entry(row: &Row) -> Result<Entry, Error> {
    record::to_entry(Seq(number(row, 0)?), Time::from_millis(row.try_get(1)?), row.try_get(2)?)
}

pub fn entries(rows: &[Row]) -> Result<Vec<Entry>, Error> {
    rows.iter().map(entry).collect()
}

pub fn member(row: &Row) -> Result<Member, Error> {
    let (merged_into, merge): (Option<i64>, Option<i64>) = (row.try_get(2)?, row.try_get(3)?);
    let merged_into = match (merged_into, merge) {
        (Some(_), Some(_)) => {
            Some(MergedInto { contact: record::contact_id(number(row, 2)?)?, merge: Seq(number(row, 3)?) })
        }
        _ => None,
    };
    record::to_member(record::contact_id(number(row, 0)?)?, Seq(number(row, 1)?), merged_into, row.try_get(4)?)
}

pub fn to_claim(row: &Row) -> Result<(HandleKey, Claim), Error> {
    let home: Option<i64> = row.try_get(2)?;
    let home = home.map(|_| record::contact_id(number(row, 2)?)).transpose()?;
    let handle = HandleKey::from_stored(record::source(row.try_get(0)?)?, row.try_get(1)?);
    Ok((handle, Claim { home, shared: row.try_get(3)? }))
}
