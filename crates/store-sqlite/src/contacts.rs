//! The rows of records, and loading a contact with all its records.

use std::collections::BTreeSet;

use contact::{
    CompanyId, Contact, ContactId, Entry, HandleKey, Record, RecordId, RecordName, Seq, TeammateId, Time, View,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use store::record::{self, RecordColumns};
use store::{ListRequest, SortBy};

use crate::error::{Error, Result};
use crate::{handles, journal};

/// A query of the columns that [`record`] reads.
macro_rules! records {
    ($which:literal) => {
        concat!("SELECT record, contact, changed, changed_at, owner, body FROM record WHERE company = ?1 ", $which)
    };
}
/// All records of a company, ordered by number.
pub const ALL_RECORDS: &str = records!("ORDER BY record");
const ONE_RECORD: &str = records!("AND record = ?2");

/// Loads the contact of a record with all its records, and the claims that decide which of its handles it shows.
///
/// The table has the latest claims of all handles that several records report.
pub fn load_contact(connection: &Connection, view: &mut View, id: RecordId) -> Result<()> {
    load_records(connection, view, id)?;
    for handle in unclaimed(view, id) {
        if let Some(claim) = handles::claim(connection, view.company, &handle)? {
            view.claims.put(handle, claim);
        }
    }
    Ok(())
}

/// The handles of a contact that several records report, and whose claims are not loaded.
pub fn unclaimed(view: &View, id: RecordId) -> Vec<HandleKey> {
    let parts = view.parts(id);
    let records = parts.iter().filter_map(|part| view.records.get(part));
    let common = records.flat_map(|record| &record.facts.common);
    common.filter(|handle| view.claims.get(handle).is_none()).cloned().collect()
}

/// Loads all records of the contact of a record. A view has all records of a contact, or none.
pub fn load_records(connection: &Connection, view: &mut View, id: RecordId) -> Result<()> {
    if view.records.contains_key(&id) {
        return Ok(());
    }
    load(connection, view, id)?;
    let Some(contact) = view.root(id) else { return Ok(()) };
    load_part(connection, view, contact)?;
    let others = view.records.get(&contact).map(|root| root.others.clone()).unwrap_or_default();
    others.into_iter().try_for_each(|other| load_part(connection, view, other))
}

/// Loads a record that another one names, so it must exist.
fn load_part(connection: &Connection, view: &mut View, id: RecordId) -> Result<()> {
    load(connection, view, id)?;
    if view.records.contains_key(&id) { Ok(()) } else { Err(missing(id)) }
}

/// Loads a single record unless it is loaded.
fn load(connection: &Connection, view: &mut View, id: RecordId) -> Result<()> {
    if view.records.contains_key(&id) {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(ONE_RECORD)?;
    let mut found = statement.query_and_then(params![view.company.number(), id.number()], record)?;
    if let Some(record) = found.next().transpose()? {
        add(view, record);
    }
    Ok(())
}

/// Adds a loaded record with its claims. Data about one handle often names the other handles of the contact too.
fn add(view: &mut View, record: Record) {
    for (handle, claim) in record.facts.claims(record.id) {
        view.claims.put(handle.clone(), claim);
    }
    view.records.insert(record.id, record);
}

/// The names of the records of a system whose ids come after one.
pub fn names(
    connection: &Connection,
    company: CompanyId,
    system: &str,
    after: &str,
    limit: usize,
) -> Result<Vec<RecordName>> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM record_name WHERE company = ?1 AND system = ?2 AND id > ?3 ORDER BY id LIMIT ?4",
    )?;
    let ids = statement.query_map(params![company.number(), system, after, limit], |row| row.get(0))?;
    ids.map(|id| Ok(RecordName::from_stored(system.to_owned(), id?))).collect()
}

/// The record with a name.
pub fn named(connection: &Connection, company: CompanyId, name: &RecordName) -> Result<Option<RecordId>> {
    let mut statement =
        connection.prepare_cached("SELECT record FROM record_name WHERE company = ?1 AND system = ?2 AND id = ?3")?;
    let found =
        statement.query_row(params![company.number(), name.system(), name.id()], |row| row.get(0)).optional()?;
    Ok(found.map(record::contact_id).transpose()?)
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
    load_records(connection, &mut view, contact)?;
    let before = before.map_or(i64::MAX as u64, |before| before.0);
    let mut seqs = BTreeSet::new();
    let mut later = connection.prepare_cached(
        "SELECT seq FROM history WHERE company = ?1 AND record = ?2 AND seq < ?3 ORDER BY seq DESC LIMIT ?4",
    )?;
    for part in view.parts(contact) {
        seqs.extend(view.records.get(&part).map(|record| record.first.0).filter(|first| *first < before));
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

/// Parses a row of records.
pub fn record(row: &Row) -> Result<Record> {
    let columns = RecordColumns {
        id: row.get(0)?,
        contact: row.get(1)?,
        changed: row.get(2)?,
        changed_at: row.get(3)?,
        owner: row.get(4)?,
    };
    Ok(record::to_record(columns, row.get_ref(5)?.as_str().map_err(Error::damaged)?)?)
}

/// The id of the contact of a record.
pub fn root(connection: &Connection, company: CompanyId, id: RecordId) -> Result<Option<ContactId>> {
    let mut statement = connection.prepare_cached("SELECT contact FROM record WHERE company = ?1 AND record = ?2")?;
    let found = statement.query_row(params![company.number(), id.number()], |row| row.get(0)).optional()?;
    Ok(found.map(record::contact_id).transpose()?)
}

/// The contacts whose records report a handle, given its home.
pub fn reporting(
    connection: &Connection,
    company: CompanyId,
    handle: &HandleKey,
    home: Option<RecordId>,
) -> Result<BTreeSet<ContactId>> {
    let records = handles::others(connection, company, handle)?.into_iter().chain(home);
    records.filter_map(|record| root(connection, company, record).transpose()).collect()
}

/// The contact of the record with an id.
pub fn contact(connection: &Connection, company: CompanyId, id: RecordId) -> Result<Option<Contact>> {
    let mut view = View::new(company);
    load_contact(connection, &mut view, id)?;
    Ok(view.contact(id))
}

/// The contact of a record that a row names, so it must exist: a damaged page is not an answer.
pub fn existing(connection: &Connection, company: CompanyId, id: RecordId) -> Result<Contact> {
    contact(connection, company, id)?.ok_or_else(|| missing(id))
}

fn missing(id: RecordId) -> Error {
    Error::damaged(format!("the record {id} is missing"))
}

/// Calls `visit` with all contacts, the oldest first, until it returns false.
pub fn all_contacts(connection: &Connection, company: CompanyId, visit: &mut dyn FnMut(Contact) -> bool) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT record FROM record WHERE company = ?1 AND contact = record AND owner IS NULL ORDER BY record",
    )?;
    let mut rows = statement.query([company.number()])?;
    while let Some(row) = rows.next()? {
        if !visit(existing(connection, company, record::contact_id(row.get(0)?)?)?) {
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
        SortBy::Created => ("record", if is_timed { "+record" } else { "record" }),
        SortBy::Changed => ("changed, record", if is_timed { "+changed, +record" } else { "changed, record" }),
    };
    let sort: Vec<String> = sort.split(", ").map(|column| format!("{column} {direction}")).collect();
    let owned = if owner.is_some() { "owner = :owner" } else { "owner IS :owner" };
    let time = if is_timed { "AND changed_at > :changed_after AND changed_at < :changed_before" } else { "" };
    let beyond = match order.by {
        SortBy::Created => format!("{key} {follows} :contact"),
        SortBy::Changed => format!("({key}) {follows} (:changed, :contact)"),
    };
    let query = format!(
        "SELECT record FROM record WHERE company = :company AND contact = record AND {owned} {time} AND {beyond}
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
