//! The rows of contacts, and loading a contact with all contacts merged into it.

use std::collections::BTreeSet;

use contact::{CompanyId, Contact, ContactId, Entry, Member, Seq, TeammateId, Time, View};
use rusqlite::{Connection, Row, named_params, params};
use store::record::{self, MemberColumns};
use store::{ListRequest, SortBy};

use crate::error::{Error, Result};
use crate::journal;

/// A query of the columns that [`member`] reads.
macro_rules! members {
    ($which:literal) => {
        concat!(
            "SELECT contact, changed, changed_at, merged_into, merge, owner, body FROM contact WHERE company = ?1 ",
            $which
        )
    };
}
/// All contacts of a company, ordered by id.
pub const ALL_MEMBERS: &str = members!("ORDER BY contact");
const ONE_MEMBER: &str = members!("AND contact = ?2");

/// Loads a contact, the one that it is merged into, and all contacts merged into that.
pub fn load_merged(connection: &Connection, view: &mut View, id: ContactId) -> Result<()> {
    let mut outer = Some(id);
    let mut root = None;
    while let Some(id) = outer {
        load(connection, view, id)?;
        root = view.members.get(&id);
        outer = root.and_then(|member| member.merged_into).map(|merged| merged.contact);
    }
    let parts = root.map(|root| root.members.clone()).unwrap_or_default();
    parts.into_iter().try_for_each(|part| load(connection, view, part))
}

/// Loads a single contact unless it is loaded.
fn load(connection: &Connection, view: &mut View, id: ContactId) -> Result<()> {
    if view.members.contains_key(&id) {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(ONE_MEMBER)?;
    let mut found = statement.query_and_then(params![view.company.number(), id.number()], member)?;
    if let Some(member) = found.next().transpose()? {
        add(view, member);
    }
    Ok(())
}

/// Adds a loaded contact with its claims. Data about one handle often names the other handles of the contact too.
fn add(view: &mut View, member: Member) {
    for (handle, claim) in member.facts.claims(member.id) {
        view.claims.put(handle.clone(), claim);
    }
    view.members.insert(member.id, member);
}

/// The entries about a contact, the newest first.
pub fn history(
    connection: &Connection,
    company: CompanyId,
    contact: ContactId,
    before: Option<Seq>,
    limit: usize,
) -> Result<Vec<Entry>> {
    let mut view = View::new(company);
    load_merged(connection, &mut view, contact)?;
    let before = before.map_or(i64::MAX as u64, |before| before.0);
    let mut seqs = BTreeSet::new();
    let mut later = connection.prepare_cached(
        "SELECT seq FROM history WHERE company = ?1 AND contact = ?2 AND seq < ?3 ORDER BY seq DESC LIMIT ?4",
    )?;
    for part in view.parts(contact) {
        seqs.extend(view.members.get(&part).map(|member| member.first.0).filter(|first| *first < before));
        for seq in later.query_map(params![company.number(), part.number(), before, limit], |row| row.get(0))? {
            seqs.insert(seq?);
        }
    }
    let mut one = connection.prepare_cached("SELECT seq, at, body FROM journal WHERE company = ?1 AND seq = ?2")?;
    let mut entries = Vec::new();
    for seq in seqs.into_iter().rev().take(limit) {
        entries.extend(one.query_and_then(params![company.number(), seq], journal::entry)?.next().transpose()?);
    }
    Ok(entries)
}

/// Parses a row of contacts.
pub fn member(row: &Row) -> Result<Member> {
    let (merged_into, merge): (Option<u64>, Option<u64>) = (row.get(3)?, row.get(4)?);
    let columns = MemberColumns {
        id: row.get(0)?,
        changed: row.get(1)?,
        changed_at: row.get(2)?,
        merged_into: merged_into.zip(merge),
        owner: row.get(5)?,
    };
    Ok(record::to_member(columns, row.get_ref(6)?.as_str().map_err(|error| Error::damaged(error))?)?)
}

/// The contact with an id, or the one that it is merged into.
pub fn contact(connection: &Connection, company: CompanyId, id: ContactId) -> Result<Option<Contact>> {
    let mut view = View::new(company);
    load_merged(connection, &mut view, id)?;
    Ok(view.contact(id))
}

/// Calls `visit` with all contacts, the oldest first, until it returns false.
pub fn all_contacts(connection: &Connection, company: CompanyId, visit: &mut dyn FnMut(Contact) -> bool) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT contact FROM contact WHERE company = ?1 AND merged_into IS NULL AND owner IS NULL ORDER BY contact",
    )?;
    let mut rows = statement.query([company.number()])?;
    while let Some(row) = rows.next()? {
        let found = contact(connection, company, record::contact_id(row.get(0)?)?)?;
        if found.is_some_and(|contact| !visit(contact)) {
            break;
        }
    }
    Ok(())
}

/// The contacts of a list.
pub fn listed(
    connection: &Connection,
    company: CompanyId,
    listing: ListRequest,
    limit: usize,
) -> Result<Vec<ContactId>> {
    let ListRequest { order, after, changed_after, changed_before, owner } = listing;
    let (follows, direction) = if order.ascending { (">", "ASC") } else { ("<", "DESC") };
    // With bounds on the time of the change, the index on that is used and the few results are sorted: `+` rules out the
    // index on the sort key.
    let is_timed = changed_after.is_some() || changed_before.is_some();
    let (key, sort) = match order.by {
        SortBy::Created => ("contact", if is_timed { "+contact" } else { "contact" }),
        SortBy::Changed => ("changed, contact", if is_timed { "+changed, +contact" } else { "changed, contact" }),
    };
    let sort: Vec<String> = sort.split(", ").map(|column| format!("{column} {direction}")).collect();
    let owned = if owner.is_some() { "owner = :owner" } else { "owner IS :owner" };
    let time = if is_timed { "AND changed_at > :changed_after AND changed_at < :changed_before" } else { "" };
    let beyond = match order.by {
        SortBy::Created => format!("{key} {follows} :contact"),
        SortBy::Changed => format!("({key}) {follows} (:changed, :contact)"),
    };
    let query = format!(
        "SELECT contact FROM contact WHERE company = :company AND merged_into IS NULL AND {owned} {time} AND {beyond}
         ORDER BY {} LIMIT :limit",
        sort.join(", ")
    );
    let start = if order.ascending { 0 } else { i64::MAX as u64 };
    let (changed, contact) = after.map_or((start, start), |(seq, id)| (seq.0, id.number()));
    let mut statement = connection.prepare_cached(&query)?;
    let all = named_params! {
        ":company": company.number(),
        ":owner": owner.map(TeammateId::number),
        ":changed_after": changed_after.map_or(i64::MIN, Time::millis),
        ":changed_before": changed_before.map_or(i64::MAX, Time::millis),
        ":changed": changed,
        ":contact": contact,
        ":limit": limit,
    };
    // A query may use only some of these.
    let mut named = Vec::with_capacity(all.len());
    for (name, value) in all {
        if statement.parameter_index(name)?.is_some() {
            named.push((*name, *value));
        }
    }
    let rows = statement.query_map(&named[..], |row: &Row| row.get(0))?;
    rows.map(|number| Ok(record::contact_id(number?)?)).collect()
}
