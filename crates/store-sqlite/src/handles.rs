//! The table of handles: the claims that are written.

use std::collections::BTreeSet;

use contact::{Claim, CompanyId, HandleKey, HandleStatus, RecordId};
use rusqlite::{Connection, OptionalExtension, Statement, params};
use store::record;

use crate::error::Result;

pub const CLAIM: &str = "SELECT home, has_more, status FROM handle WHERE company = ?1 AND source = ?2 AND key = ?3";

/// What the table knows of a handle.
pub fn claim(connection: &Connection, company: CompanyId, handle: &HandleKey) -> Result<Option<Claim>> {
    find_claim(&mut *connection.prepare_cached(CLAIM)?, company, handle)
}

/// How many handles a company's table has.
pub fn handle_count(connection: &Connection, company: CompanyId) -> Result<usize> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM handle WHERE company = ?1")?;
    Ok(statement.query_row([company.number()], |row| row.get(0))?)
}

/// Gives all handles in a company's table to `visit`.
pub fn handles(connection: &Connection, company: CompanyId, visit: &mut dyn FnMut(&HandleKey)) -> Result<()> {
    let mut statement = connection.prepare_cached("SELECT source, key FROM handle WHERE company = ?1")?;
    let mut rows = statement.query([company.number()])?;
    while let Some(row) = rows.next()? {
        let (source, key): (String, String) = (row.get(0)?, row.get(1)?);
        visit(&HandleKey::from_stored(record::source(&source)?, &key));
    }
    Ok(())
}

pub fn find_claim(statement: &mut Statement, company: CompanyId, handle: &HandleKey) -> Result<Option<Claim>> {
    let key = params![company.number(), handle.source().name(), handle.as_str()];
    let found = statement.query_row(key, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    found.map(|(home, has_more, status)| to_claim(home, has_more, status)).transpose()
}

pub fn to_claim(home: Option<u64>, has_more: bool, status: u8) -> Result<Claim> {
    let home = home.map(record::contact_id).transpose()?;
    Ok(Claim { home, has_more, status: record::to_handle_status(status)? })
}

/// Writes the claims of handles that several records report, or that have a status: reads of contacts find these in the
/// table at once, not in the claim buffer.
pub fn store_common(connection: &Connection, company: u32, claims: &[(HandleKey, Option<Claim>)]) -> Result<()> {
    let is_common = |claim: &Claim| claim.has_more || claim.status != HandleStatus::Plain;
    for (handle, claim) in claims {
        if let Some(claim) = claim.filter(is_common) {
            put(connection, company, handle, claim)?;
        }
    }
    Ok(())
}

/// Writes a claim.
pub fn put(connection: &Connection, company: u32, handle: &HandleKey, claim: Claim) -> Result<()> {
    let mut put = connection.prepare_cached(
        "INSERT INTO handle (company, source, key, home, has_more, status) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET home = excluded.home, has_more = excluded.has_more, status = excluded.status",
    )?;
    let (source, key, home) = (handle.source().name(), handle.as_str(), claim.home.map(RecordId::number));
    put.execute(params![company, source, key, home, claim.has_more, record::from_handle_status(claim.status)])?;
    Ok(())
}

/// The records that report a handle besides its home, as the table has them.
pub fn others(connection: &Connection, company: CompanyId, handle: &HandleKey) -> Result<BTreeSet<RecordId>> {
    // No ORDER BY, because SQLite would prepare such a query again for each key. The set sorts.
    let mut statement =
        connection.prepare_cached("SELECT record FROM reporter WHERE company = ?1 AND source = ?2 AND key = ?3")?;
    let key = params![company.number(), handle.source().name(), handle.as_str()];
    let rows = statement.query_map(key, |row| row.get(0))?;
    rows.map(|number| Ok(record::contact_id(number?)?)).collect()
}

/// Writes which records report handles besides their homes.
pub fn store_others(connection: &Connection, company: u32, others: &[(HandleKey, u64, bool)]) -> Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO reporter (company, source, key, record) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    )?;
    let mut delete = connection
        .prepare_cached("DELETE FROM reporter WHERE company = ?1 AND source = ?2 AND key = ?3 AND record = ?4")?;
    for (handle, record, is_one) in others {
        let statement = if *is_one { &mut insert } else { &mut delete };
        statement.execute(params![company, handle.source().name(), handle.as_str(), record])?;
    }
    Ok(())
}

/// The handles that have a status, after one.
pub fn marked(
    connection: &Connection,
    company: CompanyId,
    status: HandleStatus,
    after: Option<&HandleKey>,
    limit: usize,
) -> Result<Vec<(HandleKey, Claim)>> {
    let mut statement = connection.prepare_cached(
        "SELECT source, key, home, has_more, status FROM handle
         WHERE company = ?1 AND status > 0 AND status = ?2 AND (source, key) > (?3, ?4) ORDER BY source, key LIMIT ?5",
    )?;
    let (source, key) = after.map_or(("", ""), |after| (after.source().name(), after.as_str()));
    let mut rows =
        statement.query(params![company.number(), record::from_handle_status(status), source, key, limit])?;
    let mut marked = Vec::new();
    while let Some(row) = rows.next()? {
        let (source, key): (String, String) = (row.get(0)?, row.get(1)?);
        let handle = HandleKey::from_stored(record::source(&source)?, &key);
        marked.push((handle, to_claim(row.get(2)?, row.get(3)?, row.get(4)?)?));
    }
    Ok(marked)
}
