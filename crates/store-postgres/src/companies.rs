//! The rows of companies.

use contact::{CompanyId, CompanyName, Time};
use store::{Added, Company, SecretHash};
use tokio_postgres::Row;

use crate::codec::{self, company_id, secret_hash};
use crate::connect::Pool;
use crate::credentials::REMOVE_SESSIONS;
use crate::error::{Error, Result};
use crate::notify::NOTIFY_COMPANIES;

const ALL: &str = "SELECT company, name, secret, region, created_at, rate_limit FROM company ORDER BY name";
pub const BY_NAME: &str = "SELECT company, name, secret, region, created_at, rate_limit FROM company WHERE name = $1";
pub const BY_ID: &str = "SELECT company, name, secret, region, created_at, rate_limit FROM company WHERE company = $1";

/// Adds a company.
pub async fn add(pool: &Pool, company: &Company) -> Result<Added> {
    let mut connection = pool.get().await?;
    let transaction = connection.transaction().await?;
    let id = codec::company(company.id);
    let insert = "INSERT INTO company (company, name, secret, region, created_at, rate_limit)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let (secret, region, at) = (&company.secret.0[..], company.region.to_string(), company.created_at.millis());
    let limit = stored_rate_limit(company.rate_limit);
    if transaction.execute(insert, &[&id, &company.name.as_str(), &secret, &region, &at, &limit]).await? == 0 {
        let is_name = !transaction.query(BY_NAME, &[&company.name.as_str()]).await?.is_empty();
        return Ok(if is_name { Added::NameTaken } else { Added::NumberTaken });
    }
    transaction.execute("INSERT INTO ends (company) VALUES ($1)", &[&id]).await?;
    for reader in ["search", "duplicates"] {
        let insert = "INSERT INTO reader (company, reader, seq) VALUES ($1, $2, 0)";
        transaction.execute(insert, &[&id, &reader]).await?;
    }
    transaction.execute(NOTIFY_COMPANIES, &[]).await?;
    transaction.commit().await?;
    Ok(Added::Done)
}

/// All companies, by name.
pub async fn all(pool: &Pool) -> Result<Vec<Company>> {
    pool.query(ALL, &[]).await?.iter().map(company).collect()
}

/// The company with a name, if there is one.
pub async fn by_name(pool: &Pool, name: &CompanyName) -> Result<Option<Company>> {
    pool.query(BY_NAME, &[&name.as_str()]).await?.first().map(company).transpose()
}

/// The company with a number, if there is one.
pub async fn by_id(pool: &Pool, id: CompanyId) -> Result<Option<Company>> {
    pool.query(BY_ID, &[&codec::company(id)]).await?.first().map(company).transpose()
}

/// Replaces a company's secret, and ends the sessions that signed in with it.
pub async fn set_secret(pool: &Pool, id: CompanyId, secret: SecretHash) -> Result<bool> {
    let mut connection = pool.get().await?;
    let transaction = connection.transaction().await?;
    let (id, secret) = (codec::company(id), &secret.0[..]);
    let update = "UPDATE company SET secret = $2 WHERE company = $1";
    let is_found = transaction.execute(update, &[&id, &secret]).await? > 0;
    transaction.execute(REMOVE_SESSIONS, &[&id]).await?;
    transaction.execute(NOTIFY_COMPANIES, &[]).await?;
    transaction.commit().await?;
    Ok(is_found)
}

/// Sets how many requests a minute a company's programs may make.
pub async fn set_rate_limit(pool: &Pool, id: CompanyId, limit: Option<u32>) -> Result<bool> {
    let mut connection = pool.get().await?;
    let transaction = connection.transaction().await?;
    let update = "UPDATE company SET rate_limit = $2 WHERE company = $1";
    let is_found = transaction.execute(update, &[&codec::company(id), &stored_rate_limit(limit)]).await? > 0;
    transaction.execute(NOTIFY_COMPANIES, &[]).await?;
    transaction.commit().await?;
    Ok(is_found)
}

/// A rate limit as the database stores it. No program reaches the greatest that it can store.
fn stored_rate_limit(limit: Option<u32>) -> Option<i32> {
    limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX))
}

pub fn company(row: &Row) -> Result<Company> {
    let (name, region): (&str, &str) = (row.try_get(1)?, row.try_get(3)?);
    let limit: Option<i32> = row.try_get(5)?;
    let damaged = |column: &str| Error::damaged(format!("the {column} of a company is invalid"));
    Ok(Company {
        id: company_id(row, 0)?,
        name: name.parse().map_err(|_| damaged("name"))?,
        secret: secret_hash(row, 2)?,
        region: region.parse().map_err(|_| damaged("region"))?,
        created_at: Time::from_millis(row.try_get(4)?),
        rate_limit: limit.map(u32::try_from).transpose().map_err(|_| damaged("rate limit"))?,
    })
}
