//! Bringing what is searched along: a reader of the journal that may lag.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use contact::{CompanyId, Contact, Seq};

use crate::Error;
use crate::postgres::connect::{Pool, Transaction};
use crate::postgres::load::{self, company, number, query};
use crate::postgres::reader::{ADVANCE, Due, Reader, Reading};
use crate::postgres::rows::{Flight, Insert, Value};
use crate::search::{Indexed, Searched, touched};

/// What this reader is called.
const READER: &str = "search";
/// Most entries that are read in one transaction.
const ENTRIES_MAX: usize = 1_000;

pub const FORGET: &str = "DELETE FROM search WHERE company = $1 AND contact = $2";
pub const FORGET_ALL: &str = "DELETE FROM search WHERE company = $1";
/// What is new to the index waits in a list that every search reads, until that is as long as is set: the default is good for
/// much at once, but leaves later searches hundreds of pages to read. So what is written last takes along all that waits.
const SORT_IN: &str = "SET LOCAL gin_pending_list_limit = 64";
/// How far the journal is read, and where it ends.
pub const PROGRESS: &str =
    "SELECT reader.seq, entries FROM reader JOIN ends USING (company) WHERE company = $1 AND reader = 'search'";
static WORDS: Insert = Insert::new(
    "search (company, contact, changed, owner, name, words, handles)",
    6,
    " ON CONFLICT (company, contact) DO UPDATE
         SET changed = excluded.changed, owner = excluded.owner, name = excluded.name, words = excluded.words, handles = excluded.handles",
);

/// What the index is written with, with four rows.
pub fn insert() -> &'static str {
    WORDS.statement(3)
}

/// What brings the index along. What cannot be found yet is missed, so it does not rest, and `next` waits for it.
pub fn reader(due: Arc<Due>, next: Arc<Due>) -> Reader {
    Reader {
        due,
        catch_up: |pool, company| Box::pin(catch_up(pool, company)),
        rest: Duration::ZERO,
        complaint: "the search index is not up to date",
        next: Some(next),
    }
}

/// Brings a company along by some entries, and says whether there may be more.
pub async fn catch_up(pool: &Pool, id: CompanyId) -> Result<bool, Error> {
    let Some(reading) = Reading::next(pool, READER, id, ENTRIES_MAX, touched).await? else { return Ok(false) };
    if !reading.is_more() {
        reading.client().batch_execute(SORT_IN).await?;
    }
    let Reading { touched, view, .. } = &reading;
    let mut people = BTreeMap::new();
    for person in touched.iter().filter_map(|id| view.contact(*id)) {
        people.insert(person.id, person);
    }
    // One that was merged away is found as what it is part of now, and one that was deleted is not found.
    let mut flight = Flight::of(reading.client(), company(id));
    let merged = people.values().flat_map(|person| &person.merged);
    let deleted = touched.iter().filter(|id| view.root(**id).is_none());
    for gone in merged.chain(deleted) {
        flight.add(FORGET, vec![Box::new(load::stored(gone.number()))]).await?;
    }
    let words = |person: &Contact| -> Vec<Value> {
        let searched = Searched::of(person);
        let handles: Vec<String> = searched.handles().map(str::to_owned).collect();
        vec![
            Box::new(load::stored(person.id.number())),
            Box::new(load::stored(person.changed.0)),
            Box::new(person.owner.map(|owner| load::stored(owner.number()))),
            Box::new(searched.name().to_owned()),
            Box::new(searched.as_str().to_owned()),
            Box::new(handles),
        ]
    };
    flight.insert(&WORDS, people.values().map(words).collect()).await?;
    reading.write(flight).await?;
    Ok(reading.end())
}

/// How far a company's journal is read.
pub async fn progress(pool: &Pool, id: CompanyId) -> Result<Indexed, Error> {
    let rows = pool.query(PROGRESS, &[&company(id)]).await?;
    let row = rows.first().ok_or(Error::NoCompany)?;
    Ok(Indexed { done: Seq(number(row, 0)?), of: Seq(number(row, 1)?), is_made: true })
}

/// Lets a company's journal be read anew.
pub async fn forget(pool: &Pool, id: CompanyId) -> Result<(), Error> {
    let mut transaction = Transaction::of(pool.get().await?);
    let client = transaction.client();
    // It may take as long as it takes.
    client.batch_execute("BEGIN; SET LOCAL statement_timeout = 0").await?;
    query(client, ADVANCE, &[&company(id), &READER, &0_i64]).await?;
    query(client, FORGET_ALL, &[&company(id)]).await?;
    client.batch_execute("COMMIT").await?;
    transaction.is_over();
    Ok(())
}
