//! Which contacts look alike: a reader of the journal that may lag.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use contact::{CompanyId, ContactId};
use deadpool_postgres::ClientWrapper;
use tokio_postgres::Row;

use super::connect::Pool;
use super::load::{self, company, limit, number, query, stored};
use super::reader::{Due, Reader, Reading};
use super::rows::{Insert, Pipeline, Value};
use crate::duplicates::{DuplicatePair, DuplicateUpdate, Fingerprint, Key, KeyChange, fingerprints_now, touched};
use crate::{Error, record};

/// How long the database is left to others before more are: an import has it for itself.
const REST: Duration = Duration::from_millis(250);
/// Most entries that are read in one transaction. Each leads to a few keys that very many have, and these are looked at once
/// in each.
const ENTRIES_MAX: usize = 4_000;

const LOOKS: &str = "SELECT asked.id, one.fingerprint FROM unnest($2::bigint[]) AS asked (id), LATERAL (
         SELECT fingerprint FROM fingerprint WHERE company = $1 AND contact = asked.id OFFSET 0
     ) AS one";
/// Those who have keys, of each no more than are needed.
const MEMBERS: &str = "SELECT asked.key, one.contact FROM unnest($2::bigint[], $3::bigint[]) AS asked (key, needed),
     LATERAL (
         SELECT contact FROM alike_key WHERE company = $1 AND key = asked.key LIMIT asked.needed
     ) AS one";
const FORGET: &str = "DELETE FROM fingerprint WHERE company = $1 AND contact = $2";
const TAKE: &str = "DELETE FROM alike_key WHERE company = $1 AND key = $2 AND contact = $3";
const HIDE: &str = "DELETE FROM alike_pair WHERE company = $1 AND younger = $2 AND older = $3 AND key = $4";
const PAIRS: &str = "SELECT DISTINCT younger, older FROM alike_pair WHERE company = $1 AND (younger, older) < ($2, $3)
     ORDER BY younger DESC, older DESC LIMIT $4";

static PUT: Insert = Insert::new(
    "fingerprint (company, contact, fingerprint)",
    2,
    " ON CONFLICT (company, contact) DO UPDATE SET fingerprint = excluded.fingerprint",
);
static GIVE: Insert = Insert::new("alike_key (company, key, contact)", 2, "");
static SHOW: Insert = Insert::new("alike_pair (company, younger, older, key)", 3, "");

/// All of these, those that insert with four rows.
pub fn statements() -> [&'static str; 9] {
    let inserts = [&PUT, &GIVE, &SHOW].map(|insert| insert.statement(3));
    let [put, give, show] = inserts;
    [LOOKS, MEMBERS, FORGET, TAKE, HIDE, PAIRS, put, give, show]
}

/// At most so many pairs after another, those made of the latest contacts first.
pub async fn pairs(
    pool: &Pool,
    id: CompanyId,
    after: Option<DuplicatePair>,
    most: usize,
) -> Result<Vec<DuplicatePair>, Error> {
    let (younger, older) =
        after.map_or((load::BEYOND, 0), |(younger, older)| (stored(younger.number()), stored(older.number())));
    let rows = pool.query(PAIRS, &[&company(id), &younger, &older, &limit(most)]).await?;
    rows.iter().map(|row| Ok((contact(row, 0)?, contact(row, 1)?))).collect()
}

fn contact(row: &Row, column: usize) -> Result<ContactId, Error> {
    record::contact_id(number(row, column)?)
}

/// What brings the pairs along.
pub fn reader(due: Arc<Due>) -> Reader {
    Reader {
        due,
        catch_up: |pool, company| Box::pin(catch_up(pool, company)),
        rest: REST,
        complaint: "which contacts look alike is not up to date",
        next: None,
    }
}

/// Brings the pairs of a company along by some entries, and says whether there may be more.
async fn catch_up(pool: &Pool, id: CompanyId) -> Result<bool, Error> {
    let Some(reading) = Reading::next(pool, "alike", id, ENTRIES_MAX, touched).await? else { return Ok(false) };
    let now = fingerprints_now(&reading.view, reading.touched.iter().copied());
    let all: Vec<ContactId> = now.keys().copied().collect();
    let client = reading.client();
    let turn = DuplicateUpdate::new(fingerprint(client, id, &all).await?, now);
    let mut flight = Pipeline::of(client, company(id));
    take_along(&mut flight, client, id, &turn).await?;
    reading.write(flight).await?;
    Ok(reading.end())
}

/// Adds what has to be written for contacts that look otherwise: first what is gone, then what is new.
async fn take_along(
    flight: &mut Pipeline<'_>,
    client: &ClientWrapper,
    id: CompanyId,
    turn: &DuplicateUpdate,
) -> Result<(), Error> {
    let key_changes = turn.key_changes();
    let by_key: Vec<&[KeyChange]> = key_changes.chunk_by(|one, other| one.key == other.key).collect();
    let members = members(client, id, &by_key).await?;
    let members_of = |key_changes: &[KeyChange]| {
        key_changes.first().and_then(|one| members.get(&one.key)).map_or(&[][..], Vec::as_slice)
    };
    let others: BTreeSet<ContactId> =
        by_key.iter().flat_map(|key_changes| turn.others(key_changes, members_of(key_changes))).collect();
    let others = fingerprint(client, id, &others.into_iter().collect::<Vec<_>>()).await?;

    let mut shown: Vec<Vec<Value>> = Vec::new();
    for key_changes in by_key {
        let Some(key) = key_changes.first().map(|one| one.key.stored()) else { continue };
        let pairs = turn.pairs(key_changes, members_of(key_changes), &others);
        for (younger, older) in pairs.gone {
            flight.add(HIDE, vec![value(younger), value(older), Box::new(key)]).await?;
        }
        let row = |(younger, older)| vec![value(younger), value(older), Box::new(key) as Value];
        shown.extend(pairs.new.into_iter().map(row));
    }
    for one in key_changes.iter().filter(|one| one.was && !one.is) {
        flight.add(TAKE, vec![Box::new(one.key.stored()), value(one.contact)]).await?;
    }
    let given = key_changes.iter().filter(|one| one.is && !one.was);
    let given = given.map(|one| vec![Box::new(one.key.stored()) as Value, value(one.contact)]);
    let mut kept: Vec<Vec<Value>> = Vec::new();
    for (contact, fingerprint) in turn.fingerprint() {
        match fingerprint {
            Some(fingerprint) => kept.push(vec![value(contact), Box::new(fingerprint.stored())]),
            None => flight.add(FORGET, vec![value(contact)]).await?,
        }
    }
    flight.insert(&GIVE, given.collect()).await?;
    flight.insert(&SHOW, shown).await?;
    flight.insert(&PUT, kept).await
}

fn value(id: ContactId) -> Value<'static> {
    Box::new(stored(id.number()))
}

/// How contacts looked the last time.
async fn fingerprint(
    client: &ClientWrapper,
    id: CompanyId,
    contacts: &[ContactId],
) -> Result<BTreeMap<ContactId, Fingerprint>, Error> {
    let rows = query(client, LOOKS, &[&company(id), &load::numbers(contacts)]).await?;
    rows.iter().map(|row| Ok((contact(row, 0)?, Fingerprint::from_stored(row.try_get(1)?)?))).collect()
}

/// Those who had the keys of some key_changes, as many of each as are needed.
async fn members(
    client: &ClientWrapper,
    id: CompanyId,
    by_key: &[&[KeyChange]],
) -> Result<BTreeMap<Key, Vec<ContactId>>, Error> {
    let keys: Vec<i64> =
        by_key.iter().filter_map(|key_changes| key_changes.first()).map(|one| one.key.stored()).collect();
    let needed: Vec<i64> =
        by_key.iter().map(|key_changes| limit(DuplicateUpdate::members_needed(key_changes))).collect();
    let mut members: BTreeMap<Key, Vec<ContactId>> = BTreeMap::new();
    for row in query(client, MEMBERS, &[&company(id), &keys, &needed]).await? {
        members.entry(Key::from_stored(row.try_get(0)?)).or_default().push(contact(&row, 1)?);
    }
    Ok(members)
}
