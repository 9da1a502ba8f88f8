//! Possible duplicates: a view that follows the journal and may lag.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use contact::{CompanyId, ContactId, RecordId};
use deadpool_postgres::ClientWrapper;
use search::duplicates::{
    DuplicatePair, DuplicateUpdate, Fingerprint, Key, KeyChange, changed_contacts, fingerprints_now, first_reporters,
};

use crate::codec::{self, AFTER_ALL, company, contact_id, limit, stored};
use crate::connect::{Pool, query};
use crate::contacts;
use crate::error::Result;
use crate::journal_reader::{Queue, ReadBatch, Reader};
use crate::pipeline::{Insert, Pipeline, Value};

/// The pause between two batches, so that an import has the database for itself.
const PAUSE: Duration = Duration::from_millis(250);
/// Most entries of a batch. Larger batches look up the few keys that very many contacts share less often.
const ENTRIES_MAX: usize = 4_000;

const FINGERPRINTS: &str =
    "SELECT requested.id, found.fingerprint FROM unnest($2::bigint[]) AS requested (id), LATERAL (
         SELECT fingerprint FROM fingerprint WHERE company = $1 AND contact = requested.id OFFSET 0
     ) AS found";
/// The contacts of keys, at most as many of each as are needed.
const MEMBERS: &str = "SELECT requested.key, found.contact
     FROM unnest($2::bigint[], $3::bigint[]) AS requested (key, needed), LATERAL (
         SELECT contact FROM duplicate_key WHERE company = $1 AND key = requested.key LIMIT requested.needed
     ) AS found";
const DELETE_FINGERPRINT: &str = "DELETE FROM fingerprint WHERE company = $1 AND contact = $2";
const DELETE_KEY: &str = "DELETE FROM duplicate_key WHERE company = $1 AND key = $2 AND contact = $3";
const DELETE_PAIR: &str = "DELETE FROM duplicate_pair WHERE company = $1 AND younger = $2 AND older = $3 AND key = $4";
const PAIRS: &str = "SELECT DISTINCT younger, older FROM duplicate_pair
     WHERE company = $1 AND (younger, older) < ($2, $3) ORDER BY younger DESC, older DESC LIMIT $4";

static SET_FINGERPRINT: Insert = Insert::new(
    "fingerprint (company, contact, fingerprint)",
    2,
    " ON CONFLICT (company, contact) DO UPDATE SET fingerprint = excluded.fingerprint",
);
static ADD_KEY: Insert = Insert::new("duplicate_key (company, key, contact)", 2, "");
static ADD_PAIR: Insert = Insert::new("duplicate_pair (company, younger, older, key)", 3, "");

/// The statements of this module, those that insert with four rows.
pub fn statements() -> [&'static str; 9] {
    let [fingerprint, key, pair] = [&SET_FINGERPRINT, &ADD_KEY, &ADD_PAIR].map(super::pipeline::Insert::example);
    [FINGERPRINTS, MEMBERS, DELETE_FINGERPRINT, DELETE_KEY, DELETE_PAIR, PAIRS, fingerprint, key, pair]
}

/// At most `pairs_max` pairs after another one, those of the latest contacts first.
pub async fn pairs(
    pool: &Pool,
    id: CompanyId,
    after: Option<DuplicatePair>,
    pairs_max: usize,
) -> Result<Vec<DuplicatePair>> {
    let (younger, older) =
        after.map_or((AFTER_ALL, 0), |(younger, older)| (stored(younger.number()), stored(older.number())));
    let rows = pool.query(PAIRS, &[&company(id), &younger, &older, &limit(pairs_max)]).await?;
    rows.iter().map(|row| Ok((contact_id(row, 0)?, contact_id(row, 1)?))).collect()
}

/// The reader that keeps the pairs up to date.
pub fn reader(queue: Arc<Queue>) -> Reader {
    Reader {
        queue,
        catch_up: |pool, company| Box::pin(catch_up(pool, company)),
        pause: PAUSE,
        failure: "the possible duplicates are not up to date",
        next: None,
    }
}

/// Updates the pairs of a company by some entries, and returns whether there may be more.
async fn catch_up(pool: &Pool, id: CompanyId) -> Result<bool> {
    let batch = ReadBatch::next(pool, "duplicates", id, ENTRIES_MAX, changed_contacts).await?;
    let Some(batch) = batch else { return Ok(false) };
    let client = batch.client();
    let changed = || batch.changed.iter().copied();
    let mut now = fingerprints_now(&batch.view, changed());
    let others = first_reporters(&batch.view, changed());
    if !others.is_empty() {
        let others: Vec<RecordId> = others.into_iter().collect();
        now.extend(fingerprints_now(&contacts::load(client, id, &others).await?, others));
    }
    let ids: Vec<ContactId> = now.keys().copied().collect();
    let update = DuplicateUpdate::new(fingerprints(client, id, &ids).await?, now);
    let mut pipeline = Pipeline::new(client, company(id));
    write(&mut pipeline, client, id, &update).await?;
    batch.commit(pipeline).await?;
    Ok(batch.finish())
}

/// Adds the statements that store an update: first those that delete rows, then those that add them.
async fn write(
    pipeline: &mut Pipeline<'_>,
    client: &ClientWrapper,
    id: CompanyId,
    update: &DuplicateUpdate,
) -> Result<()> {
    let key_changes = update.key_changes();
    let by_key: Vec<&[KeyChange]> = key_changes.chunk_by(|one, other| one.key == other.key).collect();
    let members = members(client, id, &by_key).await?;
    let members_of = |changes: &[KeyChange]| {
        changes.first().and_then(|change| members.get(&change.key)).map_or(&[][..], Vec::as_slice)
    };
    let others: BTreeSet<ContactId> =
        by_key.iter().flat_map(|changes| update.others(changes, members_of(changes))).collect();
    let others = fingerprints(client, id, &others.into_iter().collect::<Vec<_>>()).await?;

    let mut new_pairs: Vec<Vec<Value>> = Vec::new();
    for changes in by_key {
        let Some(key) = changes.first().map(|change| change.key.stored()) else { continue };
        let pairs = update.pairs(changes, members_of(changes), &others);
        for (younger, older) in pairs.gone {
            pipeline.add(DELETE_PAIR, vec![value(younger), value(older), Box::new(key)]).await?;
        }
        let row = |(younger, older)| vec![value(younger), value(older), Box::new(key) as Value];
        new_pairs.extend(pairs.new.into_iter().map(row));
    }
    for change in key_changes.iter().filter(|change| change.was && !change.is) {
        pipeline.add(DELETE_KEY, vec![Box::new(change.key.stored()), value(change.contact)]).await?;
    }
    let new_keys = key_changes.iter().filter(|change| change.is && !change.was);
    let new_keys = new_keys.map(|change| vec![Box::new(change.key.stored()) as Value, value(change.contact)]);
    let mut changed: Vec<Vec<Value>> = Vec::new();
    for (contact, fingerprint) in update.fingerprint() {
        match fingerprint {
            Some(fingerprint) => changed.push(vec![value(contact), Box::new(fingerprint.stored())]),
            None => pipeline.add(DELETE_FINGERPRINT, vec![value(contact)]).await?,
        }
    }
    pipeline.insert(&ADD_KEY, new_keys.collect()).await?;
    pipeline.insert(&ADD_PAIR, new_pairs).await?;
    pipeline.insert(&SET_FINGERPRINT, changed).await
}

fn value(id: ContactId) -> Value<'static> {
    Box::new(stored(id.number()))
}

/// The stored fingerprints of contacts.
async fn fingerprints(
    client: &ClientWrapper,
    id: CompanyId,
    contacts: &[ContactId],
) -> Result<BTreeMap<ContactId, Fingerprint>> {
    let rows = query(client, FINGERPRINTS, &[&company(id), &codec::contacts(contacts)]).await?;
    rows.iter().map(|row| Ok((contact_id(row, 0)?, Fingerprint::from_stored(row.try_get(1)?)?))).collect()
}

/// The contacts that have the changed keys in the store, as many of each as are needed.
async fn members(
    client: &ClientWrapper,
    id: CompanyId,
    by_key: &[&[KeyChange]],
) -> Result<BTreeMap<Key, Vec<ContactId>>> {
    let keys: Vec<i64> =
        by_key.iter().filter_map(|changes| changes.first()).map(|change| change.key.stored()).collect();
    let needed: Vec<i64> = by_key.iter().map(|changes| limit(DuplicateUpdate::members_needed(changes))).collect();
    let mut members: BTreeMap<Key, Vec<ContactId>> = BTreeMap::new();
    for row in query(client, MEMBERS, &[&company(id), &keys, &needed]).await? {
        members.entry(Key::from_stored(row.try_get(0)?)).or_default().push(contact_id(&row, 1)?);
    }
    Ok(members)
}
