//! The rows of companies, and a cache of their logins.

use std::collections::HashMap;

use contact::{CompanyId, CompanyName, Time};
use rusqlite::{Connection, Row};
use store::{Company, SecretHash, record};

use crate::error::{Error, Result};

/// Most companies whose logins are cached.
const CACHED_MAX: usize = 10_000;
/// The columns that [`to_company`] reads.
pub const COMPANY: &str = "SELECT company, name, secret, region, created_at, rate_limit FROM company";

/// The logins of companies, as of the last change of the file by anyone.
pub(super) struct Logins {
    connection: Connection,
    version: i64,
    /// Names that were looked up, those that no company has among them: a wrong name is answered as
    /// fast as a right one.
    cached: HashMap<CompanyName, Option<Company>>,
}

impl Logins {
    pub fn new(connection: Connection) -> Logins {
        Logins { connection, version: 0, cached: HashMap::new() }
    }

    /// Becomes another number when anyone has written to the file.
    pub fn version(&self) -> Result<i64> {
        Ok(self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
    }

    /// The company with a name.
    pub fn find(&mut self, name: &CompanyName) -> Result<Option<Company>> {
        let version = self.version()?;
        if version != self.version || self.cached.len() >= CACHED_MAX {
            self.cached.clear();
            self.version = version;
        }
        if let Some(found) = self.cached.get(name) {
            return Ok(found.clone());
        }
        let mut statement = self.connection.prepare_cached(&format!("{COMPANY} WHERE name = ?1"))?;
        let found = statement.query_and_then([name.as_str()], to_company)?.next().transpose()?;
        self.cached.insert(name.clone(), found.clone());
        Ok(found)
    }
}

/// The company with a number.
pub fn company_by_id(connection: &Connection, id: CompanyId) -> Result<Option<Company>> {
    let mut statement = connection.prepare_cached(&format!("{COMPANY} WHERE company = ?1"))?;
    statement.query_and_then([id.number()], to_company)?.next().transpose()
}

/// The company of a row of [`COMPANY`].
pub fn to_company(row: &Row) -> Result<Company> {
    let (id, name, region): (u32, String, String) = (row.get(0)?, row.get(1)?, row.get(3)?);
    let damaged = |what: &str| Error::damaged(format!("{what} is not of a company"));
    Ok(Company {
        id: record::company_id(id)?,
        name: name.parse().map_err(|_| damaged("name"))?,
        secret: SecretHash(row.get(2)?),
        region: region.parse().map_err(|_| damaged("region"))?,
        created_at: Time::from_millis(row.get(4)?),
        rate_limit: row.get(5)?,
    })
}
