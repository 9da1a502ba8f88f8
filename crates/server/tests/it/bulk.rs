//! Bulk requests, with a body and an answer per line, and the export of all contacts.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::Request;
use crate::harness::{Server, person};

const BULK: &str = "/api/1/contacts/bulk";
const EXPORT: &str = "/api/1/contacts/export";

/// Returns the text of a chunked response.
fn whole(raw: &str) -> (u16, String, String) {
    let (head, mut rest) = raw.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    if !head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        return (status, head.to_owned(), rest.to_owned());
    }
    let mut body = String::new();
    loop {
        let (size, more) = rest.split_once("\r\n").expect("a size");
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return (status, head.to_owned(), body);
        }
        body.push_str(&more[..size]);
        rest = &more[size + 2..];
    }
}

async fn ask(server: &Server, request: Request) -> (u16, String, String) {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&request.with("Host", "kith").with("Connection", "close").bytes()).await.unwrap();
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw).await.unwrap();
    whole(std::str::from_utf8(&raw).unwrap())
}

fn lines(body: &str) -> Vec<Value> {
    body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn bulk(server: &Server, body: impl Into<Vec<u8>>) -> Vec<Value> {
    let request =
        server.wayne.request("POST", BULK).with("Host", "kith").with("Content-Type", "application/x-ndjson").body(body);
    let (status, head, body) = ask(server, request).await;
    assert_eq!(status, 200, "{body}");
    assert!(head.to_ascii_lowercase().contains("content-type: application/x-ndjson"), "{head}");
    lines(&body)
}

async fn each_bulk_line_is_answered_like_a_single_request(server: Server) {
    let bodies = [
        person([1]).to_string(),
        String::new(),
        "{\"fields\":".into(),
        json!({"fields": [{"source": "email", "handle": "nobody"}]}).to_string(),
        person([2]).to_string(),
        json!({"fields": [], "age": 4}).to_string(),
        person([1, 2]).to_string(),
        "x".repeat(1024 * 1024 + 1),
        person([3]).to_string(),
    ];
    let answers = bulk(&server, bodies.join("\n")).await;
    let codes: Vec<(u64, u64)> =
        answers.iter().map(|line| (line["line"].as_u64().unwrap(), line["code"].as_u64().unwrap())).collect();
    assert_eq!(codes, [(1, 202), (3, 400), (4, 422), (5, 202), (6, 422), (7, 202), (8, 413), (9, 202)]);
    for (line, body) in [(1, 2), (2, 3), (4, 5)].map(|(answer, body)| (&answers[answer], &bodies[body])) {
        let alone = server.ask(server.wayne.report_request(body.as_str())).await;
        assert_eq!(alone.json()["errors"], line["errors"], "{body}");
    }
    let (first, second) = (&answers[0]["id"], &answers[3]["id"]);
    assert_eq!((&answers[5]["id"], &answers[5]["merged"]), (first, &json!([second])));
    let accepted = server.send_report(&person([1, 2])).await.expect(202);
    let mut expected = answers[5].clone();
    expected["merged"] = json!([]);
    expected.as_object_mut().unwrap().retain(|key, _| key != "line" && key != "code");
    assert_eq!(accepted, expected);
    assert_eq!(server.contacts().await.len(), 2);
}

async fn bulk_lines_are_answered_while_more_are_sent(server: Server) {
    let head = server.wayne.request("POST", BULK).with("Host", "kith").with("Content-Type", "application/x-ndjson");
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&head.head("Transfer-Encoding: chunked")).await.unwrap();
    let mut buffer = vec![0; 64 * 1024];
    for n in 1..=3 {
        let line = person([n]).to_string() + "\n";
        stream.write_all(format!("{:x}\r\n{line}\r\n", line.len()).as_bytes()).await.unwrap();
        let mut seen = String::new();
        while !seen.contains(&format!("\"line\":{n},")) {
            let read = stream.read(&mut buffer).await.unwrap();
            assert_ne!(read, 0, "{seen}");
            seen.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
    }
    // Answered lines are stored, whatever happens to the rest.
    drop(stream);
    assert_eq!(server.contacts().await.len(), 3);
}

async fn a_client_that_reads_no_answers_is_not_read(server: Server) {
    let head = server.wayne.request("POST", BULK).with("Host", "kith").with("Content-Type", "application/x-ndjson");
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&head.head("Transfer-Encoding: chunked")).await.unwrap();
    let lines = (person([1]).to_string() + "\n").repeat(2_000);
    let piece = format!("{:x}\r\n{lines}\r\n", lines.len());
    let sending = async {
        // Far more than the socket buffers hold.
        for _ in 0..2_000 {
            stream.write_all(piece.as_bytes()).await.unwrap();
        }
    };
    let sent = tokio::time::timeout(std::time::Duration::from_secs(6), sending).await;
    assert!(sent.is_err(), "all lines were read although the answers were not");
}

async fn a_bulk_needs_its_scope_and_its_type(server: Server) {
    let bare = Request::new("POST", BULK).with("Content-Type", "application/x-ndjson").body("{}");
    assert_eq!(server.ask(bare).await.status, 401);
    let token = server.token(&["contacts:read"]).await;
    let read = Request::new("POST", BULK).with("Authorization", &format!("Bearer {token}"));
    assert_eq!(server.ask(read.with("Content-Type", "application/x-ndjson").body("{}")).await.status, 403);
    let json =
        server.wayne.request("POST", BULK).with("Host", "kith").with("Content-Type", "application/json").body("{}");
    let answer = server.ask(json).await;
    assert!(answer.errors(415)[0]["message"].to_string().contains("application/x-ndjson"));
    let get = server.ask(server.wayne.request("GET", BULK)).await;
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
}

async fn an_export_imported_elsewhere_creates_the_same_contacts(server: Server) {
    let mut bodies = Vec::new();
    for n in 1..=300 {
        let mut body = person([n, n + 1_000]);
        body["name"] = json!(format!("Number {n}, \"the\" one"));
        body["link"] = json!([format!("https://wayne.inc/{n}")]);
        bodies.push(body.to_string());
    }
    bulk(&server, bodies.join("\n")).await;
    let other = server.company("other").await;
    let (status, head, body) = ask(&server, server.wayne.request("GET", &format!("{EXPORT}?format=jsonl"))).await;
    assert_eq!(status, 200);
    assert!(head.contains("filename=\"wayne.jsonl\""), "{head}");
    assert_eq!(body.lines().count(), 300);
    let accepted = other
        .request("POST", BULK)
        .with("Host", "kith")
        .with("Content-Type", "application/x-ndjson")
        .body(body.clone());
    assert_eq!(ask(&server, accepted).await.0, 200);
    assert_eq!(ask(&server, other.request("GET", &format!("{EXPORT}?format=jsonl"))).await.2, body);
    for (format, begins) in [("csv", "name,description,organization,"), ("vcard", "BEGIN:VCARD\r\n")] {
        let (_, _, body) = ask(&server, other.request("GET", &format!("{EXPORT}?format={format}"))).await;
        assert!(body.starts_with(begins), "{body}");
    }
    let wrong = server.ask(other.request("GET", &format!("{EXPORT}?format=xls"))).await;
    assert!(wrong.errors(400)[0]["message"].to_string().contains("jsonl, vcard or vcard3"));
    let posted = server.ask(other.request("POST", EXPORT)).await;
    assert_eq!((posted.status, posted.header("allow")), (405, Some("GET")));
    let token = server.token(&["contacts:write"]).await;
    let blind = Request::new("GET", EXPORT).with("Authorization", &format!("Bearer {token}"));
    assert_eq!(server.ask(blind).await.status, 403);
}

on_each_store!(
    each_bulk_line_is_answered_like_a_single_request,
    bulk_lines_are_answered_while_more_are_sent,
    a_client_that_reads_no_answers_is_not_read,
    a_bulk_needs_its_scope_and_its_type,
    an_export_imported_elsewhere_creates_the_same_contacts,
);
