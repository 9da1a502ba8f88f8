//! What tells of most handles that nobody has them, without a look at their table.
//!
//! Most handles that an import tells are nobody's. A filter (Bloom, 1970) is made once as much was looked for in vain as making
//! it takes.

use contact::{CompanyId, HandleKey};
use fastbloom::BloomFilter;
use foldhash::quality::RandomState;
use rusqlite::Connection;

use crate::error::Result;
use crate::handles;

/// How many handles a filter has room for at least, which takes 5 MB. It is made for four times as many as there are.
const HANDLES_MIN: usize = 1 << 22;
/// Of how many of them it says falsely that they may be there.
const FALSELY: f64 = 0.01;

/// The handles of a company, roughly.
pub struct Filter {
    handles: BloomFilter<RandomState>,
    /// How many more it has room for.
    room: usize,
}

impl Filter {
    /// A filter of the handles in a company's table, as a connection reads it, and of others.
    pub fn of<'a>(
        connection: &Connection,
        company: CompanyId,
        others: impl ExactSizeIterator<Item = &'a HandleKey>,
    ) -> Result<Filter> {
        let known = handles::handle_count(connection, company)? + others.len();
        let expected = HANDLES_MIN.max(4 * known);
        let handles = BloomFilter::with_false_pos(FALSELY).hasher(RandomState::default());
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

    /// Whether it says falsely of too many that they may be there.
    pub fn is_full(&self) -> bool {
        self.room == 0
    }

    /// Whether nobody has a handle, for certain.
    pub fn is_absent(&self, handle: &HandleKey) -> bool {
        !self.handles.contains(handle)
    }
}
