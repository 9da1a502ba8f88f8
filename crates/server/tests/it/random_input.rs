//! Random input: every response is documented, and every accepted contact is found.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

use crate::client::{Answer, Connection};
use crate::harness::Server;

const CASES: usize = 150;

/// Returns values of a strategy, the same in every run.
fn some<T>(strategy: &impl Strategy<Value = T>) -> Vec<T> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..CASES).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Returns a strategy for any JSON.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..6).prop_map(|map| Value::Object(Map::from_iter(map))),
        ]
    })
}

/// Returns a strategy for fields that are likely valid, from few enough handles that contacts merge.
fn field() -> impl Strategy<Value = Value> {
    let of = |source: &'static str, handle: &'static str| {
        handle.prop_map(move |handle: String| json!({"source": source, "handle": handle}))
    };
    prop_oneof![
        of("email", "[a-c]@[a-c]\\.de"),
        of("email", " ?[!-~]{1,12}@[a-z][a-z0-9.-]{0,8} ?"),
        of("email", "\\PC{1,8}@\\PC{1,8}"),
        of("twitter", "@?[A-Za-z0-9_]{1,3}"),
        of("twitter", "https://x\\.com/[a-z]{1,15}"),
        of("phone", "\\+[0-9]{1,15}"),
        of("phone", "[0-9 ().-]{1,15}( ?x[0-9]{1,4})?"),
        of("phone", "\\PC{1,15}"),
    ]
}

/// Returns a strategy for bodies that are likely valid.
fn body() -> impl Strategy<Value = Value> {
    let name = option::of("\\PC{0,20}");
    let link = "https?://[a-z]{1,9}\\.de/\\PC{0,9}".prop_filter("no space", |link| !link.contains(' '));
    (name.clone(), name, vec(field(), 1..4), vec(link, 0..3)).prop_map(|(name, description, fields, link)| {
        json!({"name": name, "description": description, "fields": fields, "link": link})
    })
}

/// Returns a strategy for bodies that are likely valid, except for one value anywhere.
fn spoilt() -> impl Strategy<Value = Value> {
    let places = ["/name", "/description", "/fields", "/fields/0", "/fields/0/source", "/fields/0/handle", "/link"];
    (body(), prop::sample::select(places.to_vec()), value()).prop_map(|(mut body, place, value)| {
        *body.pointer_mut(place).unwrap() = value;
        body
    })
}

async fn report(server: &Server, connection: &mut Connection, body: &[u8]) -> Answer {
    let answer = connection.ask(&server.wayne.report_request(body).with("Host", "kith")).await;
    let body = String::from_utf8_lossy(body);
    match answer.status {
        202 => assert_eq!(answer.json()["status"], "accepted", "{body}"),
        status @ (400 | 422) => assert!(!answer.errors(status).is_empty(), "{body}"),
        _ => panic!("{body} was answered with {answer:?}"),
    }
    answer
}

/// Escapes all characters of a text that have a meaning in a path.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Reports bodies, and finds each handle of the accepted ones. Returns how many were accepted.
async fn found_again(server: &Server, bodies: Vec<Value>) -> usize {
    let mut connection = server.connect().await;
    let mut taken = 0;
    for body in bodies {
        let answer = report(server, &mut connection, body.to_string().as_bytes()).await;
        if answer.status != 202 {
            continue;
        }
        taken += 1;
        let id = answer.json()["id"].clone();
        for field in body["fields"].as_array().unwrap() {
            let (source, handle) = (field["source"].as_str().unwrap(), field["handle"].as_str().unwrap());
            let target = format!("/contacts/alt:{source}:{}", escaped(handle));
            let found = connection.ask(&server.wayne.request("GET", &target).with("Host", "kith")).await;
            assert_eq!(found.expect(200)["id"], id, "{source} {handle:?} of {body}");
        }
    }
    taken
}

async fn any_bytes_get_a_response(server: Server) {
    let mut connection = server.connect().await;
    for bytes in some(&vec(any::<u8>(), 0..200)) {
        report(&server, &mut connection, &bytes).await;
    }
}

async fn any_json_with_a_changed_byte_gets_a_response(server: Server) {
    let mut connection = server.connect().await;
    for (body, place, byte) in some(&(body(), any::<prop::sample::Index>(), any::<u8>())) {
        let mut bytes = body.to_string().into_bytes();
        let at = place.index(bytes.len());
        bytes[at] = byte;
        report(&server, &mut connection, &bytes).await;
    }
}

async fn any_json_gets_a_response(server: Server) {
    assert_eq!(found_again(&server, some(&value())).await, 0);
}

async fn accepted_contacts_are_found_by_each_handle(server: Server) {
    let taken = found_again(&server, some(&body())).await;
    assert!((CASES / 8..CASES).contains(&taken), "{taken} of {CASES} were taken");
}

async fn damaged_mail_gets_a_reply(server: Server) {
    let taken = found_again(&server, some(&spoilt())).await;
    assert!(taken < CASES / 2, "{taken} of {CASES} were taken");
}

on_each_store!(
    any_bytes_get_a_response,
    any_json_with_a_changed_byte_gets_a_response,
    any_json_gets_a_response,
    accepted_contacts_are_found_by_each_handle,
    damaged_mail_gets_a_reply,
);
