//! What goes to standard output and standard error, and what never does.

use serde_json::Value;

use crate::harness::{Place, Server, closed_pipe, finish, full_file};
use crate::http::{Client, Login};

#[test]
fn who_hears_no_more_fails_no_command() {
    let place = Place::new();
    let server = place.serve();
    for arguments in [&["company", "list"][..], &["company", "add", "wayne"], &["verify"], &["backup", "copy.db"]] {
        let mut command = place.kith(arguments);
        let status = command.stdout(closed_pipe()).stderr(closed_pipe()).status().unwrap();
        assert_eq!(status.code(), Some(0), "{arguments:?}");
    }
    drop(server);
    assert!(place.path("copy.db").exists());
    assert!(place.says(&["company", "list"]).contains("wayne"));
}

#[test]
fn a_failure_that_nobody_hears_is_still_one() {
    let status = Place::new().kith(&["company", "list"]).stderr(closed_pipe()).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_server_that_nobody_hears_goes_on() {
    let place = Place::new();
    let login = Login::json(&place.says(&["company", "add", "wayne", "--json"]));
    let mut command = place.kith(&["serve", "--listen", "127.0.0.1:0"]);
    let server = Server::start_into(&mut command, Some(closed_pipe()), None);
    assert_eq!(Client::new(server.address, login).tell(&["ada@example.org"]).unwrap().status, 202);
}

#[test]
fn a_welcome_that_cannot_be_written_is_regretted() {
    let place = Place::new();
    let mut command = place.kith(&["serve", "--listen", "127.0.0.1:0"]);
    let server = Server::start_into(&mut command, Some(full_file()), None);
    assert!(server.log().contains("the login of the new company is in kith.db-login"), "{}", server.log());
}

#[test]
fn a_log_that_cannot_be_written_stops_no_request() {
    for log in [closed_pipe(), full_file()] {
        let place = Place::new();
        let login = Login::json(&place.says(&["company", "add", "wayne", "--json"]));
        let mut command = place.kith(&["serve", "--listen", "127.0.0.1:0"]);
        let server = Server::start_into(command.env("KITH_LOG", "debug"), None, Some(log));
        assert_eq!(Client::new(server.address, login).tell(&["ada@example.org"]).unwrap().status, 202);
        assert_eq!(server.stop("TERM").code(), Some(0));
    }
}

#[test]
fn logs_say_nothing_about_people() {
    let place = Place::new();
    let mut command = place.kith(&["serve", "--listen", "127.0.0.1:0"]);
    let server = Server::start(command.env("KITH_LOG", "trace"));
    let client = server.client();
    let body = r#"{"name": "Selina Kyle", "description": "Jewels", "link": [{"url": "https://cats.example/7"}],
        "fields": [{"source": "email", "handle": "selina@gotham.org"}, {"source": "twitter", "handle": "catwoman"}]}"#;
    assert_eq!(client.post(body).unwrap().status, 202);
    assert_eq!(client.post(&body.replace("catwoman", "cat woman")).unwrap().status, 422);
    assert_eq!(client.post(&body.replace("}]}", "")).unwrap().status, 400);
    assert!(client.find("selina@gotham.org").is_some());
    assert_eq!(client.get("/contacts/selina?q=kyle").status, 404);
    let guess = Login { company: "main".into(), password: "open-sesame".into() };
    assert_eq!(Client::new(server.address, guess).post(body).unwrap().status, 401);

    let log = server.log();
    let answered = log.matches("request answered").count();
    assert!(answered >= 6, "{answered} requests were logged");
    let log = log.to_lowercase();
    for secret in ["selina", "kyle", "jewels", "cats.example", "gotham", "woman", "sesame", &client.login.password] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}

#[test]
fn a_log_for_programs_is_json_line_by_line() {
    let place = Place::new();
    let mut command = place.kith(&["serve", "--listen", "127.0.0.1:0"]);
    let server = Server::start(command.env("KITH_LOG", "debug").env("KITH_LOG_FORMAT", "json"));
    assert_eq!(server.client().contacts().len(), 0);
    let lines: Vec<Value> = server.log().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["fields"]["http.route"] == "/contacts"), "{lines:?}");
}

/// A password that went nowhere is lost, and whoever asked for it must know.
#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let place = Place::new();
    let done = finish(&mut place.shell("kith company add wayne --json > /dev/full"));
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(done.err.contains("standard output") && done.err.contains("kith company rotate wayne"), "{}", done.err);
}
