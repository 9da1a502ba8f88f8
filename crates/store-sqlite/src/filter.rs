//! A Bloom filter of handles, which recognizes most unknown handles without a lookup in the table.
//!
//! Most handles of an import are unknown. The filter is built once failed lookups have cost as much as building it
//! (Bloom, 1970).

use contact::{CompanyId, HandleKey};
use fastbloom::BloomFilter;
use foldhash::quality::RandomState;
use rusqlite::Connection;

use crate::error::Result;
use crate::handles;

/// Least capacity of a filter in handles, which takes 5 MB. The capacity is four times the number of handles.
const HANDLES_MIN: usize = 1 << 22;
/// The rate of false positives.
const FALSE_POSITIVES: f64 = 0.01;

/// The filter of a company's handles.
pub struct Filter {
    handles: BloomFilter<RandomState>,
    /// How many more handles it has room for.
    room: usize,
}

impl Filter {
    /// Builds a filter of the handles in a company's table and of `others`.
    pub fn of<'a>(
        connection: &Connection,
        company: CompanyId,
        others: impl ExactSizeIterator<Item = &'a HandleKey>,
    ) -> Result<Filter> {
        let known = handles::handle_count(connection, company)? + others.len();
        let expected = HANDLES_MIN.max(4 * known);
        let handles = BloomFilter::with_false_pos(FALSE_POSITIVES).hasher(RandomState::default());
        let mut handles = handles.expected_items(expected);
        handles::handles(connection, company, &mut |handle| {
            handles.insert(handle);
        })?;
        for handle in others {
            handles.insert(handle);
        }
        Ok(Filter { handles, room: expected - known })
    }

    /// Adds a handle.
    pub fn insert(&mut self, handle: &HandleKey) {
        self.handles.insert(handle);
        self.room = self.room.saturating_sub(1);
    }

    /// Whether more handles would raise the rate of false positives.
    pub fn is_full(&self) -> bool {
        self.room == 0
    }

    /// Whether a handle is certainly unknown.
    pub fn is_absent(&self, handle: &HandleKey) -> bool {
        !self.handles.contains(handle)
    }
}
