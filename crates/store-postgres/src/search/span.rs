//! Spans: contacts that changed one after another, whose tokens differ from those of all other spans.
//!
//! A GIN index returns all contacts with some tokens, in no order. So each span mixes its number into its tokens: a
//! search reads the latest span first, and stops as soon as it has enough.
//!
//! Rare tokens are looked up in all spans, common ones are found in the latest. So the latest spans are small, and each
//! earlier one may be as large as all newer ones together. A contact that changes moves to the last span. Two
//! neighbouring spans merge as soon as one span may hold the contacts of both.

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

/// The capacity of the latest span: few enough to read all of its contacts with a common token in some milliseconds.
const CAPACITY_MIN: i64 = 1 << 12;
/// The greatest capacity of a span: a token may be common in it and missing in newer ones, and then all of it is read.
const CAPACITY_MAX: i64 = 1 << 16;
/// Most contacts that move to another span in one transaction.
const MOVED_MAX: i64 = 500;
/// The number that is mixed into the tokens of a span, in SQL.
pub const SALT: &str = "(span * 1103515245 & 2147483647)::integer";

/// The last entry of the journal, and the last span with its number of contacts.
const LAST: &str = "SELECT entries, span, contacts FROM ends LEFT JOIN search_span USING (company) WHERE company = $1
     ORDER BY span DESC LIMIT 1";
/// The smallest two neighbouring spans that may merge, and whether the older one is smaller. Never the last span.
const PAIR: &str = "SELECT older, span, before < contacts FROM (
         SELECT span, contacts, lag(span) OVER spans AS older, lag(contacts) OVER spans AS before,
             sum(contacts) OVER (spans ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS newer
         FROM search_span WHERE company = $1 WINDOW spans AS (ORDER BY span)
     ) AS pairs WHERE newer > 0 AND before + contacts <= least(greatest(newer, $2::bigint), $3::bigint)
     ORDER BY before + contacts, span LIMIT 1";
/// Moves the contacts of a span that are next to another one into that.
macro_rules! move_contacts {
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
const MOVE_FIRST: &str = move_contacts!("changed, contact");
const MOVE_LAST: &str = move_contacts!("changed DESC, contact DESC");
/// Adds to the number of contacts of a span.
pub const ADD: &str = "INSERT INTO search_span (company, span, contacts) VALUES ($1, $2, $3)
     ON CONFLICT (company, span) DO UPDATE SET contacts = search_span.contacts + excluded.contacts";
/// Subtracts some contacts from the numbers of their spans.
pub const SUBTRACT: &str = "UPDATE search_span SET contacts = contacts - leaving.count
     FROM (SELECT span, count(*) AS count FROM search WHERE company = $1 AND contact = ANY($2) GROUP BY span) AS leaving
     WHERE search_span.company = $1 AND search_span.span = leaving.span";
/// Deletes empty spans. The last one is never empty, because contacts that change move into it.
const DELETE_EMPTY: &str = "DELETE FROM search_span WHERE company = $1 AND contacts = 0";
pub const DELETE_ALL: &str = "DELETE FROM search_span WHERE company = $1";

pub const STATEMENTS: [&str; 8] = [LAST, PAIR, MOVE_FIRST, MOVE_LAST, ADD, SUBTRACT, DELETE_EMPTY, DELETE_ALL];

/// The span for the contacts of a batch that ends with the entry `read`: the last one, unless it is full.
pub async fn next(client: &ClientWrapper, id: CompanyId, read: Seq) -> Result<i64> {
    let rows = query(client, LAST, &[&company(id)]).await?;
    let row = rows.first().ok_or_else(Error::no_company)?;
    let (entries, last): (i64, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
    let Some(last) = last else { return Ok(0) };
    let contacts: i64 = row.try_get(2)?;
    // The entries left to read bound the number of contacts that will be newer.
    Ok(if contacts < capacity(entries - stored(read.0)) { last } else { last + 1 })
}

/// The capacity of a span with this many newer contacts.
fn capacity(newer: i64) -> i64 {
    newer.clamp(CAPACITY_MIN, CAPACITY_MAX)
}

/// The number that is mixed into the tokens of a span. Equals [`SALT`].
pub fn salt(span: i64) -> i32 {
    low(span.cast_unsigned().wrapping_mul(1_103_515_245))
}

/// The number of a token. A collision is rare, and only reads a contact in vain.
pub fn token(id: CompanyId, token: &str) -> i32 {
    let mut hasher = SipHasher13::new_with_keys(company(id).cast_unsigned(), 0);
    hasher.write(token.as_bytes());
    low(hasher.finish())
}

fn low(bits: u64) -> i32 {
    i32::try_from(bits & 0x7fff_ffff).expect("31 bits")
}

/// Moves some contacts of two spans that may merge, and returns whether there were such spans.
pub async fn merge(pool: &Pool, id: CompanyId) -> Result<bool> {
    let id = company(id);
    if pool.query(PAIR, &[&id, &CAPACITY_MIN, &CAPACITY_MAX]).await?.is_empty() {
        return Ok(false);
    }
    let mut transaction = Transaction::new(pool.get().await?);
    let client = transaction.client();
    client.batch_execute("BEGIN; SET LOCAL statement_timeout = 0").await?;
    if query(client, CURSOR, &[&id, &READER]).await?.is_empty() {
        return transaction.roll_back().await.map(|()| false);
    }
    query(client, DELETE_EMPTY, &[&id]).await?;
    if let Some(pair) = query(client, PAIR, &[&id, &CAPACITY_MIN, &CAPACITY_MAX]).await?.first() {
        let (older, newer, has_fewer): (i64, i64, bool) = (pair.try_get(0)?, pair.try_get(1)?, pair.try_get(2)?);
        let (statement, from, to) = if has_fewer { (MOVE_LAST, older, newer) } else { (MOVE_FIRST, newer, older) };
        let moved = client.prepare_cached(statement).await?;
        let moved = client.execute(&moved, &[&id, &from, &to, &(salt(from) ^ salt(to)), &MOVED_MAX]).await?;
        for (span, more) in [(to, stored(moved)), (from, -stored(moved))] {
            query(client, ADD, &[&id, &span, &more]).await?;
        }
        query(client, DELETE_EMPTY, &[&id]).await?;
    }
    client.batch_execute("COMMIT").await?;
    transaction.release();
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stored tokens are found only while these numbers stay the same.
    #[test]
    fn the_numbers_of_tokens_never_change() {
        let [one, other] = [1, 2].map(|n| CompanyId::new(n).unwrap());
        assert_eq!(
            [token(one, "_bru"), token(one, "ruc"), token(other, "_bru")],
            [542_937_984, 82_720_723, 911_689_364]
        );
        assert_eq!([0, 1, 2, 1 << 40].map(salt), [0, 1_103_515_245, 59_546_842, 0]);
    }
}
