//! What commands come to that were told before, as one reader of the database sees it.

use std::collections::BTreeSet;

use contact::{Command, CompanyId, ContactId, HandleKey, Time, View};
use deadpool_postgres::ClientWrapper;

use super::connect::{Pool, Transaction};
use super::load::{self, company, query, stored};
use crate::Error;
use crate::again::{Again, Step, Unchanged};
use crate::batch::Needs;

/// The next contacts that were made after one, so many at most.
pub const MADE_AFTER: &str = "SELECT contact, changed, merged_into, merge, changed_at, owner, body FROM contact
     WHERE company = $1 AND contact > $2 ORDER BY contact LIMIT $3";

/// What commands come to that change nothing, as of one moment.
pub async fn unchanged(pool: &Pool, id: CompanyId, commands: &[Command], at: Time) -> Result<Unchanged, Error> {
    let transaction = Transaction::reading(pool.get().await?).await?;
    let client = transaction.client();
    let ends = query(client, load::ENDS, &[&company(id)]).await?;
    let Some(ends) = ends.first() else { return transaction.roll_back().await.map(|()| None) };
    let mut again = Again::of(load::open(id, ends)?, commands);
    while let Some(Step { commands, made_after }) = again.step() {
        let view = &mut again.batch.view;
        let mut people = Vec::new();
        if let Some((last, many)) = made_after {
            let (last, many) = (stored(last.number()), stored(many));
            let made = query(client, MADE_AFTER, &[&company(id), &last, &many]).await?;
            people = load::add(view, &made)?;
        }
        load_owners(client, view, &Needs::of_commands(commands).handles, people).await?;
        if !again.perform(commands, at) {
            return transaction.roll_back().await.map(|()| None);
        }
    }
    transaction.roll_back().await?;
    Ok(Some(again.end()))
}

/// Loads who has handles, unless that is known, and what is missing of them and of some people that were loaded in part.
async fn load_owners(
    client: &ClientWrapper,
    view: &mut View,
    handles: &[&HandleKey],
    people: Vec<ContactId>,
) -> Result<(), Error> {
    let number = company(view.company);
    let unknown: BTreeSet<&HandleKey> =
        handles.iter().filter(|handle| view.claims.get(handle).is_none()).copied().collect();
    let keys: Vec<&str> = unknown.iter().map(|handle| handle.as_str()).collect();
    let mut people: BTreeSet<ContactId> = people.into_iter().collect();
    if !keys.is_empty() {
        for row in query(client, load::CLAIMS, &[&number, &keys]).await? {
            let (handle, claim) = load::to_claim(&row)?;
            // Another source may have the same key.
            if unknown.contains(&handle) {
                people.extend(claim.home);
                view.claims.put(handle, claim);
            }
        }
    }
    people.retain(|id| !is_whole(view, *id));
    let people: Vec<ContactId> = people.into_iter().collect();
    if !people.is_empty() {
        let rows = query(client, load::BY_ID, &[&number, &load::numbers(&people)]).await?;
        load::add(view, &rows)?;
    }
    Ok(())
}

/// Whether the person that a contact is part of is loaded, with every part.
fn is_whole(view: &View, id: ContactId) -> bool {
    let root = view.root(id).and_then(|root| view.members.get(&root));
    root.is_some_and(|root| root.members.iter().all(|part| view.members.contains_key(part)))
}
