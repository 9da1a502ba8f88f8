//! Rows of a file that join rows of another name by a handle: perhaps one person, perhaps a number of a whole office.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use contact::{Attribute, Handle, Observation};

/// Most handles of a file that are compared.
pub const HANDLES_COMPARED_MAX: usize = 1_000_000;
/// Most joins that the progress lists, and most lines of each.
pub const JOINS_SHOWN: usize = 20;

/// Rows of different names that have a handle in common.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Join {
    /// The handle.
    pub handle: String,
    /// The lines of the first rows with it, at most [`JOINS_SHOWN`].
    pub lines: Vec<u64>,
}

/// The joins of an import so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Joins {
    /// The number of rows that joined an earlier row of another name.
    pub rows: u64,
    /// The first joins.
    pub first: Vec<Join>,
    /// The line from which rows with new handles are no longer compared, because there are too many.
    pub compared_until: Option<u64>,
}

/// Compares the rows of a file. Memory: at most some dozens of megabytes.
#[derive(Default)]
pub struct JoinFinder {
    /// The hash of each handle, with the line and the hash of the name of its first row.
    seen: HashMap<u64, (u64, u64)>,
}

impl JoinFinder {
    /// Compares a row with the rows before it, and returns the handle and the line of the first one that it joins.
    pub fn add<'a>(
        &mut self,
        line: u64,
        observation: &'a Observation,
        is_used: impl Fn(&Handle) -> bool,
        joins: &mut Joins,
    ) -> Option<(&'a Handle, u64)> {
        let name = observation.attributes[Attribute::Name].as_ref().map_or(0, |name| hash(&words(name.as_str())));
        let mut joined = None;
        for handle in observation.handles.iter().filter(|handle| is_used(handle)) {
            let key = hash(handle.key());
            match self.seen.get(&key) {
                Some((first, other)) if *other != name && *other != 0 && name != 0 => {
                    joined = joined.or(Some((handle, *first)));
                }
                Some(_) => {}
                None if self.seen.len() < HANDLES_COMPARED_MAX => drop(self.seen.insert(key, (line, name))),
                None => drop(joins.compared_until.get_or_insert(line)),
            }
        }
        if let Some((handle, first)) = joined {
            joins.add(handle, first, line);
        }
        joined
    }
}

impl Joins {
    fn add(&mut self, handle: &Handle, first: u64, line: u64) {
        self.rows += 1;
        let has_room = self.first.len() < JOINS_SHOWN;
        match self.first.iter_mut().find(|join| join.lines[0] == first && join.handle == handle.text()) {
            Some(join) if join.lines.len() < JOINS_SHOWN => join.lines.push(line),
            None if has_room => {
                self.first.push(Join { handle: handle.text().to_owned(), lines: vec![first, line] });
            }
            _ => {}
        }
    }
}

/// The words of a name in one order: `Leer, Ann` is `Ann Leer`.
fn words(name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut words: Vec<String> = words.map(str::to_lowercase).collect();
    words.sort_unstable();
    words
}

/// A hash that is never 0, which stands for no name.
fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish().max(1)
}
