//! Companies, their channels, and who is signed in.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use contact::{Channel, ChannelId, ChannelType, CompanyId, CompanyName, Handle, HandleKey, Time};
use tokio::time::Instant;
use tokio_postgres::Row;

use super::connect::Pool;
use super::load::{self, number, stored};
use super::lock;
use super::news::TELL_COMPANIES;
use crate::{Added, AddedChannel, Company, Error, NewChannel, SecretHash, Session, record};

/// Most companies whose logins are kept at hand.
const AT_HAND_MAX: usize = 10_000;
/// How long a login is kept at hand without being looked up again, in case that the news of a change was lost.
const AT_HAND_TIME: Duration = Duration::from_secs(1);

pub const ALL: &str = "SELECT company, name, secret, region, created_at FROM company ORDER BY name";
pub const BY_NAME: &str = "SELECT company, name, secret, region, created_at FROM company WHERE name = $1";
pub const BY_ID: &str = "SELECT company, name, secret, region, created_at FROM company WHERE company = $1";
pub const CHANNELS: &str = "SELECT channel, type, address, text, token, created_at FROM channel
     WHERE company = $1 ORDER BY channel";
pub const MAILBOX: &str = "SELECT company, channel FROM mailbox WHERE address = $1";
pub const CHANNEL: &str = "SELECT channel, type, address, text, token, created_at FROM channel
     WHERE company = $1 AND channel = $2";
pub const ADD_SESSION: &str =
    "INSERT INTO session (company, token, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
pub const END_SESSIONS: &str = "DELETE FROM session WHERE company = $1 AND expires_at <= $2";
pub const SESSION: &str = "SELECT expires_at FROM session WHERE company = $1 AND token = $2";
pub const REMOVE_SESSION: &str = "DELETE FROM session WHERE company = $1 AND token = $2";
pub const REMOVE_SESSIONS: &str = "DELETE FROM session WHERE company = $1";

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
    let insert = "INSERT INTO company (company, name, secret, region, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING";
    let (secret, region, at) = (&company.secret.0[..], company.region.to_string(), company.created_at.millis());
    if transaction.execute(insert, &[&id, &company.name.as_str(), &secret, &region, &at]).await? == 0 {
        let is_name = !transaction.query(BY_NAME, &[&company.name.as_str()]).await?.is_empty();
        return Ok(if is_name { Added::NameTaken } else { Added::NumberTaken });
    }
    transaction.execute("INSERT INTO ends (company) VALUES ($1)", &[&id]).await?;
    transaction.execute("INSERT INTO reader (company, reader, seq) VALUES ($1, 'search', 0)", &[&id]).await?;
    transaction.execute(TELL_COMPANIES, &[]).await?;
    transaction.commit().await?;
    Ok(Added::Done)
}

/// Replaces a company's secret, and ends its sign-ins.
pub async fn set_secret(pool: &Pool, id: CompanyId, secret: SecretHash) -> Result<bool, Error> {
    let mut connection = pool.get().await?;
    let transaction = connection.transaction().await?;
    let (id, secret) = (load::company(id), &secret.0[..]);
    let update = "UPDATE company SET secret = $2 WHERE company = $1";
    let is_there = transaction.execute(update, &[&id, &secret]).await? > 0;
    transaction.execute(REMOVE_SESSIONS, &[&id]).await?;
    transaction.execute(TELL_COMPANIES, &[]).await?;
    transaction.commit().await?;
    Ok(is_there)
}

pub fn company(row: &Row) -> Result<Company, Error> {
    let (name, region): (&str, &str) = (row.try_get(1)?, row.try_get(3)?);
    let damaged = |what: &str| Error::Damaged(format!("{what} is not of a company"));
    Ok(Company {
        id: record::company_id(u32::try_from(number(row, 0)?).unwrap_or_default())?,
        name: name.parse().map_err(|_| damaged("name"))?,
        secret: hash(row.try_get(2)?)?,
        region: region.parse().map_err(|_| damaged("region"))?,
        created_at: Time::from_millis(row.try_get(4)?),
    })
}

fn hash(bytes: &[u8]) -> Result<SecretHash, Error> {
    Ok(SecretHash(bytes.try_into().map_err(|_| Error::Damaged("a secret has not 32 bytes".into()))?))
}

/// Makes a channel.
pub async fn add_channel(pool: &Pool, company: CompanyId, new: NewChannel) -> Result<AddedChannel, Error> {
    let NewChannel { kind, address, token, created_at } = new;
    let mut connection = pool.get().await?;
    let transaction = connection.transaction().await?;
    let id = load::company(company);
    if transaction.query_opt(load::LOCK, &[&id]).await?.is_none() {
        return Ok(AddedChannel::NoCompany);
    }
    let rows = transaction.query(CHANNELS, &[&id]).await?;
    let there = rows.iter().map(channel).collect::<Result<Vec<_>, _>>()?;
    if there.iter().any(|other| other.kind == kind && other.key() == address.key()) {
        return Ok(AddedChannel::AddressTaken);
    }
    let count = there.last().map_or(0, |last| last.id.count());
    let channel = Channel { id: ChannelId::nth(company, count + 1), kind, address, token, created_at };
    let number = stored(channel.id.number());
    if kind == ChannelType::Email {
        let insert = "INSERT INTO mailbox (address, company, channel) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        if transaction.execute(insert, &[&channel.key().as_str(), &id, &number]).await? == 0 {
            return Ok(AddedChannel::AddressTaken);
        }
    }
    let insert = "INSERT INTO channel (company, channel, type, address, text, token, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let (name, key, text) = (kind.name(), channel.key().as_str(), channel.address.text());
    let at = created_at.millis();
    transaction.execute(insert, &[&id, &number, &name, &key, &text, &channel.token, &at]).await?;
    transaction.commit().await?;
    Ok(AddedChannel::Done(channel))
}

/// All channels of a company, by id.
pub async fn channels(pool: &Pool, id: CompanyId) -> Result<Vec<Channel>, Error> {
    pool.query(CHANNELS, &[&load::company(id)]).await?.iter().map(channel).collect()
}

/// The e-mail channel with an address, and whose it is.
pub async fn mailbox(pool: &Pool, address: &HandleKey) -> Result<Option<(Company, Channel)>, Error> {
    let rows = pool.query(MAILBOX, &[&address.as_str()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (id, number): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let company_row = pool.query(BY_ID, &[&id]).await?;
    let channel_row = pool.query(CHANNEL, &[&id, &number]).await?;
    let found = company_row.first().map(company).transpose()?;
    Ok(found.zip(channel_row.first().map(channel).transpose()?))
}

fn channel(row: &Row) -> Result<Channel, Error> {
    let kind: &str = row.try_get(1)?;
    let kind: ChannelType = kind.parse().map_err(|_| Error::Damaged(format!("{kind} is no type of a channel")))?;
    let key = HandleKey::from_stored(kind.source(), row.try_get(2)?);
    Ok(Channel {
        id: record::channel_id(number(row, 0)?)?,
        kind,
        address: Handle::from_stored(key, row.try_get(3)?),
        token: row.try_get(4)?,
        created_at: Time::from_millis(row.try_get(5)?),
    })
}

/// Keeps a sign-in, and forgets those that have ended.
pub async fn add_session(pool: &Pool, id: CompanyId, session: &Session, now: Time) -> Result<(), Error> {
    pool.query(END_SESSIONS, &[&load::company(id), &now.millis()]).await?;
    let token = &session.token.0[..];
    pool.query(ADD_SESSION, &[&load::company(id), &token, &session.expires_at.millis()]).await?;
    Ok(())
}

/// When a sign-in ends.
pub async fn session(pool: &Pool, id: CompanyId, token: SecretHash) -> Result<Option<Time>, Error> {
    let rows = pool.query(SESSION, &[&load::company(id), &&token.0[..]]).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?.map(Time::from_millis))
}

/// Forgets a sign-in.
pub async fn remove_session(pool: &Pool, id: CompanyId, token: SecretHash) -> Result<(), Error> {
    pool.query(REMOVE_SESSION, &[&load::company(id), &&token.0[..]]).await?;
    Ok(())
}
