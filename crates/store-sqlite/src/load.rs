//! Loads the records that a decision or an answer needs.

use contact::{Claim, HandleKey, RecordId, RecordName};
use rusqlite::Connection;

use store::{Batch, Needs};

use crate::claim_buffer::ClaimBuffer;
use crate::error::Result;
use crate::{accounts, contacts, conversations, handles, settings};

/// Loads all needed records that are not in the batch yet.
///
/// Unflushed claims come from the claim buffer. Records that the batch has forgotten are still in the tables, and are not
/// loaded again.
pub fn needed(connection: &Connection, claim_buffer: &ClaimBuffer, batch: &mut Batch, needs: &Needs) -> Result<()> {
    let company = batch.view.company;
    let mut loading = Loading { connection, claim_buffer, batch, misses: 0 };
    let mut handles: Vec<&HandleKey> = needs.handles.clone();
    // In the order of the table, so that neighbours are on pages that were just read.
    handles.sort_unstable();
    handles.dedup();
    for handle in handles {
        if let Some(claim) = loading.claim(handle)? {
            if let Some(home) = claim.home {
                loading.contact(home)?;
            }
            if claim.has_more && claim.status.obstacle(handle).is_none() {
                loading.reporters(handle)?;
            }
        }
    }
    for handle in &needs.reporters {
        loading.claim(handle)?;
        loading.reporters(handle)?;
    }
    for contact in &needs.contacts {
        loading.contact(*contact)?;
        for handle in contacts::unclaimed(&loading.batch.view, *contact) {
            loading.claim(&handle)?;
        }
    }
    for name in &needs.names {
        loading.name(name)?;
    }
    claim_buffer.count_misses(company, loading.misses);
    let Batch { view, changes, .. } = batch;
    conversations::load_needed(connection, view, needs)?;
    if needs.settings && view.settings == contact::Settings::default() {
        view.settings = settings::settings(connection, view.company)?;
    }
    accounts::load_needed(connection, view, &changes.accounts, needs)
}

/// Loads into a batch. What the batch has changed is newer than the tables.
struct Loading<'a> {
    connection: &'a Connection,
    claim_buffer: &'a ClaimBuffer,
    batch: &'a mut Batch,
    /// How many handles had no claim.
    misses: u64,
}

impl Loading<'_> {
    fn claim(&mut self, handle: &HandleKey) -> Result<Option<Claim>> {
        let Batch { view, changes, .. } = &mut *self.batch;
        let known = view.claims.get(handle);
        if known.is_some() || changes.claims.contains(handle) || self.claim_buffer.is_absent(view.company, handle) {
            return Ok(known);
        }
        let waiting = self.claim_buffer.known(view.company, handle).claim;
        let mut table = || handles::claim(self.connection, view.company, handle);
        let claim = waiting.map_or_else(&mut table, Ok)?;
        match claim {
            Some(claim) => view.claims.put(handle.clone(), claim),
            None => self.misses += 1,
        }
        Ok(claim)
    }

    /// Loads all records that report a handle, with their contacts.
    fn reporters(&mut self, handle: &HandleKey) -> Result<()> {
        let Batch { view, changes, .. } = &mut *self.batch;
        if view.claims.get(handle).is_some_and(|claim| claim.has_more) && !view.claims.has_others(handle) {
            let mut others = handles::others(self.connection, view.company, handle)?;
            for ((changed, record), is_one) in &changes.others {
                if changed == handle {
                    if *is_one {
                        others.insert(*record)
                    } else {
                        others.remove(record)
                    };
                }
            }
            view.claims.put_others(handle.clone(), others);
        }
        let reporters: Vec<RecordId> = view.claims.reporters(handle).into_iter().flatten().collect();
        reporters.into_iter().try_for_each(|record| self.contact(record))
    }

    /// Loads all records of the contact of a record.
    fn contact(&mut self, id: RecordId) -> Result<()> {
        let Batch { view, changes, .. } = &mut *self.batch;
        if changes.records.contains(&id) && !view.records.contains_key(&id) {
            return Ok(());
        }
        contacts::load_records(self.connection, view, id)
    }

    fn name(&mut self, name: &RecordName) -> Result<()> {
        let Batch { view, changes, .. } = &mut *self.batch;
        if view.names.contains_key(name) || changes.names.contains(name) {
            return Ok(());
        }
        let Some(record) = contacts::named(self.connection, view.company, name)? else { return Ok(()) };
        view.names.insert(name.clone(), record);
        self.contact(record)
    }
}
