//! The log holds nothing that anybody sent, at any level, and no input fills it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha1::Sha1;

use crate::channels::mail_address;
use crate::harness::{Place, Server, finish};
use crate::http::{self, Answer, Client};

/// What every text of this test contains. The log must not.
const CANARY: &str = "canary";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// Sends a request of API 2.
#[track_caller]
fn ask(client: &Client, method: &str, path: &str, body: &serde_json::Value, status: u16) -> Answer {
    let answer = http::ask(client.address, method, path, &client.headers(), &body.to_string()).unwrap();
    assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
    answer
}

fn api_1(client: &Client) {
    let fields = json!([{"source": "email", "handle": "one@canary.example"}]);
    let told = json!({"name": "Canary One", "description": "canary", "fields": fields, "link": [{"url": "https://canary.example"}]});
    assert_eq!(client.post(&told.to_string()).unwrap().status, 202);
    assert_eq!(
        client.post(r#"{"canary": 1, "fields": [{"source": "email", "handle": "no canary"}]}"#).unwrap().status / 100,
        4
    );
    assert_eq!(client.post(r#"{"fields": "canary "#).unwrap().status / 100, 4);
    let lines = format!("{told}\n{{\"canary\n");
    let mut headers = vec![client.login.header(), "Content-Type: application/x-ndjson".into()];
    let mut stream = http::connect(client.address).unwrap();
    stream.write_all(http::request("POST", "/api/1/contacts/bulk", &headers, &lines).as_bytes()).unwrap();
    // The answer comes in chunks.
    let mut bulk = String::new();
    stream.read_to_string(&mut bulk).unwrap();
    assert!(bulk.contains(r#""code":202"#) && bulk.contains(r#""code":400"#), "{bulk}");
    headers[0] = "Authorization: Basic canary".into();
    assert_eq!(http::ask(client.address, "POST", "/api/1/contacts", &headers, "canary").unwrap().status, 401);
}

fn api_2(client: &Client) -> String {
    let made = json!({"name": "Canary Two", "handles": [{"source": "email", "handle": "two@canary.example"}]});
    let id = ask(client, "POST", "/contacts", &made, 201).json()["id"].as_str().unwrap().to_owned();
    ask(client, "PATCH", &format!("/contacts/{id}"), &json!({"description": "canary"}), 204);
    ask(client, "PATCH", &format!("/contacts/{id}"), &json!({"custom_fields": {"canary": "canary"}}), 400);
    assert!(client.find("one@canary.example").is_some());
    assert_eq!(client.get("/contacts?q=canary&page_token=canary").status / 100, 4);
    id
}

fn app(client: &Client, contact: &str) {
    let post = |path: &str, cookie: &str, body: &str| {
        let headers = [FORM.into(), "Origin: http://localhost".into(), format!("Cookie: {cookie}")];
        http::ask(client.address, "POST", path, &headers, body).unwrap()
    };
    assert_ne!(post("/app/sign-in", "", "company=canary&password=canary").status, 303);
    let login = format!("company={}&password={}", client.login.company, client.login.password);
    let signed_in = post("/app/sign-in", "", &login);
    assert_eq!(signed_in.status, 303, "{signed_in:?}");
    let cookie = signed_in.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let path = format!("/app/contacts/{contact}");
    let page = http::ask(client.address, "GET", &path, &[format!("Cookie: {cookie}")], "").unwrap();
    let token = page.body.split_once("name=\"token\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let listed = post(&format!("{path}/lists"), &cookie, &format!("token={token}&list=Canary"));
    assert_eq!(listed.status, 303, "{listed:?}");
}

/// Brings a text message as its provider does, with a signature of the address and the sorted parameters.
fn text_message(client: &Client, channel: &serde_json::Value) {
    let webhook = channel["webhook"].as_str().unwrap();
    let parameters = [("Body", "canary"), ("From", "+16505550199"), ("MessageSid", "canary"), ("To", "+16505550100")];
    let mut mac = Hmac::<Sha1>::new_from_slice(channel["token"].as_str().unwrap().as_bytes()).unwrap();
    mac.update(format!("http://localhost{webhook}").as_bytes());
    for (name, value) in parameters {
        mac.update(format!("{name}{value}").as_bytes());
    }
    let signature = format!("X-Twilio-Signature: {}", BASE64.encode(&mac.finalize().into_bytes()));
    let body = parameters.map(|(name, value)| format!("{name}={}", value.replace('+', "%2B"))).join("&");
    for (signature, status) in [(signature, 200), ("X-Twilio-Signature: canary".into(), 403)] {
        let answer = http::ask(client.address, "POST", webhook, &[FORM.into(), signature], &body).unwrap();
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

/// Brings a message, and says with which code it was answered.
fn mail(server: &Server, text: &str) -> String {
    let stream = TcpStream::connect(mail_address(server)).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
    let mut said = lines.next().unwrap();
    for line in ["HELO canary", "MAIL FROM:<three@canary.example>", "RCPT TO:<support@wayne.example>", "DATA"] {
        (&stream).write_all(format!("{line}\r\n").as_bytes()).unwrap();
        said = lines.next().unwrap();
    }
    assert!(said.starts_with("354"), "{said}");
    let head = "From: Canary Three <three@canary.example>\r\nSubject: canary\r\nContent-Type: text/html; charset=utf-8";
    (&stream).write_all(format!("{head}\r\n\r\n{text}\r\n.\r\n").as_bytes()).unwrap();
    lines.next().unwrap()
}

/// Markup that a parser has much to say about.
fn hostile(times: usize) -> String {
    let markup =
        "<p canary='1' canary=2><b><canary></p></i>canary &canary; <table><canary><a href='javascript:canary'>\r\n";
    markup.repeat(times)
}

#[test]
fn nothing_that_is_sent_is_logged() {
    for level in ["info", "debug", "trace"] {
        let place = Place::new();
        let mut command = place.kith(&["serve", "--listen", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--log", level]);
        let server = Server::start(&mut command);
        let client = server.client();
        place.says(&["channel", "add", "main", "--type", "email", "--address", "support@wayne.example"]);
        api_1(&client);
        let id = api_2(&client);
        app(&client, &id);
        let sms = ["channel", "add", "main", "--type", "sms", "--address", "+16505550100", "--json"];
        text_message(&client, &serde_json::from_str(&place.says(&sms)).unwrap());
        assert!(mail(&server, &hostile(10)).starts_with("250"));
        fs::write(place.path("people.csv"), "email,name,canary\nfour@canary.example,Canary Four,canary\nno canary,,\n")
            .unwrap();
        let done = finish(&mut place.kith(&["import", "main", "people.csv", "--log", level]));
        assert_eq!(done.code, Some(0), "{}", done.err);
        let log = server.log() + &done.err;
        assert_eq!(log.contains("request answered"), level != "info", "requests are logged: {log}");
        let sent = |line: &&str| line.to_lowercase().contains(CANARY) || line.contains("6505550199");
        assert_eq!(log.lines().find(sent), None, "at {level}");
        assert!(!log.contains(&client.login.password), "{log}");
        assert_eq!(server.stop("TERM").code(), Some(0));
    }
}

#[test]
fn a_message_does_not_fill_the_log() {
    let place = Place::new();
    let server = Server::start(&mut place.kith(&["serve", "--listen", "127.0.0.1:0", "--smtp", "127.0.0.1:0"]));
    place.says(&["channel", "add", "main", "--type", "email", "--address", "support@wayne.example"]);
    let text = hostile(1_500);
    assert!(mail(&server, &text).starts_with("250"));
    assert!(server.log().len() < 1_000, "{} bytes of mail wrote {} bytes of log", text.len(), server.log().len());
}

#[test]
fn a_part_that_logs_too_much_is_cut_short() {
    let place = Place::new();
    let server = Server::start(&mut place.kith(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--smtp",
        "127.0.0.1:0",
        "--log",
        "html5ever=warn,info",
    ]));
    place.says(&["channel", "add", "main", "--type", "email", "--address", "support@wayne.example"]);
    assert!(mail(&server, &hostile(1_500)).starts_with("250"));
    crate::harness::until("it says what it left out", || server.log().contains("lines were left out").then_some(()));
    assert!(server.log().lines().count() < 1_000, "{}", server.log().lines().count());
}
