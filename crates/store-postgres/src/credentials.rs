//! Credentials besides a company's own login: sessions, API tokens, and the secrets of teammates.

use contact::{CompanyId, TeammateId, Time};
use store::{SecretHash, Session, Token, record};
use tokio_postgres::Row;

use crate::codec::{company, number, optional_number, secret_hash, stored};
use crate::connect::Pool;
use crate::error::{Error, Result};
use crate::journal;

pub const ADD_SESSION: &str =
    "INSERT INTO session (company, token, teammate, expires_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
pub const REMOVE_EXPIRED_SESSIONS: &str = "DELETE FROM session WHERE company = $1 AND expires_at <= $2";
pub const SESSION: &str = "SELECT teammate, expires_at FROM session WHERE company = $1 AND token = $2";
pub const REMOVE_SESSION: &str = "DELETE FROM session WHERE company = $1 AND token = $2";
pub const REMOVE_SESSIONS: &str = "DELETE FROM session WHERE company = $1 AND teammate IS NULL";
pub const REMOVE_SESSIONS_OF: &str = "DELETE FROM session WHERE company = $1 AND teammate = $2";
pub const ADD_TOKEN: &str = "INSERT INTO token (company, hash, name, scopes, created_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING";
pub const TOKENS: &str =
    "SELECT hash, name, scopes, created_at FROM token WHERE company = $1 ORDER BY created_at, hash";
pub const TOKEN: &str = "SELECT hash, name, scopes, created_at FROM token WHERE company = $1 AND hash = $2";
pub const REMOVE_TOKEN: &str = "DELETE FROM token WHERE company = $1 AND hash = $2";
pub const SECRETS: &str = "SELECT teammate, secret FROM teammate_secret WHERE company = $1 ORDER BY teammate";
pub const SET_SECRET: &str = "INSERT INTO teammate_secret (company, teammate, secret) VALUES ($1, $2, $3)
     ON CONFLICT (company, teammate) DO UPDATE SET secret = excluded.secret";
pub const REMOVE_SECRET: &str = "DELETE FROM teammate_secret WHERE company = $1 AND teammate = $2";

/// The statements of this module.
pub const STATEMENTS: [&str; 13] = [
    ADD_SESSION,
    REMOVE_EXPIRED_SESSIONS,
    SESSION,
    REMOVE_SESSION,
    REMOVE_SESSIONS,
    REMOVE_SESSIONS_OF,
    ADD_TOKEN,
    TOKENS,
    TOKEN,
    REMOVE_TOKEN,
    SECRETS,
    SET_SECRET,
    REMOVE_SECRET,
];

/// Adds a session, and removes those that have expired.
pub async fn add_session(pool: &Pool, id: CompanyId, session: &Session, now: Time) -> Result<()> {
    pool.query(REMOVE_EXPIRED_SESSIONS, &[&company(id), &now.millis()]).await?;
    let Session { token, teammate, expires_at } = session;
    let (token, teammate) = (&token.0[..], teammate.map(|teammate| stored(teammate.number())));
    pool.query(ADD_SESSION, &[&company(id), &token, &teammate, &expires_at.millis()]).await?;
    Ok(())
}

/// The session with a token, if there is one.
pub async fn session(pool: &Pool, id: CompanyId, token: SecretHash) -> Result<Option<Session>> {
    let rows = pool.query(SESSION, &[&company(id), &&token.0[..]]).await?;
    let session = |row: &Row| -> Result<Session> {
        let teammate = optional_number(row, 0)?.map(record::teammate_id).transpose()?;
        Ok(Session { token, teammate, expires_at: Time::from_millis(row.try_get(1)?) })
    };
    rows.first().map(session).transpose()
}

/// Ends a session.
pub async fn remove_session(pool: &Pool, id: CompanyId, token: SecretHash) -> Result<()> {
    pool.query(REMOVE_SESSION, &[&company(id), &&token.0[..]]).await?;
    Ok(())
}

/// Replaces or removes the secret of a teammate, and ends their sessions.
pub async fn set_teammate_secret(
    pool: &Pool,
    id: CompanyId,
    teammate: TeammateId,
    secret: Option<SecretHash>,
) -> Result<()> {
    let mut connection = pool.get().await?;
    let transaction = connection.transaction().await?;
    let (id, teammate) = (company(id), stored(teammate.number()));
    if transaction.query_opt(journal::ENDS, &[&id]).await?.is_none() {
        return Err(Error::no_company());
    }
    transaction.execute(REMOVE_SESSIONS_OF, &[&id, &teammate]).await?;
    match secret {
        Some(secret) => transaction.execute(SET_SECRET, &[&id, &teammate, &&secret.0[..]]).await?,
        None => transaction.execute(REMOVE_SECRET, &[&id, &teammate]).await?,
    };
    Ok(transaction.commit().await?)
}

/// The secrets of the teammates who can sign in.
pub async fn teammate_secrets(pool: &Pool, id: CompanyId) -> Result<Vec<(TeammateId, SecretHash)>> {
    let secret = |row: &Row| Ok((record::teammate_id(number(row, 0)?)?, secret_hash(row, 1)?));
    pool.query(SECRETS, &[&company(id)]).await?.iter().map(secret).collect()
}

/// Adds an API token.
pub async fn add_token(pool: &Pool, id: CompanyId, token: &Token) -> Result<()> {
    if pool.query(journal::ENDS, &[&company(id)]).await?.is_empty() {
        return Err(Error::no_company());
    }
    let Token { hash, name, scopes, created_at } = token;
    let hash = &hash.0[..];
    pool.query(ADD_TOKEN, &[&company(id), &hash, name, scopes, &created_at.millis()]).await?;
    Ok(())
}

/// All API tokens of a company, the oldest first.
pub async fn tokens(pool: &Pool, id: CompanyId) -> Result<Vec<Token>> {
    pool.query(TOKENS, &[&company(id)]).await?.iter().map(to_token).collect()
}

/// The API token with a hash, if there is one.
pub async fn token(pool: &Pool, id: CompanyId, hash: SecretHash) -> Result<Option<Token>> {
    pool.query(TOKEN, &[&company(id), &&hash.0[..]]).await?.first().map(to_token).transpose()
}

/// Removes an API token, and returns whether there was one.
pub async fn remove_token(pool: &Pool, id: CompanyId, hash: SecretHash) -> Result<bool> {
    let connection = pool.get().await?;
    let statement = connection.prepare_cached(REMOVE_TOKEN).await?;
    Ok(connection.execute(&statement, &[&company(id), &&hash.0[..]]).await? > 0)
}

fn to_token(row: &Row) -> Result<Token> {
    Ok(Token {
        hash: secret_hash(row, 0)?,
        name: row.try_get(1)?,
        scopes: row.try_get(2)?,
        created_at: Time::from_millis(row.try_get(3)?),
    })
}
