//! Credentials: right ones, wrong ones, and what wrong ones reveal.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::harness::{Login, Server, basic, person};

const EXAMPLE: &str = r#"{"fields":[{"source":"email","handle":"bruce@wayne.inc"}]}"#;

/// Returns a response without its date.
fn shown(mut answer: Answer) -> Answer {
    answer.headers.retain(|(name, _)| name != "date");
    answer
}

fn is_challenge(answer: &Answer) -> bool {
    answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic realm=\""))
}

async fn requests_need_credentials(server: Server) {
    let report_request = server.wayne.report_request(EXAMPLE).without("Authorization");
    let answer = server.ask(report_request).await;
    assert_eq!(answer.errors(401).len(), 1);
    assert!(is_challenge(&answer), "{answer:?}");
    for target in ["/contacts", "/contacts/crd_1", "/contacts/alt:email:bruce@wayne.inc"] {
        let answer = server.ask(server.wayne.request("GET", target).without("Authorization")).await;
        answer.message(401);
        assert!(is_challenge(&answer), "{answer:?}");
    }
    assert_eq!(server.contacts().await.len(), 0);
}

async fn malformed_credentials_are_none(server: Server) {
    let Login { name, password } = &server.wayne;
    let right = server.wayne.basic();
    let malformed = [
        "Basic".to_owned(),
        "Basic !!!".to_owned(),
        right[..right.len() - 2].to_owned(),
        right.replace("Basic", "Bearer"),
        right.replace("Basic ", ""),
        basic(&format!("{name}{password}")),
        basic(":"),
        basic(&format!("{name}:")),
        basic(&format!(":{password}")),
        basic(&format!("{name}:{password} ")),
        basic(&format!("{}:{password}", name.to_uppercase())),
    ];
    for header in malformed {
        let answer = server.ask(server.wayne.report_request(EXAMPLE).with("Authorization", &header)).await;
        answer.errors(401);
        assert!(is_challenge(&answer), "{header}: {answer:?}");
    }
    assert_eq!(server.contacts().await.len(), 0);
}

async fn a_wrong_password_and_an_unknown_company_look_the_same(server: Server) {
    let wrong = |name: &str| Login { name: name.into(), password: "wrong".into() };
    let [known, unknown] = [wrong("wayne"), wrong("nobody")];
    let answers =
        [server.ask(known.report_request(EXAMPLE)).await, server.ask(unknown.report_request(EXAMPLE)).await].map(shown);
    answers[0].errors(401);
    assert_eq!(answers[0], answers[1]);
    let read = [known.request("GET", "/contacts"), unknown.request("GET", "/contacts")];
    let read = [server.ask(read[0].clone()).await, server.ask(read[1].clone()).await].map(shown);
    read[0].message(401);
    assert_eq!(read[0], read[1]);
}

async fn authentication_comes_before_everything_else(server: Server) {
    let stranger = Login { name: "nobody".into(), password: "wrong".into() };
    let requests = [
        stranger.report_request("no JSON"),
        stranger.report_request(EXAMPLE).with("Content-Type", "text/plain"),
        stranger.request("GET", "/contacts?limit=0"),
        stranger.request("GET", "/contacts/nobody"),
    ];
    for request in requests {
        server.ask(request).await.expect(401);
    }
}

async fn the_scheme_may_be_of_any_case(server: Server) {
    for scheme in ["basic", "BASIC", "bAsIc"] {
        let header = server.wayne.basic().replace("Basic", scheme);
        server.ask(server.wayne.report_request(EXAMPLE).with("Authorization", &header)).await.expect(202);
    }
}

async fn companies_never_see_each_other(server: Server) {
    let acme = server.company("acme").await;
    let id = server.report(&person([1, 2])).await;
    for target in [format!("/contacts/{id}"), "/contacts/alt:email:h1@wayne.inc".into()] {
        server.get(&target).await.expect(200);
        let hidden = server.ask(acme.request("GET", &target)).await;
        let missing = server.ask(acme.request("GET", "/contacts/alt:email:nobody@wayne.inc")).await;
        assert_eq!(hidden.message(404), missing.message(404), "{target}");
    }
    let list = server.ask(acme.request("GET", "/contacts")).await.expect(200);
    assert_eq!((&list["_results"], &list["_pagination"]["next"]), (&json!([]), &Value::Null));
    // Handles that one company merges stay two contacts in another.
    for n in [1, 2] {
        let accepted = server.ask(acme.report_request(person([n]).to_string())).await.expect(202);
        assert_ne!(accepted["id"], id);
        assert_eq!(accepted["merged"], json!([]));
    }
    assert_eq!(server.contacts().await.len(), 1);
}

on_each_store!(
    requests_need_credentials,
    malformed_credentials_are_none,
    a_wrong_password_and_an_unknown_company_look_the_same,
    authentication_comes_before_everything_else,
    the_scheme_may_be_of_any_case,
    companies_never_see_each_other,
);
