//! Numbers, ids and hashes as the database stores them.

use contact::{CompanyId, ContactId};
use store::{SecretHash, record};
use tokio_postgres::Row;

use crate::error::{Error, Result};

/// After every entry and greater than every id.
pub const AFTER_ALL: i64 = i64::MAX;
/// Before every entry and less than every id.
pub const BEFORE_ALL: i64 = -1;

/// A number as the database stores it. One past the greatest that it stores equals no stored number.
pub fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(AFTER_ALL)
}

/// A `LIMIT` as the database takes it.
pub fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(AFTER_ALL)
}

/// The number of a company.
pub fn company(company: CompanyId) -> i64 {
    i64::from(company.number())
}

/// The numbers of contacts.
pub fn contacts(contacts: &[ContactId]) -> Vec<i64> {
    contacts.iter().map(|id| stored(id.number())).collect()
}

/// Reads a number.
pub fn number(row: &Row, column: usize) -> Result<u64> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|_| Error::damaged(format!("{number} is negative")))
}

/// Reads a number that may be null.
pub fn optional_number(row: &Row, column: usize) -> Result<Option<u64>> {
    let known: Option<i64> = row.try_get(column)?;
    known.map(|_| number(row, column)).transpose()
}

/// Reads the number of a company.
pub fn company_id(row: &Row, column: usize) -> Result<CompanyId> {
    Ok(record::company_id(u32::try_from(number(row, column)?).unwrap_or_default())?)
}

/// Reads the number of a contact.
pub fn contact_id(row: &Row, column: usize) -> Result<ContactId> {
    Ok(record::contact_id(number(row, column)?)?)
}

/// Reads a hash.
pub fn secret_hash(row: &Row, column: usize) -> Result<SecretHash> {
    let bytes: &[u8] = row.try_get(column)?;
    let hash =
        bytes.try_into().map_err(|_| Error::damaged(format!("a hash of {} bytes instead of 32", bytes.len())))?;
    Ok(SecretHash(hash))
}
