//! Companies and their logins, and all that is kept of a company beside its journal.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use contact::{Channel, CompanyId, CompanyName, HandleKey, TeammateId, Time};
use tokio::time::Instant;
use tokio_postgres::Row;

use super::connect::Pool;
use super::load::{self, number};
use super::news::TELL_COMPANIES;
use super::{Postgres, access, channels, lock};
use crate::{Access, Added, AddedChannel, Companies, Company, Error, NewChannel, SecretHash, Session, Token, record};

/// Most companies whose logins are kept at hand.
const AT_HAND_MAX: usize = 10_000;
/// How long a login is kept at hand without being looked up again, in case that the news of a change was lost.
const AT_HAND_TIME: Duration = Duration::from_secs(1);

pub const ALL: &str = "SELECT company, name, secret, region, created_at, rate_limit FROM company ORDER BY name";
pub const BY_NAME: &str = "SELECT company, name, secret, region, created_at, rate_limit FROM company WHERE name = $1";
pub const BY_ID: &str = "SELECT company, name, secret, region, created_at, rate_limit FROM company WHERE company = $1";
/// The logins of companies, for a moment.
#[derive(Default)]
pub struct Logins {
    /// Names that were looked up, those that no company has among them: a wrong name is answered as fast as a right one.
    at_hand: Mutex<HashMap<CompanyName, (Instant, Option<Company>)>>,
}

impl Logins {
    /// Forgets all, because some may have changed.
    pub fn forget(&self) {
        lock(&self.at_hand).clear();
    }

    /// The company with a name, if there is one. Only who hears of changes may have it from what is at hand.
    pub async fn find(&self, pool: &Pool, name: &CompanyName, may_remember: bool) -> Result<Option<Company>, Error> {
        let now = Instant::now();
        if may_remember
            && let Some((until, found)) = lock(&self.at_hand).get(name)
            && *until > now
        {
            return Ok(found.clone());
        }
        let rows = pool.query(BY_NAME, &[&name.as_str()]).await?;
        let found = rows.first().map(company).transpose()?;
        let mut at_hand = lock(&self.at_hand);
        if at_hand.len() >= AT_HAND_MAX {
            at_hand.clear();
        }
        at_hand.insert(name.clone(), (now + AT_HAND_TIME, found.clone()));
        Ok(found)
    }
}

/// Adds a company.
pub async fn add(pool: &Pool, company: &Company) -> Result<Added, Error> {
    let mut connection = pool.get().await?;
    let transaction = connection.transaction().await?;
    let id = load::company(company.id);
    let insert = "INSERT INTO company (company, name, secret, region, created_at, rate_limit)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let (secret, region, at) = (&company.secret.0[..], company.region.to_string(), company.created_at.millis());
    let limit = stored_limit(company.rate_limit);
    if transaction.execute(insert, &[&id, &company.name.as_str(), &secret, &region, &at, &limit]).await? == 0 {
        let is_name = !transaction.query(BY_NAME, &[&company.name.as_str()]).await?.is_empty();
        return Ok(if is_name { Added::NameTaken } else { Added::NumberTaken });
    }
    transaction.execute("INSERT INTO ends (company) VALUES ($1)", &[&id]).await?;
    transaction.execute("INSERT INTO reader (company, reader, seq) VALUES ($1, 'search', 0)", &[&id]).await?;
    transaction.execute("INSERT INTO reader (company, reader, seq) VALUES ($1, 'alike', 0)", &[&id]).await?;
    transaction.execute(TELL_COMPANIES, &[]).await?;
    transaction.commit().await?;
    Ok(Added::Done)
}

/// Replaces a company's secret, and ends the sign-ins with it.
pub async fn set_secret(pool: &Pool, id: CompanyId, secret: SecretHash) -> Result<bool, Error> {
    let mut connection = pool.get().await?;
    let transaction = connection.transaction().await?;
    let (id, secret) = (load::company(id), &secret.0[..]);
    let update = "UPDATE company SET secret = $2 WHERE company = $1";
    let is_there = transaction.execute(update, &[&id, &secret]).await? > 0;
    transaction.execute(access::REMOVE_SESSIONS, &[&id]).await?;
    transaction.execute(TELL_COMPANIES, &[]).await?;
    transaction.commit().await?;
    Ok(is_there)
}

/// Sets how many requests a minute a company's programs may make.
pub async fn set_rate_limit(pool: &Pool, id: CompanyId, limit: Option<u32>) -> Result<bool, Error> {
    let mut connection = pool.get().await?;
    let transaction = connection.transaction().await?;
    let update = "UPDATE company SET rate_limit = $2 WHERE company = $1";
    let is_there = transaction.execute(update, &[&load::company(id), &stored_limit(limit)]).await? > 0;
    transaction.execute(TELL_COMPANIES, &[]).await?;
    transaction.commit().await?;
    Ok(is_there)
}

/// A limit as the database keeps it. More than it can keep is more than anybody asks in a minute.
fn stored_limit(limit: Option<u32>) -> Option<i32> {
    limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX))
}

pub fn company(row: &Row) -> Result<Company, Error> {
    let (name, region): (&str, &str) = (row.try_get(1)?, row.try_get(3)?);
    let limit: Option<i32> = row.try_get(5)?;
    let damaged = |what: &str| Error::Damaged(format!("{what} is not of a company"));
    Ok(Company {
        id: record::company_id(u32::try_from(number(row, 0)?).unwrap_or_default())?,
        name: name.parse().map_err(|_| damaged("name"))?,
        secret: hash(row.try_get(2)?)?,
        region: region.parse().map_err(|_| damaged("region"))?,
        created_at: Time::from_millis(row.try_get(4)?),
        rate_limit: limit.map(u32::try_from).transpose().map_err(|_| damaged("limit"))?,
    })
}

/// A hash that was stored.
pub fn hash(bytes: &[u8]) -> Result<SecretHash, Error> {
    Ok(SecretHash(bytes.try_into().map_err(|_| Error::Damaged("a secret has not 32 bytes".into()))?))
}

#[async_trait]
impl Companies for Postgres {
    async fn add_company(&self, company: Company) -> Result<Added, Error> {
        self.at_hand.logins.forget();
        let added = add(&self.pool, &company).await;
        self.at_hand.logins.forget();
        added
    }

    async fn company(&self, name: &CompanyName) -> Result<Option<Company>, Error> {
        self.at_hand.logins.find(&self.pool, name, self.access == Access::Serve).await
    }

    async fn company_by_id(&self, id: CompanyId) -> Result<Option<Company>, Error> {
        self.pool.query(BY_ID, &[&load::company(id)]).await?.first().map(company).transpose()
    }

    async fn companies(&self) -> Result<Vec<Company>, Error> {
        self.pool.query(ALL, &[]).await?.iter().map(company).collect()
    }

    async fn set_secret(&self, company: CompanyId, secret: SecretHash) -> Result<bool, Error> {
        let is_set = set_secret(&self.pool, company, secret).await;
        self.at_hand.logins.forget();
        is_set
    }

    async fn set_rate_limit(&self, company: CompanyId, limit: Option<u32>) -> Result<bool, Error> {
        let is_set = set_rate_limit(&self.pool, company, limit).await;
        self.at_hand.logins.forget();
        is_set
    }

    async fn set_teammate_secret(
        &self,
        company: CompanyId,
        teammate: TeammateId,
        secret: Option<SecretHash>,
    ) -> Result<(), Error> {
        access::set_teammate_secret(&self.pool, company, teammate, secret).await
    }

    async fn teammate_secrets(&self, company: CompanyId) -> Result<Vec<(TeammateId, SecretHash)>, Error> {
        access::teammate_secrets(&self.pool, company).await
    }

    async fn add_token(&self, company: CompanyId, token: Token) -> Result<(), Error> {
        access::add_token(&self.pool, company, &token).await
    }

    async fn tokens(&self, company: CompanyId) -> Result<Vec<Token>, Error> {
        access::tokens(&self.pool, company).await
    }

    async fn token(&self, company: CompanyId, hash: SecretHash) -> Result<Option<Token>, Error> {
        access::token(&self.pool, company, hash).await
    }

    async fn remove_token(&self, company: CompanyId, hash: SecretHash) -> Result<bool, Error> {
        access::remove_token(&self.pool, company, hash).await
    }

    async fn add_session(&self, company: CompanyId, session: Session, now: Time) -> Result<(), Error> {
        access::add_session(&self.pool, company, &session, now).await
    }

    async fn session(&self, company: CompanyId, token: SecretHash) -> Result<Option<Session>, Error> {
        access::session(&self.pool, company, token).await
    }

    async fn remove_session(&self, company: CompanyId, token: SecretHash) -> Result<(), Error> {
        access::remove_session(&self.pool, company, token).await
    }

    async fn add_channel(&self, company: CompanyId, channel: NewChannel) -> Result<AddedChannel, Error> {
        channels::add_channel(&self.pool, company, channel).await
    }

    async fn channels(&self, company: CompanyId) -> Result<Vec<Channel>, Error> {
        channels::channels(&self.pool, company).await
    }

    async fn mailbox(&self, address: &HandleKey) -> Result<Option<(Company, Channel)>, Error> {
        channels::mailbox(&self.pool, address).await
    }
}
