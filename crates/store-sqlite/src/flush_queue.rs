//! The claims of a company that a round writes, in the order of their table.

use std::collections::HashMap;
use std::sync::OnceLock;

use contact::{Claim, HandleKey, Seq};
use foldhash::fast::RandomState;

/// The claim of a handle now; none if nobody has it.
pub type Now = Option<Claim>;

/// The claims that wait to be written, by handle.
pub type Waiting = HashMap<HandleKey, Now, RandomState>;

/// Claims that a round writes.
#[derive(Default)]
pub struct FlushQueue {
    /// All of them, also those that are written.
    claims: Waiting,
    /// The same in the order of the table, once the first of them are written. To put them in order takes a while, and is done
    /// when others can read.
    in_order: OnceLock<Vec<Ordered>>,
    /// How many of them are written.
    written: usize,
    /// Where the journal ended when the round came to them.
    since: Seq,
}

/// A claim with the beginning of its handle, which tells most handles apart and lies beside those of others.
pub struct Ordered {
    begins: u128,
    pub handle: HandleKey,
    pub now: Now,
}

impl FlushQueue {
    /// Claims that waited when the journal ended with an entry.
    pub fn of(claims: Waiting, since: Seq) -> FlushQueue {
        FlushQueue { claims, in_order: OnceLock::new(), written: 0, since }
    }

    /// How many claims they were.
    pub fn len(&self) -> usize {
        self.claims.len()
    }

    /// What one of them was when the round came to it.
    pub fn get(&self, handle: &HandleKey) -> Option<Now> {
        self.claims.get(handle).copied()
    }

    /// The handles of all of them.
    pub fn handles(&self) -> impl Iterator<Item = &HandleKey> {
        self.claims.keys()
    }

    /// Where the journal ended when the round came to them.
    pub fn since(&self) -> Seq {
        self.since
    }

    /// Takes note that so many more are written, and says whether all are.
    pub fn wrote(&mut self, count: usize) -> bool {
        self.written += count;
        self.rest() == 0
    }

    /// How many are not written yet.
    pub fn rest(&self) -> usize {
        self.claims.len() - self.written
    }

    /// The next claims that the round writes, with what they were when it came to them.
    pub fn next(&self, count: usize) -> &[Ordered] {
        &self.in_order.get_or_init(|| in_order(&self.claims))[self.written..self.written + count]
    }
}

/// Claims in the order of the table.
fn in_order(claims: &Waiting) -> Vec<Ordered> {
    let ordered = |(handle, now): (&HandleKey, &Now)| Ordered {
        begins: beginning(handle.as_str()),
        handle: handle.clone(),
        now: *now,
    };
    let mut claims: Vec<Ordered> = claims.iter().map(ordered).collect();
    claims.sort_unstable_by(|one, other| {
        let by_source = one.handle.source().cmp(&other.handle.source());
        by_source.then_with(|| one.begins.cmp(&other.begins)).then_with(|| one.handle.cmp(&other.handle))
    });
    claims
}

/// The first bytes of a text, as a number that is less where they are.
fn beginning(text: &str) -> u128 {
    let mut first = [0; size_of::<u128>()];
    let bytes = &text.as_bytes()[..text.len().min(first.len())];
    first[..bytes.len()].copy_from_slice(bytes);
    u128::from_be_bytes(first)
}
