//! What the writing thread works on: transactions that decide, store and commit.

use std::collections::{BTreeMap, btree_map};
use std::panic::resume_unwind;
use std::sync::{Arc, RwLock};
use std::thread;

use contact::{Command, CompanyId, Guards, Time, View};
use rusqlite::{Connection, Transaction, params};
use store::{Access, Batch, JournalRecord, Needs, Outcomes};
use tokio::sync::{oneshot, watch};

use crate::bulk::pipeline::{self, WrittenAhead};
use crate::claim_buffer::{self, CLAIMS_WAITING_MAX, ClaimBuffer, Committed, Due};
use crate::error::Result;
use crate::flush_queue::FlushQueue;
use crate::locks::{read_lock, write_lock};
use crate::rows::Rows;
use crate::turns::Turns;
use crate::{accounts, conversations, handles, journal, load, mark, open, settings};

/// Most writes in a transaction.
const BATCH_MAX: usize = 1_024;
/// Claims that are flushed in one transaction when the store is closed. Other processes wait for it.
const FLUSHED_AT_ONCE: usize = 10_000;
/// With more contacts or claims than this, the memory of a batch is freed on another thread.
const LARGE: usize = 1_000;

/// Commands of one caller that wait to be written.
pub struct Waiting {
    pub company: CompanyId,
    pub at: Time,
    pub commands: Vec<Command>,
}

/// The connections and the claim buffer of the writing thread.
pub struct WriteState {
    /// Reads while `connection` writes. It is closed first: the last connection to close checkpoints the log, which a
    /// reader may not.
    reader: Connection,
    connection: Connection,
    turns: Turns,
    access: Access,
    /// Whether its commits checkpoint the log when it is long.
    is_checkpointing: bool,
    claim_buffer: Arc<RwLock<ClaimBuffer>>,
    /// Changes when another process writes to the file.
    version: Option<i64>,
    /// Counts commits.
    written: watch::Sender<u64>,
}

/// What a writing thread works with.
pub struct Connections {
    pub writer: Connection,
    /// Another connection to the same file.
    pub reader: Connection,
    pub turns: Turns,
    pub access: Access,
}

impl WriteState {
    /// The state of a thread that has written nothing yet.
    pub fn new(
        Connections { writer: connection, reader, turns, access }: Connections,
        claim_buffer: Arc<RwLock<ClaimBuffer>>,
        written: watch::Sender<u64>,
    ) -> WriteState {
        WriteState { reader, connection, turns, access, is_checkpointing: true, claim_buffer, version: None, written }
    }

    /// The connection that writes.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Runs a change in a transaction of its own.
    pub fn run<T>(&mut self, run: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let transaction = self.turns.begin(&mut self.connection)?;
        let result = run(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    /// Decides on all that `next` returns and stores it in one transaction.
    ///
    /// The writes are in `held` before anything can fail. Those that change nothing need not wait for the disk: they
    /// are answered at once.
    pub fn write<W: AsRef<Waiting>>(
        &mut self,
        next: &mut dyn FnMut() -> Vec<W>,
        held: &mut Vec<(W, Result<Outcomes>)>,
        answer: &dyn Fn(Vec<(W, Result<Outcomes>)>),
    ) -> Result<()> {
        let mut batches: BTreeMap<CompanyId, Option<Batch>> = BTreeMap::new();
        let no_company = |waiting| (waiting, Err(store::Error::NoCompany.into()));
        held.extend(next().into_iter().map(no_company));
        let mut taken = held.len();
        let transaction = self.turns.begin(&mut self.connection)?;
        let version = catch_up(&transaction, &self.claim_buffer, self.version)?;
        let is_alone = self.version == Some(version);
        if self.access == Access::Serve && is_alone != self.is_checkpointing {
            // While a command writes, it makes the checkpoints: nobody who writes one contact waits for those of an import.
            open::checkpoint_after_commits(&transaction, is_alone)?;
            self.is_checkpointing = is_alone;
        }
        let mut decided = 0;
        while decided < held.len() {
            for (waiting, outcomes) in &mut held[decided..] {
                let Waiting { company, at, commands } = waiting.as_ref();
                let batch = match batches.entry(*company) {
                    btree_map::Entry::Occupied(batch) => batch.into_mut(),
                    btree_map::Entry::Vacant(batch) => {
                        batch.insert(open_batch(&transaction, &self.claim_buffer, *company)?)
                    }
                };
                let Some(batch) = batch else { continue };
                *outcomes = Ok(perform(&transaction, &self.claim_buffer, batch, commands, *at)?);
            }
            let is_unchanged =
                |company: CompanyId| matches!(batches.get(&company), Some(Some(batch)) if batch.is_unchanged());
            let unchanged = held.extract_if(decided.., |(waiting, _)| is_unchanged(waiting.as_ref().company));
            let unchanged: Vec<_> = unchanged.collect();
            if !unchanged.is_empty() {
                answer(unchanged);
            }
            decided = held.len();
            if taken < BATCH_MAX {
                held.extend(next().into_iter().map(no_company));
                taken += held.len() - decided;
            }
        }
        commit(transaction, &self.claim_buffer, &self.written, batches.into_values().flatten().collect())?;
        self.version = Some(version);
        Ok(())
    }

    /// Writes a batch of an import: while some commands are decided, the next are loaded and the last are stored.
    pub fn import(&mut self, company: CompanyId, at: Time, commands: &[Command]) -> Result<Outcomes> {
        let transaction = self.turns.begin(&mut self.connection)?;
        let version = catch_up(&transaction, &self.claim_buffer, self.version)?;
        let mut batch = open_batch(&transaction, &self.claim_buffer, company)?.ok_or(store::Error::NoCompany)?;
        let mut buffer = write_lock(&self.claim_buffer);
        if buffer.wants_filter(company, batch.view.records_made) {
            buffer.make_filter(&transaction, company)?;
        }
        let mut ahead = WrittenAhead { due: buffer.due(0, [company]), claims: Vec::new() };
        drop(buffer);
        let buffer = read_lock(&self.claim_buffer);
        let outcomes =
            pipeline::perform(&transaction, &mut self.reader, (&buffer, &mut ahead), &mut batch, commands, at)?;
        drop(buffer);
        let Some(outcomes) = outcomes else {
            // A command needs more than the pipeline loads. That is rare, and the usual way loads it.
            drop(transaction);
            return self.import_one_by_one(company, at, commands);
        };
        let WrittenAhead { due, claims } = ahead;
        let committed = store_batch(&transaction, &mut batch, claims)?;
        handles::store_common(&transaction, company.number(), &committed.claims)?;
        let is_changed = committed.is_changed;
        let gone = commit_and_settle(transaction, &self.claim_buffer, due, vec![committed])?;
        announce(&self.written, is_changed);
        free(vec![batch], gone);
        self.version = Some(version);
        Ok(outcomes)
    }

    /// Writes a batch of an import without the pipeline.
    fn import_one_by_one(&mut self, company: CompanyId, at: Time, commands: &[Command]) -> Result<Outcomes> {
        let transaction = self.turns.begin(&mut self.connection)?;
        let version = catch_up(&transaction, &self.claim_buffer, self.version)?;
        let mut batch = open_batch(&transaction, &self.claim_buffer, company)?.ok_or(store::Error::NoCompany)?;
        let outcomes = perform(&transaction, &self.claim_buffer, &mut batch, commands, at)?;
        commit(transaction, &self.claim_buffer, &self.written, vec![batch])?;
        self.version = Some(version);
        Ok(outcomes)
    }

    /// Appends entries as they are.
    pub fn restore(&mut self, company: CompanyId, records: Vec<JournalRecord>) -> Result<()> {
        let transaction = self.turns.begin(&mut self.connection)?;
        write_lock(&self.claim_buffer).catch_up_all(&transaction)?;
        let mut batch = open_batch(&transaction, &self.claim_buffer, company)?.ok_or(store::Error::NoCompany)?;
        load::needed(&transaction, &read_lock(&self.claim_buffer), &mut batch, &Needs::of_entries(&records))?;
        batch.restore(records)?;
        commit(transaction, &self.claim_buffer, &self.written, vec![batch])
    }

    /// Writes the waiting claims, if there are more than a served store keeps in memory: the next opening of the file
    /// would replay as many entries, which takes longer.
    pub fn close(&mut self) -> Result<()> {
        if !write_lock(&self.claim_buffer).set_max(CLAIMS_WAITING_MAX) {
            return Ok(());
        }
        while write_lock(&self.claim_buffer).lower_max(FLUSHED_AT_ONCE) {
            let transaction = self.turns.begin(&mut self.connection)?;
            // Others write in between, and may have flushed newer claims.
            self.version = Some(catch_up(&transaction, &self.claim_buffer, self.version)?);
            commit(transaction, &self.claim_buffer, &self.written, Vec::new())?;
        }
        Ok(())
    }
}

/// Loads what commands need, and decides on them.
fn perform(
    transaction: &Transaction,
    claim_buffer: &RwLock<ClaimBuffer>,
    batch: &mut Batch,
    commands: &[Command],
    at: Time,
) -> Result<Outcomes> {
    let claim_buffer = read_lock(claim_buffer);
    load::needed(transaction, &claim_buffer, batch, &Needs::of_commands(commands))?;
    let mut outcomes = Outcomes::with_capacity(commands.len());
    while let Some(missing) = batch.perform(commands, at, &mut outcomes) {
        load::needed(transaction, &claim_buffer, batch, &Needs::of_missing(&missing))?;
    }
    Ok(outcomes)
}

/// Makes the claim buffer catch up if another process has written since `seen`, and returns the version of the file.
fn catch_up(transaction: &Transaction, claim_buffer: &RwLock<ClaimBuffer>, seen: Option<i64>) -> Result<i64> {
    let version = transaction.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
    if seen != Some(version) {
        write_lock(claim_buffer).catch_up_all(transaction)?;
        // Another process may have taken the mark back at its end.
        mark::set(transaction, mark::WITH_LOG)?;
    }
    Ok(version)
}

/// Stores the changes of batches and commits.
fn commit(
    transaction: Transaction,
    claim_buffer: &RwLock<ClaimBuffer>,
    written: &watch::Sender<u64>,
    mut batches: Vec<Batch>,
) -> Result<()> {
    let stored = batches.iter_mut().map(|batch| store_batch(&transaction, batch, Vec::new()));
    let committed = stored.collect::<Result<Vec<Committed>>>()?;
    let is_changed = committed.iter().any(|one| one.is_changed);
    let coming = committed.iter().map(|one| one.claims.len()).sum();
    let due = write_lock(claim_buffer).due(coming, committed.iter().map(|one| one.company));
    claim_buffer::write(&transaction, &read_lock(claim_buffer), &due)?;
    // After the waiting claims, which are older.
    for one in &committed {
        handles::store_common(&transaction, one.company.number(), &one.claims)?;
    }
    transaction.commit()?;
    let gone = write_lock(claim_buffer).settle(due, committed);
    announce(written, is_changed);
    free(batches, gone);
    Ok(())
}

/// Stores the changes of a batch, but for the claims: `claims` and those that it still has go to the claim buffer.
fn store_batch(
    transaction: &Transaction,
    batch: &mut Batch,
    mut claims: Vec<(contact::HandleKey, Option<contact::Claim>)>,
) -> Result<Committed> {
    let is_changed = !batch.is_unchanged();
    let Batch { view, changes, contents, .. } = batch;
    if is_changed {
        let rows = Rows::take(view, changes);
        rows.store(transaction)?;
        claims.extend(rows.claims);
        store_ends(transaction, view)?;
    }
    settings::store(transaction, view, changes, contents)?;
    accounts::store(transaction, view, changes)?;
    conversations::store(transaction, view, changes, contents)?;
    Ok(Committed { company: view.company, head: view.head, claims, is_changed })
}

/// Commits while the claim buffer is updated. Nobody sees the buffer before the commit has succeeded or failed.
fn commit_and_settle(
    transaction: Transaction,
    claim_buffer: &RwLock<ClaimBuffer>,
    due: Due,
    committed: Vec<Committed>,
) -> Result<Vec<FlushQueue>> {
    let (report, is_committed) = oneshot::channel();
    thread::scope(|scope| {
        let settling = scope.spawn(move || {
            let mut claim_buffer = write_lock(claim_buffer);
            let gone = claim_buffer.settle(due, committed);
            if !is_committed.blocking_recv().unwrap_or(false) {
                claim_buffer.forget();
            }
            gone
        });
        let committed = transaction.commit();
        // The other thread waits for this.
        let _ = report.send(committed.is_ok());
        let gone = settling.join().unwrap_or_else(|failed| resume_unwind(failed));
        committed?;
        Ok(gone)
    })
}

/// Wakes the readers of the journal.
fn announce(written: &watch::Sender<u64>, is_changed: bool) {
    if is_changed {
        written.send_modify(|written| *written += 1);
    }
}

/// Frees what a commit no longer needs. If that is much, no write waits for it.
fn free(batches: Vec<Batch>, gone: Vec<FlushQueue>) {
    let is_large = |gone: &FlushQueue| gone.len() > LARGE;
    if gone.iter().any(is_large) || batches.iter().any(|batch| batch.view.records.len() > LARGE) {
        thread::spawn(move || drop((batches, gone)));
    }
}

/// A batch on a company of which nothing is loaded yet; none if the company does not exist.
fn open_batch(
    connection: &Connection,
    claim_buffer: &RwLock<ClaimBuffer>,
    company: CompanyId,
) -> Result<Option<Batch>> {
    let Some(ends) = journal::ends(connection, company)? else { return Ok(None) };
    if !read_lock(claim_buffer).has(company) {
        write_lock(claim_buffer).catch_up(connection, company)?;
    }
    Ok(Some(Batch::new(journal::nothing(company, &ends))))
}

/// Stores where a company's journal and its counters end.
fn store_ends(connection: &Connection, view: &View) -> Result<()> {
    let mut end = connection.prepare_cached(
        "UPDATE company SET entries = ?2, records_made = ?3, conversations_made = ?4, messages_made = ?5,
             shared_after = ?6, names_agree = ?7
         WHERE company = ?1",
    )?;
    let View { head, records_made, conversations_made, messages_made, guards, .. } = view;
    let Guards { shared_after, names_agree } = guards;
    let company = view.company.number();
    end.execute(params![company, head.0, records_made, conversations_made, messages_made, shared_after, names_agree])?;
    Ok(())
}
