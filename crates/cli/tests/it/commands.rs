//! Commands: what they say to people and to programs, and what they refuse.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::harness::{Done, Place};
use crate::http::Login;

#[track_caller]
fn refused(done: &Done, code: i32, reason: &str) {
    assert_eq!(done.code, Some(code), "{}{}", done.out, done.err);
    assert!(done.err.contains(reason), "{}", done.err);
    assert_eq!(done.out, "", "what was not done has no answer");
}

#[test]
fn a_new_company_is_told_to_programs_as_json() {
    let said = Place::new().says(&["company", "add", "wayne", "--json"]);
    let login = Login::json(&said);
    assert_eq!(login.company, "wayne");
    assert!(login.password.len() == 32 && login.password.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let whole = json!({"company": login.company, "password": login.password});
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap(), whole, "these two keys and no others");
    assert_eq!(said.lines().count(), 1);
}

#[test]
fn a_new_company_is_told_to_people_in_lines() {
    let login = Login::printed(&Place::new().says(&["company", "add", "wayne"]));
    assert_eq!((login.company.as_str(), login.password.len()), ("wayne", 32));
}

#[test]
fn a_name_is_given_once() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    refused(&place.run(&["company", "add", "wayne"]), 1, "A company named wayne already exists.");
}

#[test]
fn a_name_that_cannot_be_a_login_is_refused() {
    for name in ["Wayne Inc", "a:b", "", ".a"] {
        let done = Place::new().run(&["company", "add", name]);
        refused(&done, 2, "Must be 1 to 63 of a-z, 0-9, dot, hyphen and underscore");
    }
}

#[test]
fn a_region_that_nobody_dials_is_refused() {
    let place = Place::new();
    refused(&place.run(&["company", "add", "wayne", "--region", "Gotham"]), 2, "Is not a region with phone numbers");
    assert!(!place.path("kith.db").exists(), "nothing was made");
}

#[test]
fn companies_are_listed_by_name() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    place.says(&["company", "add", "acme", "--region", "DE"]);
    let listed = place.says(&["company", "list"]);
    let rows = listed.lines().map(|line| line.split_whitespace().collect()).collect::<Vec<Vec<_>>>();
    assert_eq!(rows, [["acme", "DE"], ["wayne", "US"]]);
    let listed: Value = serde_json::from_str(&place.says(&["company", "list", "--json"])).unwrap();
    let row = |name: &str, region: &str| json!({"company": name, "region": region, "requests_per_minute": null});
    assert_eq!(listed, json!([row("acme", "DE"), row("wayne", "US")]));
}

#[test]
fn an_empty_list_says_how_to_begin() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    Connection::open(place.path("kith.db")).unwrap().execute("DELETE FROM company", []).unwrap();
    assert!(place.says(&["company", "list"]).contains("kith company add NAME"));
    assert_eq!(place.says(&["company", "list", "--json"]), "[]\n");
}

#[test]
fn a_password_of_nobody_is_not_replaced() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    refused(&place.run(&["company", "rotate", "joker"]), 1, "Company joker not found.");
}

/// The commands that a help text lists.
fn commands_in(help: &str) -> Vec<String> {
    let after = help.split_once("\nCommands:\n").map_or("", |(_, after)| after);
    let lines = after.lines().take_while(|line| !line.is_empty());
    // A description that is wrapped goes on further to the right.
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_help_has_an_example() {
    let place = Place::new();
    let (mut seen, mut next) = (Vec::new(), vec![Vec::new()]);
    while let Some(path) = next.pop() {
        let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
        let name = arguments.join(" ");
        arguments.push("--help");
        let help = place.says(&arguments);
        let example = help.lines().find_map(|line| line.strip_prefix("Example: kith "));
        assert!(example.is_some_and(|example| example.starts_with(&name)), "kith {name}: {help}");
        next.extend(commands_in(&help).into_iter().map(|command| [path.as_slice(), &[command]].concat()));
        seen.push(name);
    }
    let commands = ["", "serve", "company", "company add", "company list", "company rotate", "verify", "backup"];
    for name in commands.into_iter().chain(["channel", "channel add", "channel list"]) {
        assert!(seen.iter().any(|seen| seen == name), "kith {name} was not found from kith --help: {seen:?}");
    }
}
