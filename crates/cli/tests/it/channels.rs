//! Channels from the command line, and mail to a server that runs.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::harness::{Place, Server, finish, until};
use crate::http;

fn added(place: &Place, kind: &str, address: &str) -> Value {
    let said = place.says(&["channel", "add", "wayne", "--type", kind, "--address", address, "--json"]);
    serde_json::from_str(&said).unwrap()
}

#[test]
fn a_channel_is_added_and_listed() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    assert!(place.says(&["channel", "list", "wayne"]).contains("kith channel add wayne"));
    let mail = added(&place, "email", "support@wayne.example");
    let id = mail["id"].as_str().unwrap();
    assert!(id.starts_with("cha_"), "{id}");
    assert_eq!(mail, json!({"id": id, "type": "email", "address": "support@wayne.example"}));
    let sms = added(&place, "sms", "(650) 555-0100");
    assert_eq!(
        (&sms["address"], sms["webhook"].as_str().unwrap()),
        (&json!("+16505550100"), format!("/channels/{}/twilio", sms["id"].as_str().unwrap()).as_str(),)
    );
    let token = sms["token"].as_str().unwrap();
    assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{token}");
    let listed = place.says(&["channel", "list", "wayne", "--json"]);
    assert!(!listed.contains(token), "a list shows no secret");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let types: Vec<&Value> = listed.as_array().unwrap().iter().map(|channel| &channel["type"]).collect();
    assert_eq!(types, ["email", "sms"]);
    let lines = place.says(&["channel", "list", "wayne"]);
    assert!(lines.contains(id) && lines.contains("support@wayne.example"), "{lines}");
}

#[test]
fn a_secret_comes_from_a_file_or_the_environment() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    let arguments = |number: &'static str| ["channel", "add", "wayne", "--type", "sms", "--address", number];
    let done = finish(place.kith(&arguments("+16505550101")).env("KITH_CHANNEL_TOKEN", "abc"));
    assert!(done.out.contains("token    abc\n"), "{}{}", done.out, done.err);
    fs::write(place.path("token"), "def\r\n").unwrap();
    fs::set_permissions(place.path("token"), fs::Permissions::from_mode(0o644)).unwrap();
    let done = place.run(&[&arguments("+16505550102")[..], &["--token-file", "token"]].concat());
    assert!(done.out.contains("token    def\n"), "{}{}", done.out, done.err);
    assert!(done.err.contains("others may read this secret; run: chmod 600 token"), "{}", done.err);
    fs::set_permissions(place.path("token"), fs::Permissions::from_mode(0o600)).unwrap();
    let done = finish(place.kith(&arguments("+16505550103")).env("KITH_CHANNEL_TOKEN_FILE", "token"));
    assert!(done.out.contains("token    def\n") && done.err.is_empty(), "{}{}", done.out, done.err);
    for (content, number) in [("", "+16505550104"), ("\n", "+16505550104"), ("a\nb\n", "+16505550104")] {
        fs::write(place.path("token"), content).unwrap();
        let done = place.run(&[&arguments(number)[..], &["--token-file", "token"]].concat());
        assert!(done.code == Some(1) && done.err.contains("token must have one line"), "{content:?}: {}", done.err);
    }
    let missing = place.run(&[&arguments("+16505550104")[..], &["--token-file", "missing"]].concat());
    assert!(missing.code == Some(1) && missing.err.contains("missing cannot be read"), "{}", missing.err);

    fs::write(place.path("address"), "kith.db\n").unwrap();
    assert!(place.says(&["company", "list", "--store-file", "address"]).contains("wayne"));
    let done = finish(place.kith(&["company", "list"]).env("KITH_STORE_FILE", "address"));
    assert!(done.out.contains("wayne"), "{}", done.err);
}

#[test]
fn a_secret_among_the_arguments_is_refused() {
    let place = Place::new();
    let address = "postgres://kith:hunter2@127.0.0.1:1/kith";
    let with_equals = format!("--store={address}");
    for arguments in [
        &["serve", "--store", address][..],
        &["company", "list", &with_equals],
        &["--store", address, "verify"],
        &["copy", "kith.db", address],
        &["copy", "postgres://127.0.0.1:1/kith?user=kith&password=hunter2", "kith.db"],
    ] {
        let done = place.run(arguments);
        assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{arguments:?}");
        for part in ["KITH_STORE", "--store-file", "PGPASSWORD"] {
            assert!(done.err.contains(part) && !done.err.contains("hunter2"), "{}", done.err);
        }
    }
    let done = place.run(&["channel", "add", "wayne", "--type", "sms", "--address", "1", "--token", "hunter2"]);
    assert!(done.code == Some(1) && done.err.contains("KITH_CHANNEL_TOKEN"), "{}", done.err);
    assert!(done.err.contains("--token-file") && !done.err.contains("hunter2"), "{}", done.err);
    assert!(!place.path("kith.db").exists());
}

#[test]
fn what_is_no_channel_is_refused() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    added(&place, "email", "support@wayne.example");
    for (company, kind, address, code, reason) in [
        ("wayne", "email", "Support@wayne.example", 1, "A channel with the address"),
        ("wayne", "email", "support", 1, "--address: Is not an e-mail address"),
        ("wayne", "sms", "x", 1, "--address: Is not a phone number"),
        ("wayne", "fax", "1", 2, "Is not a type of channel"),
        ("joker", "custom", "website", 1, "Company joker not found."),
    ] {
        let done = place.run(&["channel", "add", company, "--type", kind, "--address", address]);
        assert_eq!(done.code, Some(code), "{}{}", done.out, done.err);
        assert!(done.err.contains(reason) && done.out.is_empty(), "{}", done.err);
    }
    assert_eq!(place.run(&["channel", "list", "joker"]).code, Some(1));
}

/// The address at which a server receives mail.
pub fn mail_address(server: &Server) -> SocketAddr {
    until("the server logs where it receives mail", || {
        let log = server.log();
        log.split_once("receiving mail smtp=")?.1.split_whitespace().next()?.parse().ok()
    })
}

/// Brings a message, and says what each line was answered with.
fn bring(address: SocketAddr, to: &str) -> Vec<String> {
    let stream = TcpStream::connect(address).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
    let mut codes = vec![lines.next().unwrap()];
    let to = format!("RCPT TO:<{to}>");
    for line in ["HELO mx", "MAIL FROM:<selina@gotham.example>", &to, "DATA", "Subject: Hi\r\n\r\nHello\r\n.", "QUIT"] {
        (&stream).write_all(format!("{line}\r\n").as_bytes()).unwrap();
        codes.push(lines.next().unwrap());
    }
    codes.iter().map(|line| line[..3].to_owned()).collect()
}

#[test]
fn a_running_server_takes_mail_for_a_new_channel() {
    let place = Place::new();
    let mut serve = place.kith(&["serve", "--demo", "--listen", "127.0.0.1:0", "--smtp", "127.0.0.1:0"]);
    let server = Server::start(&mut serve);
    let address = mail_address(&server);
    // What follows a DATA that was refused is taken for commands.
    assert_eq!(bring(address, "new@wayne.example")[..5], ["220", "250", "250", "550", "554"]);
    added(&place, "email", "new@wayne.example");
    assert_eq!(bring(address, "new@wayne.example"), ["220", "250", "250", "250", "354", "250", "221"]);
    assert!(server.client().find("selina@gotham.example").is_some());
    // And what a program passes on.
    added(&place, "custom", "shop");
    let client = server.client();
    let body = json!({"sender": {"handle": "s"}, "body": "Hi"}).to_string();
    let path = "/channels/alt:address:shop/incoming_messages";
    assert_eq!(http::ask(client.address, "POST", path, &client.headers(), &body).unwrap().status, 202);
    assert!(server.stop("TERM").success());
    assert!(place.says(&["verify"]).contains("every view matches its journal"));
}

#[test]
fn the_demo_was_written_to() {
    let place = Place::new();
    let server = Server::start(&mut place.kith(&["serve", "--demo", "--listen", "127.0.0.1:0"]));
    let listed = place.says(&["channel", "list", "wayne"]);
    for address in ["support@wayne.example", "+16505550100", "website"] {
        assert!(listed.contains(address), "{listed}");
    }
    assert!(server.stop("TERM").success());
    let store = rusqlite::Connection::open(place.path("kith.db")).unwrap();
    let count = |table: &str| -> i64 {
        store.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("conversation"), count("message")), (9, 14));
}
