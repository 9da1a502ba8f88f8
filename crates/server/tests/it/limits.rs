//! Named limits, each met exactly and exceeded by one.

use serde_json::{Value, json};

use crate::client::Request;
use crate::harness::{Server, email, person};

const MEBIBYTE: usize = 1024 * 1024;

/// Checks that a value at a limit is accepted, and one past it is refused with its position.
async fn limit(server: Server, within: Value, past: Value, at: &str) {
    let errors = server.send_report(&past).await.errors(422);
    let places: Vec<&str> = errors.iter().map(|error| error["at"].as_str().unwrap()).collect();
    assert_eq!(places, [at]);
    assert_eq!(server.contacts().await, [] as [Value; 0]);
    server.report(&within).await;
}

fn with(key: &str, value: impl Into<Value>) -> Value {
    let mut body = person([1]);
    body[key] = value.into();
    body
}

fn links(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("https://wayne.inc/{n}")).collect()
}

async fn a_body_has_at_most_100_handles(server: Server) {
    limit(server, person(0..100), person(0..101), "/fields").await;
}

async fn a_body_has_at_most_100_links(server: Server) {
    limit(server, with("link", links(100)), with("link", links(101)), "/link").await;
}

async fn both_names_of_links_share_the_limit(server: Server) {
    let both = |count| {
        let mut body = with("link", links(60));
        body["links"] = links(count).into();
        body
    };
    limit(server, both(40), both(41), "/links").await;
}

async fn a_name_has_at_most_500_characters(server: Server) {
    // Characters are counted, not bytes.
    limit(server, with("name", "é".repeat(500)), with("name", "é".repeat(501)), "/name").await;
}

async fn a_description_has_at_most_10_000_characters(server: Server) {
    let text = |count| with("description", "雪".repeat(count));
    limit(server, text(10_000), text(10_001), "/description").await;
}

async fn a_link_has_at_most_2_kib(server: Server) {
    let link = |bytes: usize| with("link", vec![format!("https://wayne.inc/{}", "x".repeat(bytes - 18))]);
    limit(server, link(2_048), link(2_049), "/link/0").await;
}

async fn an_email_address_has_at_most_254_bytes(server: Server) {
    let local = "a".repeat(64);
    let address = |bytes: usize| {
        let labels = ["b".repeat(63), "c".repeat(63), "d".repeat(bytes - 64 - 1 - 63 - 1 - 63 - 1)];
        json!({"fields": [{"source": "email", "handle": format!("{local}@{}", labels.join("."))}]})
    };
    limit(server, address(254), address(255), "/fields/0/handle").await;
}

/// Returns a report of this many bytes, most of them white space.
fn wide(server: &Server, bytes: usize) -> Request {
    let body = person([1]).to_string();
    server.wayne.report_request(format!("{body}{}", " ".repeat(bytes - body.len()))).with("Host", "kith")
}

async fn a_body_of_one_mebibyte_is_accepted(server: Server) {
    let (within, past) = (wide(&server, MEBIBYTE), wide(&server, MEBIBYTE + 1));
    for bytes in [past.bytes(), past.chunked(MEBIBYTE + 1), past.chunked(10_000)] {
        let errors = server.connect().await.exchange(&bytes, true).await.errors(413);
        assert_eq!(errors, [json!({"message": "A body has at most 1 MiB."})]);
    }
    assert_eq!(server.contacts().await, [] as [Value; 0]);
    for bytes in [within.bytes(), within.chunked(MEBIBYTE), within.chunked(10_000)] {
        server.connect().await.exchange(&bytes, true).await.expect(202);
    }
}

async fn a_declared_length_past_the_limit_is_refused_at_once(server: Server) {
    let head = wide(&server, 100).head("Content-Length: 1000000000000000");
    server.connect().await.exchange(&head, true).await.errors(413);
}

async fn fifty_contacts_are_merged_at_once(server: Server) {
    for n in 0..51 {
        server.report(&person([n])).await;
    }
    let before = server.contacts().await;
    let errors = server.send_report(&person(0..51)).await.errors(422);
    assert_eq!((errors.len(), &errors[0]["at"]), (1, &json!("/fields")));
    let message = errors[0]["message"].as_str().unwrap();
    let named = before.iter().filter(|contact| message.contains(contact["id"].as_str().unwrap())).count();
    assert_eq!(named, 51, "{message}");
    assert_eq!(server.contacts().await, before);
    assert_eq!(server.send_report(&person(0..50)).await.expect(202)["merged"].as_array().unwrap().len(), 49);
    // A new handle merges no contacts.
    server.send_report(&json!({"fields": [email(0), email(99), email(50)]})).await.expect(202);
    assert_eq!(server.contacts().await.len(), 1);
}

on_each_store!(
    a_body_has_at_most_100_handles,
    a_body_has_at_most_100_links,
    both_names_of_links_share_the_limit,
    a_name_has_at_most_500_characters,
    a_description_has_at_most_10_000_characters,
    a_link_has_at_most_2_kib,
    an_email_address_has_at_most_254_bytes,
    a_body_of_one_mebibyte_is_accepted,
    a_declared_length_past_the_limit_is_refused_at_once,
    fifty_contacts_are_merged_at_once,
);
