//! Reading what a decision or an answer needs.

use contact::{ContactId, HandleKey, View};
use rusqlite::Connection;

use store::{Batch, Needs};

use crate::claim_buffer::ClaimBuffer;
use crate::contacts::whole;
use crate::error::Result;
use crate::handles::{CLAIM, find_claim};
use crate::journal::joined_by;
use crate::{accounts, conversations, settings};

/// Loads all that is needed and not loaded yet. The claim_buffer has the claims that are not in the table yet. What the batch has
/// taken away is still in the tables, and is not loaded again.
pub fn touched(connection: &Connection, claim_buffer: &ClaimBuffer, batch: &mut Batch, needs: &Needs) -> Result<()> {
    let Batch { view, changes, .. } = batch;
    let is_gone = |view: &View, id: &ContactId| changes.members.contains(id) && !view.members.contains_key(id);
    let mut claims = connection.prepare_cached(CLAIM)?;
    let unknown = |handle: &&&HandleKey| view.claims.get(handle).is_none();
    let mut handles: Vec<&HandleKey> = needs.handles.iter().filter(unknown).copied().collect();
    // In the order of the table, so that neighbours are found on pages that were just read.
    handles.sort_unstable();
    handles.dedup();
    let mut in_vain = 0;
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
                claim.home.map_or(Ok(()), |home| whole(connection, view, home))?;
            }
            None => in_vain += 1,
        }
    }
    claim_buffer.looked_in_vain(view.company, in_vain);
    for contact in &needs.contacts {
        if !is_gone(view, contact) {
            whole(connection, view, *contact)?;
        }
    }
    for merge in &needs.merges {
        let joined = joined_by(connection, view.company, *merge)?.filter(|joined| !is_gone(view, joined));
        joined.map_or(Ok(()), |joined| whole(connection, view, joined))?;
    }
    conversations::touched(connection, view, needs)?;
    if needs.settings && view.settings == contact::Settings::default() {
        view.settings = settings::settings(connection, view.company)?;
    }
    accounts::touched(connection, view, &changes.accounts, needs)
}
