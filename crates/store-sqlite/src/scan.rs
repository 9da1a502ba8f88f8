//! Scans all records of a company.

use contact::{CompanyId, HandleKey};
use rusqlite::{Connection, Row};
use store::{ScanItem, record};

use crate::error::{Error, Result};
use crate::{accounts, claim_buffer, contacts, conversations, handles, journal, settings};

/// Calls `visit` with all records of a company until it returns false.
pub fn scan(connection: &Connection, company: CompanyId, visit: &mut dyn FnMut(ScanItem) -> bool) -> Result<()> {
    let mut unflushed = claim_buffer::unflushed(connection, company)?;
    let mut entries = connection.prepare("SELECT seq, at, body FROM journal WHERE company = ?1 ORDER BY seq")?;
    for entry in entries.query_and_then([company.number()], journal::entry)? {
        if !visit(ScanItem::Entry(entry?)) {
            return Ok(());
        }
    }
    for record in connection.prepare(contacts::ALL_RECORDS)?.query_and_then([company.number()], contacts::record)? {
        if !visit(ScanItem::Record(record?)) {
            return Ok(());
        }
    }
    if !contacts::scan_names(connection, company, &mut |name, record| visit(ScanItem::Name(name, record)))? {
        return Ok(());
    }
    let query = "SELECT source, key, home, has_more, status FROM handle WHERE company = ?1 ORDER BY source, key";
    let flushed = |row: &Row| {
        let (source, key): (String, String) = (row.get(0)?, row.get(1)?);
        let handle = HandleKey::from_stored(record::source(&source)?, &key);
        Ok::<_, Error>((handle, handles::to_claim(row.get(2)?, row.get(3)?, row.get(4)?)?))
    };
    for claim in connection.prepare(query)?.query_and_then([company.number()], flushed)? {
        let (handle, claim) = claim?;
        let now = unflushed.remove(&handle).unwrap_or(Some(claim));
        if !now.is_none_or(|now| visit(ScanItem::Claim(handle, now))) {
            return Ok(());
        }
    }
    for (handle, now) in unflushed {
        if !now.is_none_or(|now| visit(ScanItem::Claim(handle, now))) {
            return Ok(());
        }
    }
    if !handles::scan_others(connection, company, &mut |handle, record| visit(ScanItem::Reporter(handle, record)))? {
        return Ok(());
    }
    let guards = journal::ends(connection, company)?.map(|ends| ends.guards).unwrap_or_default();
    if !visit(ScanItem::Guards(guards)) {
        return Ok(());
    }
    if !settings::scan(connection, company, visit)? || !accounts::scan(connection, company, visit)? {
        return Ok(());
    }
    conversations::scan(connection, company, &mut |conversation| visit(ScanItem::Conversation(conversation)))
}
