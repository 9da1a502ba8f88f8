//! Crates depend on each other in one direction.

use std::collections::BTreeMap;
use std::path::Path;

use tidy::files;

/// The crates in `crates/`, and which of them each one may depend on.
const MAY_DEPEND_ON: [(&str, &[&str]); 9] = [
    ("contact", &[]),
    ("search", &["contact"]),
    ("store", &["contact", "search"]),
    // Neither store knows the other.
    ("store-sqlite", &["contact", "search", "store"]),
    ("store-postgres", &["contact", "search", "store"]),
    ("files", &["contact"]),
    ("hub", &["contact", "search", "store", "files"]),
    // A handler cannot reach past an operation into the store.
    ("server", &["contact", "search", "files", "hub"]),
    // The one place where a store is chosen.
    ("cli", &["contact", "search", "store", "store-sqlite", "store-postgres", "files", "hub", "server"]),
];

/// What only one crate in `crates/` may depend on: the drivers of its database.
const DRIVERS: [(&str, &[&str]); 2] = [
    ("store-sqlite", &["rusqlite"]),
    ("store-postgres", &["tokio-postgres", "tokio-postgres-rustls", "deadpool-postgres"]),
];

/// Packages outside `crates/` that may depend on a store or a driver: they test or measure it.
const OUTSIDE: [&str; 2] = ["bench", "cluster"];

/// Crates without I/O, clock and randomness, and what they must not depend on.
const PURE: [&str; 2] = ["contact", "search"];
const NOT_PURE: [&str; 9] =
    ["async-trait", "futures-util", "getrandom", "jiff", "rand", "serde", "serde_json", "tokio", "tracing"];

/// The dependencies of a manifest, without those of tests.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_open = false;
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            // `[dependencies]`, `[target.….dependencies]`, `[dependencies.tokio]`
            is_open = section == "dependencies" || section.ends_with(".dependencies");
            found.extend(
                section
                    .rsplit_once("dependencies.")
                    .filter(|(before, _)| !before.ends_with('-'))
                    .map(|(_, name)| name.to_owned()),
            );
        } else if is_open && !line.starts_with('#') {
            found.extend(line.split(['.', '=', ' ']).next().filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
    found
}

/// The dependencies of each package in a folder.
fn manifests(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let packages = crate::packages().into_iter().filter(|(_, path)| path.parent() == Some(folder));
    packages.map(|(name, path)| (name, dependencies(&files::read(&path.join("Cargo.toml"))))).collect()
}

#[test]
fn crates_depend_only_on_those_that_they_may() {
    let crates = manifests(&files::root().join("crates"));
    assert_eq!(crates.keys().count(), MAY_DEPEND_ON.len(), "each of {:?} needs a line above", crates.keys());
    let ours: Vec<&str> = MAY_DEPEND_ON.iter().map(|(name, _)| *name).collect();
    let mut count = 0;
    for (name, may) in MAY_DEPEND_ON {
        for dependency in crates[name].iter().filter(|name| ours.contains(&name.as_str())) {
            assert!(may.contains(&dependency.as_str()), "{name} depends on {dependency}");
            count += 1;
        }
    }
    assert!(count >= 20, "only {count} dependencies were found");
}

#[test]
fn only_a_store_knows_its_driver() {
    let crates = manifests(&files::root().join("crates"));
    for (store, drivers) in DRIVERS {
        for driver in drivers {
            for (name, dependencies) in &crates {
                assert_eq!(dependencies.iter().any(|name| name == driver), name == store, "{name} and {driver}");
            }
        }
    }
}

#[test]
fn other_packages_leave_the_stores_alone() {
    let known: Vec<&str> = DRIVERS.iter().flat_map(|(store, drivers)| [&[*store], *drivers].concat()).collect();
    for (name, dependencies) in
        manifests(&files::root()).into_iter().filter(|(name, _)| !OUTSIDE.contains(&name.as_str()))
    {
        let found = dependencies.iter().find(|dependency| known.contains(&dependency.as_str()));
        assert_eq!(found, None, "{name}");
    }
}

#[test]
fn the_rules_are_pure() {
    let crates = manifests(&files::root().join("crates"));
    for name in PURE {
        let found = crates[name].iter().find(|dependency| NOT_PURE.contains(&dependency.as_str()));
        assert_eq!(found, None, "{name} does no I/O, reads no clock and draws no random numbers");
        let lints = files::read(&files::root().join("crates").join(name).join("clippy.toml"));
        for banned in ["std::fs", "std::net", "std::time::SystemTime::now", "std::time::Instant::now", "std::env"] {
            assert!(lints.contains(banned), "crates/{name}/clippy.toml must ban {banned}");
        }
    }
}

#[test]
fn dependencies_are_found_in_every_form() {
    let manifest = "[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\n# c\nd = { path = \"d\" }\n\n[dependencies.e]\nversion = \"1\"\n\
        [target.'cfg(unix)'.dependencies]\nf = \"1\"\n[dev-dependencies]\ng = \"1\"\n[dev-dependencies.h]\nversion = \"1\"";
    assert_eq!(dependencies(manifest), ["b", "d", "e", "f"]);
}
