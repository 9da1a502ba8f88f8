//! Appending to the journal and bringing the views along, in as many statements as there are tables.

use std::collections::BTreeSet;

use contact::{Claims, Entry, HandleKey, Member, View};

use super::load::stored;
use super::rows::{Insert, Pipeline, Value};
use super::{accounts, conversations};
use crate::batch::Batch;
use crate::{Content, Error, record};

static JOURNAL: Insert = Insert::new("journal (company, seq, at, body)", 3, "");
const CONTACT: &str = "contact (company, contact, changed, merged_into, merge, changed_at, owner, body)";
/// What is known to be new costs less than what may be there.
static NEW_CONTACT: Insert = Insert::new(CONTACT, 7, "");
static ANY_CONTACT: Insert = Insert::new(
    CONTACT,
    7,
    " ON CONFLICT (company, contact) DO UPDATE SET changed = excluded.changed, merged_into = excluded.merged_into,
          merge = excluded.merge, changed_at = excluded.changed_at, owner = excluded.owner, body = excluded.body",
);
const HANDLE: &str = "handle (company, source, key, home, shared)";
static NEW_HANDLE: Insert = Insert::new(HANDLE, 4, "");
static ANY_HANDLE: Insert = Insert::new(
    HANDLE,
    4,
    " ON CONFLICT (company, key, source) DO UPDATE SET home = excluded.home, shared = excluded.shared",
);
static HISTORY: Insert = Insert::new("history (company, contact, seq)", 2, "");
static NOTE: Insert = Insert::new("note (company, contact, seq)", 2, "");
static MEMBERSHIP: Insert = Insert::new("membership (company, kind, \"group\", contact)", 3, " ON CONFLICT DO NOTHING");
pub const LEAVE: &str = "DELETE FROM membership WHERE company = $1 AND kind = $2 AND \"group\" = $3 AND contact = $4";
pub const DELETE: &str = "DELETE FROM contact WHERE company = $1 AND contact = $2";
pub const SET_UP: &str = "INSERT INTO settings (company, body) VALUES ($1, $2)
     ON CONFLICT (company) DO UPDATE SET body = excluded.body";
pub const PICTURE: &str = "INSERT INTO picture (company, seq, media_type, content) VALUES ($1, $2, $3, $4)";
pub const RELEASE: &str = "DELETE FROM handle WHERE company = $1 AND source = $2 AND key = $3";
pub const END: &str =
    "UPDATE ends SET entries = $2, contacts_made = $3, conversations_made = $4, messages_made = $5 WHERE company = $1";

/// The statements that this writes with, each with four rows.
pub fn statements() -> Vec<String> {
    let own = [&JOURNAL, &NEW_CONTACT, &ANY_CONTACT, &NEW_HANDLE, &ANY_HANDLE, &HISTORY, &NOTE, &MEMBERSHIP];
    let tables = own.into_iter().chain(conversations::inserts()).chain(accounts::inserts());
    let others = [RELEASE, LEAVE, DELETE, SET_UP, PICTURE, accounts::DELETE, accounts::DELETE_ALIASES, END];
    tables.map(|insert| insert.statement(3)).chain(others).map(str::to_owned).collect()
}

/// Makes ready what writes all that a batch has changed. `before` are the claims that were loaded for it.
pub async fn add<'a>(flight: &mut Pipeline<'a>, batch: &'a Batch, before: &Claims) -> Result<(), Error> {
    let Batch { view, changes, .. } = batch;
    let Some(first) = changes.entries.first() else { return Ok(()) };
    flight.insert(&JOURNAL, changes.entries.iter().map(entry).collect()).await?;
    let members = changes.members.iter().filter_map(|id| view.members.get(id));
    let (new, known): (Vec<&Member>, Vec<&Member>) = members.partition(|member| member.first >= first.seq);
    flight.insert(&NEW_CONTACT, new.into_iter().map(member).collect()).await?;
    flight.insert(&ANY_CONTACT, known.into_iter().map(member).collect()).await?;
    for id in changes.members.iter().filter(|id| !view.members.contains_key(id)) {
        flight.add(DELETE, vec![Box::new(stored(id.number()))]).await?;
    }
    claims(flight, batch, before).await?;
    let history: BTreeSet<(u64, u64)> = changes.history.iter().map(|(id, seq)| (id.number(), seq.0)).collect();
    let told = |(contact, seq)| -> Vec<Value> { vec![Box::new(stored(contact)), Box::new(stored(seq))] };
    flight.insert(&HISTORY, history.into_iter().map(told).collect()).await?;
    let notes = changes.notes.iter().map(|(id, seq)| told((id.number(), seq.0)));
    flight.insert(&NOTE, notes.collect()).await?;
    memberships(flight, batch).await?;
    if changes.settings {
        flight.add(SET_UP, vec![Box::new(record::from_settings(&view.settings))]).await?;
    }
    accounts::add(flight, batch).await?;
    conversations::add(flight, batch).await?;
    pictures(flight, &batch.contents).await?;
    flight.add(END, ends(view)).await
}

/// Makes ready what writes who has which handle.
async fn claims<'a>(flight: &mut Pipeline<'a>, batch: &'a Batch, before: &Claims) -> Result<(), Error> {
    let Batch { view, changes, .. } = batch;
    let (mut new, mut known) = (Vec::with_capacity(changes.claims.len()), Vec::new());
    // In the order of the table, so that neighbours are written to pages that were just written to.
    let handles: BTreeSet<&HandleKey> = changes.claims.iter().collect();
    for handle in handles {
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
    flight.insert(&ANY_HANDLE, known).await
}

/// Makes ready what writes who is in which list or account.
async fn memberships<'a>(flight: &mut Pipeline<'a>, batch: &'a Batch) -> Result<(), Error> {
    let Batch { view, changes, .. } = batch;
    let mut inside = Vec::new();
    for (group, contact) in &changes.memberships {
        let (kind, number) = record::from_group(*group);
        let row: Vec<Value> = vec![Box::new(kind), Box::new(stored(number)), Box::new(stored(contact.number()))];
        let member = view.members.get(contact);
        if member.is_some_and(|member| member.facts.groups.iter().any(|told| told.value == *group)) {
            inside.push(row);
        } else {
            flight.add(LEAVE, row).await?;
        }
    }
    flight.insert(&MEMBERSHIP, inside).await
}

/// Makes ready what writes pictures.
async fn pictures<'a>(flight: &mut Pipeline<'a>, contents: &'a [Content]) -> Result<(), Error> {
    for content in contents {
        if let Content::Picture { entry, picture } = content {
            let kind = picture.kind.media_type();
            let values: Vec<Value> = vec![Box::new(stored(entry.0)), Box::new(kind), Box::new(&picture.content[..])];
            flight.add(PICTURE, values).await?;
        }
    }
    Ok(())
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
        Box::new(member.changed_at.millis()),
        Box::new(member.owner.map(|owner| stored(owner.number()))),
        Box::new(record::from_member(member)),
    ]
}

fn ends(view: &View) -> Vec<Value<'_>> {
    let counts = [view.head.0, view.contacts_made, view.conversations_made, view.messages_made];
    counts.into_iter().map(|count| Box::new(stored(count)) as Value).collect()
}
