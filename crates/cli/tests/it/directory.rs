//! Tokens, teammates, custom fields and limits from the command line, and what a running server makes of them.

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::database::fresh;
use crate::harness::{Place, Server, until};
use crate::http::{self, Answer};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A place with a company `wayne`.
fn wayne() -> Place {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    place
}

#[track_caller]
fn refused(place: &Place, arguments: &[&str], code: i32, reason: &str) {
    let done = place.run(arguments);
    assert_eq!(done.code, Some(code), "{arguments:?}: {}{}", done.out, done.err);
    assert!(done.err.contains(reason) && done.out.is_empty(), "{arguments:?}: {}", done.err);
}

/// Asks with a token.
fn ask(server: &Server, token: &str, method: &str, path: &str, body: &Value) -> Answer {
    let headers = [format!("Authorization: Bearer {token}"), "Content-Type: application/json".into()];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    http::ask(server.address, method, path, &headers, &body).unwrap()
}

fn token(place: &Place, more: &[&str]) -> String {
    let said = place.says(&[&["token", "add", "wayne", "--json"], more].concat());
    json(&said)["token"].as_str().unwrap().to_owned()
}

#[test]
fn a_token_is_added_listed_and_revoked() {
    let place = wayne();
    assert!(place.says(&["token", "list", "wayne"]).contains("kith token add wayne --name NAME"));
    let add = ["token", "add", "wayne", "--name", "sync", "--scope", "contacts:write", "--scope", "contacts:read"];
    let added = json(&place.says(&[&add[..], &["--json"]].concat()));
    let (id, token) = (added["id"].as_str().unwrap(), added["token"].as_str().unwrap());
    assert!(id.starts_with("tok_") && token.len() > 36, "{added}");
    assert_eq!((&added["name"], &added["scopes"]), (&json!("sync"), &json!(["contacts:read", "contacts:write"])));
    let all = place.says(&["token", "add", "wayne", "--name", "all"]);
    assert!(all.contains("scopes  everything") && all.contains("shown only this once"), "{all}");
    let listed = place.says(&["token", "list", "wayne", "--json"]);
    assert!(!listed.contains(token), "a list shows no secret");
    let listed = json(&listed);
    assert_eq!((&listed[0]["id"], &listed[0]["name"], &listed[1]["name"]), (&json!(id), &json!("sync"), &json!("all")));
    assert!(listed[0]["created_at"].as_str().unwrap().ends_with('Z') && listed[0].get("token").is_none());
    assert!(listed[1]["scopes"].as_array().unwrap().len() > 10, "without a scope it may do everything");
    let lines = place.says(&["token", "list", "wayne"]);
    assert!(lines.contains(id) && lines.contains("contacts:read contacts:write"), "{lines}");
    assert!(place.says(&["token", "revoke", "wayne", id]).contains("is revoked"));
    place.says(&["token", "revoke", "wayne", "all"]);
    assert_eq!(json(&place.says(&["token", "list", "wayne", "--json"])), json!([]));
    refused(&place, &["token", "revoke", "wayne", "all"], 1, "wayne has no token all.");
}

#[test]
fn what_is_no_token_is_refused() {
    let place = wayne();
    let long = "x".repeat(201);
    for (arguments, code, reason) in [
        (&["token", "add", "joker", "--name", "a"][..], 1, "Company joker not found."),
        (&["token", "list", "joker"], 1, "Company joker not found."),
        (&["token", "revoke", "joker", "a"], 1, "Company joker not found."),
        (&["token", "add", "wayne"], 2, "--name"),
        (&["token", "add", "wayne", "--name", " "], 1, "The name of a token has 1 to"),
        (&["token", "add", "wayne", "--name", &long], 1, "The name of a token has 1 to"),
        (
            &["token", "add", "wayne", "--name", "a", "--scope", "contacts:eat"],
            2,
            "\"contacts:eat\" is not a scope. Use one of",
        ),
        (&["token", "add", "wayne", "--name", "a", "--scope", ""], 2, "is not a scope"),
        (&["token", "list", "wayne", "--store", "missing.db"], 1, "missing.db"),
    ] {
        refused(&place, arguments, code, reason);
    }
    assert_eq!(json(&place.says(&["token", "list", "wayne", "--json"])), json!([]));
}

#[test]
fn a_teammate_is_added_and_blocked() {
    let place = wayne();
    assert!(place.says(&["teammate", "list", "wayne"]).contains("kith teammate add wayne"));
    let add = ["teammate", "add", "wayne", "--email", "Alfred@Wayne.example", "--name", "Alfred Pennyworth"];
    let added = json(&place.says(&[&add[..], &["--json"]].concat()));
    let (id, password) = (added["id"].as_str().unwrap(), added["password"].as_str().unwrap());
    assert!(id.starts_with("tea_") && password.len() == 32, "{added}");
    let robin = place.says(&["teammate", "add", "wayne", "--email", "robin@wayne.example", "--name", "Robin"]);
    assert!(robin.contains("password  ") && robin.contains("shown only this once"), "{robin}");
    let rotated = json(&place.says(&["teammate", "rotate", "wayne", "alfred@WAYNE.example", "--json"]));
    assert_eq!((&rotated["id"], rotated["password"] == added["password"]), (&json!(id), false));
    assert!(place.says(&["teammate", "rotate", "wayne", id]).contains(id));
    place.says(&["teammate", "block", "wayne", id]);
    let listed = place.says(&["teammate", "list", "wayne", "--json"]);
    assert!(!listed.contains("password"), "a list shows no secret");
    let alfred = json!({"id": id, "email": "Alfred@Wayne.example", "name": "Alfred Pennyworth", "is_blocked": true});
    assert_eq!(json(&listed)[0], alfred);
    assert_eq!(json(&listed)[1]["is_blocked"], json!(false));
    let lines = place.says(&["teammate", "list", "wayne"]);
    assert!(lines.lines().next().unwrap().ends_with("blocked") && lines.contains("robin@wayne.example"), "{lines}");
    for (arguments, code, reason) in [
        (&["teammate", "rotate", "wayne", id][..], 1, "is blocked. Unblock"),
        (&["teammate", "rotate", "wayne", "joker@wayne.example"], 1, "wayne has no teammate joker@wayne.example."),
        (&["teammate", "block", "wayne", "tea_2"], 1, "wayne has no teammate tea_2."),
        (
            &["teammate", "add", "wayne", "--email", "ROBIN@wayne.example", "--name", "R"],
            1,
            "A teammate with the address",
        ),
        (&["teammate", "add", "wayne", "--email", "robin", "--name", "R"], 1, "--email: Is not an e-mail address"),
        (&["teammate", "add", "wayne", "--email", "r@wayne.example"], 2, "--name"),
        (&["teammate", "add", "joker", "--email", "r@wayne.example", "--name", "R"], 1, "Company joker not found."),
        (&["teammate", "list", "joker"], 1, "Company joker not found."),
    ] {
        refused(&place, arguments, code, reason);
    }
    let unblocked = json(&place.says(&["teammate", "unblock", "wayne", "alfred@wayne.example", "--json"]));
    assert_eq!((&unblocked["id"], &unblocked["is_blocked"]), (&json!(id), &json!(false)));
    assert!(unblocked["password"].as_str().unwrap().len() == 32 && unblocked["password"] != rotated["password"]);
    assert_eq!(json(&place.says(&["teammate", "list", "wayne", "--json"]))[0]["is_blocked"], json!(false));
    refused(&place, &["teammate", "unblock", "wayne", id], 1, "is not blocked.");
    refused(&place, &["teammate", "unblock", "wayne", "tea_2"], 1, "wayne has no teammate tea_2.");
    place.says(&["teammate", "block", "wayne", id]);
    let said = place.says(&["teammate", "unblock", "wayne", id]);
    assert!(said.contains("password  ") && said.contains("shown only this once"), "{said}");
    assert!(place.says(&["verify"]).contains("every view matches its journal"));
}

#[test]
fn a_custom_field_is_added_and_removed() {
    let place = wayne();
    assert!(place.says(&["field", "list", "wayne"]).contains("kith field add wayne"));
    let add = |more: &[&str]| place.says(&[&["field", "add", "wayne"], more].concat());
    let plan =
        ["--name", "Plan", "--type", "enum", "--choice", "Free", "--choice", "Gold", "--on", "account", "--json"];
    let plan = json(&add(&plan));
    let id = plan["id"].as_str().unwrap();
    let wanted = json!({
        "id": id, "on": "account", "name": "Plan", "type": "enum", "description": "", "choices": ["Free", "Gold"]
    });
    assert_eq!(plan, wanted);
    for kind in ["string", "boolean", "datetime", "number", "teammate", "inbox"] {
        add(&["--name", kind, "--type", kind, "--description", "What for"]);
    }
    // Contacts and accounts each have names of their own.
    add(&["--name", "Plan", "--type", "string"]);
    let listed = json(&place.says(&["field", "list", "wayne", "--json"]));
    assert_eq!(
        (listed[0].clone(), &listed[1]["description"], &listed[1]["on"]),
        (plan.clone(), &json!("What for"), &json!("contact"))
    );
    assert!(place.says(&["field", "list", "wayne"]).contains("enum: Free, Gold"));
    for (arguments, code, reason) in [
        (&["add", "wayne", "--name", "Plan", "--type", "number"][..], 1, "A custom field Plan already exists."),
        (&["add", "wayne", "--name", "x", "--type", "enum"], 1, "--choice: An enum needs"),
        (&["add", "wayne", "--name", "x", "--type", "enum", "--choice", "a", "--choice", "a"], 1, "--choice: An enum"),
        (&["add", "wayne", "--name", "x", "--type", "string", "--choice", "a"], 1, "--choice: An enum needs"),
        (&["add", "wayne", "--name", "x", "--type", "colour"], 1, "--type: Is not a type of custom field"),
        (&["add", "wayne", "--name", " ", "--type", "string"], 1, "--name: Must not be empty."),
        (&["add", "wayne", "--name", "x", "--type", "string", "--on", "inbox"], 2, "Must be contact or account."),
        (&["add", "joker", "--name", "x", "--type", "string"], 1, "Company joker not found."),
        (&["remove", "wayne", "Hat"], 1, "wayne has no custom field Hat of its contacts."),
        (&["remove", "wayne", "string", "--on", "account"], 1, "wayne has no custom field string of its accounts."),
        (&["list", "joker"], 1, "Company joker not found."),
    ] {
        refused(&place, &[&["field"], arguments].concat(), code, reason);
    }
    place.says(&["field", "remove", "wayne", "Plan"]);
    place.says(&["field", "remove", "wayne", id]);
    place.says(&["field", "remove", "wayne", "string"]);
    let listed = json(&place.says(&["field", "list", "wayne", "--json"]));
    assert_eq!(listed.as_array().unwrap().len(), 5);
}

#[test]
fn a_company_is_limited_and_no_more() {
    let place = wayne();
    let limit = || json(&place.says(&["company", "list", "--json"]))[0]["requests_per_minute"].clone();
    assert_eq!(limit(), Value::Null);
    assert!(place.says(&["company", "limit", "wayne", "600"]).contains("600 requests per minute"));
    assert_eq!(limit(), json!(600));
    assert!(place.says(&["company", "list"]).contains("600 requests per minute"));
    place.says(&["company", "limit", "wayne", "off"]);
    assert_eq!(limit(), Value::Null);
    for wrong in ["0", "many", "1.5", "4294967296", ""] {
        refused(&place, &["company", "limit", "wayne", wrong], 2, "Must be a number from 1 to 1000000, or off");
    }
    refused(&place, &["company", "limit", "joker", "1"], 1, "Company joker not found.");
}

#[test]
fn the_guards_of_a_company_are_shown_and_set() {
    let place = wayne();
    let guards = || json(&place.says(&["company", "guards", "wayne", "--json"]));
    assert_eq!(guards(), json!({"company": "wayne", "shared_after": 5, "names_agree": false}));
    let said = place.says(&["company", "guards", "wayne"]);
    assert!(said.contains("5 different names") && !said.contains("came apart"), "{said}");
    let said = place.says(&["company", "guards", "wayne", "--shared-after", "10", "--names-agree", "on"]);
    assert!(said.contains("10 different names") && said.contains("merged only by a person"), "{said}");
    assert!(said.contains("Contacts that came apart from another: 0. That became part of another: 0."), "{said}");
    place.says(&["company", "guards", "wayne", "--shared-after", "off"]);
    assert_eq!(guards(), json!({"company": "wayne", "shared_after": null, "names_agree": true}));
    place.says(&["company", "guards", "wayne", "--names-agree", "off"]);
    assert_eq!(guards(), json!({"company": "wayne", "shared_after": null, "names_agree": false}));
    for wrong in ["0", "1", "1001", "many", ""] {
        let arguments = ["company", "guards", "wayne", "--shared-after", wrong];
        refused(&place, &arguments, 2, "Must be a number from 2 to 1000, or off.");
    }
    refused(&place, &["company", "guards", "wayne", "--names-agree", "yes"], 2, "Must be on or off");
    refused(&place, &["company", "guards", "joker"], 1, "Company joker not found.");
    assert!(place.says(&["verify"]).contains("every view matches its journal"));
}

/// Changes the guards of a company with contacts of different names that share addresses.
fn regroups(store: &str) {
    let place = Place::new();
    let says = |arguments: &[&str]| place.says(&[arguments, &["--store", store]].concat());
    says(&["company", "add", "wayne"]);
    let mut rows = String::from("Name,Email\n");
    for n in 0..400 {
        writeln!(rows, "Person {n},p{n}@example.org; pair{}@example.org", n / 2).unwrap();
    }
    fs::write(place.path("people.csv"), rows).unwrap();
    says(&["import", "wayne", "people.csv"]);
    let contacts = || says(&["export", "wayne", "--format", "jsonl"]).lines().count();
    let set = |guards: &[&str]| {
        let said = json(&says(&[&["company", "guards", "wayne", "--json"], guards].concat()));
        [said["split"].as_u64().unwrap(), said["merged"].as_u64().unwrap()]
    };
    assert_eq!(contacts(), 200);
    assert_eq!(set(&["--names-agree", "on"]), [200, 0]);
    assert_eq!(contacts(), 400);
    assert_eq!(set(&["--names-agree", "on"]), [0, 0]);
    assert_eq!(set(&["--names-agree", "off"]), [0, 200]);
    assert_eq!(set(&["--shared-after", "2"]), [200, 0]);
    assert_eq!(contacts(), 400);
    let said = says(&["company", "guards", "wayne", "--shared-after", "off"]);
    assert!(said.contains("Contacts that came apart from another: 0. That became part of another: 200."), "{said}");
    assert_eq!(contacts(), 200);
    assert!(says(&["verify"]).contains("every view matches its journal"));
}

#[test]
fn new_guards_regroup_the_contacts_in_a_file() {
    regroups("kith.db");
}

#[test]
fn new_guards_regroup_the_contacts_in_a_database() {
    regroups(&fresh());
}

#[test]
fn every_command_shows_how_it_is_used() {
    let place = Place::new();
    for command in [
        "token",
        "token add",
        "token list",
        "token revoke",
        "teammate",
        "teammate add",
        "teammate list",
        "teammate rotate",
        "teammate block",
        "field",
        "field add",
        "field list",
        "field remove",
        "company limit",
        "company guards",
    ] {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = place.says(&arguments);
        assert!(help.contains("Example: kith "), "{help}");
    }
}

#[test]
fn a_token_counts_at_a_running_server_until_it_is_revoked() {
    let place = wayne();
    let server = place.serve();
    let (reader, both) = (token(&place, &["--name", "r", "--scope", "contacts:read"]), token(&place, &["--name", "b"]));
    let body = json!({"name": "Bruce", "handles": [{"source": "email", "handle": "bruce@wayne.example"}]});
    assert_eq!(ask(&server, &both, "POST", "/contacts", &body).status, 201);
    assert_eq!(ask(&server, &reader, "POST", "/contacts", &body).status, 403);
    for known in [&reader, &both] {
        assert_eq!(ask(&server, known, "GET", "/me", &Value::Null).status, 200);
        let listed = ask(&server, known, "GET", "/contacts", &Value::Null);
        assert_eq!((listed.status, listed.json()["_results"][0]["name"].clone()), (200, json!("Bruce")));
    }
    assert_eq!(ask(&server, "kith_7_nothing", "GET", "/contacts", &Value::Null).status, 401);
    place.says(&["token", "revoke", "wayne", "r"]);
    let revoked = Instant::now();
    let looked = || (ask(&server, &reader, "GET", "/contacts", &Value::Null).status == 401).then_some(());
    until("the token stops working", looked);
    assert!(revoked.elapsed() < Duration::from_secs(2), "{:?}", revoked.elapsed());
    assert_eq!(ask(&server, &both, "GET", "/contacts", &Value::Null).status, 200);
    assert!(!server.log().contains(&both), "no secret is logged");
    assert!(server.stop("TERM").success());
}

#[test]
fn a_limit_holds_at_a_running_server() {
    let place = wayne();
    let server = place.serve();
    let token = token(&place, &["--name", "a"]);
    let status = || ask(&server, &token, "GET", "/me", &Value::Null).status;
    assert!((0..40).all(|_| status() == 200));
    place.says(&["company", "limit", "wayne", "5"]);
    until("the limit is heeded", || (status() == 429).then_some(()));
    place.says(&["company", "limit", "wayne", "off"]);
    // One more may be let through at any time, but not so many at once.
    until("the limit is gone", || (0..20).all(|_| status() == 200).then_some(()));
    assert!(server.stop("TERM").success());
}

#[test]
fn a_copy_has_all_that_is_set_up() {
    let place = wayne();
    let token = token(&place, &["--name", "a"]);
    let alfred = ["teammate", "add", "wayne", "--email", "alfred@wayne.example", "--name", "Alfred", "--json"];
    let alfred = json(&place.says(&alfred))["id"].as_str().unwrap().to_owned();
    place.says(&["field", "add", "wayne", "--name", "Cape", "--type", "boolean"]);
    place.says(&["company", "limit", "wayne", "6000"]);
    let server = place.serve();
    let ok = |method: &str, path: &str, body: Value| {
        let answer = ask(&server, &token, method, path, &body);
        assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
        answer
    };
    let made = ok(
        "POST",
        "/contacts",
        json!({
            "name": "Bruce",
            "handles": [{"source": "email", "handle": "bruce@wayne.example"}],
            "list_names": ["Heroes"],
            "custom_fields": {"Cape": true},
        }),
    );
    let id = made.json()["id"].as_str().unwrap().to_owned();
    ok("POST", &format!("/contacts/{id}/notes"), json!({"author_id": alfred, "body": "Out at night"}));
    ok("POST", "/accounts", json!({"name": "Wayne", "domains": ["wayne.example"]}));
    assert!(server.stop("TERM").success());

    let copied = place.says(&["copy", "kith.db", "copy.db"]);
    assert!(copied.contains("copy.db is a copy of kith.db"), "{copied}");
    for list in ["token", "teammate", "field"] {
        let one = place.says(&[list, "list", "wayne", "--json"]);
        assert_eq!(one, place.says(&[list, "list", "wayne", "--json", "--store", "copy.db"]));
        assert_ne!(json(&one), json!([]));
    }
    assert_eq!(place.says(&["company", "list"]), place.says(&["company", "list", "--store", "copy.db"]));
    let count = |file: &str, table: &str| -> i64 {
        let store = rusqlite::Connection::open(place.path(file)).unwrap();
        store.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    for table in ["teammate_secret", "token", "note", "account", "account_alias", "membership", "settings"] {
        assert_eq!((count("kith.db", table), count("copy.db", table)), (1, 1), "{table}");
    }
    let server = place.serve_file("copy.db");
    let shown = ask(&server, &token, "GET", &format!("/contacts/{id}"), &Value::Null).json();
    assert_eq!((&shown["name"], &shown["custom_fields"]["Cape"]), (&json!("Bruce"), &json!(true)));
    let notes = ask(&server, &token, "GET", &format!("/contacts/{id}/notes"), &Value::Null).json();
    assert_eq!(notes["_results"][0]["body"], json!("Out at night"));
    assert!(server.stop("TERM").success());
}
