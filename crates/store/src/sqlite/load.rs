//! Reading what a decision or an answer needs.

use contact::{Claim, Command, CompanyId, ContactId, HandleKey, Member, MergedInto, Seq, Time, View};
use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use crate::{Cursor, Error, Record, record};

const CLAIM: &str = "SELECT home, shared FROM handle WHERE company = ?1 AND source = ?2 AND key = ?3";

/// Loads all that commands touch: the owners of their handles, and the contacts they name.
pub fn touched<'a>(
    connection: &Connection,
    view: &mut View,
    commands: impl Iterator<Item = &'a Command>,
) -> Result<(), Error> {
    let mut claims = connection.prepare_cached(CLAIM)?;
    for command in commands {
        for handle in command.handles() {
            if view.claims.contains_key(handle) {
                continue;
            }
            if let Some(claim) = find_claim(&mut claims, view.company, handle)? {
                view.claims.insert(handle.clone(), claim);
                claim.home.map_or(Ok(()), |home| whole(connection, view, home))?;
            }
        }
        for contact in command.contacts() {
            whole(connection, view, *contact)?;
        }
        if let Some(merge) = command.merge() {
            joined_by(connection, view.company, merge)?.map_or(Ok(()), |joined| whole(connection, view, joined))?;
        }
    }
    Ok(())
}

/// Loads the person that a contact is part of, with every part.
pub fn whole(connection: &Connection, view: &mut View, id: ContactId) -> Result<(), Error> {
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

fn load(connection: &Connection, view: &mut View, id: ContactId) -> Result<(), Error> {
    if view.members.contains_key(&id) {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(
        "SELECT contact, changed, merged_into, merge, body FROM contact WHERE company = ?1 AND contact = ?2",
    )?;
    let mut found = statement.query_and_then(params![view.company.number(), id.number()], member)?;
    if let Some(member) = found.next().transpose()? {
        view.members.insert(id, member);
    }
    Ok(())
}

/// Who has a handle, if anything is known of it.
pub fn claim(connection: &Connection, company: CompanyId, handle: &HandleKey) -> Result<Option<Claim>, Error> {
    find_claim(&mut *connection.prepare_cached(CLAIM)?, company, handle)
}

fn find_claim(statement: &mut Statement, company: CompanyId, handle: &HandleKey) -> Result<Option<Claim>, Error> {
    let key = params![company.number(), handle.source().name(), handle.as_str()];
    let found = statement.query_row(key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.map(|(home, shared)| to_claim(home, shared)).transpose()
}

/// The people after a cursor, the latest change first.
pub fn changed(
    connection: &Connection,
    company: CompanyId,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Vec<ContactId>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT contact FROM contact
         WHERE company = ?1 AND merged_into IS NULL AND (changed, contact) < (?2, ?3)
         ORDER BY changed DESC, contact DESC LIMIT ?4",
    )?;
    let (changed, contact) = after.map_or((i64::MAX as u64, i64::MAX as u64), |(seq, id)| (seq.0, id.number()));
    let rows = statement.query_map(params![company.number(), changed, contact, limit], |row| row.get(0))?;
    rows.map(|number| record::contact_id(number?)).collect()
}

/// The contact that a merge made part of another.
fn joined_by(connection: &Connection, company: CompanyId, merge: Seq) -> Result<Option<ContactId>, Error> {
    let mut statement = connection
        .prepare_cached("SELECT body ->> '$.change.merged.joined' FROM journal WHERE company = ?1 AND seq = ?2")?;
    // No entry has a number that the column cannot hold.
    let Ok(seq) = i64::try_from(merge.0) else { return Ok(None) };
    let joined = statement.query_row(params![company.number(), seq], |row| row.get::<_, Option<u64>>(0)).optional()?;
    joined.flatten().map(record::contact_id).transpose()
}

/// Gives all that is kept of a company to `visit`, until it has enough.
pub fn scan(connection: &Connection, company: CompanyId, visit: &mut dyn FnMut(Record) -> bool) -> Result<(), Error> {
    type Read = fn(&Row) -> Result<Record, Error>;
    let queries: [(&str, Read); 3] = [
        ("SELECT seq, at, body FROM journal WHERE company = ?1 ORDER BY seq", |row| {
            let body: String = row.get(2)?;
            record::to_entry(Seq(row.get(0)?), Time::from_millis(row.get(1)?), &body).map(Record::Entry)
        }),
        ("SELECT contact, changed, merged_into, merge, body FROM contact WHERE company = ?1 ORDER BY contact", |row| {
            member(row).map(Record::Member)
        }),
        ("SELECT source, key, home, shared FROM handle WHERE company = ?1 ORDER BY source, key", |row| {
            let source: String = row.get(0)?;
            let handle = HandleKey::from_stored(record::source(&source)?, row.get(1)?);
            Ok(Record::Claim(handle, to_claim(row.get(2)?, row.get(3)?)?))
        }),
    ];
    for (query, read) in queries {
        let mut statement = connection.prepare(query)?;
        for record in statement.query_and_then([company.number()], read)? {
            if !visit(record?) {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn member(row: &Row) -> Result<Member, Error> {
    let merged_into: Option<u64> = row.get(2)?;
    let merge: Option<u64> = row.get(3)?;
    let merged_into = match (merged_into, merge) {
        (Some(contact), Some(merge)) => Some(MergedInto { contact: record::contact_id(contact)?, merge: Seq(merge) }),
        _ => None,
    };
    let body = row.get_ref(4)?.as_str().map_err(|error| Error::Damaged(error.to_string()))?;
    record::to_member(record::contact_id(row.get(0)?)?, Seq(row.get(1)?), merged_into, body)
}

fn to_claim(home: Option<u64>, shared: bool) -> Result<Claim, Error> {
    Ok(Claim { home: home.map(record::contact_id).transpose()?, shared })
}
