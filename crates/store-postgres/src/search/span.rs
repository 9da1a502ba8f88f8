//! Spans: contacts that were changed one after another, whose tokens are told apart from those of all others.
//!
//! An index of this kind finds all who have some tokens before it is known who of them was changed last. So a token is kept once for
//! each span, mixed with its number: a search reads the latest span first, and stops once it has found enough. What few have is looked
//! for in all spans, and what many have is found in the latest; so the latest are small, and those before them as large as what is newer
//! than they are. A contact that changes comes into the last span, and those before it get emptier and older, so two of them that are
//! next to each other become one when they would be no more than a full one.

use std::hash::Hasher as _;

use contact::{CompanyId, Seq};
use deadpool_postgres::ClientWrapper;
use siphasher::sip::SipHasher13;

use crate::codec::{company, stored};
use crate::connect::{Pool, Transaction, query};
use crate::error::{Error, Result};
use crate::journal_reader::CURSOR;

/// The name of the journal reader that keeps the search index.
pub const READER: &str = "search";

/// How many contacts a span may have however few are newer: so few that reading all who have what many have takes some milliseconds.
const LEAST: i64 = 1 << 12;
/// How many it may have at most: nobody among the newer ones may have what all of these have, and then all of them are read.
const MOST: i64 = 1 << 16;
/// Most contacts that are brought into another span in one transaction.
const MOVED_MAX: i64 = 500;
/// What the tokens of a span are mixed with.
pub const SALT: &str = "(span * 1103515245 & 2147483647)::integer";

/// The last span, how many are in it, and how many entries the journal has.
const LAST: &str = "SELECT entries, span, contacts FROM ends LEFT JOIN search_span USING (company) WHERE company = $1
     ORDER BY span DESC LIMIT 1";
/// The emptiest two spans next to each other that may be one, both before the one that is being filled, and which of them has fewer.
const PAIR: &str = "SELECT older, span, before < contacts FROM (
         SELECT span, contacts, lag(span) OVER they AS older, lag(contacts) OVER they AS before,
             sum(contacts) OVER (they ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS newer
         FROM search_span WHERE company = $1 WINDOW they AS (ORDER BY span)
     ) AS pairs WHERE newer > 0 AND before + contacts <= least(greatest(newer, $2::bigint), $3::bigint)
     ORDER BY before + contacts, span LIMIT 1";
/// Brings those of a span that are next to another into that.
macro_rules! moving {
    ($order:literal) => {
        concat!(
            "UPDATE search SET span = $3, tokens = ARRAY(SELECT token # $4::integer FROM unnest(tokens) AS token)
     WHERE company = $1 AND contact IN (
         SELECT contact FROM search WHERE company = $1 AND span = $2 ORDER BY ",
            $order,
            " LIMIT $5::bigint
     )"
        )
    };
}
const MOVE_FIRST: &str = moving!("changed, contact");
const MOVE_LAST: &str = moving!("changed DESC, contact DESC");
/// Counts contacts in a span, or fewer.
pub const COUNT: &str = "INSERT INTO search_span (company, span, contacts) VALUES ($1, $2, $3)
     ON CONFLICT (company, span) DO UPDATE SET contacts = search_span.contacts + excluded.contacts";
/// Takes some contacts out of the counts of their spans.
pub const LEAVE: &str = "UPDATE search_span SET contacts = contacts - leaving.count
     FROM (SELECT span, count(*) AS count FROM search WHERE company = $1 AND contact = ANY($2) GROUP BY span) AS leaving
     WHERE search_span.company = $1 AND search_span.span = leaving.span";
/// Ends spans that nobody is in. Whoever changes comes into the last, which has somebody.
const END: &str = "DELETE FROM search_span WHERE company = $1 AND contacts = 0";
pub const FORGET_ALL: &str = "DELETE FROM search_span WHERE company = $1";

pub const STATEMENTS: [&str; 8] = [LAST, PAIR, MOVE_FIRST, MOVE_LAST, COUNT, LEAVE, END, FORGET_ALL];

/// The span for whoever is changed next, once the journal is read up to an entry: the last one, unless that is full.
pub async fn next(client: &ClientWrapper, id: CompanyId, read: Seq) -> Result<i64> {
    let rows = query(client, LAST, &[&company(id)]).await?;
    let row = rows.first().ok_or_else(Error::no_company)?;
    let (entries, last): (i64, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
    let Some(last) = last else { return Ok(0) };
    let contacts: i64 = row.try_get(2)?;
    // As many will be newer as there are entries to read, or fewer.
    Ok(if contacts < most(entries - stored(read.0)) { last } else { last + 1 })
}

/// How many contacts a span may have that so many are newer than.
fn most(newer: i64) -> i64 {
    newer.clamp(LEAST, MOST)
}

/// What the tokens of a span are mixed with: as [`SALT`] says.
pub fn salt(span: i64) -> i32 {
    low(span.cast_unsigned().wrapping_mul(1_103_515_245))
}

/// The number of a token. That another has the same is rare, and costs a look.
pub fn token(id: CompanyId, token: &str) -> i32 {
    let mut hasher = SipHasher13::new_with_keys(company(id).cast_unsigned(), 0);
    hasher.write(token.as_bytes());
    low(hasher.finish())
}

fn low(bits: u64) -> i32 {
    i32::try_from(bits & 0x7fff_ffff).expect("31 bits")
}

/// Brings some contacts of two spans together, if there are such spans, and says whether there were.
pub async fn join(pool: &Pool, id: CompanyId) -> Result<bool> {
    let id = company(id);
    if pool.query(PAIR, &[&id, &LEAST, &MOST]).await?.is_empty() {
        return Ok(false);
    }
    let mut transaction = Transaction::new(pool.get().await?);
    let client = transaction.client();
    client.batch_execute("BEGIN; SET LOCAL statement_timeout = 0").await?;
    if query(client, CURSOR, &[&id, &READER]).await?.is_empty() {
        return transaction.roll_back().await.map(|()| false);
    }
    query(client, END, &[&id]).await?;
    if let Some(pair) = query(client, PAIR, &[&id, &LEAST, &MOST]).await?.first() {
        let (older, newer, has_fewer): (i64, i64, bool) = (pair.try_get(0)?, pair.try_get(1)?, pair.try_get(2)?);
        let (statement, from, to) = if has_fewer { (MOVE_LAST, older, newer) } else { (MOVE_FIRST, newer, older) };
        let moved = client.prepare_cached(statement).await?;
        let moved = client.execute(&moved, &[&id, &from, &to, &(salt(from) ^ salt(to)), &MOVED_MAX]).await?;
        for (span, more) in [(to, stored(moved)), (from, -stored(moved))] {
            query(client, COUNT, &[&id, &span, &more]).await?;
        }
        query(client, END, &[&id]).await?;
    }
    client.batch_execute("COMMIT").await?;
    transaction.release();
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept is found only while these stay as they are.
    #[test]
    fn tokens_have_the_same_numbers_for_ever() {
        let [one, other] = [1, 2].map(|n| CompanyId::new(n).unwrap());
        assert_eq!(
            [token(one, "_bru"), token(one, "ruc"), token(other, "_bru")],
            [542_937_984, 82_720_723, 911_689_364]
        );
        assert_eq!([0, 1, 2, 1 << 40].map(salt), [0, 1_103_515_245, 59_546_842, 0]);
    }
}
