//! The search index: a view that follows the journal and may lag.

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

/// Most entries of a batch.
const ENTRIES_MAX: usize = 1_000;

const DELETE: &str = "DELETE FROM search WHERE company = $1 AND contact = $2";
const DELETE_ALL: &str = "DELETE FROM search WHERE company = $1";
/// Limits the pending list of the index, in KiB.
///
/// New rows wait in a list that every search reads. The default limit suits bulk writes, but leaves hundreds of pages to
/// each search. The last batch sets a low one, so that its write merges the list into the index.
const LIMIT_PENDING_LIST: &str = "SET LOCAL gin_pending_list_limit = 64";
/// The last entry that the index covers, and the last of the journal.
const PROGRESS: &str =
    "SELECT reader.seq, entries FROM reader JOIN ends USING (company) WHERE company = $1 AND reader = 'search'";
static SET: Insert = Insert::new(
    "search (company, contact, changed, span, owner, words, tokens)",
    6,
    " ON CONFLICT (company, contact) DO UPDATE
         SET changed = excluded.changed, span = excluded.span, owner = excluded.owner, words = excluded.words, tokens = excluded.tokens",
);

/// The statements of this module, that inserts with four rows.
pub fn statements() -> [&'static str; 4] {
    [SET.example(), DELETE, DELETE_ALL, PROGRESS]
}

/// The reader that keeps the index up to date, without a pause. Companies that it has read are added to `next`.
pub fn reader(queue: Arc<Queue>, next: Arc<Queue>) -> Reader {
    Reader {
        queue,
        catch_up: |pool, company| Box::pin(catch_up(pool, company)),
        pause: Duration::ZERO,
        failure: "the search index is not up to date",
        next: Some(next),
    }
}

/// Indexes some entries of a company, or merges spans if there are none, and returns whether more work may be left.
pub async fn catch_up(pool: &Pool, id: CompanyId) -> Result<bool> {
    Ok(index_entries(pool, id).await? || span::merge(pool, id).await?)
}

/// Indexes some entries of a company, and returns whether there may be more.
async fn index_entries(pool: &Pool, id: CompanyId) -> Result<bool> {
    let Some(batch) = ReadBatch::next(pool, READER, id, ENTRIES_MAX, changed_contacts).await? else { return Ok(false) };
    if !batch.has_more() {
        batch.client().batch_execute(LIMIT_PENDING_LIST).await?;
    }
    let ReadBatch { changed, view, .. } = &batch;
    let mut contacts = BTreeMap::new();
    for contact in changed.iter().filter_map(|id| view.contact(*id)) {
        contacts.insert(contact.id, contact);
    }
    // Contacts that were merged into others or deleted have no row of their own.
    let merged = contacts.values().flat_map(|contact| &contact.others);
    let deleted = changed.iter().filter(|id| view.root(**id).is_none());
    let gone: Vec<i64> = merged.chain(deleted).map(|id| stored(id.number())).collect();
    let span = span::next(batch.client(), id, batch.last).await?;
    let (salt, count) = (span::salt(span), stored(contacts.len() as u64));
    let mut pipeline = Pipeline::new(batch.client(), company(id));
    let those = contacts.keys().map(|id| stored(id.number())).chain(gone.iter().copied()).collect::<Vec<_>>();
    pipeline.add(span::SUBTRACT, vec![Box::new(those)]).await?;
    for gone in gone {
        pipeline.add(DELETE, vec![Box::new(gone)]).await?;
    }
    let mut rows: Vec<Vec<Value>> = Vec::with_capacity(contacts.len());
    for contact in contacts.values() {
        let searched = SearchableText::of(contact);
        let tokens = tokens::of(&searched);
        let tokens: Vec<i32> = tokens.split_ascii_whitespace().map(|token| span::token(id, token) ^ salt).collect();
        rows.push(vec![
            Box::new(stored(contact.id.number())),
            Box::new(stored(contact.changed.0)),
            Box::new(span),
            Box::new(contact.owner.map(|owner| stored(owner.number()))),
            Box::new(searched.as_str().to_owned()),
            Box::new(tokens),
        ]);
    }
    pipeline.insert(&SET, rows).await?;
    if !contacts.is_empty() {
        pipeline.add(span::ADD, vec![Box::new(span), Box::new(count)]).await?;
    }
    batch.commit(pipeline).await?;
    Ok(batch.finish())
}

/// How much of a company's journal the index covers.
pub async fn progress(pool: &Pool, id: CompanyId) -> Result<IndexProgress> {
    let rows = pool.query(PROGRESS, &[&company(id)]).await?;
    let row = rows.first().ok_or_else(Error::no_company)?;
    Ok(IndexProgress { done: Seq(number(row, 0)?), of: Seq(number(row, 1)?), is_built: true })
}

/// Discards the index of a company, so that its journal is read again from the start.
pub async fn discard(pool: &Pool, id: CompanyId) -> Result<()> {
    let mut transaction = Transaction::new(pool.get().await?);
    let client = transaction.client();
    // It may take as long as it takes.
    client.batch_execute("BEGIN; SET LOCAL statement_timeout = 0").await?;
    query(client, ADVANCE, &[&company(id), &READER, &0_i64]).await?;
    query(client, DELETE_ALL, &[&company(id)]).await?;
    query(client, span::DELETE_ALL, &[&company(id)]).await?;
    client.batch_execute("COMMIT").await?;
    transaction.release();
    Ok(())
}
