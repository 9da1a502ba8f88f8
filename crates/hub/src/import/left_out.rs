//! What an import leaves out, summed up by name, so that nothing is lost without a word.

use std::collections::BTreeMap;

use files::ParsedRow;

/// Most names that are counted by themselves.
pub const LEFT_OUT_NAMES_MAX: usize = 50;

/// How often an import left something out, by the name of the column, key or property.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeftOut {
    counts: BTreeMap<String, u64>,
    others: u64,
}

impl LeftOut {
    pub(super) fn add(&mut self, name: &str) {
        if let Some(count) = self.counts.get_mut(name) {
            *count += 1;
        } else if self.counts.len() < LEFT_OUT_NAMES_MAX {
            self.counts.insert(name.to_owned(), 1);
        } else {
            self.others += 1;
        }
    }

    /// Whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The names and how often, the most frequent first.
    pub fn named(&self) -> Vec<(&str, u64)> {
        let mut named: Vec<_> = self.counts.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        named.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        named
    }

    /// How often things of other names were left out, after the first [`LEFT_OUT_NAMES_MAX`].
    pub fn others(&self) -> u64 {
        self.others
    }
}

/// The names of what a row has and a contact has no place for, or that was left out of it.
pub fn names(parsed: &ParsedRow) -> Vec<String> {
    let left_out = parsed.left_out.iter().map(|problem| problem.column.as_str());
    parsed.ignored.iter().map(String::as_str).chain(left_out).map(name).collect()
}

/// The name of a column, a property, or a key by its JSON pointer. Keys of the items of a list are the same.
fn name(place: &str) -> String {
    let Some(pointer) = place.strip_prefix('/') else { return place.to_owned() };
    let is_index = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    pointer.split('/').filter(|part| !is_index(part)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_is_first() {
        let mut left_out = LeftOut::default();
        assert!(left_out.is_empty());
        for name in ["BDAY", "ORG", "ORG"] {
            left_out.add(name);
        }
        assert_eq!(left_out.named(), [("ORG", 2), ("BDAY", 1)]);
        (0..LEFT_OUT_NAMES_MAX).for_each(|n| left_out.add(&format!("X-{n}")));
        assert_eq!((left_out.named().len(), left_out.others()), (LEFT_OUT_NAMES_MAX, 2));
    }

    #[test]
    fn a_key_is_named_by_its_path() {
        assert_eq!(name("/fields/0/label"), "fields/label");
        assert_eq!(name("/company"), "company");
        assert_eq!(name("Phone 1 / 2"), "Phone 1 / 2");
    }
}
