//! Many commands in one write: while some are decided, what those after them need is loaded, and what those before them
//! led to is stored.
//!
//! Nobody else writes meanwhile, so whatever is loaded is as it was when the transaction began. What has been decided
//! since is in the batch, which is newer than anything that is loaded.

use std::panic;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use contact::{Claim, Command, CompanyId, HandleKey, SettingsChange, Time, View};
use rusqlite::Connection;

use super::claim_buffer::{self, ClaimBuffer, Due};
use super::load;
use super::rows::Rows;
use crate::batch::{Batch, Needs};
use crate::{Error, Outcomes};

/// From so many commands on it is worth two more threads.
const MANY: usize = 1_000;
/// How many commands go from stage to stage at once.
const STEP: usize = 250;
/// How many such steps are loaded ahead.
const AHEAD: usize = 2;

/// What is written of a batch before it is whole.
pub struct WrittenAhead {
    /// Whose batch it is.
    pub company: CompanyId,
    /// Claims that were due.
    pub due: Due,
    /// The claims that the batch has led to.
    pub claims: Vec<(HandleKey, Option<Claim>)>,
}

/// Whether commands are so many, and of such kinds, that they are written in this way: those of an import. They take nothing
/// away, so what is in the batch is all that is newer than what is loaded.
pub fn is_bulk(commands: &[Command]) -> bool {
    let is_of_import = |command: &Command| {
        matches!(
            command,
            Command::Observe(_) | Command::ChangeSettings { change: SettingsChange::RecordImport { .. }, .. }
        )
    };
    commands.len() >= MANY && commands.iter().all(is_of_import)
}

/// Decides on commands of a batch that has changed nothing yet, and stores what they lead to, but for what is kept beside
/// contacts; and the claims that are due, to which those are added that come of it. `reader` is another connection to the same
/// file.
pub fn perform(
    store: &Connection,
    reader: &mut Connection,
    (claim_buffer, early): (&ClaimBuffer, &mut WrittenAhead),
    batch: &mut Batch,
    commands: &[Command],
    at: Time,
) -> Result<Outcomes, Error> {
    let company = batch.view.company;
    thread::scope(|scope| {
        let (load, loaded) = sync_channel(AHEAD);
        let (decide, decided) = channel();
        scope.spawn(move || read(reader, claim_buffer, company, commands, &load));
        let deciding = scope.spawn(move || {
            let mut outcomes = Vec::with_capacity(commands.len());
            for commands in commands.chunks(STEP) {
                batch.take_in(next(&loaded)?);
                outcomes.extend(batch.perform(commands, at));
                if decide.send(Rows::take(&batch.view, &mut batch.changes)).is_err() {
                    // Whoever stores has met with an error, and tells it.
                    break;
                }
            }
            Ok(outcomes)
        });
        claim_buffer::write(store, claim_buffer, &early.due)?;
        for rows in decided {
            rows.store(store)?;
            early.claims.extend(rows.claims);
        }
        deciding.join().unwrap_or_else(|failed| panic::resume_unwind(failed))
    })
}

fn next(loaded: &Receiver<Result<View, Error>>) -> Result<View, Error> {
    loaded.recv().unwrap_or_else(|_| Err(Error::Unavailable("A read was interrupted.".into())))
}

/// Loads what commands need, some at a time, until all is loaded or nobody wants more.
fn read(
    reader: &mut Connection,
    claim_buffer: &ClaimBuffer,
    company: CompanyId,
    commands: &[Command],
    send: &SyncSender<Result<View, Error>>,
) {
    let mut read = || {
        let transaction = reader.transaction()?;
        for commands in commands.chunks(STEP) {
            let mut step = Batch::new(View::new(company));
            load::touched(&transaction, claim_buffer, &mut step, &Needs::of_commands(commands))?;
            if send.send(Ok(step.view)).is_err() {
                break;
            }
        }
        Ok(transaction.finish()?)
    };
    if let Err(error) = read() {
        // Whoever decides may have met with another one.
        let _ = send.send(Err(error));
    }
}
