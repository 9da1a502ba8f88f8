//! Stores of each released schema come to the newest in one step, and an upgrade that fails changes nothing.
//!
//! `tests/stores/schema-N.db` and `.sql` are stores of schema N in a file and in a database, and `schema-N.jsonl` is what
//! the version that made them exported. They have contacts, conversations, every kind of credential and channel, and
//! settings. A release with a new schema adds its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::database::fresh;
use crate::harness::Place;

/// The schemas that were released.
const RELEASED: &[usize] = &[1];

fn sample(schema: usize, ending: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/stores/schema-{schema}.{ending}"))
}

/// A folder with a store of this schema, as `kith.db`.
fn with_store(schema: usize) -> Place {
    let place = Place::new();
    fs::copy(sample(schema, "db"), place.path("kith.db")).unwrap();
    place
}

/// The newest schema, as Kith names it.
fn newest() -> usize {
    let said = Place::new().says(&["migrate", "--check"]);
    let number = said.split("schema ").nth(1).and_then(|rest| rest.split('.').next());
    number.unwrap().parse().unwrap()
}

#[track_caller]
fn has_all(place: &Place, store: &str, schema: usize) {
    let exported = place.says(&["export", "wayne", "--format", "jsonl", "--store", store]);
    assert_eq!(exported, fs::read_to_string(sample(schema, "jsonl")).unwrap());
    let verified = place.says(&["verify", "--store", store]);
    assert_eq!(verified, "acme: every view matches its journal.\nwayne: every view matches its journal.\n");
    for list in [["channel", "list"], ["token", "list"], ["teammate", "list"], ["field", "list"]] {
        let listed = place.says(&[list[0], list[1], "wayne", "--store", store]);
        assert!(listed.lines().count() > 0 && !listed.starts_with("No "), "{list:?}: {listed}");
    }
}

#[test]
fn a_file_of_an_older_schema_is_copied_and_migrated() {
    let newest = newest();
    for &schema in RELEASED {
        let place = with_store(schema);
        let before = fs::read(place.path("kith.db")).unwrap();
        let said = place.says(&["migrate", "--check"]);
        assert_eq!(fs::read(place.path("kith.db")).unwrap(), before, "a check changes nothing");
        if schema == newest {
            assert_eq!(said, format!("kith.db has the newest schema, {newest}.\nNothing was changed.\n"));
        } else {
            let copy = format!("kith.db-schema-{schema}");
            let would = format!("kith.db would be migrated from schema {schema} to {newest}.");
            assert_eq!(said, format!("{would}\nFirst, it would be copied to {copy}.\nNothing was changed.\n"));
            assert!(!place.path(&copy).exists());
            let said = place.says(&["migrate"]);
            assert!(said.contains(&format!("The store before is {copy}.")), "{said}");
            // The copy is the store before: it can be migrated once more.
            fs::create_dir(place.path("copy")).unwrap();
            fs::copy(place.path(&copy), place.path("copy/kith.db")).unwrap();
            let said = place.says(&["migrate", "--store", "copy/kith.db"]);
            assert!(said.contains(&format!("was migrated from schema {schema} to {newest}.")), "{said}");
            has_all(&place, "copy/kith.db", schema);
        }
        has_all(&place, "kith.db", schema);
        let server = place.serve();
        assert_eq!(server.stop("TERM").code(), Some(0));
    }
}

#[test]
fn a_server_migrates_the_store_that_it_finds() {
    let place = with_store(1);
    let server = place.serve();
    assert_eq!(place.path("kith.db-schema-1").exists(), newest() > 1);
    assert_eq!(server.stop("TERM").code(), Some(0));
    has_all(&place, "kith.db", 1);
}

#[test]
fn a_database_of_an_older_schema_is_migrated() {
    let newest = newest();
    for &schema in RELEASED {
        let (place, store) = (Place::new(), fresh());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let tables = fs::read_to_string(sample(schema, "sql")).unwrap();
        runtime.block_on(async { cluster::connect(&store).await.batch_execute(&tables).await.unwrap() });
        let said = place.says(&["migrate", "--check", "--store", &store]);
        assert!(said.ends_with("Nothing was changed.\n"), "{said}");
        assert_eq!(said.contains("Make a backup of the database first."), schema < newest, "{said}");
        let said = place.says(&["migrate", "--store", &store]);
        assert_eq!(said.contains(&format!("from schema {schema} to {newest}.")), schema < newest, "{said}");
        has_all(&place, &store, schema);
    }
}

#[test]
fn a_store_that_cannot_be_copied_is_not_migrated() {
    if newest() == 1 {
        return;
    }
    let place = with_store(1);
    fs::create_dir(place.path("kith.db-schema-1-unfinished")).unwrap();
    for command in [&["migrate"][..], &["company", "add", "gotham"], &["serve", "--listen", "127.0.0.1:0"]] {
        let done = place.run(command);
        assert_eq!(done.code, Some(1), "{command:?}: {}", done.out);
        assert!(done.err.contains("kith.db is not migrated, because it cannot be copied first"), "{}", done.err);
        assert!(done.err.contains("kith migrate --without-backup"), "{}", done.err);
    }
    assert!(place.says(&["migrate", "--check"]).contains("would be migrated from schema 1"));
    place.says(&["migrate", "--without-backup"]);
    has_all(&place, "kith.db", 1);
}

#[test]
fn a_store_that_an_older_server_uses_is_not_migrated() {
    if newest() == 1 {
        return;
    }
    let place = with_store(1);
    let lock = File::create(place.path("kith.db-serving")).unwrap();
    lock.lock().unwrap();
    for command in [&["migrate"][..], &["company", "add", "gotham"]] {
        let done = place.run(command);
        assert!(done.code == Some(1) && done.err.contains("is served by an older Kith."), "{}", done.err);
    }
    drop(lock);
    assert!(place.says(&["migrate"]).contains("was migrated from schema 1"));
}
