//! Bringing what is searched along: a reader of the journal that may lag.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use contact::{CompanyId, Seq};

use search::{SearchableText, changed_contacts, tokens};
use store::IndexProgress;

use super::span::{self, READER};
use crate::codec::{company, number, stored};
use crate::connect::{Pool, Transaction, query};
use crate::error::{Error, Result};
use crate::journal_reader::{ADVANCE, Queue, ReadBatch, Reader};
use crate::pipeline::{Insert, Pipeline, Value};

/// Most entries that are read in one transaction.
const ENTRIES_MAX: usize = 1_000;

const FORGET: &str = "DELETE FROM search WHERE company = $1 AND contact = $2";
const FORGET_ALL: &str = "DELETE FROM search WHERE company = $1";
/// What is new to the index waits in a list that every search reads, until that is as long as is set: the default is good for
/// much at once, but leaves later searches hundreds of pages to read. So what is written last takes along all that waits.
const SORT_IN: &str = "SET LOCAL gin_pending_list_limit = 64";
/// How far the journal is read, and where it ends.
const PROGRESS: &str =
    "SELECT reader.seq, entries FROM reader JOIN ends USING (company) WHERE company = $1 AND reader = 'search'";
static WORDS: Insert = Insert::new(
    "search (company, contact, changed, span, owner, words, tokens)",
    6,
    " ON CONFLICT (company, contact) DO UPDATE
         SET changed = excluded.changed, span = excluded.span, owner = excluded.owner, words = excluded.words, tokens = excluded.tokens",
);

/// What the index is written with, four rows at a time, and read.
pub fn statements() -> [&'static str; 4] {
    [WORDS.example(), FORGET, FORGET_ALL, PROGRESS]
}

/// What brings the index along. What cannot be found yet is missed, so it does not rest, and `next` waits for it.
pub fn reader(queue: Arc<Queue>, next: Arc<Queue>) -> Reader {
    Reader {
        queue,
        catch_up: |pool, company| Box::pin(catch_up(pool, company)),
        pause: Duration::ZERO,
        failure: "the search index is not up to date",
        next: Some(next),
    }
}

/// Brings a company along by some entries, or the spans of one that has no more, and says whether there may be more to do.
pub async fn catch_up(pool: &Pool, id: CompanyId) -> Result<bool> {
    Ok(read(pool, id).await? || span::join(pool, id).await?)
}

/// Brings a company along by some entries, and says whether there may be more.
async fn read(pool: &Pool, id: CompanyId) -> Result<bool> {
    let Some(batch) = ReadBatch::next(pool, READER, id, ENTRIES_MAX, changed_contacts).await? else { return Ok(false) };
    if !batch.has_more() {
        batch.client().batch_execute(SORT_IN).await?;
    }
    let ReadBatch { changed, view, .. } = &batch;
    let mut people = BTreeMap::new();
    for person in changed.iter().filter_map(|id| view.contact(*id)) {
        people.insert(person.id, person);
    }
    // One that was merged away is found as what it is part of now, and one that was deleted is not found.
    let merged = people.values().flat_map(|person| &person.merged);
    let deleted = changed.iter().filter(|id| view.root(**id).is_none());
    let gone: Vec<i64> = merged.chain(deleted).map(|id| stored(id.number())).collect();
    let span = span::next(batch.client(), id, batch.last).await?;
    let (salt, count) = (span::salt(span), stored(people.len() as u64));
    let mut pipeline = Pipeline::new(batch.client(), company(id));
    let those = people.keys().map(|id| stored(id.number())).chain(gone.iter().copied()).collect::<Vec<_>>();
    pipeline.add(span::LEAVE, vec![Box::new(those)]).await?;
    for gone in gone {
        pipeline.add(FORGET, vec![Box::new(gone)]).await?;
    }
    let mut rows: Vec<Vec<Value>> = Vec::with_capacity(people.len());
    for person in people.values() {
        let searched = SearchableText::of(person);
        let tokens = tokens::of(&searched);
        let tokens: Vec<i32> = tokens.split_ascii_whitespace().map(|token| span::token(id, token) ^ salt).collect();
        rows.push(vec![
            Box::new(stored(person.id.number())),
            Box::new(stored(person.changed.0)),
            Box::new(span),
            Box::new(person.owner.map(|owner| stored(owner.number()))),
            Box::new(searched.as_str().to_owned()),
            Box::new(tokens),
        ]);
    }
    pipeline.insert(&WORDS, rows).await?;
    if !people.is_empty() {
        pipeline.add(span::COUNT, vec![Box::new(span), Box::new(count)]).await?;
    }
    batch.commit(pipeline).await?;
    Ok(batch.finish())
}

/// How far a company's journal is read.
pub async fn progress(pool: &Pool, id: CompanyId) -> Result<IndexProgress> {
    let rows = pool.query(PROGRESS, &[&company(id)]).await?;
    let row = rows.first().ok_or_else(Error::no_company)?;
    Ok(IndexProgress { done: Seq(number(row, 0)?), of: Seq(number(row, 1)?), is_built: true })
}

/// Lets a company's journal be read anew.
pub async fn forget(pool: &Pool, id: CompanyId) -> Result<()> {
    let mut transaction = Transaction::new(pool.get().await?);
    let client = transaction.client();
    // It may take as long as it takes.
    client.batch_execute("BEGIN; SET LOCAL statement_timeout = 0").await?;
    query(client, ADVANCE, &[&company(id), &READER, &0_i64]).await?;
    query(client, FORGET_ALL, &[&company(id)]).await?;
    query(client, span::FORGET_ALL, &[&company(id)]).await?;
    client.batch_execute("COMMIT").await?;
    transaction.release();
    Ok(())
}
