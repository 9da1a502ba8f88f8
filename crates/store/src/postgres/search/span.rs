//! Spans: contacts that were changed one after another, whose tokens are told apart from those of all others.
//!
//! An index of this kind finds all who have some tokens before it is known who of them was changed last. So a token is kept once for
//! each span, mixed with its number: a search reads the latest span first, and stops once it has found enough. A contact that changes
//! comes into the last span, and those before it get emptier, so two of them that are next to each other become one when they would be
//! no more than a full one.

use std::hash::Hasher as _;

use contact::{CompanyId, Seq};
use siphasher::sip::SipHasher13;

use super::follow::READER;
use crate::Error;
use crate::postgres::connect::{Pool, Transaction};
use crate::postgres::load::{company, query, stored};
use crate::postgres::reader::CURSOR;

/// How many entries of the journal a span is made of: so few that reading all who have what many have takes some milliseconds, and
/// so many that asking each of them for what nobody has does too.
const ENTRIES: u64 = 1 << 14;
/// Most contacts that are brought into another span in one transaction.
const MOVED_MAX: i64 = 500;
/// What the tokens of a span are mixed with.
pub const SALT: &str = "(span * 1103515245 & 2147483647)::integer";

/// The emptiest two spans next to each other that are one span together, both before the one that is being filled.
const PAIR: &str = "SELECT lower, span FROM (
         SELECT span, lag(span) OVER them AS lower, contacts + lag(contacts) OVER them AS together FROM search_span
         WHERE company = $1 AND span < (SELECT seq FROM reader WHERE company = $1 AND reader = 'search') / $2::bigint
         WINDOW them AS (ORDER BY span)
     ) AS pairs WHERE together <= $2 ORDER BY together, span LIMIT 1";
/// Brings those of a span that were changed first into the one before it.
const MOVE: &str =
    "UPDATE search SET span = $2, tokens = ARRAY(SELECT token # $4::integer FROM unnest(tokens) AS token)
     WHERE company = $1 AND contact IN (
         SELECT contact FROM search WHERE company = $1 AND span = $3 ORDER BY changed, contact LIMIT $5::bigint
     )";
/// Counts contacts in a span, or fewer.
pub const COUNT: &str = "INSERT INTO search_span (company, span, contacts) VALUES ($1, $2, $3)
     ON CONFLICT (company, span) DO UPDATE SET contacts = search_span.contacts + excluded.contacts";
/// Takes some contacts out of the counts of their spans.
pub const LEAVE: &str = "UPDATE search_span SET contacts = contacts - leaving.those
     FROM (SELECT span, count(*) AS those FROM search WHERE company = $1 AND contact = ANY($2) GROUP BY span) AS leaving
     WHERE search_span.company = $1 AND search_span.span = leaving.span";
/// Ends spans that nobody is in. Whoever changes comes into the last, which has somebody.
const END: &str = "DELETE FROM search_span WHERE company = $1 AND contacts = 0";
pub const FORGET_ALL: &str = "DELETE FROM search_span WHERE company = $1";

pub const STATEMENTS: [&str; 6] = [PAIR, MOVE, COUNT, LEAVE, END, FORGET_ALL];

/// The span of who was changed by an entry.
pub fn of(changed: Seq) -> i64 {
    stored(changed.0 / ENTRIES)
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
pub async fn join(pool: &Pool, id: CompanyId) -> Result<bool, Error> {
    let (id, entries) = (company(id), stored(ENTRIES));
    if pool.query(PAIR, &[&id, &entries]).await?.is_empty() {
        return Ok(false);
    }
    let mut transaction = Transaction::of(pool.get().await?);
    let client = transaction.client();
    client.batch_execute("BEGIN; SET LOCAL statement_timeout = 0").await?;
    if query(client, CURSOR, &[&id, &READER]).await?.is_empty() {
        return transaction.roll_back().await.map(|()| false);
    }
    query(client, END, &[&id]).await?;
    if let Some(pair) = query(client, PAIR, &[&id, &entries]).await?.first() {
        let (lower, upper): (i64, i64) = (pair.try_get(0)?, pair.try_get(1)?);
        let moved = client.prepare_cached(MOVE).await?;
        let moved = client.execute(&moved, &[&id, &lower, &upper, &(salt(lower) ^ salt(upper)), &MOVED_MAX]).await?;
        for (span, more) in [(lower, stored(moved)), (upper, -stored(moved))] {
            query(client, COUNT, &[&id, &span, &more]).await?;
        }
        query(client, END, &[&id]).await?;
    }
    client.batch_execute("COMMIT").await?;
    transaction.is_over();
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
