//! Who may ask beside a company itself: who is signed in, the tokens of its programs, and what its teammates sign in with.

use contact::{CompanyId, TeammateId, Time};
use tokio_postgres::Row;

use super::companies::hash;
use super::connect::Pool;
use super::load::{self, company, known_number, number, stored};
use crate::{Error, SecretHash, Session, Token, record};

pub const ADD_SESSION: &str =
    "INSERT INTO session (company, token, teammate, expires_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
pub const END_SESSIONS: &str = "DELETE FROM session WHERE company = $1 AND expires_at <= $2";
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

/// The statements that this reads and writes with.
pub const STATEMENTS: [&str; 13] = [
    ADD_SESSION,
    END_SESSIONS,
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

/// Keeps a sign-in, and forgets those that have ended.
pub async fn add_session(pool: &Pool, id: CompanyId, session: &Session, now: Time) -> Result<(), Error> {
    pool.query(END_SESSIONS, &[&company(id), &now.millis()]).await?;
    let Session { token, teammate, expires_at } = session;
    let (token, teammate) = (&token.0[..], teammate.map(|teammate| stored(teammate.number())));
    pool.query(ADD_SESSION, &[&company(id), &token, &teammate, &expires_at.millis()]).await?;
    Ok(())
}

/// A sign-in, if it is known.
pub async fn session(pool: &Pool, id: CompanyId, token: SecretHash) -> Result<Option<Session>, Error> {
    let rows = pool.query(SESSION, &[&company(id), &&token.0[..]]).await?;
    let session = |row: &Row| {
        let teammate = known_number(row, 0)?.map(record::teammate_id).transpose()?;
        Ok(Session { token, teammate, expires_at: Time::from_millis(row.try_get(1)?) })
    };
    rows.first().map(session).transpose()
}

/// Forgets a sign-in.
pub async fn remove_session(pool: &Pool, id: CompanyId, token: SecretHash) -> Result<(), Error> {
    pool.query(REMOVE_SESSION, &[&company(id), &&token.0[..]]).await?;
    Ok(())
}

/// Keeps what a teammate signs in with, and ends their sign-ins.
pub async fn set_teammate_secret(
    pool: &Pool,
    id: CompanyId,
    teammate: TeammateId,
    secret: Option<SecretHash>,
) -> Result<(), Error> {
    let mut connection = pool.get().await?;
    let transaction = connection.transaction().await?;
    let (id, teammate) = (company(id), stored(teammate.number()));
    if transaction.query_opt(load::ENDS, &[&id]).await?.is_none() {
        return Err(Error::NoCompany);
    }
    transaction.execute(REMOVE_SESSIONS_OF, &[&id, &teammate]).await?;
    match secret {
        Some(secret) => transaction.execute(SET_SECRET, &[&id, &teammate, &&secret.0[..]]).await?,
        None => transaction.execute(REMOVE_SECRET, &[&id, &teammate]).await?,
    };
    Ok(transaction.commit().await?)
}

/// What teammates sign in with, of those that can.
pub async fn teammate_secrets(pool: &Pool, id: CompanyId) -> Result<Vec<(TeammateId, SecretHash)>, Error> {
    let secret = |row: &Row| Ok((record::teammate_id(number(row, 0)?)?, hash(row.try_get(1)?)?));
    pool.query(SECRETS, &[&company(id)]).await?.iter().map(secret).collect()
}

/// Keeps a token.
pub async fn add_token(pool: &Pool, id: CompanyId, token: &Token) -> Result<(), Error> {
    if pool.query(load::ENDS, &[&company(id)]).await?.is_empty() {
        return Err(Error::NoCompany);
    }
    let Token { hash, name, scopes, created_at } = token;
    let hash = &hash.0[..];
    pool.query(ADD_TOKEN, &[&company(id), &hash, name, scopes, &created_at.millis()]).await?;
    Ok(())
}

/// All tokens of a company, the oldest first.
pub async fn tokens(pool: &Pool, id: CompanyId) -> Result<Vec<Token>, Error> {
    pool.query(TOKENS, &[&company(id)]).await?.iter().map(to_token).collect()
}

/// The token with a hash.
pub async fn token(pool: &Pool, id: CompanyId, hash: SecretHash) -> Result<Option<Token>, Error> {
    pool.query(TOKEN, &[&company(id), &&hash.0[..]]).await?.first().map(to_token).transpose()
}

/// Forgets a token, and says whether it was known.
pub async fn remove_token(pool: &Pool, id: CompanyId, hash: SecretHash) -> Result<bool, Error> {
    let connection = pool.get().await?;
    let statement = connection.prepare_cached(REMOVE_TOKEN).await?;
    Ok(connection.execute(&statement, &[&company(id), &&hash.0[..]]).await? > 0)
}

fn to_token(row: &Row) -> Result<Token, Error> {
    Ok(Token {
        hash: hash(row.try_get(0)?)?,
        name: row.try_get(1)?,
        scopes: row.try_get(2)?,
        created_at: Time::from_millis(row.try_get(3)?),
    })
}
