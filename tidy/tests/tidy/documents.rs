//! Documents are true of the code. Options are checked with the command line, routes with the server.

use std::collections::BTreeMap;

use tidy::code::Code;
use tidy::limits::{Value, claims, constants, rows_without_constant};

#[test]
fn limits_in_documents_are_those_of_the_code() {
    let mut values: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (file, text) in crate::sources().into_iter().filter(|(file, _)| file.contains("/src/")) {
        for (name, value) in constants(Code::parse(&file, &text).shipped) {
            values.entry(name).or_default().push(value);
        }
    }
    let mut found = Vec::new();
    let mut count = 0;
    for (file, text) in crate::documents().into_iter().filter(|(file, _)| file != "CONTRIBUTING.md") {
        for claim in claims(&text) {
            count += 1;
            let (line, constant) = (claim.line, &claim.constant);
            match (values.get(constant), claim.value) {
                (None, _) => found.push(format!("{file}:{line}: there is no number or time {constant} in the code")),
                (_, None) => found.push(format!("{file}:{line}: no number before {constant}")),
                (Some(values), Some(value)) if !values.contains(&value) => {
                    found.push(format!("{file}:{line}: {constant} is {values:?}, not {value:?}"));
                }
                _ => {}
            }
        }
        let rows = rows_without_constant(&text);
        found.extend(
            rows.iter().map(|row| format!("{file}:{}: name the constant in a comment: {}", row.line, row.text)),
        );
    }
    crate::none("A limit in a document is followed by its constant: `500 characters <!-- NAME_CHARS_MAX -->`", &found);
    assert!(count > 50, "only {count} limits were found");
}

#[test]
fn files_in_documents_exist() {
    let root = tidy::files::root();
    let crates = root.join("crates");
    let (mut found, mut count) = (Vec::new(), 0);
    for (file, text) in crate::documents() {
        // What stands between backquotes is every second part.
        for path in text.split('`').skip(1).step_by(2) {
            let is_of_crate =
                path.split_once('/').is_some_and(|(name, _)| !name.is_empty() && crates.join(name).is_dir());
            if is_of_crate && !path.contains(char::is_whitespace) {
                count += 1;
                if !crates.join(path).exists() {
                    found.push(format!("{file}: {path}"));
                }
            }
        }
    }
    crate::none("Documents name files that exist, from `crates/` on", &found);
    assert!(count > 30, "only {count} paths were found");
}
