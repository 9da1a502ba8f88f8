//! Files whose rows name their records: what they replace, and what a snapshot withdraws.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::database::fresh;
use crate::harness::{Done, Place, Process, signal, until};
use crate::imports::{counts, head, json, report, wayne};

/// The options of a CRM's file.
const CRM: [&str; 4] = ["--system", "crm", "--record-id", "Record ID"];

/// Writes a file of a CRM and runs an import of it with more options.
#[track_caller]
fn run(place: &Place, table: &str, options: &[&str]) -> Done {
    fs::write(place.path("crm.csv"), table).unwrap();
    place.run(&[&["import", "wayne", "crm.csv", "--json"], &CRM[..], options].concat())
}

/// The same, where it should succeed.
#[track_caller]
fn import(place: &Place, table: &str, options: &[&str]) -> Value {
    let done = run(place, table, options);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    json(&done.out)
}

/// A table of people, one record each.
fn people(ids: impl IntoIterator<Item = usize>) -> String {
    let mut table = String::from("Record ID,Name,Email\n");
    for id in ids {
        writeln!(table, "{id},Person {id},p{id}@example.org").unwrap();
    }
    table
}

/// The names and handles of all contacts, a line each.
fn contacts(place: &Place) -> Vec<String> {
    let exported = place.says(&["export", "wayne", "--format", "jsonl"]);
    let contact = |line: &str| {
        let contact = json(line);
        let handles = contact["fields"].as_array().unwrap().iter().map(|field| field["handle"].as_str().unwrap());
        let name = contact["name"].as_str().unwrap_or_default();
        format!("{name}: {}", handles.collect::<Vec<_>>().join(" "))
    };
    exported.lines().map(contact).collect()
}

/// The ids of all records of a system.
fn records(place: &Place, system: &str) -> Vec<String> {
    let store = rusqlite::Connection::open(place.path("kith.db")).unwrap();
    let mut ids = store.prepare("SELECT id FROM record_name WHERE system = ?1 ORDER BY length(id), id").unwrap();
    ids.query_map([system], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn withdrawn(said: &Value) -> u64 {
    said["withdrawn"].as_u64().unwrap()
}

#[test]
fn a_corrected_address_takes_back_the_merge_that_it_caused() {
    let place = wayne();
    let table = "Record ID,Name,Email\n1,Bruce Wayne,bruce@wayne.inc\n2,Alfred,bruce@wayne.inc\n";
    let said = import(&place, table, &[]);
    assert_eq!(counts(&said)[..3], [2, 1, 1], "{said}");
    assert_eq!(contacts(&place), ["Alfred: bruce@wayne.inc"]);
    let said = import(&place, &table.replace("Alfred,bruce", "Alfred,alfred"), &[]);
    assert_eq!((said["changed"].as_u64(), said["unchanged"].as_u64()), (Some(1), Some(1)), "{said}");
    assert_eq!(contacts(&place), ["Bruce Wayne: bruce@wayne.inc", "Alfred: alfred@wayne.inc"]);
    assert!(place.says(&["verify"]).contains("every view matches its journal"));
}

#[test]
fn an_address_may_be_the_id_of_a_record() {
    let place = wayne();
    fs::write(place.path("shop.csv"), "Email,Name,Points\nada@b.example,Ada,7\n").unwrap();
    let shown = place.says(&["import", "wayne", "shop.csv", "--system", "shop", "--record-id", "email"]);
    assert!(shown.contains("Points") && !shown.contains("Email"), "only the unknown column is ignored: {shown}");
    assert_eq!(contacts(&place), ["Ada: ada@b.example"]);
    assert_eq!(records(&place, "shop"), ["ada@b.example"]);
}

#[test]
fn a_file_of_records_that_is_imported_again_writes_nothing() {
    let place = wayne();
    let table =
        "Record ID,Name,Email,Lists\n1,Bruce,b@wayne.inc,VIP\n2,Bruce Wayne,b@wayne.inc,\n3,Alfred,a@wayne.inc,\n";
    import(&place, table, &[]);
    let before = (head(&place), contacts(&place));
    let said = import(&place, table, &["--snapshot"]);
    assert_eq!((counts(&said)[3], withdrawn(&said)), (3, 0), "{said}");
    assert_eq!((head(&place), contacts(&place)), before);
    // A file with more rows writes only those, and its progress.
    let said = import(&place, &(table.to_owned() + "4,Selina,s@wayne.inc,\n"), &[]);
    assert_eq!(counts(&said)[..4], [4, 1, 0, 3], "{said}");
    // An older file says again what it said, also where a record has changed since.
    import(&place, &table.replace("Alfred", "Alfred P."), &[]);
    let said = import(&place, table, &[]);
    assert_eq!((said["changed"].as_u64(), said["unchanged"].as_u64()), (Some(1), Some(2)), "{said}");
    assert_eq!(contacts(&place)[1], "Alfred: a@wayne.inc");
    let shown = place.says(&[&["import", "wayne", "crm.csv"], &CRM[..]].concat());
    assert!(!shown.contains("gaps"), "{shown}");
}

#[test]
fn a_snapshot_withdraws_what_it_does_not_have() {
    let place = wayne();
    let said = import(&place, &people(1..=10), &["--snapshot"]);
    assert_eq!((said["new"].as_u64(), withdrawn(&said)), (Some(10), 0), "{said}");
    fs::write(place.path("shop.csv"), "no,email\n1,p1@example.org\n99,x@example.org\n").unwrap();
    place.says(&["import", "wayne", "shop.csv", "--system", "shop", "--record-id", "no"]);

    // Six tenths are gone.
    let before = (head(&place), contacts(&place), fs::read(place.path("crm.csv.report.csv")).unwrap());
    let few = people(1..=4) + "11,New,new@example.org\n";
    let done = run(&place, &few, &["--snapshot"]);
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""));
    let reason = "crm.csv: Only 4 of 10 records of crm would stay, and 6 be withdrawn.";
    assert!(done.err.contains(reason) && done.err.contains("--replace-all"), "{}", done.err);
    let after = (head(&place), contacts(&place), fs::read(place.path("crm.csv.report.csv")).unwrap());
    assert!(before == after, "nothing is written, and the last report stays");
    let done = run(&place, "Record ID,Email\n", &["--snapshot"]);
    assert!(done.code == Some(1) && done.err.contains("Only 0 of 10"), "{}", done.err);

    // One tenth is gone.
    let said = import(&place, &people(1..=9), &["--snapshot"]);
    assert_eq!((counts(&said)[3], withdrawn(&said)), (9, 1), "{said}");
    assert_eq!((records(&place, "crm").len(), contacts(&place).len()), (9, 10));
    assert!(contacts(&place).iter().all(|contact| !contact.contains("p10@")), "{:?}", contacts(&place));
    let shown = place.says(&[&["import", "wayne", "crm.csv", "--snapshot"], &CRM[..]].concat());
    assert!(shown.contains("           0  withdrawn"), "{shown}");

    // Most are gone, as somebody says.
    let said = import(&place, &few, &["--snapshot", "--replace-all"]);
    assert_eq!((said["new"].as_u64(), withdrawn(&said)), (Some(1), 5), "{said}");
    assert_eq!(records(&place, "crm"), ["1", "2", "3", "4", "11"]);
    assert_eq!(records(&place, "shop"), ["1", "99"], "another system");
    let history = rusqlite::Connection::open(place.path("kith.db")).unwrap();
    let origins: i64 = history
        .query_row("SELECT count(*) FROM journal WHERE body LIKE '%withdrawn%' AND body LIKE '%import%'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(origins, 6, "an import is the origin");
    assert!(place.says(&["verify"]).contains("every view matches its journal"));
}

#[test]
fn a_snapshot_is_one_in_a_database_too() {
    let (place, store) = (Place::new(), fresh());
    place.says(&["company", "add", "wayne", "--store", &store]);
    let options = ["--snapshot", "--store", &store];
    assert_eq!(counts(&import(&place, &people(1..=10), &options))[1], 10);
    let done = run(&place, &people(1..=4), &options);
    assert!(done.code == Some(1) && done.err.contains("Only 4 of 10"), "{}", done.err);
    let table = people(1..=9).replace("p9@", "p8@");
    let said = import(&place, &table, &options);
    assert_eq!((counts(&said)[3], counts(&said)[4], withdrawn(&said)), (8, 1, 1), "{said}");
    let said = import(&place, &table, &options);
    assert_eq!((counts(&said)[3], withdrawn(&said)), (9, 0), "{said}");
    assert_eq!(place.says(&["export", "wayne", "--store", &store]).lines().count(), 1 + 8);
    assert_eq!(place.says(&["verify", "--store", &store]), "wayne: every view matches its journal.\n");
}

#[test]
fn a_refused_row_is_no_reason_to_withdraw_its_record() {
    let place = wayne();
    import(&place, &people(1..=4), &[]);
    let table = people(1..=2) + "3,Person 3,wrong\n2,Person 2,p4@example.org\n,Nobody,n@example.org\n";
    let said = import(&place, &table, &["--snapshot"]);
    assert_eq!((counts(&said)[3], counts(&said)[6], withdrawn(&said)), (2, 3, 1), "{said}");
    assert_eq!(records(&place, "crm"), ["1", "2", "3"]);
    let rows = report(&place, "crm.csv.report.csv");
    assert_eq!(rows[2][7..9], ["wrong", "\"Is not an e-mail address"].map(str::to_owned), "{rows:?}");
    assert_eq!(rows[3][6..9], ["", "", "Line 3 has the same record ID."].map(str::to_owned));
    assert_eq!(rows[4][6..9], ["Record ID", "", "Has no record ID."].map(str::to_owned));
    assert_eq!(contacts(&place), [1, 2, 3].map(|n| format!("Person {n}: p{n}@example.org")));

    // A row that cannot be read may be about any record.
    let before = head(&place);
    let done = run(&place, &(people(1..=2) + "Lee, Ann,3,p3@example.org\n"), &["--snapshot"]);
    assert!(done.code == Some(1) && done.err.contains("crm.csv: Line 4 cannot be read"), "{}", done.err);
    assert_eq!(head(&place), before, "nothing is written");
}

#[test]
fn a_dry_run_says_what_a_snapshot_would_withdraw() {
    let place = wayne();
    import(&place, &people(1..=10), &[]);
    let before = (head(&place), records(&place, "crm"));
    let dry = import(&place, &people(2..=9), &["--snapshot", "--dry-run"]);
    assert_eq!(withdrawn(&dry), 2, "{dry}");
    let told = place.says(&[&["import", "wayne", "crm.csv", "--snapshot", "--dry-run"], &CRM[..]].concat());
    assert!(told.contains("Nothing was changed") && told.contains("           2  withdrawn"), "{told}");
    let done = run(&place, &people(1..=4), &["--snapshot", "--dry-run"]);
    assert!(done.code == Some(1) && done.err.contains("Only 4 of 10"), "{}", done.err);
    assert_eq!((head(&place), records(&place, "crm")), before);
    let real = import(&place, &people(2..=9), &["--snapshot"]);
    assert_eq!((counts(&dry), withdrawn(&dry)), (counts(&real), withdrawn(&real)));
}

#[test]
fn cards_and_lines_name_their_records_too() {
    let place = wayne();
    let picture = "iVBORw0KGgo=";
    let card = |id: &str, email: &str| {
        format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{id}\r\nEMAIL:{email}\r\nPHOTO;ENCODING=b;TYPE=PNG:{picture}\r\nEND:VCARD\r\n"
        )
    };
    let cards = card("urn:uuid:1", "a@wayne.inc") + &card("urn:uuid:2", "b@wayne.inc");
    fs::write(place.path("book.vcf"), &cards).unwrap();
    let import = ["import", "wayne", "book.vcf", "--system", "book", "--snapshot", "--json"];
    assert_eq!(counts(&json(&place.says(&import)))[..2], [2, 2]);
    assert_eq!(records(&place, "book"), ["urn:uuid:1", "urn:uuid:2"]);
    let before = head(&place);
    assert_eq!(counts(&json(&place.says(&import)))[3], 2);
    assert_eq!(head(&place), before, "a picture that is reported again changes nothing");
    fs::write(place.path("book.vcf"), card("urn:uuid:2", "c@wayne.inc")).unwrap();
    let said = json(&place.says(&import));
    assert_eq!((said["changed"].as_u64(), withdrawn(&said)), (Some(1), 1), "{said}");
    assert_eq!(contacts(&place), [": c@wayne.inc"]);
    let named = place.run(&["import", "wayne", "book.vcf", "--system", "book", "--record-id", "UID"]);
    assert!(named.code == Some(1) && named.err.contains("The record ID of a vCard is its UID"), "{}", named.err);

    let line =
        |key: &str, email: &str| format!("{{{key},\"fields\":[{{\"source\":\"email\",\"handle\":\"{email}\"}}]}}\n");
    let record = |id: u64| format!("\"record\":{{\"system\":\"erp\",\"id\":{id}}}");
    let lines = line(&record(1), "d@wayne.inc") + &line(&record(2), "e@wayne.inc") + &line(&record(2), "f@wayne.inc");
    fs::write(place.path("erp.jsonl"), lines).unwrap();
    let said = json(&place.says(&["import", "wayne", "erp.jsonl", "--system", "erp", "--json"]));
    assert_eq!((said["new"].as_u64(), said["refused"].as_u64()), (Some(2), Some(1)), "{said}");
    // Without a system, a line still names its record, and replaces what it reported.
    fs::write(place.path("erp.jsonl"), line(&record(2), "f@wayne.inc")).unwrap();
    place.says(&["import", "wayne", "erp.jsonl"]);
    assert_eq!(contacts(&place), [": c@wayne.inc", ": d@wayne.inc", ": f@wayne.inc"]);
    fs::write(place.path("erp.jsonl"), line("\"no\":1", "g@wayne.inc")).unwrap();
    let options = ["--system", "erp", "--record-id", "no", "--snapshot", "--json"];
    let said = json(&place.says(&[&["import", "wayne", "erp.jsonl"], &options[..]].concat()));
    assert_eq!((said["changed"].as_u64(), withdrawn(&said)), (Some(1), 1), "{said}");
    assert_eq!(contacts(&place), [": c@wayne.inc", ": g@wayne.inc"]);
}

#[test]
fn options_that_make_no_sense_are_named() {
    let place = wayne();
    fs::write(place.path("crm.csv"), people(1..=2)).unwrap();
    for (options, code, reason) in [
        (&["--system", "CRM", "--record-id", "Record ID"][..], 2, "invalid value 'CRM' for '--system <SYSTEM>'"),
        (&["--system", "", "--record-id", "Record ID"], 2, "Must be 1 to 64 of a-z, 0-9"),
        (&["--record-id", "Record ID"], 2, "--system"),
        (&["--snapshot"], 2, "--system"),
        (&["--system", "crm", "--record-id", "Record ID", "--replace-all"], 2, "--snapshot"),
        (&["--system", "crm", "--record-id", "Record ID", "--fill"], 2, "'--fill'"),
        (
            &["--system", "crm"],
            1,
            "Name the column with the record IDs: --record-id. The columns are: \"Record ID\", \"Name\"",
        ),
        (
            &["--system", "crm", "--record-id", "Key"],
            1,
            "Column \"Key\" not found. The columns are: \"Record ID\", \"Name\"",
        ),
        (&["--system", "crm", "--record-id", "Key", "--snapshot"], 1, "crm.csv: Column \"Key\" not found."),
        (
            &["crm.csv", "--system", "crm", "--record-id", "Record ID", "--snapshot"],
            1,
            "--snapshot works with one file",
        ),
    ] {
        let done = place.run(&[&["import", "wayne", "crm.csv"], options].concat());
        assert!(done.code == Some(code) && done.err.contains(reason), "{options:?}: {:?} {}", done.code, done.err);
    }
    assert_eq!(head(&place), 0, "nothing was imported");
    let said = place.says(&["import", "wayne", "crm.csv", "--system", "crm", "--record-id", "record_id"]);
    assert!(said.contains("2  new") && !said.contains("Unknown columns"), "{said}");
}

#[test]
fn a_snapshot_that_is_stopped_withdraws_nothing_until_it_is_resumed() {
    let place = wayne();
    import(&place, &people(0..6_200), &[]);
    let _server = place.serve();
    let before = head(&place);
    let table = people(100..6_100).replace("Person", "Somebody");
    fs::write(place.path("crm.csv"), &table).unwrap();
    let command = [&["import", "wayne", "crm.csv", "--snapshot", "--json"], &CRM[..]].concat();
    let mut import = Process::start(place.kith(&command).stdout(fs::File::create(place.path("said")).unwrap()));
    until("some rows are imported", || (head(&place) > before).then_some(()));
    signal(import.id(), "INT");
    assert_eq!(import.wait().code(), Some(1));
    let said = json(&fs::read_to_string(place.path("said")).unwrap());
    let stopped = said["rows"].as_u64().unwrap();
    assert!(!said["done"].as_bool().unwrap() && stopped > 0 && stopped < 6_000, "{said}");
    assert_eq!((withdrawn(&said), records(&place, "crm").len()), (0, 6_200));
    let said = json(&place.says(&command));
    assert_eq!((said["rows"].as_u64(), said["before"].as_u64()), (Some(6_000), Some(stopped)), "{said}");
    assert_eq!((said["changed"].as_u64(), withdrawn(&said)), (Some(6_000 - stopped), 200), "{said}");
    assert_eq!(records(&place, "crm").len(), 6_000);
    // Once more, it only reads.
    let said = json(&place.says(&command));
    assert_eq!((said["unchanged"].as_u64(), withdrawn(&said)), (Some(6_000), 0), "{said}");
    assert!(place.says(&["verify"]).contains("every view matches its journal"));
}
