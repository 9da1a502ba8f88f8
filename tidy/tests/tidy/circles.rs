//! Modules depend on each other in one direction.

use std::fmt::Write as _;
use std::path::Path;

use tidy::circles::{circles, describe};
use tidy::files::sources;
use tidy::modules::Crate;

/// The most modules that may use each other: two neighbours, or a module and one below it.
const CIRCLE_MODULES_MAX: usize = 2;

#[test]
fn no_more_than_two_modules_use_each_other() {
    let mut found = String::new();
    let mut count = 0;
    for (name, folder) in crate::packages().into_iter().filter(|(_, folder)| folder.join("src").exists()) {
        let files = sources(&folder.join("src"));
        for krate in ["lib.rs", "main.rs"].map(Path::new).into_iter().filter(|path| files.contains_key(*path)) {
            let mut uses = Crate::parse(krate, &files).uses();
            // The root puts the parts of a crate together, so it may use them all, and they may use what it defines.
            uses.remove("crate");
            count += uses.values().map(std::collections::BTreeMap::len).sum::<usize>();
            for circle in circles(&uses).into_iter().filter(|circle| circle.len() > CIRCLE_MODULES_MAX) {
                writeln!(found, "{name}: {}", describe(&circle, &uses)).unwrap();
            }
        }
    }
    assert!(found.is_empty(), "{found}");
    assert!(count > 400, "only {count} uses of modules were found");
}
