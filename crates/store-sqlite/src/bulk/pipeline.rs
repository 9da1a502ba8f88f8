//! The bulk pipeline: while some commands are decided, the next are loaded and the previous are stored.
//!
//! Nobody else writes meanwhile, so a load returns what was there when the transaction began. Decisions made since are
//! in the batch, which wins over what is loaded. Only claims can be removed; the batch does not load those again.

use std::collections::HashSet;
use std::panic;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use contact::{Claim, Command, CompanyId, HandleKey, Time, View};
use rusqlite::Connection;

use store::{Batch, Needs, Outcomes};

use crate::claim_buffer::{self, ClaimBuffer, Due};
use crate::error::{Error, Result};
use crate::load;
use crate::rows::Rows;

/// Commands that move through the pipeline together.
const STEP: usize = 250;
/// Most steps that are loaded ahead.
const AHEAD: usize = 2;

/// What is stored of a batch before all of it is decided.
pub struct WrittenAhead {
    /// The claims that were due.
    pub due: Due,
    /// The claims that the batch decided.
    pub claims: Vec<(HandleKey, Option<Claim>)>,
}

/// Decides on the commands of an empty batch and stores the changes, except what is kept beside contacts.
///
/// Returns none if a command needs more than is loaded for it; then the transaction must be rolled back.
///
/// Writes the claims that are due; the new ones are added to `ahead`. `reader` is another connection to the same file.
pub fn perform(
    store: &Connection,
    reader: &mut Connection,
    (claim_buffer, ahead): (&ClaimBuffer, &mut WrittenAhead),
    batch: &mut Batch,
    commands: &[Command],
    at: Time,
) -> Result<Option<Outcomes>> {
    let company = batch.view.company;
    thread::scope(|scope| {
        let (load, loaded) = sync_channel(AHEAD);
        let (decide, decided) = channel();
        scope.spawn(move || read(reader, claim_buffer, company, commands, &load));
        let deciding = scope.spawn(move || {
            let mut outcomes = Vec::with_capacity(commands.len());
            let mut removed: HashSet<HandleKey> = HashSet::new();
            for commands in commands.chunks(STEP) {
                let mut view = next(&loaded)?;
                for handle in &removed {
                    view.claims.remove(handle);
                }
                batch.take_in(view);
                let mut decided = Vec::with_capacity(commands.len());
                if batch.perform(commands, at, &mut decided).is_some() {
                    return Ok(None);
                }
                outcomes.extend(decided);
                let rows = Rows::take(&batch.view, &mut batch.changes);
                removed
                    .extend(rows.claims.iter().filter(|(_, claim)| claim.is_none()).map(|(handle, _)| handle.clone()));
                if decide.send(rows).is_err() {
                    // The storing side has failed and returns its error.
                    break;
                }
            }
            Ok(Some(outcomes))
        });
        claim_buffer::write(store, claim_buffer, &ahead.due)?;
        for rows in decided {
            rows.store(store)?;
            ahead.claims.extend(rows.claims);
        }
        deciding.join().unwrap_or_else(|failed| panic::resume_unwind(failed))
    })
}

fn next(loaded: &Receiver<Result<View>>) -> Result<View> {
    loaded.recv().unwrap_or_else(|_| Err(Error::unavailable("A read was interrupted.")))
}

/// Loads what the commands need, step by step, until the deciding side stops.
fn read(
    reader: &mut Connection,
    claim_buffer: &ClaimBuffer,
    company: CompanyId,
    commands: &[Command],
    send: &SyncSender<Result<View>>,
) {
    let mut read = || {
        let transaction = reader.transaction()?;
        for commands in commands.chunks(STEP) {
            let mut step = Batch::new(View::new(company));
            load::needed(&transaction, claim_buffer, &mut step, &Needs::of_commands(commands))?;
            if send.send(Ok(step.view)).is_err() {
                break;
            }
        }
        Ok(transaction.finish()?)
    };
    if let Err(error) = read() {
        // The deciding side may have failed too.
        let _ = send.send(Err(error));
    }
}
