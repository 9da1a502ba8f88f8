//! Reading what a decision or an answer needs, a set at a time.
//!
//! Each statement names one company and goes by whole keys. A set of them is a table that is joined by `LATERAL` with an
//! `OFFSET 0`: so the planner, which knows little of a new table, cannot choose to read all of a company instead.

use std::collections::BTreeSet;

use contact::{Change, Claim, CompanyId, ContactId, Entry, HandleKey, Member, Seq, Settings, Time, View};
use deadpool_postgres::ClientWrapper;
use futures_util::future::{try_join, try_join3, try_join4};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use super::{accounts, conversations};
use crate::batch::Needs;
use crate::record::{self, MemberColumns};
use crate::{Error, Order, ScanItem, SortBy};

/// The people that some contacts are part of, with every part. Which contacts those are is said in place of `$which`, a
/// table of their numbers; the first parameter is the company.
macro_rules! people {
    ($which:literal) => {
        people!($which, "contact, changed, merged_into, merge, changed_at, owner, body")
    };
    ($which:literal, $columns:literal) => {
        concat!(
            "WITH RECURSIVE line (",
            $columns,
            ") AS (
                 SELECT one.* FROM ",
            $which,
            " AS asked (id), LATERAL (
                     SELECT ",
            $columns,
            " FROM contact WHERE company = $1 AND contact = asked.id OFFSET 0
                 ) AS one
                 UNION
                 SELECT next.* FROM line, LATERAL (
                     SELECT ",
            $columns,
            " FROM contact WHERE company = $1 AND contact = line.merged_into OFFSET 0
                 ) AS next
             )
             SELECT ",
            $columns,
            " FROM line
             UNION ALL
             SELECT part.* FROM line, json_array_elements_text(line.body::json -> 'members') AS member (id), LATERAL (
                 SELECT ",
            $columns,
            " FROM contact WHERE company = $1 AND contact = member.id::bigint OFFSET 0
             ) AS part
             WHERE line.merged_into IS NULL"
        )
    };
}

pub const BY_ID: &str = people!("unnest($2::bigint[])");
pub const BY_HANDLE: &str = people!("(SELECT home FROM handle WHERE company = $1 AND source = $2 AND key = $3)");
pub const BY_GROUP: &str = people!(
    "(
         SELECT contact FROM membership WHERE company = $1 AND kind = $2 AND \"group\" = $3 AND contact < $4
         ORDER BY contact DESC LIMIT $5
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

pub const NOTES: &str = "SELECT entry.* FROM (
         SELECT about.seq FROM unnest($2::bigint[]) AS part (contact), LATERAL (
             SELECT seq FROM note WHERE company = $1 AND contact = part.contact ORDER BY seq DESC LIMIT $3
         ) AS about
         ORDER BY seq DESC LIMIT $3
     ) AS told, LATERAL (
         SELECT seq, at, body FROM journal WHERE company = $1 AND seq = told.seq OFFSET 0
     ) AS entry ORDER BY seq DESC";
pub const DIRECTORY: &str = "SELECT body FROM settings WHERE company = $1";

/// What is later than any entry and greater than any id.
pub const BEYOND: i64 = i64::MAX;
/// What is earlier than any entry and less than any id.
pub const BEFORE: i64 = -1;

/// The statement that loads the people that the contacts of a table are part of, a table made of a statement.
pub fn people_of(which: &str) -> String {
    format!(people!("({})"), which)
}

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

/// A number that was stored, if there is one.
pub fn known_number(row: &Row, column: usize) -> Result<Option<u64>, Error> {
    let known: Option<i64> = row.try_get(column)?;
    known.map(|_| number(row, column)).transpose()
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

/// What goes by keys that are known beforehand.
struct Found {
    ends: Row,
    claims: Vec<Row>,
    merges: Vec<Row>,
    references: Vec<Row>,
    settings: Vec<Row>,
    accounts: Vec<Row>,
    named: Vec<Row>,
}

/// A statement that is not sent unless it is needed.
async fn perhaps(client: &ClientWrapper, sql: &str, is_needed: bool) -> Result<Option<Statement>, Error> {
    if is_needed { Ok(Some(client.prepare_cached(sql).await?)) } else { Ok(None) }
}

/// What such a statement finds.
async fn rows(
    client: &ClientWrapper,
    statement: Option<&Statement>,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, Error> {
    let Some(statement) = statement else { return Ok(Vec::new()) };
    Ok(client.query(statement, parameters).await?)
}

/// Begins a transaction that holds a company, and loads what goes by keys that are known; none if there is no such
/// company.
async fn begin_and_find(
    client: &ClientWrapper,
    id: CompanyId,
    needs: &Needs<'_>,
    handles: &[&HandleKey],
) -> Result<Option<Found>, Error> {
    let number = company(id);
    let keys: Vec<&str> = handles.iter().map(|handle| handle.as_str()).collect();
    let seqs: Vec<i64> = needs.merges.iter().map(|seq| stored(seq.0)).collect();
    let (channels, marked): (Vec<i64>, Vec<&str>) =
        needs.references.iter().map(|(channel, reference)| (stored(channel.number()), reference.as_str())).unzip();
    let ids: Vec<i64> = needs.accounts.iter().map(|id| stored(id.number())).collect();
    let (kinds, values): (Vec<&str>, Vec<&str>) =
        needs.account_aliases.iter().map(|alias| (alias.name(), alias.value())).unzip();
    let lock = client.prepare_cached(LOCK).await?;
    let claims = perhaps(client, CLAIMS, !keys.is_empty()).await?;
    let merges = perhaps(client, ENTRIES_BY_SEQ, !seqs.is_empty()).await?;
    let references = perhaps(client, conversations::MARKS, !marked.is_empty()).await?;
    let settings = perhaps(client, DIRECTORY, needs.settings).await?;
    let by_id = perhaps(client, accounts::BY_ID, !ids.is_empty()).await?;
    let by_alias = perhaps(client, accounts::BY_ALIAS, !kinds.is_empty()).await?;
    // These are sent one after the other without waiting, and each is only looked at when the one before is done: what
    // comes after the lock sees all that was written before it was had.
    let begin = async { Ok::<_, Error>(client.batch_execute("BEGIN").await?) };
    let lock = async { Ok::<_, Error>(client.query_opt(&lock, &[&number]).await?) };
    let ((), ends, (claims, merges, references), (settings, accounts, named)) = try_join4(
        begin,
        lock,
        try_join3(
            rows(client, claims.as_ref(), &[&number, &keys]),
            rows(client, merges.as_ref(), &[&number, &seqs]),
            rows(client, references.as_ref(), &[&number, &channels, &marked]),
        ),
        try_join3(
            rows(client, settings.as_ref(), &[&number]),
            rows(client, by_id.as_ref(), &[&number, &ids]),
            rows(client, by_alias.as_ref(), &[&number, &kinds, &values]),
        ),
    )
    .await?;
    Ok(ends.map(|ends| Found { ends, claims, merges, references, settings, accounts, named }))
}

/// Begins a transaction that holds a company, and loads all that is needed; none if there is no such company. Two round
/// trips at most, however much it is.
pub async fn begin(client: &ClientWrapper, id: CompanyId, needs: &Needs<'_>) -> Result<Option<View>, Error> {
    let mut handles: Vec<&HandleKey> = needs.handles.clone();
    handles.sort_unstable();
    handles.dedup();
    let Some(found) = begin_and_find(client, id, needs, &handles).await? else { return Ok(None) };
    let mut view = open(id, &found.ends)?;

    let mut contacts: BTreeSet<i64> = needs.contacts.iter().map(|id| stored(id.number())).collect();
    for row in &found.claims {
        let (handle, claim) = to_claim(row)?;
        // Another source may have the same key.
        if handles.binary_search(&&handle).is_ok() {
            contacts.extend(claim.home.map(|home| stored(home.number())));
            view.claims.put(handle, claim);
        }
    }
    for row in &found.merges {
        if let Change::Merged { joined, .. } = entry(row)?.change {
            contacts.insert(stored(joined.number()));
        }
    }
    let mut talks: BTreeSet<i64> = needs.conversations.iter().map(|id| stored(id.number())).collect();
    for row in &found.references {
        let (key, marked) = conversations::to_mark(row)?;
        talks.insert(stored(marked.conversation.number()));
        view.references.insert(key, marked);
    }
    view.settings = settings(&found.settings)?;
    for row in found.accounts.iter().chain(&found.named) {
        let account = accounts::to_account(row)?;
        view.account_aliases.extend(account.facts.aliases().map(|alias| (alias, account.id)));
        view.accounts.insert(account.id, account);
    }
    let contacts: Vec<i64> = contacts.into_iter().collect();
    let talks: Vec<i64> = talks.into_iter().collect();
    let number = company(id);
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

/// What the company has set up, which is nothing until that is kept.
pub fn settings(rows: &[Row]) -> Result<Settings, Error> {
    rows.first().map_or_else(|| Ok(Settings::default()), |row| record::to_settings(row.try_get(0)?))
}

/// The part of a view that a statement has found.
pub fn people(id: CompanyId, rows: &[Row]) -> Result<View, Error> {
    let mut view = View::new(id);
    add(&mut view, rows)?;
    Ok(view)
}

/// Adds contacts to a view, and says which of them are not alone what a person is.
pub fn add(view: &mut View, rows: &[Row]) -> Result<Vec<ContactId>, Error> {
    let mut parts = Vec::new();
    for row in rows {
        let member = member(row)?;
        if !member.is_alone() {
            parts.push(member.id);
        }
        // Whoever tells of one handle of a person often tells of the others.
        for (handle, claim) in member.facts.claims(member.id) {
            view.claims.put(handle.clone(), claim);
        }
        view.members.insert(member.id, member);
    }
    Ok(parts)
}

/// The numbers of contacts, as the database keeps them.
pub fn numbers(contacts: &[ContactId]) -> Vec<i64> {
    contacts.iter().map(|id| stored(id.number())).collect()
}

/// The orders that lists can be in.
pub const ORDERS: [Order; 4] = [
    Order { by: SortBy::Created, ascending: false },
    Order { by: SortBy::Created, ascending: true },
    Order { by: SortBy::Changed, ascending: false },
    Order { by: SortBy::Changed, ascending: true },
];

/// How a statement says what of a list follows, and in which order that is. The third parameter is the id to go on after,
/// and the fourth its last change, if the order goes by that.
pub fn place(order: Order, id: &str) -> (String, String) {
    let (follows, direction) = if order.ascending { (">", "") } else { ("<", " DESC") };
    match order.by {
        SortBy::Created => (format!("{id} {follows} $3"), format!("{id}{direction}")),
        SortBy::Changed => {
            (format!("(changed, {id}) {follows} ($4, $3)"), format!("changed{direction}, {id}{direction}"))
        }
    }
}

/// The last change and the id that a list goes on after.
pub fn cursor(order: Order, after: Option<(Seq, u64)>) -> (i64, i64) {
    let start = if order.ascending { BEFORE } else { BEYOND };
    after.map_or((start, start), |(changed, id)| (stored(changed.0), stored(id)))
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
    let merged_into = known_number(row, 2)?.zip(known_number(row, 3)?);
    let columns = MemberColumns {
        id: number(row, 0)?,
        changed: number(row, 1)?,
        changed_at: row.try_get(4)?,
        merged_into,
        owner: known_number(row, 5)?,
    };
    record::to_member(columns, row.try_get(6)?)
}

pub fn membership(row: &Row) -> Result<ScanItem, Error> {
    let group = record::to_group(row.try_get(0)?, number(row, 1)?)?;
    Ok(ScanItem::Membership(group, record::contact_id(number(row, 2)?)?))
}

pub fn to_claim(row: &Row) -> Result<(HandleKey, Claim), Error> {
    let home = known_number(row, 2)?.map(record::contact_id).transpose()?;
    let handle = HandleKey::from_stored(record::source(row.try_get(0)?)?, row.try_get(1)?);
    Ok((handle, Claim { home, shared: row.try_get(3)? }))
}
