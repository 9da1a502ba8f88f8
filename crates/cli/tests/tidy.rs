//! The shape of the house: which crate may know which, and a first line that says what a file is for.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

/// Each crate, and those of ours that it may list.
const MAY_KNOW: [(&str, &[&str]); 6] = [
    ("contact", &[]),
    ("files", &["contact"]),
    ("store", &["contact"]),
    ("hub", &["contact", "files", "store"]),
    // A handler cannot reach past an operation into the store.
    ("server", &["contact", "files", "hub"]),
    ("cli", &["contact", "files", "store", "hub", "server"]),
];
/// What the pure crate must never list.
const NOT_PURE: [&str; 6] = ["serde", "tokio", "rusqlite", "getrandom", "tracing", "async-trait"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The names under `[dependencies]`.
fn dependencies(krate: &str) -> Vec<String> {
    let manifest = fs::read_to_string(crates().join(krate).join("Cargo.toml")).unwrap();
    let section = manifest.split("\n[").find_map(|section| section.strip_prefix("dependencies]"));
    let names = section.unwrap_or_default().lines().filter_map(|line| line.split(['.', '=', ' ']).next());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[test]
fn crates_know_only_those_to_their_left() {
    let ours: Vec<&str> = MAY_KNOW.iter().map(|(krate, _)| *krate).collect();
    for (krate, may_know) in MAY_KNOW {
        for name in dependencies(krate) {
            assert!(!ours.contains(&name.as_str()) || may_know.contains(&name.as_str()), "{krate} lists {name}");
        }
    }
    assert_eq!(dependencies("hub").iter().filter(|name| ours.contains(&name.as_str())).count(), 3);
}

#[test]
fn the_rules_are_pure() {
    for name in dependencies("contact") {
        assert!(!NOT_PURE.contains(&name.as_str()), "contact lists {name}");
    }
}

#[test]
fn only_the_store_speaks_sql() {
    for krate in ["contact", "files", "hub", "server", "cli"] {
        for driver in ["rusqlite", "tokio-postgres", "deadpool-postgres", "sqlx"] {
            assert!(!dependencies(krate).contains(&driver.to_owned()), "{krate} lists {driver}");
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let root = crates().parent().unwrap().to_owned();
    let mut folders = vec![crates(), root.join("bench"), root.join("browser"), root.join("cluster")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                assert!(text.starts_with("//! "), "{} does not open with a sentence", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 40, "only {seen} files were looked at");
}
