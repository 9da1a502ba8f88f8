//! The claims of a company that a round flushes, in the order of the table.

use std::collections::HashMap;
use std::sync::OnceLock;

use contact::{Claim, HandleKey, Seq};
use foldhash::fast::RandomState;

/// The claim of a handle; none if no contact has it.
pub type Now = Option<Claim>;

/// The claims that wait to be flushed, by handle.
pub type Waiting = HashMap<HandleKey, Now, RandomState>;

/// The claims of a company that a round flushes.
#[derive(Default)]
pub struct FlushQueue {
    /// All claims, including those already written.
    claims: Waiting,
    /// The claims in the order of the table. Sorting takes a while, so it is done on first use, when readers are not blocked.
    in_order: OnceLock<Vec<Ordered>>,
    /// How many claims are written.
    written: usize,
    /// The last entry of the journal when the round reached the company.
    since: Seq,
}

/// A claim with the first bytes of its handle, which make most comparisons fast.
pub struct Ordered {
    prefix: u128,
    pub handle: HandleKey,
    pub now: Now,
}

impl FlushQueue {
    /// A queue of the claims that waited when the journal ended with `since`.
    pub fn of(claims: Waiting, since: Seq) -> FlushQueue {
        FlushQueue { claims, in_order: OnceLock::new(), written: 0, since }
    }

    /// How many claims the queue was created with.
    pub fn len(&self) -> usize {
        self.claims.len()
    }

    /// The claim of a handle in the queue.
    pub fn get(&self, handle: &HandleKey) -> Option<Now> {
        self.claims.get(handle).copied()
    }

    /// The handles of all claims.
    pub fn handles(&self) -> impl Iterator<Item = &HandleKey> {
        self.claims.keys()
    }

    /// The last entry of the journal when the round reached the company.
    pub fn since(&self) -> Seq {
        self.since
    }

    /// Counts claims as written. Returns whether all are.
    pub fn wrote(&mut self, count: usize) -> bool {
        self.written += count;
        self.rest() == 0
    }

    /// How many claims are left to write.
    pub fn rest(&self) -> usize {
        self.claims.len() - self.written
    }

    /// The next claims to write.
    pub fn next(&self, count: usize) -> &[Ordered] {
        &self.in_order.get_or_init(|| in_order(&self.claims))[self.written..self.written + count]
    }
}

/// Sorts claims in the order of the table.
fn in_order(claims: &Waiting) -> Vec<Ordered> {
    let ordered = |(handle, now): (&HandleKey, &Now)| Ordered {
        prefix: prefix(handle.as_str()),
        handle: handle.clone(),
        now: *now,
    };
    let mut claims: Vec<Ordered> = claims.iter().map(ordered).collect();
    claims.sort_unstable_by(|one, other| {
        let by_source = one.handle.source().cmp(&other.handle.source());
        by_source.then_with(|| one.prefix.cmp(&other.prefix)).then_with(|| one.handle.cmp(&other.handle))
    });
    claims
}

/// The first bytes of a text as a number with the same order.
fn prefix(text: &str) -> u128 {
    let mut first = [0; size_of::<u128>()];
    let bytes = &text.as_bytes()[..text.len().min(first.len())];
    first[..bytes.len()].copy_from_slice(bytes);
    u128::from_be_bytes(first)
}
