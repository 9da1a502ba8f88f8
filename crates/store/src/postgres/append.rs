//! Appending to the journal and bringing the views along, in as many statements as there are tables.

use std::collections::BTreeSet;

use contact::{Changes, View};
use deadpool_postgres::ClientWrapper;
use futures_util::future::{try_join, try_join_all};

use super::conversations;
use super::load::{company, stored};
use super::rows::{Insert, Value};
use crate::batch::Batch;
use crate::{Error, record};

static JOURNAL: Insert = Insert::new("journal (company, seq, at, body)", 3, "");
static CONTACT: Insert = Insert::new(
    "contact (company, contact, changed, merged_into, merge, body)",
    5,
    " ON CONFLICT (company, contact) DO UPDATE SET changed = excluded.changed, merged_into = excluded.merged_into,
          merge = excluded.merge, body = excluded.body",
);
static HANDLE: Insert = Insert::new(
    "handle (company, source, key, home, shared)",
    4,
    " ON CONFLICT (company, key, source) DO UPDATE SET home = excluded.home, shared = excluded.shared",
);
static HISTORY: Insert = Insert::new("history (company, contact, seq)", 2, "");
pub const RELEASE: &str = "DELETE FROM handle WHERE company = $1 AND source = $2 AND key = $3";
pub const END: &str =
    "UPDATE ends SET entries = $2, contacts_made = $3, conversations_made = $4, messages_made = $5 WHERE company = $1";

/// The statements that this writes with, each with four rows.
pub fn statements() -> Vec<String> {
    let tables = [&JOURNAL, &CONTACT, &HANDLE, &HISTORY].into_iter().chain(conversations::inserts());
    tables.map(|insert| insert.statement(2).to_owned()).chain([RELEASE, END].map(str::to_owned)).collect()
}

/// Writes what a batch has changed, within the transaction that it began with.
pub async fn run(client: &ClientWrapper, batch: &Batch) -> Result<(), Error> {
    let Batch { view, changes, contents } = batch;
    let id = company(view.company);
    try_join(views(client, id, view, changes), conversations::append(client, id, batch)).await?;
    try_join(released(client, id, view, changes), conversations::append_contents(client, id, contents)).await?;
    let end = client.prepare_cached(END).await?;
    let counts = [view.head.0, view.contacts_made, view.conversations_made, view.messages_made].map(stored);
    client.execute(&end, &[&id, &counts[0], &counts[1], &counts[2], &counts[3]]).await?;
    Ok(())
}

async fn views(client: &ClientWrapper, id: i64, view: &View, changes: &Changes) -> Result<(), Error> {
    let entry = |entry: &contact::Entry| -> Vec<Value> {
        vec![Box::new(stored(entry.seq.0)), Box::new(entry.at.millis()), Box::new(record::from_entry(entry))]
    };
    let journal: Vec<Vec<Value>> = changes.entries.iter().map(entry).collect();
    let member = |member: &contact::Member| -> Vec<Value> {
        let merged_into = member.merged_into.map(|merged| stored(merged.contact.number()));
        let merge = member.merged_into.map(|merged| stored(merged.merge.0));
        let (number, seq) = (stored(member.id.number()), stored(member.changed.0));
        let body = record::from_member(member);
        vec![Box::new(number), Box::new(seq), Box::new(merged_into), Box::new(merge), Box::new(body)]
    };
    let contacts: Vec<Vec<Value>> = changes.members.iter().filter_map(|id| view.members.get(id)).map(member).collect();
    let claims = changes.claims.iter().filter_map(|handle| Some((handle, view.claims.get(handle)?)));
    let handles: Vec<Vec<Value>> = claims
        .map(|(handle, claim)| -> Vec<Value> {
            let home = claim.home.map(|home| stored(home.number()));
            vec![Box::new(handle.source().name()), Box::new(handle.as_str()), Box::new(home), Box::new(claim.shared)]
        })
        .collect();
    let history: BTreeSet<(u64, u64)> = changes.history.iter().map(|(id, seq)| (id.number(), seq.0)).collect();
    let history = history
        .into_iter()
        .map(|(contact, seq)| -> Vec<Value> { vec![Box::new(stored(contact)), Box::new(stored(seq))] });
    let history: Vec<Vec<Value>> = history.collect();
    let (first, second) = (JOURNAL.run(client, id, &journal), CONTACT.run(client, id, &contacts));
    try_join(try_join(first, second), try_join(HANDLE.run(client, id, &handles), HISTORY.run(client, id, &history)))
        .await?;
    Ok(())
}

/// Takes away the claims of handles that nobody has any more.
async fn released(client: &ClientWrapper, id: i64, view: &View, changes: &Changes) -> Result<(), Error> {
    let gone = changes.claims.iter().filter(|handle| view.claims.get(handle).is_none());
    let gone: Vec<(&str, &str)> = gone.map(|handle| (handle.source().name(), handle.as_str())).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let statement = client.prepare_cached(RELEASE).await?;
    try_join_all(gone.iter().map(async |(source, key)| client.execute(&statement, &[&id, source, key]).await)).await?;
    Ok(())
}
