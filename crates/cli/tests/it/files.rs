//! The store's file: checked, copied, and told from files that are none of ours.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use rusqlite::Connection;

use crate::harness::{Done, Place, finish};
use crate::http::Client;

/// Every command that opens a store.
const COMMANDS: [&[&str]; 6] = [
    &["serve", "--listen", "127.0.0.1:0"],
    &["company", "add", "wayne"],
    &["company", "list"],
    &["company", "rotate", "wayne"],
    &["verify"],
    &["backup", "copy.db"],
];

#[track_caller]
fn refused(done: &Done, file: &str, reason: &str) {
    assert_eq!(done.code, Some(1), "{}{}", done.out, done.err);
    assert!(done.err.contains(file) && done.err.contains(reason), "{}", done.err);
}

/// Whatever is asked of a file that is no store of ours is refused, and the file stays as it is.
#[track_caller]
fn left_alone(place: &Place, file: &str, reason: &str) {
    let before = fs::read(place.path(file)).unwrap();
    for command in COMMANDS {
        refused(&place.run(&[command, &["--store", file]].concat()), file, reason);
        assert!(fs::read(place.path(file)).unwrap() == before, "{command:?} changed {file}");
        assert!(!place.path("copy.db").exists());
    }
}

#[test]
fn a_text_is_no_store() {
    let place = Place::new();
    for (file, text) in [("short.txt", "a note\n".to_owned()), ("long.txt", "a long note\n".repeat(1_000))] {
        fs::write(place.path(file), text).unwrap();
        left_alone(&place, file, "is not a Kith store");
    }
}

#[test]
fn a_database_of_another_program_is_no_store() {
    let place = Place::new();
    Connection::open(place.path("other.db")).unwrap().execute_batch("CREATE TABLE company (name TEXT)").unwrap();
    left_alone(&place, "other.db", "another program");
}

#[test]
fn a_store_of_a_newer_kith_is_left_to_it() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    Connection::open(place.path("kith.db")).unwrap().pragma_update(None, "user_version", 99).unwrap();
    left_alone(&place, "kith.db", "newer Kith (schema 99");
}

#[test]
fn a_folder_that_is_not_there_is_named_and_not_made() {
    let place = Place::new();
    for command in COMMANDS {
        let done = place.run(&[command, &["--store", "missing/kith.db"]].concat());
        refused(&done, "missing/kith.db", "cannot be");
        assert!(!place.path("missing").exists());
    }
}

/// A `kith` that may do to files only what their permissions say, even if the superuser runs the tests.
fn without_privileges(place: &Place, arguments: &[&str]) -> Command {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return place.kith(arguments);
    }
    let mut command = place.shell(r#"exec setpriv --bounding-set -dac_override,-dac_read_search kith "$@""#);
    command.arg("sh").args(arguments);
    command
}

#[test]
fn a_folder_that_is_read_only_is_named() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    let before = fs::read(place.path("kith.db")).unwrap();
    fs::set_permissions(place.path(""), Permissions::from_mode(0o555)).unwrap();
    for command in [COMMANDS[0], &["company", "add", "acme"], &["company", "rotate", "wayne"]] {
        refused(&finish(&mut without_privileges(&place, command)), "kith.db", "cannot be written");
        assert!(fs::read(place.path("kith.db")).unwrap() == before, "{command:?} changed the file");
    }
    // So that the folder can be removed.
    fs::set_permissions(place.path(""), Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_file_that_is_read_only_is_read() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    fs::set_permissions(place.path("kith.db"), Permissions::from_mode(0o444)).unwrap();
    let listed = finish(&mut without_privileges(&place, &["company", "list"]));
    assert!(listed.code == Some(0) && listed.out.contains("wayne"), "{}{}", listed.out, listed.err);
    let before = fs::read(place.path("kith.db")).unwrap();
    for command in [COMMANDS[0], &["company", "add", "acme"], &["company", "rotate", "wayne"]] {
        refused(&finish(&mut without_privileges(&place, command)), "kith.db", "cannot be written");
        assert!(fs::read(place.path("kith.db")).unwrap() == before, "{command:?} changed the file");
    }
}

#[test]
fn a_store_of_somebody_else_is_named() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    fs::set_permissions(place.path("kith.db"), Permissions::from_mode(0o000)).unwrap();
    for command in COMMANDS {
        refused(&finish(&mut without_privileges(&place, command)), "kith.db", "cannot be opened");
    }
}

#[test]
fn verify_names_the_contact_that_was_tampered_with() {
    let place = Place::new();
    let server = place.serve();
    let client = server.client();
    client.tell(&["ada@example.org"]).unwrap();
    client.tell(&["bob@example.org"]).unwrap();
    let [ada, bob] = ["ada@example.org", "bob@example.org"].map(|email| client.find(email).unwrap()["id"].clone());
    assert!(place.says(&["verify"]).contains("main: every view matches its journal."));

    let tampered = "UPDATE record SET body = replace(body, 'ada@', 'eve@')";
    Connection::open(place.path("kith.db")).unwrap().execute(tampered, []).unwrap();
    let done = place.run(&["verify"]);
    assert_eq!(done.code, Some(1), "{}", done.out);
    assert!(done.out.contains(&format!("contact {}", ada.as_str().unwrap())), "{}", done.out);
    assert!(!done.out.contains(bob.as_str().unwrap()), "{}", done.out);
}

/// Tells of one person after another, and sends on each one that was acknowledged.
fn write_until(done: &AtomicBool, client: &Client, acknowledged: &mpsc::Sender<String>) {
    for n in 0.. {
        let email = format!("n{n}@example.org");
        assert_eq!(client.tell(&[&email]).unwrap().status, 202);
        acknowledged.send(email).unwrap();
        if done.load(Ordering::Relaxed) {
            return;
        }
    }
}

#[test]
fn a_backup_under_writes_is_whole() {
    let place = Place::new();
    let server = place.serve();
    let mut client = server.client();
    let (send, acknowledged) = mpsc::channel();
    let done = AtomicBool::new(false);
    let before = thread::scope(|scope| {
        scope.spawn(|| write_until(&done, &client, &send));
        // Sent by now means acknowledged before the backup begins.
        let before = acknowledged.recv().unwrap();
        let said = place.run(&["backup", "copy.db"]);
        done.store(true, Ordering::Relaxed);
        assert_eq!((said.code, said.out.as_str()), (Some(0), "copy.db is a copy of kith.db.\n"), "{}", said.err);
        before
    });
    assert!(acknowledged.try_recv().is_ok(), "there were writes beside it");

    place.says(&["verify", "--store", "copy.db"]);
    let copy = place.serve_file("copy.db");
    client.address = copy.address;
    assert!(client.find(&before).is_some());
    assert_eq!(client.tell(&["new@example.org"]).unwrap().status, 202, "a copy is a store like any other");
}

#[test]
fn a_backup_replaces_no_file() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    fs::write(place.path("copy.db"), "the only copy of something").unwrap();
    refused(&place.run(&["backup", "copy.db"]), "copy.db", "already exists");
    assert_eq!(fs::read_to_string(place.path("copy.db")).unwrap(), "the only copy of something");
}
