//! Modules that use each other in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::modules::Uses;

/// Returns the groups of modules that use each other, directly or through others of the group (the strongly connected
/// components of more than one module, by Tarjan's algorithm), largest first.
pub fn circles(uses: &Uses) -> Vec<BTreeSet<String>> {
    let mut search = Search { uses, ..Search::new(uses) };
    for module in uses.keys() {
        if !search.seen.contains_key(module.as_str()) {
            search.visit(module);
        }
    }
    let mut found = search.found;
    found.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    found
}

struct Search<'a> {
    uses: &'a Uses,
    /// For each module seen, its number in the order of the search and the lowest number that it reaches.
    seen: BTreeMap<&'a str, (usize, usize)>,
    stack: Vec<&'a str>,
    found: Vec<BTreeSet<String>>,
}

impl<'a> Search<'a> {
    fn new(uses: &'a Uses) -> Search<'a> {
        Search { uses, seen: BTreeMap::new(), stack: Vec::new(), found: Vec::new() }
    }

    /// Returns the lowest number that `module` reaches.
    fn visit(&mut self, module: &'a str) -> usize {
        let number = self.seen.len();
        self.seen.insert(module, (number, number));
        self.stack.push(module);
        let mut lowest = number;
        for used in self.uses.get(module).into_iter().flat_map(BTreeMap::keys) {
            match self.seen.get(used.as_str()) {
                None => lowest = lowest.min(self.visit(used)),
                Some((_, reached)) if self.stack.contains(&used.as_str()) => lowest = lowest.min(*reached),
                Some(_) => {}
            }
        }
        self.seen.insert(module, (number, lowest));
        if lowest == number {
            let start = self.stack.iter().rposition(|found| *found == module).unwrap_or_default();
            let circle: BTreeSet<String> = self.stack.split_off(start).into_iter().map(str::to_owned).collect();
            if circle.len() > 1 {
                self.found.push(circle);
            }
        }
        lowest
    }
}

/// Describes a circle: its modules, and for each use within it one place.
pub fn describe(circle: &BTreeSet<String>, uses: &Uses) -> String {
    let mut text = format!("{} modules use each other:\n", circle.len());
    for user in circle {
        for (used, place) in uses.get(user).into_iter().flatten().filter(|(used, _)| circle.contains(*used)) {
            let (file, line) = (place.file.display(), place.line);
            let _ = writeln!(text, "  {user} -> {used}    {file}:{line}: {}", place.path);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::Use;

    /// The circles among uses that are each written `user > used`.
    fn found(uses: &[&str]) -> Vec<String> {
        let mut all = Uses::new();
        for (user, used) in uses.iter().map(|text| text.split_once(" > ").unwrap()) {
            let place = Use { file: "a.rs".into(), line: 1, path: used.to_owned() };
            all.entry(used.to_owned()).or_default();
            all.entry(user.to_owned()).or_default().insert(used.to_owned(), place);
        }
        circles(&all).into_iter().map(|circle| circle.into_iter().collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn a_circle_is_found_wherever_it_is_entered() {
        assert_eq!(found(&["a > b", "b > c", "c > d", "d > b", "d > e"]), ["b c d"]);
        assert_eq!(found(&["z > y", "y > x", "x > z", "a > z"]), ["x y z"]);
    }

    #[test]
    fn circles_that_share_a_module_are_one() {
        assert_eq!(found(&["a > b", "b > a", "b > c", "c > b"]), ["a b c"]);
    }

    #[test]
    fn without_a_circle_there_is_none() {
        assert_eq!(found(&["a > b", "a > c", "b > d", "c > d"]), [""; 0]);
    }

    #[test]
    fn circles_apart_are_apart() {
        assert_eq!(found(&["a > b", "b > a", "b > c", "c > d", "d > e", "e > c"]), ["c d e", "a b"]);
    }
}
