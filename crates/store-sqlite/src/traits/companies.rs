//! Companies, and their records outside the journal: credentials, sign-ins and channels.

use async_trait::async_trait;
use contact::{Channel, ChannelId, ChannelType, CompanyId, CompanyName, Handle, HandleKey, TeammateId, Time};
use rusqlite::{Connection, OptionalExtension, Row, params};
use store::{Added, AddedChannel, Companies, Company, Error, NewChannel, SecretHash, Session, Token, record};

use crate::error::{self, Result as Inner};
use crate::journal;
use crate::locks::lock;
use crate::logins::{COMPANY, company_by_id, to_company};
use crate::sqlite::Sqlite;

const TOKEN: &str = "SELECT hash, name, scopes, created_at FROM token";

#[async_trait]
impl Companies for Sqlite {
    async fn add_company(&self, company: Company) -> Result<Added, Error> {
        let writer = self.writer()?;
        let added = writer.run(move |connection| add_company(connection, &company)).await?;
        // With its companies in the file, a store whose log is damaged is never taken for a new one.
        writer.checkpoint();
        Ok(added)
    }

    async fn company(&self, name: &CompanyName) -> Result<Option<Company>, Error> {
        Ok(lock(&self.logins).find(name).inspect_err(|error| self.readers.damage.note(error))?)
    }

    async fn company_by_id(&self, company: CompanyId) -> Result<Option<Company>, Error> {
        self.read(move |connection| company_by_id(connection, company)).await
    }

    async fn companies(&self) -> Result<Vec<Company>, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("{COMPANY} ORDER BY name"))?;
            statement.query_and_then([], to_company)?.collect()
        })
        .await
    }

    async fn set_secret(&self, company: CompanyId, secret: SecretHash) -> Result<bool, Error> {
        let set = move |connection: &Connection| {
            let mut end = connection.prepare_cached("DELETE FROM session WHERE company = ?1 AND teammate IS NULL")?;
            end.execute([company.number()])?;
            let mut statement = connection.prepare_cached("UPDATE company SET secret = ?2 WHERE company = ?1")?;
            Ok(statement.execute(params![company.number(), secret.0])? > 0)
        };
        Ok(self.writer()?.run(set).await?)
    }

    async fn set_rate_limit(&self, company: CompanyId, limit: Option<u32>) -> Result<bool, Error> {
        let set = move |connection: &Connection| {
            let mut statement = connection.prepare_cached("UPDATE company SET rate_limit = ?2 WHERE company = ?1")?;
            Ok(statement.execute(params![company.number(), limit])? > 0)
        };
        Ok(self.writer()?.run(set).await?)
    }

    async fn set_teammate_secret(
        &self,
        company: CompanyId,
        teammate: TeammateId,
        secret: Option<SecretHash>,
    ) -> Result<(), Error> {
        let set = move |connection: &Connection| {
            journal::ends(connection, company)?.ok_or(Error::NoCompany)?;
            let key = params![company.number(), teammate.number()];
            connection.execute("DELETE FROM session WHERE company = ?1 AND teammate = ?2", key)?;
            connection.execute("DELETE FROM teammate_secret WHERE company = ?1 AND teammate = ?2", key)?;
            if let Some(secret) = secret {
                let insert = "INSERT INTO teammate_secret (company, teammate, secret) VALUES (?1, ?2, ?3)";
                connection.execute(insert, params![company.number(), teammate.number(), secret.0])?;
            }
            Ok(())
        };
        Ok(self.writer()?.run(set).await?)
    }

    async fn teammate_secrets(&self, company: CompanyId) -> Result<Vec<(TeammateId, SecretHash)>, Error> {
        self.read(move |connection| {
            let query = "SELECT teammate, secret FROM teammate_secret WHERE company = ?1 ORDER BY teammate";
            let secret = |row: &Row| Ok((record::teammate_id(row.get(0)?)?, SecretHash(row.get(1)?)));
            connection.prepare_cached(query)?.query_and_then([company.number()], secret)?.collect()
        })
        .await
    }

    async fn add_token(&self, company: CompanyId, token: Token) -> Result<(), Error> {
        let add = move |connection: &Connection| {
            journal::ends(connection, company)?.ok_or(Error::NoCompany)?;
            let insert = "INSERT INTO token (company, hash, name, scopes, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
            let Token { hash, name, scopes, created_at } = &token;
            connection.execute(insert, params![company.number(), hash.0, name, scopes, created_at.millis()])?;
            Ok(())
        };
        Ok(self.writer()?.run(add).await?)
    }

    async fn tokens(&self, company: CompanyId) -> Result<Vec<Token>, Error> {
        self.read(move |connection| {
            let query = format!("{TOKEN} WHERE company = ?1 ORDER BY created_at, hash");
            connection.prepare_cached(&query)?.query_and_then([company.number()], to_token)?.collect()
        })
        .await
    }

    async fn token(&self, company: CompanyId, hash: SecretHash) -> Result<Option<Token>, Error> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!("{TOKEN} WHERE company = ?1 AND hash = ?2"))?;
            statement.query_and_then(params![company.number(), hash.0], to_token)?.next().transpose()
        })
        .await
    }

    async fn remove_token(&self, company: CompanyId, hash: SecretHash) -> Result<bool, Error> {
        let remove = move |connection: &Connection| {
            let delete = "DELETE FROM token WHERE company = ?1 AND hash = ?2";
            Ok(connection.execute(delete, params![company.number(), hash.0])? > 0)
        };
        Ok(self.writer()?.run(remove).await?)
    }

    async fn add_session(&self, company: CompanyId, session: Session, now: Time) -> Result<(), Error> {
        let add = move |connection: &Connection| {
            let end = "DELETE FROM session WHERE company = ?1 AND expires_at <= ?2";
            connection.prepare_cached(end)?.execute(params![company.number(), now.millis()])?;
            let insert = "INSERT INTO session (company, token, teammate, expires_at) VALUES (?1, ?2, ?3, ?4)";
            let Session { token, teammate, expires_at } = &session;
            let teammate = teammate.map(TeammateId::number);
            let mut statement = connection.prepare_cached(insert)?;
            statement.execute(params![company.number(), token.0, teammate, expires_at.millis()])?;
            Ok(())
        };
        Ok(self.writer()?.run(add).await?)
    }

    async fn session(&self, company: CompanyId, token: SecretHash) -> Result<Option<Session>, Error> {
        self.read(move |connection| {
            let query = "SELECT teammate, expires_at FROM session WHERE company = ?1 AND token = ?2";
            let session = |row: &Row| {
                let teammate: Option<u64> = row.get(0)?;
                let teammate = teammate.map(record::teammate_id).transpose()?;
                Ok(Session { token, teammate, expires_at: Time::from_millis(row.get(1)?) })
            };
            let mut statement = connection.prepare_cached(query)?;
            statement.query_and_then(params![company.number(), token.0], session)?.next().transpose()
        })
        .await
    }

    async fn remove_session(&self, company: CompanyId, token: SecretHash) -> Result<(), Error> {
        let remove = move |connection: &Connection| {
            let delete = "DELETE FROM session WHERE company = ?1 AND token = ?2";
            connection.prepare_cached(delete)?.execute(params![company.number(), token.0])?;
            Ok(())
        };
        Ok(self.writer()?.run(remove).await?)
    }

    async fn add_channel(&self, company: CompanyId, channel: NewChannel) -> Result<AddedChannel, Error> {
        Ok(self.writer()?.run(move |connection| add_channel(connection, company, channel)).await?)
    }

    async fn channels(&self, company: CompanyId) -> Result<Vec<Channel>, Error> {
        self.read(move |connection| channels(connection, company)).await
    }

    async fn mailbox(&self, address: &HandleKey) -> Result<Option<(Company, Channel)>, Error> {
        let address = address.clone();
        self.trusted(self.read(move |connection| mailbox(connection, &address)).await?)
    }
}

fn to_token(row: &Row) -> Inner<Token> {
    Ok(Token {
        hash: SecretHash(row.get(0)?),
        name: row.get(1)?,
        scopes: row.get(2)?,
        created_at: Time::from_millis(row.get(3)?),
    })
}

fn add_company(connection: &Connection, company: &Company) -> Inner<Added> {
    let taken = |query: &str, value: &dyn rusqlite::ToSql| {
        connection.prepare_cached(query)?.query_row([value], |_| Ok(())).optional()
    };
    if taken("SELECT 1 FROM company WHERE name = ?1", &company.name.as_str())?.is_some() {
        return Ok(Added::NameTaken);
    }
    if taken("SELECT 1 FROM company WHERE company = ?1", &company.id.number())?.is_some() {
        return Ok(Added::NumberTaken);
    }
    connection.execute(
        "INSERT INTO company (company, name, secret, region, created_at, rate_limit) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            company.id.number(),
            company.name.as_str(),
            company.secret.0,
            company.region.to_string(),
            company.created_at.millis(),
            company.rate_limit
        ],
    )?;
    Ok(Added::Done)
}

const CHANNEL: &str = "SELECT channel, type, address, text, signature_key, created_at FROM channel";

/// Makes a channel.
fn add_channel(connection: &Connection, company: CompanyId, new: NewChannel) -> Inner<AddedChannel> {
    let there = connection.prepare_cached("SELECT 1 FROM company WHERE company = ?1")?.exists([company.number()])?;
    if !there {
        return Ok(AddedChannel::NoCompany);
    }
    let NewChannel { kind, address, signature_key, created_at } = new;
    // Mail is delivered to a channel by its address alone, so the address is unique in the whole store.
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
    let channel = Channel { id: ChannelId::nth(company, count + 1), kind, address, signature_key, created_at };
    connection.execute(
        "INSERT INTO channel (company, channel, type, address, text, signature_key, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            company.number(),
            channel.id.number(),
            kind.name(),
            channel.key().as_str(),
            channel.address.text(),
            channel.signature_key.as_ref().map(ToString::to_string),
            created_at.millis()
        ],
    )?;
    Ok(AddedChannel::Done(channel))
}

/// All channels of a company, by id.
fn channels(connection: &Connection, company: CompanyId) -> Inner<Vec<Channel>> {
    let mut statement = connection.prepare_cached(&format!("{CHANNEL} WHERE company = ?1 ORDER BY channel"))?;
    statement.query_and_then([company.number()], channel)?.collect()
}

/// The e-mail channel with an address, and whose it is.
fn mailbox(connection: &Connection, address: &HandleKey) -> Inner<Option<(Company, Channel)>> {
    let query = format!("{CHANNEL} WHERE type = 'email' AND address = ?1");
    let mut statement = connection.prepare_cached(&query)?;
    let Some(found) = statement.query_and_then([address.as_str()], channel)?.next().transpose()? else {
        return Ok(None);
    };
    let company = company_by_id(connection, found.id.company())?;
    Ok(company.map(|company| (company, found)))
}

fn channel(row: &Row) -> Inner<Channel> {
    let (kind, address, text): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let kind: ChannelType =
        kind.parse().map_err(|_| error::Error::damaged(format!("{kind} is no type of a channel")))?;
    Ok(Channel {
        id: record::channel_id(row.get(0)?)?,
        kind,
        address: Handle::from_stored(HandleKey::from_stored(kind.source(), &address), &text),
        signature_key: row.get::<_, Option<String>>(4)?.map(|key| record::to_signature_key(&key)).transpose()?,
        created_at: Time::from_millis(row.get(5)?),
    })
}
