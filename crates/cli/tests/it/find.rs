//! Finding people from the command line, beside a server and without one, and making what is searched anew.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Place, Server, until};

/// A server of the demo in a new place.
fn demo() -> (Place, Server) {
    let place = Place::new();
    let server = Server::start(&mut place.kith(&["serve", "--demo", "--listen", "127.0.0.1:0"]));
    (place, server)
}

fn index_files(place: &Place) -> Vec<String> {
    let names = fs::read_dir(place.path(".")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.contains("-search")).collect();
    names.sort();
    names
}

#[test]
fn people_are_found_beside_a_server_and_without_one() {
    let (place, server) = demo();
    let found = place.says(&["find", "wayne", "SELIN", "kyle"]);
    assert!(
        found.starts_with("crd_") && found.contains("Selina Kyle") && found.contains("selina@gotham.org"),
        "{found}"
    );
    assert_eq!(found.lines().count(), 1);
    drop(server);
    // A lost search index is rebuilt, though the store is only read.
    for name in index_files(&place) {
        fs::remove_file(place.path(&name)).unwrap();
    }
    let found: Value = serde_json::from_str(&place.says(&["find", "wayne", "7946 09", "--json"])).unwrap();
    assert_eq!(found[0]["name"], "Lucius Fox", "{found}");
    assert_eq!(found[0]["handles"][1], json!({"source": "phone", "handle": "+442079460958"}));
    assert!(index_files(&place).contains(&"kith.db-search".to_owned()));
    let limited = place.says(&["find", "wayne", "e", "--limit", "2"]);
    assert!(limited.lines().count() <= 2);
}

#[test]
fn what_is_searched_is_made_anew() {
    let (place, server) = demo();
    let all = place.says(&["find", "wayne", "a", "--limit", "100"]);
    let done = place.says(&["reindex"]);
    assert!(done.starts_with("wayne: the search index was rebuilt, up to entry "), "{done}");
    assert_eq!(place.says(&["reindex", "--company", "wayne"]), done);
    until("the server has all of it", || (place.says(&["find", "wayne", "a", "--limit", "100"]) == all).then_some(()));
    drop(server);
}

#[test]
fn what_cannot_be_looked_for_is_said() {
    let (place, _server) = demo();
    for (arguments, code, reason) in [
        (&["find", "wayne", "nobody-at-all"][..], 1, ""),
        (&["find", "joker", "x"], 1, "Company joker not found."),
        (&["find", "wayne"], 2, "WORDS"),
        (&["find", "wayne", "x", "--limit", "0"], 2, "--limit"),
        (&["find", "wayne", "x", "--limit", "101"], 2, "--limit"),
        (&["reindex", "--company", "joker"], 1, "Company joker not found."),
    ] {
        let done = place.run(arguments);
        assert_eq!(done.code, Some(code), "{arguments:?}: {}{}", done.out, done.err);
        assert!(done.out.is_empty() && done.err.contains(reason), "{arguments:?}: {}", done.err);
    }
    let long = "a".repeat(201);
    assert!(place.run(&["find", "wayne", &long]).err.contains("A search has at most 200 characters and 16 words"));
}
