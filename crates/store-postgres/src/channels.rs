//! The channels of companies.

use contact::{Channel, ChannelId, ChannelType, CompanyId, Handle, HandleKey, Time};
use store::{AddedChannel, Company, NewChannel, record};
use tokio_postgres::Row;

use crate::codec::{self, number, stored};
use crate::companies;
use crate::connect::Pool;
use crate::error::{Error, Result};
use crate::journal;

pub const CHANNELS: &str = "SELECT channel, type, address, text, signature_key, created_at FROM channel
     WHERE company = $1 ORDER BY channel";
pub const MAILBOX: &str = "SELECT company, channel FROM mailbox WHERE address = $1";
pub const CHANNEL: &str = "SELECT channel, type, address, text, signature_key, created_at FROM channel
     WHERE company = $1 AND channel = $2";

/// Adds a channel.
pub async fn add(pool: &Pool, company: CompanyId, new: NewChannel) -> Result<AddedChannel> {
    let NewChannel { kind, address, signature_key, created_at } = new;
    let mut connection = pool.get().await?;
    let transaction = connection.transaction().await?;
    let id = codec::company(company);
    if transaction.query_opt(journal::LOCK, &[&id]).await?.is_none() {
        return Ok(AddedChannel::NoCompany);
    }
    let rows = transaction.query(CHANNELS, &[&id]).await?;
    let others = rows.iter().map(channel).collect::<Result<Vec<_>>>()?;
    if others.iter().any(|other| other.kind == kind && other.key() == address.key()) {
        return Ok(AddedChannel::AddressTaken);
    }
    let count = others.last().map_or(0, |last| last.id.count());
    let channel = Channel { id: ChannelId::nth(company, count + 1), kind, address, signature_key, created_at };
    let number = stored(channel.id.number());
    if kind == ChannelType::Email {
        let insert = "INSERT INTO mailbox (address, company, channel) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        if transaction.execute(insert, &[&channel.key().as_str(), &id, &number]).await? == 0 {
            return Ok(AddedChannel::AddressTaken);
        }
    }
    let insert = "INSERT INTO channel (company, channel, type, address, text, signature_key, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let (name, key, text) = (kind.name(), channel.key().as_str(), channel.address.text());
    let at = created_at.millis();
    let signature_key = channel.signature_key.as_ref().map(ToString::to_string);
    transaction.execute(insert, &[&id, &number, &name, &key, &text, &signature_key, &at]).await?;
    transaction.commit().await?;
    Ok(AddedChannel::Done(channel))
}

/// All channels of a company, by id.
pub async fn all(pool: &Pool, company: CompanyId) -> Result<Vec<Channel>> {
    pool.query(CHANNELS, &[&codec::company(company)]).await?.iter().map(channel).collect()
}

/// The e-mail channel with an address, and its company.
pub async fn mailbox(pool: &Pool, address: &HandleKey) -> Result<Option<(Company, Channel)>> {
    let rows = pool.query(MAILBOX, &[&address.as_str()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (id, number): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let company_row = pool.query(companies::BY_ID, &[&id]).await?;
    let channel_row = pool.query(CHANNEL, &[&id, &number]).await?;
    let found = company_row.first().map(companies::company).transpose()?;
    Ok(found.zip(channel_row.first().map(channel).transpose()?))
}

fn channel(row: &Row) -> Result<Channel> {
    let kind: &str = row.try_get(1)?;
    let kind: ChannelType = kind.parse().map_err(|_| Error::damaged(format!("{kind} is not a channel type")))?;
    let key = HandleKey::from_stored(kind.source(), row.try_get(2)?);
    Ok(Channel {
        id: record::channel_id(number(row, 0)?)?,
        kind,
        address: Handle::from_stored(key, row.try_get(3)?),
        signature_key: row.try_get::<_, Option<&str>>(4)?.map(record::to_signature_key).transpose()?,
        created_at: Time::from_millis(row.try_get(5)?),
    })
}
