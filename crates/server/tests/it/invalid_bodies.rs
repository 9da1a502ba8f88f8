//! Invalid bodies: each problem is reported with its position, and nothing is stored.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::Answer;
use crate::harness::{Server, email, person};

async fn nothing_is_stored(server: &Server) {
    assert_eq!(server.contacts().await, [] as [Value; 0]);
}

/// Reports bytes as a body.
async fn send(server: &Server, body: impl Into<Vec<u8>>) -> Answer {
    server.ask(server.wayne.report_request(body)).await
}

async fn other_methods_get_the_allow_header(server: Server) {
    for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"] {
        let answer = server.ask(server.wayne.report_request(person([1]).to_string()).method(method)).await;
        assert_eq!(answer.errors(405).len(), 1);
        assert_eq!(answer.header("allow"), Some("POST"), "{method}");
    }
    nothing_is_stored(&server).await;
}

async fn other_media_types_are_refused(server: Server) {
    let types =
        [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonp"), Some("")];
    for media_type in types {
        let report_request = server.wayne.report_request(person([1]).to_string()).without("Content-Type");
        let report_request =
            if let Some(value) = media_type { report_request.with("Content-Type", value) } else { report_request };
        let errors = server.ask(report_request).await.errors(415);
        assert_eq!(errors, [json!({"message": "Set the header Content-Type: application/json."})], "{media_type:?}");
    }
    nothing_is_stored(&server).await;
}

async fn the_position_of_invalid_json_is_reported(server: Server) {
    for (body, line, column) in [
        ("", 1, 0),
        ("{", 1, 1),
        ("{\"name\": \"Bruce\",\n  \"fields\": oops}", 2, 13),
        ("{\"name\": \"Bruce\"}\n\nmore", 3, 1),
        ("{'name': 'Bruce'}", 1, 2),
        ("name=Bruce", 1, 2),
        ("{\"name\": 1e999}", 1, 14),
        ("{\"name\": \"\\ud800\"}", 1, 17),
    ] {
        let errors = send(&server, body).await.errors(400);
        assert_eq!(errors.len(), 1);
        let place = (&errors[0]["line"], &errors[0]["column"]);
        assert_eq!(place, (&json!(line), &json!(column)), "{body:?}: {errors:?}");
    }
    nothing_is_stored(&server).await;
}

async fn text_that_is_not_utf8_is_located(server: Server) {
    let mut body = person([1]).to_string().into_bytes();
    body.extend_from_slice(b"\n\"\xff\"");
    assert_eq!(send(&server, body).await.errors(400)[0]["line"], 2);
    let latin_1 = b"{\"name\": \"Andr\xe9\", \"fields\": [{\"source\": \"email\", \"handle\": \"a@wayne.inc\"}]}";
    assert_eq!(send(&server, *latin_1).await.errors(400)[0]["line"], 1);
    nothing_is_stored(&server).await;
}

async fn a_mebibyte_of_brackets_is_refused_at_once(server: Server) {
    for open in ["[", "{\"a\":"] {
        let body = open.repeat(1024 * 1024 / open.len());
        let start = Instant::now();
        send(&server, body).await.errors(400);
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    }
    nothing_is_stored(&server).await;
}

async fn every_invalid_value_is_named_at_once(server: Server) {
    let body = json!({
        "name": 7,
        "description": ["CEO"],
        "fields": [
            {"source": "email", "handle": "bruce"},
            {"source": "fax", "handle": "+123456789"},
            {"source": "phone", "handle": 123_456_789},
            {"source": "twitter", "handle": "@not a name"},
            {"source": "email"},
            {"handle": "bruce@wayne.inc"},
            "bruce@wayne.inc",
            {"source": "phone", "handle": ""},
            {"source": "email", "handle": "bruce@wayne.inc"},
        ],
        "link": [{"url": "javascript:alert(1)"}, {"href": "https://wayne.inc"}, 7, "wayne.inc"],
        "links": "https://wayne.inc",
    });
    let errors = send(&server, body.to_string()).await.errors(422);
    let places: Vec<&str> = errors.iter().map(|error| error["at"].as_str().unwrap()).collect();
    let expected = [
        "/name",
        "/description",
        "/fields/0/handle",
        "/fields/1/source",
        "/fields/2/handle",
        "/fields/3/handle",
        "/fields/4/handle",
        "/fields/5/source",
        "/fields/6",
        "/fields/7/handle",
        "/link/0/url",
        "/link/1/url",
        "/link/2",
        "/link/3",
        "/links",
    ];
    assert_eq!(places, expected);
    for error in &errors {
        let at = error["at"].as_str().unwrap();
        assert_eq!(error.get("value"), body.pointer(at), "{at} is shown as it was given");
    }
    nothing_is_stored(&server).await;
}

async fn a_body_is_an_object_with_fields(server: Server) {
    for body in [json!([]), json!("Bruce"), json!(7), json!(null), json!([person([1])])] {
        let errors = send(&server, body.to_string()).await.errors(422);
        assert_eq!((&errors[0]["at"], errors[0].get("value")), (&json!(""), Some(&body)));
    }
    for fields in [json!([]), json!(null), json!({}), json!("bruce@wayne.inc"), json!(7)] {
        let errors = send(&server, json!({"name": "Bruce", "fields": fields}).to_string()).await.errors(422);
        assert_eq!((&errors[0]["at"], errors[0].get("value")), (&json!("/fields"), Some(&fields)));
    }
    assert_eq!(send(&server, "{}").await.errors(422)[0]["at"], "/fields");
    nothing_is_stored(&server).await;
}

async fn one_bad_value_refuses_the_whole_body(server: Server) {
    let id = server.report(&json!({"name": "Bruce", "fields": [email(1)]})).await;
    let before = server.contact(&id).await;
    let body =
        json!({"name": "Batman", "fields": [email(1), email(2)], "link": ["https://wayne.inc", "ftp://wayne.inc"]});
    assert_eq!(send(&server, body.to_string()).await.errors(422).len(), 1);
    assert_eq!(server.contact(&id).await, before);
    server.get("/contacts/alt:email:h2@wayne.inc").await.message(404);
}

/// Links of a page may lead only to the web.
async fn links_with_a_script_scheme_are_refused(server: Server) {
    for url in
        ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "//wayne.inc"]
    {
        let errors = send(&server, json!({"fields": [email(1)], "link": [url]}).to_string()).await.errors(422);
        assert_eq!((&errors[0]["at"], &errors[0]["value"]), (&json!("/link/0"), &json!(url)));
    }
    nothing_is_stored(&server).await;
}

on_each_store!(
    other_methods_get_the_allow_header,
    other_media_types_are_refused,
    the_position_of_invalid_json_is_reported,
    text_that_is_not_utf8_is_located,
    a_mebibyte_of_brackets_is_refused_at_once,
    every_invalid_value_is_named_at_once,
    a_body_is_an_object_with_fields,
    one_bad_value_refuses_the_whole_body,
    links_with_a_script_scheme_are_refused,
);
