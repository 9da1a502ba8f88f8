//! The table of handles: the claims that are written.

use contact::{Claim, CompanyId, HandleKey};
use rusqlite::{Connection, OptionalExtension, Statement, params};
use store::record;

use crate::error::Result;

pub const CLAIM: &str = "SELECT home, shared FROM handle WHERE company = ?1 AND source = ?2 AND key = ?3";

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
    let found = statement.query_row(key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.map(|(home, shared)| to_claim(home, shared)).transpose()
}

pub fn to_claim(home: Option<u64>, shared: bool) -> Result<Claim> {
    Ok(Claim { home: home.map(record::contact_id).transpose()?, shared })
}
