//! Channels, and who is signed in.

use contact::{Channel, ChannelId, ChannelType, CompanyId, Handle, HandleKey, Time};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{AddedChannel, Company, Error, NewChannel, SecretHash, Session, record};

const CHANNEL: &str = "SELECT channel, type, address, text, token, created_at FROM channel";

/// Makes a channel.
pub fn add(connection: &Connection, company: CompanyId, new: NewChannel) -> Result<AddedChannel, Error> {
    let there = connection.prepare_cached("SELECT 1 FROM company WHERE company = ?1")?.exists([company.number()])?;
    if !there {
        return Ok(AddedChannel::NoCompany);
    }
    let NewChannel { kind, address, token, created_at } = new;
    // Mail is brought to a channel by its address alone, so that address is no other's in the whole store.
    let mut taken = connection.prepare_cached(
        "SELECT 1 FROM channel WHERE type = ?2 AND address = ?3 AND (company = ?1 OR type = 'email')",
    )?;
    if taken.exists(params![company.number(), kind.name(), address.key().as_str()])? {
        return Ok(AddedChannel::AddressTaken);
    }
    let last: Option<u64> = connection
        .prepare_cached("SELECT max(channel) FROM channel WHERE company = ?1")?
        .query_row([company.number()], |row| row.get(0))?;
    let count = last.map(record::channel_id).transpose()?.map_or(0, ChannelId::count);
    let channel = Channel { id: ChannelId::nth(company, count + 1), kind, address, token, created_at };
    connection.execute(
        "INSERT INTO channel (company, channel, type, address, text, token, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            company.number(),
            channel.id.number(),
            kind.name(),
            channel.key().as_str(),
            channel.address.text(),
            channel.token,
            created_at.millis()
        ],
    )?;
    Ok(AddedChannel::Done(channel))
}

/// All channels of a company, by id.
pub fn of(connection: &Connection, company: CompanyId) -> Result<Vec<Channel>, Error> {
    let mut statement = connection.prepare_cached(&format!("{CHANNEL} WHERE company = ?1 ORDER BY channel"))?;
    statement.query_and_then([company.number()], channel)?.collect()
}

/// The e-mail channel with an address, and whose it is.
pub fn mailbox(connection: &Connection, address: &HandleKey) -> Result<Option<(Company, Channel)>, Error> {
    let query = format!("{CHANNEL} WHERE type = 'email' AND address = ?1");
    let mut statement = connection.prepare_cached(&query)?;
    let Some(found) = statement.query_and_then([address.as_str()], channel)?.next().transpose()? else {
        return Ok(None);
    };
    let company = super::company_by_id(connection, found.id.company())?;
    Ok(company.map(|company| (company, found)))
}

fn channel(row: &Row) -> Result<Channel, Error> {
    let (kind, address): (String, String) = (row.get(1)?, row.get(2)?);
    let kind: ChannelType = kind.parse().map_err(|_| Error::Damaged(format!("{kind} is no type of a channel")))?;
    Ok(Channel {
        id: record::channel_id(row.get(0)?)?,
        kind,
        address: Handle::from_stored(HandleKey::from_stored(kind.source(), address), row.get(3)?),
        token: row.get(4)?,
        created_at: Time::from_millis(row.get(5)?),
    })
}

/// Keeps a sign-in, and forgets those that have ended.
pub fn add_session(connection: &Connection, company: CompanyId, session: &Session, now: Time) -> Result<(), Error> {
    connection
        .prepare_cached("DELETE FROM session WHERE company = ?1 AND expires_at <= ?2")?
        .execute(params![company.number(), now.millis()])?;
    connection
        .prepare_cached("INSERT INTO session (company, token, expires_at) VALUES (?1, ?2, ?3)")?
        .execute(params![company.number(), session.token.0, session.expires_at.millis()])?;
    Ok(())
}

/// When a sign-in ends.
pub fn session(connection: &Connection, company: CompanyId, token: SecretHash) -> Result<Option<Time>, Error> {
    let mut statement =
        connection.prepare_cached("SELECT expires_at FROM session WHERE company = ?1 AND token = ?2")?;
    let ends = statement.query_row(params![company.number(), token.0], |row| row.get(0)).optional()?;
    Ok(ends.map(Time::from_millis))
}

/// Forgets a sign-in, or all of a company's.
pub fn remove_sessions(connection: &Connection, company: CompanyId, token: Option<SecretHash>) -> Result<(), Error> {
    connection
        .prepare_cached("DELETE FROM session WHERE company = ?1 AND (?2 IS NULL OR token = ?2)")?
        .execute(params![company.number(), token.map(|token| token.0)])?;
    Ok(())
}
