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
    for member in connection.prepare(contacts::ALL_MEMBERS)?.query_and_then([company.number()], contacts::member)? {
        if !visit(ScanItem::Member(member?)) {
            return Ok(());
        }
    }
    let query = "SELECT source, key, home, shared FROM handle WHERE company = ?1 ORDER BY source, key";
    let flushed = |row: &Row| {
        let (source, key): (String, String) = (row.get(0)?, row.get(1)?);
        let handle = HandleKey::from_stored(record::source(&source)?, &key);
        Ok::<_, Error>((handle, handles::to_claim(row.get(2)?, row.get(3)?)?))
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
    if !settings::scan(connection, company, visit)? || !accounts::scan(connection, company, visit)? {
        return Ok(());
    }
    conversations::scan(connection, company, &mut |conversation| visit(ScanItem::Conversation(conversation)))
}
