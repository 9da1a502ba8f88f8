//! Loads the records that a decision or an answer needs.

use contact::{ContactId, HandleKey, View};
use rusqlite::Connection;

use store::{Batch, Needs};

use crate::claim_buffer::ClaimBuffer;
use crate::contacts::load_merged;
use crate::error::Result;
use crate::handles::{CLAIM, find_claim};
use crate::journal::joined_by;
use crate::{accounts, conversations, settings};

/// Loads all needed records that are not in the batch yet.
///
/// Unflushed claims come from the claim buffer. Records that the batch has deleted are still in the tables, and are not
/// loaded again.
pub fn needed(connection: &Connection, claim_buffer: &ClaimBuffer, batch: &mut Batch, needs: &Needs) -> Result<()> {
    let Batch { view, changes, .. } = batch;
    let is_deleted = |view: &View, id: &ContactId| changes.members.contains(id) && !view.members.contains_key(id);
    let mut claims = connection.prepare_cached(CLAIM)?;
    let unknown = |handle: &&&HandleKey| view.claims.get(handle).is_none();
    let mut handles: Vec<&HandleKey> = needs.handles.iter().filter(unknown).copied().collect();
    // In the order of the table, so that neighbours are on pages that were just read.
    handles.sort_unstable();
    handles.dedup();
    let mut misses = 0;
    for handle in handles {
        if view.claims.get(handle).is_some() || changes.claims.contains(handle) {
            continue;
        }
        if claim_buffer.is_absent(view.company, handle) {
            continue;
        }
        let waiting = claim_buffer.known(view.company, handle).claim;
        match waiting.map_or_else(|| find_claim(&mut claims, view.company, handle), Ok)? {
            Some(claim) => {
                view.claims.put(handle.clone(), claim);
                claim.home.map_or(Ok(()), |home| load_merged(connection, view, home))?;
            }
            None => misses += 1,
        }
    }
    claim_buffer.count_misses(view.company, misses);
    for contact in &needs.contacts {
        if !is_deleted(view, contact) {
            load_merged(connection, view, *contact)?;
        }
    }
    for merge in &needs.merges {
        let joined = joined_by(connection, view.company, *merge)?.filter(|joined| !is_deleted(view, joined));
        joined.map_or(Ok(()), |joined| load_merged(connection, view, joined))?;
    }
    conversations::load_needed(connection, view, needs)?;
    if needs.settings && view.settings == contact::Settings::default() {
        view.settings = settings::settings(connection, view.company)?;
    }
    accounts::load_needed(connection, view, &changes.accounts, needs)
}
