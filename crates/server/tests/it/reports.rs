//! Reports through API 1: names, links, merges, and unknown keys.

use contact::{Command, ContactId};
use hub::Clock;
use serde_json::{Value, json};

use crate::harness::{Server, email, person};

/// Returns a report that adds values to the person with the first e-mail address.
fn with(key: &str, value: &Value) -> Value {
    let mut body = person([1]);
    body[key] = value.clone();
    body
}

async fn the_answer_is_exactly_this(server: Server) {
    let accepted = server.send_report(&person([1])).await.expect(202);
    let id = server.contacts().await[0]["id"].clone();
    let expected = json!({
        "status": "accepted", "id": id, "merged": [], "split": [], "kept_apart": [], "not_used": [], "ignored": []
    });
    assert_eq!(accepted, expected);
}

async fn absent_and_null_leave_a_text_alone_and_empty_clears_it(server: Server) {
    for key in ["name", "description"] {
        let id = server.report(&with(key, &json!("Bruce"))).await;
        server.report(&person([1])).await;
        assert_eq!(server.contact(&id).await[key], "Bruce");
        server.report(&with(key, &Value::Null)).await;
        assert_eq!(server.contact(&id).await[key], "Bruce");
        server.report(&with(key, &json!(""))).await;
        assert_eq!(server.contact(&id).await[key], "");
    }
}

async fn links_have_two_names_and_two_forms(server: Server) {
    let mut body = person([1]);
    body["link"] = json!([{"url": "https://wayne.inc/1"}, "https://wayne.inc/2"]);
    body["links"] = json!(["https://wayne.inc/3", {"url": "https://wayne.inc/1"}, {"url": "http://wayne.inc/4"}]);
    let accepted = server.send_report(&body).await.expect(202);
    assert_eq!(accepted["ignored"], json!([]));
    let expected = json!(["https://wayne.inc/1", "https://wayne.inc/2", "https://wayne.inc/3", "http://wayne.inc/4"]);
    assert_eq!(server.contact("alt:email:h1@wayne.inc").await["links"], expected);
}

async fn links_are_a_union(server: Server) {
    let id = server.report(&with("link", &json!(["https://wayne.inc/1"]))).await;
    for nothing in [Value::Null, json!([])] {
        server.report(&with("link", &nothing)).await;
    }
    server.report(&with("links", &json!(["https://wayne.inc/2"]))).await;
    assert_eq!(server.contact(&id).await["links"], json!(["https://wayne.inc/1", "https://wayne.inc/2"]));
}

async fn merged_ids_are_reported_once(server: Server) {
    let mut ids = Vec::new();
    for n in [3, 1, 2] {
        ids.push(server.report(&person([n])).await);
    }
    let joining = person([1, 2, 3]);
    let accepted = server.send_report(&joining).await.expect(202);
    assert_eq!((&accepted["id"], &accepted["merged"]), (&json!(ids[0]), &json!(ids[1..])));
    assert_eq!(server.send_report(&joining).await.expect(202)["merged"], json!([]));
}

async fn contacts_that_a_split_keeps_apart_are_reported(server: Server) {
    let first = server.report(&person([1])).await;
    let second = server.report(&person([2])).await;
    server.report(&person([1, 2])).await;
    let company = first.parse::<ContactId>().unwrap().company();
    let record: ContactId = second.parse().unwrap();
    let split = Command::Split { contact: record, records: vec![record], by: contact::Origin::Person };
    server.store.write(company, server.clock.now(), vec![split]).await.unwrap()[0].clone().unwrap();
    let accepted = server.send_report(&person([1, 2])).await.expect(202);
    assert_eq!((&accepted["id"], &accepted["kept_apart"]), (&json!(first), &json!([second])));
    assert_eq!(accepted["merged"], json!([]));
    assert_eq!(server.contacts().await.len(), 2);
}

async fn unknown_keys_are_ignored_by_name(server: Server) {
    let body = json!({
        "fields": [{"source": "email", "handle": "bruce@wayne.inc", "kind": 1}, {"handle": "batman", "source": "twitter"}],
        "link": ["https://wayne.inc", {"url": "https://wayne.inc/2", "a/b": null}],
        "links": [{"url": "https://wayne.inc/3", "~": {}}],
        "nmae": "Bruce",
        "a/b~c~1": [],
        "": 0,
    });
    let mut accepted = server.send_report(&body).await.expect(202);
    let mut ignored: Vec<String> = serde_json::from_value(accepted["ignored"].take()).unwrap();
    ignored.sort();
    assert_eq!(ignored, ["/", "/a~1b~0c~01", "/fields/0/kind", "/link/1/a~1b", "/links/0/~0", "/nmae"]);
    let named = ignored.iter().map(|at| body.pointer(at)).collect::<Option<Vec<_>>>();
    assert!(named.is_some(), "each is a pointer into the body");
}

async fn only_some_of_many_unknown_keys_are_named(server: Server) {
    let mut body = person([1]);
    for n in 0..1000 {
        body[format!("key{n}")] = json!(n);
    }
    assert_eq!(server.send_report(&body).await.expect(202)["ignored"].as_array().unwrap().len(), 100);
}

async fn the_type_may_have_parameters_and_any_case(server: Server) {
    let types =
        ["application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON", "application/json ;"];
    for media_type in types {
        let report_request = server.wayne.report_request(person([1]).to_string()).with("Content-Type", media_type);
        server.ask(report_request).await.expect(202);
    }
}

async fn a_byte_order_mark_is_ignored(server: Server) {
    server.ask(server.wayne.report_request(format!("\u{feff}{}", person([1])))).await.expect(202);
}

async fn the_body_may_come_in_pieces(server: Server) {
    let body = with("description", &json!("é".repeat(10_000)));
    let report_request = server.wayne.report_request(body.to_string()).with("Host", "kith");
    let answer = server.connect().await.exchange(&report_request.chunked(777), true).await;
    let id = answer.expect(202)["id"].as_str().unwrap().to_owned();
    assert_eq!(server.contact(&id).await["description"], body["description"]);
}

async fn any_text_comes_back_unchanged(server: Server) {
    for name in ["Ünï 雪 🦇", "<script>alert(1)</script>", "'; DROP TABLE contact; --", "a\"b\\c\n\t\u{1b}\u{2028}"]
    {
        let id = server.report(&with("name", &json!(name))).await;
        assert_eq!(server.contact(&id).await["name"], name);
    }
}

async fn reporting_twice_changes_nothing(server: Server) {
    let body = with("name", &json!("Bruce"));
    let id = server.report(&body).await;
    let before = server.contact(&id).await;
    server.clock.advance(60_000);
    assert_eq!(server.report(&body).await, id);
    assert_eq!(server.contact(&id).await, before);
}

/// Concurrent reports, each of which links one address of a ring to the next.
async fn concurrent_posts_that_overlap_end_as_one_contact(server: Server) {
    const RING: usize = 24;
    let mut posts = tokio::task::JoinSet::new();
    for n in 0..RING {
        let report_request = server.wayne.report_request(person([n, (n + 1) % RING]).to_string()).with("Host", "kith");
        let mut connection = server.connect().await;
        posts.spawn(async move { connection.ask(&report_request).await.status });
    }
    assert_eq!(posts.join_all().await, [202; RING]);
    let people = server.contacts().await;
    assert_eq!(people.len(), 1);
    let mut handles: Vec<String> = serde_json::from_value::<Vec<Value>>(people[0]["handles"].clone())
        .unwrap()
        .iter()
        .map(|handle| handle["handle"].as_str().unwrap().to_owned())
        .collect();
    handles.sort();
    let mut expected: Vec<_> = (0..RING).map(|n| email(n)["handle"].as_str().unwrap().to_owned()).collect();
    expected.sort();
    assert_eq!(handles, expected);
}

on_each_store!(
    the_answer_is_exactly_this,
    absent_and_null_leave_a_text_alone_and_empty_clears_it,
    links_have_two_names_and_two_forms,
    links_are_a_union,
    merged_ids_are_reported_once,
    contacts_that_a_split_keeps_apart_are_reported,
    unknown_keys_are_ignored_by_name,
    only_some_of_many_unknown_keys_are_named,
    the_type_may_have_parameters_and_any_case,
    a_byte_order_mark_is_ignored,
    the_body_may_come_in_pieces,
    any_text_comes_back_unchanged,
    reporting_twice_changes_nothing,
    concurrent_posts_that_overlap_end_as_one_contact,
);
