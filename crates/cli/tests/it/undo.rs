//! `kith undo` and `kith handle`: decisions at the command line about who is who.

use std::fmt::Write as _;
use std::fs;

use crate::harness::Place;
use crate::imports::{json, wayne};

/// Contacts that are known before the import.
const KNOWN: usize = 500;
/// Rows of the import; every fifth is about a known contact.
const ROWS: usize = 2_000;

/// The addresses and numbers of each contact, a line each.
fn contacts(place: &Place) -> Vec<String> {
    let exported = place.says(&["export", "wayne", "--format", "jsonl"]);
    let contact = |line: &str| {
        let contact = json(line);
        let fields = contact["fields"].as_array().unwrap().iter();
        fields.map(|field| field["handle"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let mut all: Vec<String> = exported.lines().map(contact).collect();
    all.sort();
    all
}

#[test]
fn an_import_is_taken_back_and_stays_so() {
    let place = wayne();
    let mut known = String::from("Email\n");
    for n in 0..KNOWN {
        writeln!(known, "known{n}@example.org").unwrap();
    }
    let mut joining = String::from("Email,Phone\n");
    for n in 0..ROWS {
        let address = if n % 5 == 0 { format!("known{}@example.org", n / 5) } else { format!("new{n}@example.org") };
        writeln!(joining, "{address},+1650{:07}", 2_000_000 + n).unwrap();
    }
    fs::write(place.path("known.csv"), &known).unwrap();
    fs::write(place.path("joining.csv"), &joining).unwrap();
    place.says(&["import", "wayne", "known.csv"]);
    let before = contacts(&place);
    let import =
        json(&place.says(&["import", "wayne", "joining.csv", "--json"]))["import"].as_str().unwrap().to_owned();
    let joined = contacts(&place);
    assert_eq!(joined.len(), KNOWN + ROWS - ROWS / 5);

    let undo = ["undo", "wayne", "--import", &import];
    let counted = place.says(&[&undo[..], &["--dry-run"]].concat());
    assert_eq!(counted, "400 joins would be taken back. Nothing was changed.\n");
    assert_eq!(contacts(&place), joined);
    assert_eq!(place.says(&undo), "400 joins were taken back.\n");
    let after = contacts(&place);
    for line in before {
        assert!(after.contains(&line), "{line:?} is not a contact of its own");
    }
    assert_eq!(place.says(&undo), "0 joins were taken back.\n400 others had come apart before.\n");

    // The same file again joins nobody.
    place.says(&["import", "wayne", "joining.csv"]);
    assert_eq!(contacts(&place), after);
    assert_eq!(place.says(&["verify"]), "wayne: every view matches its journal.\n");
}

#[test]
fn an_import_is_undone_by_its_records_and_imported_again() {
    let place = wayne();
    let mut known = String::from("Email\n");
    for n in 0..KNOWN {
        writeln!(known, "known{n}@example.org").unwrap();
    }
    let mut joining = String::from("Email,Phone\n");
    for n in 0..ROWS {
        let address = if n % 5 == 0 { format!("known{}@example.org", n / 5) } else { format!("new{n}@example.org") };
        // One number is that of a whole office.
        let phone = if n < 100 { 2_000_000 } else { 2_000_000 + n };
        writeln!(joining, "{address},+1650{phone:07}").unwrap();
    }
    fs::write(place.path("known.csv"), &known).unwrap();
    fs::write(place.path("joining.csv"), &joining).unwrap();
    place.says(&["import", "wayne", "known.csv"]);
    let before = contacts(&place);
    let import =
        json(&place.says(&["import", "wayne", "joining.csv", "--json"]))["import"].as_str().unwrap().to_owned();
    let joined = contacts(&place);

    let undo = ["undo", "wayne", "--import", &import, "--records"];
    let counted = place.says(&[&undo[..], &["--dry-run"]].concat());
    assert_eq!(counted, "2,000 records would be withdrawn.\n0 joins would be taken back. Nothing was changed.\n");
    assert_eq!(contacts(&place), joined);
    assert_eq!(place.says(&undo), "2,000 records were withdrawn.\n0 joins were taken back.\n");
    assert_eq!(contacts(&place), before);
    assert_eq!(place.says(&undo), "0 records were withdrawn.\n0 joins were taken back.\n");
    assert_eq!(place.says(&["verify"]), "wayne: every view matches its journal.\n");

    let again = json(&place.says(&["import", "wayne", "joining.csv", "--json"]));
    assert_eq!((&again["import"], &again["before"]), (&import.as_str().into(), &0.into()), "{again}");
    assert_eq!(contacts(&place), joined);
}

#[test]
fn an_undo_leaves_what_others_reported() {
    let place = wayne();
    let crm = ["--system", "crm", "--record-id", "ID"];
    for (file, rows) in [
        ("old.csv", "ID,Name,Email\n1,Ann,ann@example.org\n2,Ben,ben@example.org\n"),
        ("new.csv", "ID,Name,Email\n1,Anna,anna@example.org\n2,Ben,ben@example.org\n3,Cy,cy@example.org\n"),
        ("joins.csv", "Email,Phone\nben@example.org,+16505550123\n,+16505550123\n"),
    ] {
        fs::write(place.path(file), rows).unwrap();
    }
    place.says(&[&["import", "wayne", "old.csv"][..], &crm].concat());
    let new = json(&place.says(&[&["import", "wayne", "new.csv", "--json"][..], &crm].concat()));
    let import = new["import"].as_str().unwrap().to_owned();
    let undo = ["undo", "wayne", "--import", &import, "--records", "--json"];
    let counted = json(&place.says(&[&undo[..], &["--dry-run"]].concat()));
    assert_eq!((&counted["records_withdrawn"], &counted["records_kept"]), (&1.into(), &1.into()), "{counted}");
    assert_eq!(json(&place.says(&undo))["records_withdrawn"], 1);
    // Record 1 keeps what the import made of it; record 2 was the same in both files.
    assert_eq!(contacts(&place), ["anna@example.org", "ben@example.org"]);
    let said = place.says(&undo[..5]);
    assert!(said.contains("1 records stay, because others reported to them as well."), "{said}");
}

#[test]
fn undo_says_what_is_wrong() {
    let place = wayne();
    for (options, error) in [
        (&["undo", "wayne"][..], "--import <ID>"),
        (&["undo", "wayne", "--token", "login"], "--since <TIME>"),
        (&["undo", "wayne", "--import", "imp_12"], "imp_"),
        (&["undo", "wayne", "--token", "login", "--since", "2026-11-30T02:00:00Z", "--records"], "--records"),
        (&["undo", "wayne", "--token", "mine", "--since", "2026-11-30T02:00:00Z"], "tok_"),
        (&["undo", "wayne", "--token", "login", "--since", "yesterday"], "such as 2026-11-30T02:00:00Z"),
        (&["undo", "nobody", "--token", "login", "--since", "2026-11-30T02:00:00Z"], "Company nobody not found."),
    ] {
        let done = place.run(options);
        assert!(done.code != Some(0) && done.err.contains(error), "{options:?}: {}", done.err);
    }
    let none = place.says(&["undo", "wayne", "--token", "login", "--since", "2026-11-30T02:00:00Z"]);
    assert_eq!(none, "0 joins were taken back.\n");
}

#[test]
fn a_handle_is_shared_and_one_persons_again() {
    let place = wayne();
    fs::write(place.path("two.csv"), "Email,Phone\na@example.org,+16505550123\nb@example.org,+16505550123\n").unwrap();
    place.says(&["import", "wayne", "two.csv"]);
    assert_eq!(contacts(&place).len(), 1);
    let phone = "phone:+16505550123";
    assert!(place.says(&["handle", "show", "wayne", phone]).contains("identifies"));
    place.says(&["handle", "share", "wayne", phone]);
    assert_eq!(contacts(&place), ["a@example.org +16505550123", "b@example.org +16505550123"]);
    let shown = json(&place.says(&["handle", "show", "wayne", phone, "--json"]));
    assert_eq!((&shown["status"], &shown["contacts"]), (&"shared".into(), &2.into()));
    place.says(&["handle", "unshare", "wayne", phone]);
    assert_eq!(contacts(&place).len(), 1);
    place.says(&["handle", "block", "wayne", phone]);
    assert_eq!(contacts(&place).len(), 2);
    place.says(&["handle", "allow", "wayne", phone]);
    assert_eq!(contacts(&place).len(), 1);

    let wrong = place.run(&["handle", "share", "wayne", "fax:12"]);
    assert!(wrong.code != Some(0) && wrong.err.contains("fax"), "{}", wrong.err);
    let wrong = place.run(&["handle", "share", "wayne", "bruce@wayne.inc"]);
    assert!(wrong.code != Some(0) && wrong.err.contains("Give a source and a value"), "{}", wrong.err);
}
