//! What a store does, for its operator.

use std::sync::atomic::{AtomicU64, Ordering};

use contact::Seq;

use crate::traits::Outcomes;

/// What a store did since it was opened, and what it has to do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Activity {
    /// Writes that were answered, those that changed nothing included.
    pub writes: u64,
    /// Batches that were decided, each in one transaction.
    pub batches: u64,
    /// Contacts that were merged into others.
    pub merges: u64,
    /// Writes that wait for the writer.
    pub waiting: u64,
    /// The files of the store, and the bytes of each. None for a database.
    pub files: Vec<(&'static str, u64)>,
}

/// Counts what a store does.
#[derive(Default)]
pub struct ActivityCounter {
    writes: AtomicU64,
    batches: AtomicU64,
    merges: AtomicU64,
}

impl ActivityCounter {
    /// Counts a batch.
    pub fn batch(&self) {
        self.batches.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a write, and what its outcomes merged.
    pub fn write(&self, outcomes: &Outcomes) {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let merged: usize = outcomes.iter().flatten().map(|outcome| outcome.merged.len()).sum();
        if merged > 0 {
            self.merges.fetch_add(merged as u64, Ordering::Relaxed);
        }
    }

    /// What was counted.
    pub fn activity(&self) -> Activity {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (writes, batches, merges) = (read(&self.writes), read(&self.batches), read(&self.merges));
        Activity { writes, batches, merges, ..Activity::default() }
    }
}

/// How far the readers of a company's journal are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReaderPositions {
    /// The last entry of the journal.
    pub head: Seq,
    /// Each reader, and the last entry that it has read.
    pub readers: Vec<(&'static str, Seq)>,
}
