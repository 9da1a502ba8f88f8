//! Appending to the journal and bringing the views along, in as many statements as there are tables.

use std::collections::BTreeSet;

use contact::{Claims, Entry, Member, View};

use super::conversations;
use super::load::stored;
use super::rows::{Flight, Insert, Value};
use crate::batch::Batch;
use crate::{Error, record};

static JOURNAL: Insert = Insert::new("journal (company, seq, at, body)", 3, "");
const CONTACT: &str = "contact (company, contact, changed, merged_into, merge, body)";
/// What is known to be new costs less than what may be there.
static NEW_CONTACT: Insert = Insert::new(CONTACT, 5, "");
static ANY_CONTACT: Insert = Insert::new(
    CONTACT,
    5,
    " ON CONFLICT (company, contact) DO UPDATE SET changed = excluded.changed, merged_into = excluded.merged_into,
          merge = excluded.merge, body = excluded.body",
);
const HANDLE: &str = "handle (company, source, key, home, shared)";
static NEW_HANDLE: Insert = Insert::new(HANDLE, 4, "");
static ANY_HANDLE: Insert = Insert::new(
    HANDLE,
    4,
    " ON CONFLICT (company, key, source) DO UPDATE SET home = excluded.home, shared = excluded.shared",
);
static HISTORY: Insert = Insert::new("history (company, contact, seq)", 2, "");
pub const RELEASE: &str = "DELETE FROM handle WHERE company = $1 AND source = $2 AND key = $3";
pub const END: &str =
    "UPDATE ends SET entries = $2, contacts_made = $3, conversations_made = $4, messages_made = $5 WHERE company = $1";

/// The statements that this writes with, each with four rows.
pub fn statements() -> Vec<String> {
    let own = [&JOURNAL, &NEW_CONTACT, &ANY_CONTACT, &NEW_HANDLE, &ANY_HANDLE, &HISTORY];
    let tables = own.into_iter().chain(conversations::inserts());
    tables.map(|insert| insert.statement(3).to_owned()).chain([RELEASE, END].map(str::to_owned)).collect()
}

/// Makes ready what writes all that a batch has changed. `before` are the claims that were loaded for it.
pub async fn add<'a>(flight: &mut Flight<'a>, batch: &'a Batch, before: &Claims) -> Result<(), Error> {
    let Batch { view, changes, .. } = batch;
    let Some(first) = changes.entries.first() else { return Ok(()) };
    flight.insert(&JOURNAL, changes.entries.iter().map(entry).collect()).await?;
    let members = changes.members.iter().filter_map(|id| view.members.get(id));
    let (new, known): (Vec<&Member>, Vec<&Member>) = members.partition(|member| member.first >= first.seq);
    flight.insert(&NEW_CONTACT, new.into_iter().map(member).collect()).await?;
    flight.insert(&ANY_CONTACT, known.into_iter().map(member).collect()).await?;
    let (mut new, mut known) = (Vec::with_capacity(changes.claims.len()), Vec::new());
    for handle in &changes.claims {
        let (source, key) = (handle.source().name(), handle.as_str());
        match view.claims.get(handle) {
            Some(claim) => {
                let home = claim.home.map(|home| stored(home.number()));
                let row: Vec<Value> = vec![Box::new(source), Box::new(key), Box::new(home), Box::new(claim.shared)];
                if before.get(handle).is_some() { known.push(row) } else { new.push(row) }
            }
            None if before.get(handle).is_none() => {}
            None => flight.add(RELEASE, vec![Box::new(source), Box::new(key)]).await?,
        }
    }
    flight.insert(&NEW_HANDLE, new).await?;
    flight.insert(&ANY_HANDLE, known).await?;
    let history: BTreeSet<(u64, u64)> = changes.history.iter().map(|(id, seq)| (id.number(), seq.0)).collect();
    let told = |(contact, seq)| -> Vec<Value> { vec![Box::new(stored(contact)), Box::new(stored(seq))] };
    flight.insert(&HISTORY, history.into_iter().map(told).collect()).await?;
    conversations::add(flight, batch).await?;
    flight.add(END, ends(view)).await
}

fn entry(entry: &Entry) -> Vec<Value<'_>> {
    vec![Box::new(stored(entry.seq.0)), Box::new(entry.at.millis()), Box::new(record::from_entry(entry))]
}

fn member(member: &Member) -> Vec<Value<'_>> {
    let merged_into = member.merged_into.map(|merged| stored(merged.contact.number()));
    let merge = member.merged_into.map(|merged| stored(merged.merge.0));
    vec![
        Box::new(stored(member.id.number())),
        Box::new(stored(member.changed.0)),
        Box::new(merged_into),
        Box::new(merge),
        Box::new(record::from_member(member)),
    ]
}

fn ends(view: &View) -> Vec<Value<'_>> {
    let counts = [view.head.0, view.contacts_made, view.conversations_made, view.messages_made];
    counts.into_iter().map(|count| Box::new(stored(count)) as Value).collect()
}
