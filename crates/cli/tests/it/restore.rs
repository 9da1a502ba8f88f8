//! A store that lost a part of its files is noticed, and backups are made and put back.

use std::fs;

use crate::harness::{Place, Server, until};
use crate::http::Client;

/// A served store with a contact that only its log has.
fn served(place: &Place) -> (Server, Client) {
    let server = place.serve();
    let client = server.client();
    assert_eq!(client.tell(&["ada@example.org"]).unwrap().status, 202);
    (server, client)
}

#[track_caller]
fn refused(place: &Place, arguments: &[&str], reason: &str) {
    let done = place.run(arguments);
    assert!(done.code == Some(1) && done.err.contains(reason), "{arguments:?}: {}{}", done.out, done.err);
}

#[test]
fn a_copy_without_its_log_is_refused() {
    let place = Place::new();
    let (server, client) = served(&place);
    fs::create_dir(place.path("copy")).unwrap();
    fs::copy(place.path("kith.db"), place.path("copy/kith.db")).unwrap();
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["company", "list"], &["verify"], &["migrate"]] {
        let arguments = [command, &["--store", "copy/kith.db"]].concat();
        refused(&place, &arguments, "copy/kith.db has lost its log copy/kith.db-wal");
    }
    let left: Vec<_> = fs::read_dir(place.path("copy")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is created beside it: {left:?}");
    refused(&place, &["restore", "copy/kith.db", "--store", "other.db"], "has lost its log");
    place.says(&["restore", "copy/kith.db", "--without-log", "--store", "other.db"]);
    assert!(place.says(&["company", "list", "--store", "other.db"]).contains("main"));

    fs::copy(place.path("kith.db-wal"), place.path("copy/kith.db-wal")).unwrap();
    let copy = place.serve_file("copy/kith.db");
    let client = Client::new(copy.address, client.login);
    assert!(client.find("ada@example.org").is_some(), "with its log, it is complete");
    drop(copy);
    drop(server);
}

#[test]
fn a_store_that_ends_is_complete_without_its_log() {
    let place = Place::new();
    let (server, client) = served(&place);
    assert_eq!(server.stop("TERM").code(), Some(0));
    fs::write(place.path("people.csv"), "email\nbob@example.org\n").unwrap();
    place.says(&["import", "main", "people.csv"]);
    fs::copy(place.path("kith.db"), place.path("copy.db")).unwrap();
    let copy = place.serve_file("copy.db");
    let client = Client::new(copy.address, client.login);
    assert!(client.find("ada@example.org").is_some() && client.find("bob@example.org").is_some());
}

/// A command that ends beside a server leaves the mark and the log of the server.
#[test]
fn a_command_beside_a_server_keeps_the_log() {
    let place = Place::new();
    let (server, client) = served(&place);
    fs::write(place.path("people.csv"), "email\nbob@example.org\n").unwrap();
    place.says(&["import", "main", "people.csv"]);
    fs::copy(place.path("kith.db"), place.path("copy.db")).unwrap();
    refused(&place, &["company", "list", "--store", "copy.db"], "has lost its log");
    server.kill();
    let server = place.serve();
    let client = Client::new(server.address, client.login);
    assert!(client.find("ada@example.org").is_some() && client.find("bob@example.org").is_some());
}

#[test]
fn an_idle_server_brings_its_log_into_the_file() {
    let place = Place::new();
    let (_server, _) = served(&place);
    until("the contact is in the file", || {
        let file = fs::read(place.path("kith.db")).unwrap();
        file.windows(15).any(|part| part == b"ada@example.org").then_some(())
    });
}

#[test]
fn a_missing_store_is_not_begun_anew() {
    for remains in ["-wal", "-search", "-duplicates", "-serving"] {
        let place = Place::new();
        fs::write(place.path(&format!("kith.db{remains}")), "something").unwrap();
        for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["company", "add", "wayne"], &["migrate"]] {
            refused(&place, command, &format!("kith.db is missing or empty, but kith.db{remains} is of a store"));
        }
        fs::write(place.path("kith.db"), "").unwrap();
        refused(&place, &["company", "add", "wayne"], "is missing or empty");
        fs::remove_file(place.path(&format!("kith.db{remains}"))).unwrap();
        place.says(&["company", "add", "wayne"]);
    }
}

#[test]
fn a_backup_is_put_back() {
    let place = Place::new();
    let (server, client) = served(&place);
    place.says(&["backup", "copy.db"]);
    assert_eq!(client.tell(&["bob@example.org"]).unwrap().status, 202);
    refused(&place, &["restore", "copy.db"], "kith.db is being served");
    server.kill();
    let said = place.says(&["restore", "copy.db"]);
    assert!(said.contains("kith.db is a copy of copy.db now") && said.contains("kith.db-replaced"), "{said}");
    let server = place.serve();
    let restored = Client::new(server.address, client.login.clone());
    assert!(restored.find("ada@example.org").is_some() && restored.find("bob@example.org").is_none());
    drop(server);

    let old = place.serve_file("kith.db-replaced");
    let old = (Client::new(old.address, client.login), old);
    assert!(old.0.find("bob@example.org").is_some(), "the old store has its log");
    refused(&place, &["restore", "copy.db"], "kith.db-replaced has an older store");
    refused(&place, &["restore", "missing.db", "--store", "new.db"], "missing.db");
    let mut damaged = fs::read(place.path("copy.db")).unwrap();
    damaged[8 << 10..].fill(0x5a);
    fs::write(place.path("damaged.db"), damaged).unwrap();
    for options in [&[][..], &["--without-log"]] {
        let done = place.run(&[&["restore", "damaged.db", "--store", "new.db"], options].concat());
        assert!(done.code == Some(1) && !place.path("new.db").exists(), "{}", done.err);
    }
}

#[test]
fn a_new_backup_stays_although_others_are_of_the_future() {
    let place = Place::new();
    fs::create_dir(place.path("backups")).unwrap();
    for year in ["2998", "2999"] {
        fs::write(place.path(&format!("backups/kith-{year}0101T000000Z.db")), "later").unwrap();
    }
    let options = ["--backup-dir", "backups", "--backup-every", "1s", "--backup-keep", "1"];
    let server = Server::start(&mut place.kith(&[&["serve", "--listen", "127.0.0.1:0"], &options[..]].concat()));
    until("a backup is made", || server.log().contains("the store was backed up").then_some(()));
    let made = until("it stays, and older ones are deleted", || {
        let names = fs::read_dir(place.path("backups")).unwrap().map(|entry| entry.unwrap().file_name());
        let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        let made = names.iter().find(|name| name.starts_with("kith-20")).cloned();
        made.filter(|_| names.iter().any(|name| name.contains("2999")) && names.len() == 2)
    });
    assert!(made.ends_with("Z.db"), "{made}");
}

#[test]
fn a_server_makes_backups_and_keeps_the_newest() {
    let place = Place::new();
    fs::create_dir(place.path("backups")).unwrap();
    fs::write(place.path("backups/kith-notes.db"), "not ours").unwrap();
    let options = ["--backup-dir", "backups", "--backup-every", "1s", "--backup-keep", "2"];
    let server = Server::start(&mut place.kith(&[&["serve", "--listen", "127.0.0.1:0"], &options[..]].concat()));
    assert_eq!(server.client().tell(&["ada@example.org"]).unwrap().status, 202);
    let backups = || {
        let names = fs::read_dir(place.path("backups")).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| name.starts_with("kith-2") && name.ends_with("Z.db"));
        names.sort();
        names
    };
    let first = until("there is a backup", || backups().first().cloned());
    let kept = until("the first backup is deleted", || Some(backups()).filter(|kept| !kept.contains(&first)));
    assert!((1..=3).contains(&kept.len()), "{kept:?}");
    assert!(place.path("backups/kith-notes.db").exists());
    let login = server.client().login;
    assert_eq!(server.stop("TERM").code(), Some(0));
    let last = backups().pop().unwrap();
    place.says(&["restore", &format!("backups/{last}"), "--store", "new.db"]);
    let server = place.serve_file("new.db");
    assert!(Client::new(server.address, login).find("ada@example.org").is_some());

    let database = ["serve", "--store", "postgres://kith@localhost/kith", "--backup-dir", "backups"];
    refused(&place, &database, "--backup-dir is for a store in a file");
    let done = place.run(&["serve", "--backup-every", "0s"]);
    assert!(done.code == Some(2) && done.err.contains("at least a second"), "{}", done.err);
}
