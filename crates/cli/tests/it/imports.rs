//! Files of contacts that come in and go out: what is told of them, and what an interruption leaves.

use std::fmt::Write as _;
use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Place, Process, finish, signal};
use crate::http::{Client, Login};

/// A table with a row of every kind.
const PEOPLE: &str = "Name,E-mail,Mobile Phone,Twitter\r\n\
    Bruce Wayne,bruce@wayne.inc,650 814 9999,\r\n\
    Batman,,,@batman\r\n\
    Bruce,bruce@wayne.inc,,@batman\r\n\
    Bruce,bruce@wayne.inc,,\r\n\
    Nobody,,,\r\n\
    Selina,selina at wayne.inc,none,\r\n\
    \"Alfred \"\"P.\"\" Pennyworth\",alfred@wayne.inc; ap@example.org,,\r\n";

pub fn wayne() -> Place {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    place
}

pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

pub fn counts(said: &Value) -> Vec<u64> {
    ["rows", "new", "changed", "unchanged", "merged", "kept_apart", "refused", "before"]
        .map(|key| said[key].as_u64().unwrap())
        .to_vec()
}

pub fn report(place: &Place, name: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(place.path(name)).unwrap();
    let lines = text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect());
    lines.collect()
}

/// The number of the last entry of the journal.
pub fn head(place: &Place) -> u64 {
    let store = rusqlite::Connection::open(place.path("kith.db")).unwrap();
    let head: i64 = store.query_row("SELECT entries FROM company", [], |row| row.get(0)).unwrap();
    u64::try_from(head).unwrap()
}

/// How many entries of the journal are not about the progress of imports.
fn entries(place: &Place) -> u64 {
    let store = rusqlite::Connection::open(place.path("kith.db")).unwrap();
    let query = "SELECT count(*) FROM journal WHERE body NOT LIKE '%import_progressed%'";
    let count: i64 = store.query_row(query, [], |row| row.get(0)).unwrap();
    u64::try_from(count).unwrap()
}

#[test]
fn every_row_is_taken_in_or_refused_with_its_reasons() {
    let place = wayne();
    fs::write(place.path("crm.csv"), PEOPLE).unwrap();
    let said = json(&place.says(&["import", "wayne", "crm.csv", "--json"]));
    assert_eq!(counts(&said), [7, 3, 0, 1, 1, 0, 2, 0], "{said}");
    assert_eq!((&said["done"], said["report"].as_str()), (&Value::Bool(true), Some("crm.csv.report.csv")));
    let rows = report(&place, "crm.csv.report.csv");
    let of = |row: &str| rows.iter().filter(|line| line[0] == row).collect::<Vec<_>>();
    let (bruce, batman) = (of("1")[0][2].clone(), of("2")[0][2].clone());
    assert!(bruce.starts_with("crd_") && bruce != batman, "{rows:?}");
    assert_eq!(of("3")[0][1..5], ["4".to_owned(), bruce, "merged".into(), batman]);
    // The third row says all of it already.
    assert_eq!(of("4")[0][3], "unchanged");
    assert_eq!((of("5")[0][3].as_str(), of("5")[0][1].as_str()), ("refused", "6"));
    assert!(of("5")[0][8].contains("no handle"), "{rows:?}");
    let selina = of("6");
    assert_eq!(selina.len(), 2, "both of its problems: {rows:?}");
    assert_eq!((selina[0][6].as_str(), selina[0][7].as_str()), ("E-mail", "selina at wayne.inc"));
    assert_eq!(selina[1][6], "Mobile Phone");
    let exported = place.says(&["export", "wayne", "--format", "jsonl"]);
    assert_eq!(exported.lines().count(), 2, "{exported}");
    assert!(exported.contains("Alfred \\\"P.\\\" Pennyworth") && exported.contains("+16508149999"), "{exported}");
}

#[test]
fn a_dry_run_tells_the_same_and_does_nothing() {
    let place = wayne();
    fs::write(place.path("crm.csv"), PEOPLE).unwrap();
    let dry = json(&place.says(&["import", "wayne", "crm.csv", "--dry-run", "--json"]));
    assert_eq!((head(&place), dry["dry_run"].as_bool()), (0, Some(true)));
    let told = place.says(&["import", "wayne", "crm.csv", "--dry-run"]);
    assert!(told.contains("Nothing was changed") && told.contains("Line 4 merges crd_"), "{told}");
    let real = json(&place.says(&["import", "wayne", "crm.csv", "--json"]));
    assert_eq!(counts(&dry), counts(&real));
    assert_eq!(report(&place, "crm.csv.dry-run.csv"), report(&place, "crm.csv.report.csv"));
}

#[test]
fn a_file_that_was_taken_in_changes_nothing_again() {
    let place = wayne();
    let told_twice = "name,email\nBruce,b@wayne.inc\nBruce Wayne,b@wayne.inc\nAlfred,a@wayne.inc\n";
    fs::write(place.path("crm.csv"), told_twice).unwrap();
    place.says(&["import", "wayne", "crm.csv"]);
    let (head_before, before) = (head(&place), place.says(&["export", "wayne"]));
    assert!(before.contains("Bruce Wayne"), "{before}");
    let said = json(&place.says(&["import", "wayne", "crm.csv", "--json"]));
    assert_eq!(counts(&said), [3, 0, 0, 3, 0, 0, 0, 0], "{said}");
    assert_eq!((head(&place), place.says(&["export", "wayne"])), (head_before, before));
    // Another file with the same rows tells them anew.
    fs::write(place.path("crm.csv"), told_twice.replace("Alfred", "Alfred P.")).unwrap();
    let said = json(&place.says(&["import", "wayne", "crm.csv", "--json"]));
    assert_eq!(counts(&said), [3, 0, 3, 0, 0, 0, 0, 0], "{said}");
    // With --fill, what is known stays.
    fs::write(place.path("crm.csv"), "name,email,phone\nMr. Wayne,b@wayne.inc,+15550100\n").unwrap();
    place.says(&["import", "wayne", "crm.csv", "--fill"]);
    let now = place.says(&["export", "wayne"]);
    assert!(now.contains("Bruce Wayne") && now.contains("+15550100") && !now.contains("Mr. Wayne"), "{now}");
}

/// A table in which every fifth row joins two that came before.
fn chains(rows: usize) -> String {
    let mut table = String::from("name,email,phone,twitter\n");
    for n in 0..rows {
        let other = if n % 5 == 4 { n - 3 } else { n };
        let email = format!("p{}@example.org", if n % 5 == 4 { n - 1 } else { n });
        writeln!(table, "Person {n},{email},+1555{other:07},p{n}").unwrap();
    }
    table
}

/// Imports until it is done, killed again and again on the way, and says how often it was killed.
fn import_under_kills(place: &Place, kills: u64) -> u64 {
    for kill in 0.. {
        let mut import = Process::start(
            place
                .kith(&["import", "wayne", "crm.csv", "--log", "error"])
                .stdout(fs::File::create(place.path("said")).unwrap()),
        );
        if kill < kills {
            // sleeps: each kill comes later in the import than the one before
            thread::sleep(Duration::from_millis(60 + 45 * kill));
            signal_or_gone(import.id());
        }
        if import.wait().success() {
            return kill;
        }
    }
    unreachable!("it ends when it is done")
}

fn signal_or_gone(process: u32) {
    let _ =
        std::process::Command::new("sh").args(["-c", &format!("kill -KILL {process} 2>/dev/null")]).status().unwrap();
}

#[test]
fn an_import_that_is_killed_ends_as_one_that_is_not() {
    let table = chains(12_000);
    let outcome = |kills: u64| {
        let place = wayne();
        fs::write(place.path("crm.csv"), &table).unwrap();
        // Beside a server, so that few rows are written at once.
        let server = place.serve();
        let killed = import_under_kills(&place, kills);
        server.stop("TERM");
        assert!(place.says(&["verify"]).contains("every view matches its journal"));
        let mut reported: Vec<u64> =
            report(&place, "crm.csv.report.csv").iter().map(|line| line[0].parse().unwrap()).collect();
        reported.dedup();
        assert_eq!(reported, (1..=12_000).collect::<Vec<_>>(), "every row is reported once");
        let export = place.says(&["export", "wayne", "--format", "jsonl"]);
        (killed, entries(&place), export)
    };
    let (_, entries, export) = outcome(0);
    let (killed, entries_after, export_after) = outcome(10);
    assert!(killed >= 3, "it was killed {killed} times");
    assert!(export == export_after, "the same people");
    assert_eq!(entries, entries_after, "the same journal");
}

#[test]
fn a_server_writes_while_files_are_imported_and_all_of_it_is_there() {
    const ROWS: usize = 6_000;
    let place = Place::new();
    let login = Login::json(&place.says(&["company", "add", "wayne", "--json"]));
    let server = place.serve();
    let client = Client::new(server.address, login);
    let names = ["one", "two"];
    for name in names {
        fs::write(place.path(&format!("{name}.csv")), chains(ROWS).replace("Person", name)).unwrap();
    }
    let mut imports = names.map(|name| {
        let said = fs::File::create(place.path(name)).unwrap();
        Process::start(place.kith(&["import", "wayne", &format!("{name}.csv"), "--json"]).stdout(said))
    });
    let mut written = 0;
    while imports.iter_mut().any(|import| !import.has_ended()) {
        let answer = client.tell(&[&format!("single-{written}@example.org")]).unwrap();
        assert_eq!(answer.status, 202, "{answer:?}");
        written += 1;
    }
    for (mut import, name) in imports.into_iter().zip(names) {
        assert!(import.wait().success());
        let said = json(&fs::read_to_string(place.path(name)).unwrap());
        assert_eq!((said["rows"].as_u64(), &said["done"]), (Some(ROWS as u64), &Value::Bool(true)), "{said}");
    }
    let lost = (0..written).filter(|n| client.find(&format!("single-{n}@example.org")).is_none()).count();
    assert_eq!(lost, 0, "of {written}");
    server.stop("TERM");
    assert!(place.says(&["verify"]).contains("every view matches its journal"));
}

#[test]
fn a_server_may_start_and_stop_during_an_import() {
    let place = wayne();
    fs::write(place.path("crm.csv"), chains(12_000)).unwrap();
    let said = fs::File::create(place.path("said")).unwrap();
    let mut import = Process::start(place.kith(&["import", "wayne", "crm.csv", "--json"]).stdout(said));
    while !import.has_ended() {
        place.serve().stop("TERM");
    }
    assert!(import.wait().success());
    assert_eq!(json(&fs::read_to_string(place.path("said")).unwrap())["rows"].as_u64(), Some(12_000));
    assert!(place.says(&["verify"]).contains("every view matches its journal"));
}

#[test]
fn ctrl_c_stops_between_rows_and_the_same_command_goes_on() {
    let place = wayne();
    fs::write(place.path("crm.csv"), chains(12_000)).unwrap();
    let _server = place.serve();
    let mut import = Process::start(
        place.kith(&["import", "wayne", "crm.csv", "--json"]).stdout(fs::File::create(place.path("said")).unwrap()),
    );
    crate::harness::until("some rows are imported", || (head(&place) > 0).then_some(()));
    signal(import.id(), "INT");
    assert_eq!(import.wait().code(), Some(1));
    let said = json(&fs::read_to_string(place.path("said")).unwrap());
    let stopped = said["rows"].as_u64().unwrap();
    assert!(!said["done"].as_bool().unwrap() && stopped > 0 && stopped < 12_000, "{said}");
    let said = json(&place.says(&["import", "wayne", "crm.csv", "--json"]));
    assert_eq!((said["rows"].as_u64(), said["before"].as_u64()), (Some(12_000), Some(stopped)), "{said}");
}

#[test]
fn an_export_makes_the_same_contacts_elsewhere() {
    let place = wayne();
    place.says(&["field", "add", "wayne", "--name", "Size", "--type", "number"]);
    let people = [
        r#"{"name":"=Zoë; \"Z\"","description":"a\nb","fields":[{"source":"email","handle":"Z@example.org"},{"source":"phone","handle":"+15550100"},{"source":"facebook","handle":"zoë; x"}],"link":["https://example.org/a;b"],"lists":["VIP","A; B"],"custom_fields":{"Size":4}}"#,
        r#"{"fields":[{"source":"twitter","handle":"@batman"}]}"#,
    ];
    fs::write(place.path("in.jsonl"), people.join("\n")).unwrap();
    let said = json(&place.says(&["import", "wayne", "in.jsonl", "--json"]));
    assert_eq!(counts(&said)[..2], [2, 2], "{said} {:?}", report(&place, "in.jsonl.report.csv"));
    for (format, name) in [("csv", "out.csv"), ("jsonl", "out.jsonl"), ("vcard", "out.vcf")] {
        let said = place.says(&["export", "wayne", "--format", format, "--to", name]);
        assert!(said.contains("has 2 contacts"), "{said}");
        let again = place.run(&["export", "wayne", "--format", format, "--to", name]);
        assert!(again.code == Some(1) && again.err.contains("does not replace files"), "{}", again.err);
        let other = wayne();
        other.says(&["field", "add", "wayne", "--name", "Size", "--type", "number"]);
        fs::copy(place.path(name), other.path(name)).unwrap();
        other.says(&["import", "wayne", name]);
        other.says(&["export", "wayne", "--format", format, "--to", "again"]);
        let read = |place: &Place, name: &str| fs::read_to_string(place.path(name)).unwrap();
        assert_eq!(read(&place, name), read(&other, "again"), "{format}");
    }
}

#[test]
fn what_cannot_be_imported_is_named() {
    let place = wayne();
    fs::write(place.path("crm.csv"), "Who,Where\nBruce,bruce@wayne.inc\n").unwrap();
    for (arguments, reason) in [
        (&["import", "nobody", "crm.csv"][..], "Company nobody not found."),
        (&["import", "wayne", "none.csv"], "none.csv: No such file"),
        (&["import", "wayne", "."], ".: is a folder"),
        (&["import", "wayne", "crm.csv"], "No column is known to hold handles"),
        (&["import", "wayne", "crm.csv", "--map", "Where=post"], "\"post\" is nothing that a column can be"),
        (&["import", "wayne", "crm.csv", "--map", "When=email"], "Column \"When\" not found."),
        (&["import", "wayne", "crm.csv", "--delimiter", "::"], "--delimiter: Must be one ASCII character"),
        (&["import", "wayne", "crm.csv", "crm.csv", "--report", "r.csv"], "--report works with one file only"),
    ] {
        let done = place.run(arguments);
        assert!(
            done.code == Some(1) && done.err.contains(reason) && done.out.is_empty(),
            "{arguments:?}: {}",
            done.err
        );
    }
    let usage = place.run(&["import", "wayne", "crm.csv", "--format", "xls"]);
    assert!(usage.code == Some(2) && usage.err.contains("Must be csv, jsonl or vcard"), "{}", usage.err);
    assert_eq!(head(&place), 0, "nothing was imported");
    let said = place.says(&["import", "wayne", "crm.csv", "--map", "Where=email"]);
    assert!(said.contains("1  new") && said.contains("Unknown columns: Who"), "{said}");
}

#[test]
fn an_export_into_a_closed_pipe_is_no_failure() {
    let place = wayne();
    fs::write(place.path("crm.csv"), chains(2_000)).unwrap();
    place.says(&["import", "wayne", "crm.csv"]);
    let done = finish(&mut place.shell("kith export wayne | head -1"));
    assert!(done.err.is_empty() && done.out.starts_with("name,"), "{}{}", done.out, done.err);
}
