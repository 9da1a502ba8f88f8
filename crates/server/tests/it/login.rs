//! Who may tell and read: right credentials, wrong ones, and what wrong ones learn.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::harness::{Login, Server, basic, person};

const EXAMPLE: &str = r#"{"fields":[{"source":"email","handle":"bruce@wayne.inc"}]}"#;

/// All of an answer but when it was given.
fn shown(mut answer: Answer) -> Answer {
    answer.headers.retain(|(name, _)| name != "date");
    answer
}

fn is_challenge(answer: &Answer) -> bool {
    answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic realm=\""))
}

async fn without_credentials_nothing_is_told_or_read(server: Server) {
    let telling = server.wayne.telling(EXAMPLE).without("Authorization");
    let answer = server.ask(telling).await;
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
        let answer = server.ask(server.wayne.telling(EXAMPLE).with("Authorization", &header)).await;
        answer.errors(401);
        assert!(is_challenge(&answer), "{header}: {answer:?}");
    }
    assert_eq!(server.contacts().await.len(), 0);
}

async fn a_wrong_password_and_an_unknown_company_look_the_same(server: Server) {
    let wrong = |name: &str| Login { name: name.into(), password: "wrong".into() };
    let [known, unknown] = [wrong("wayne"), wrong("nobody")];
    let told = [server.ask(known.telling(EXAMPLE)).await, server.ask(unknown.telling(EXAMPLE)).await].map(shown);
    told[0].errors(401);
    assert_eq!(told[0], told[1]);
    let read = [known.request("GET", "/contacts"), unknown.request("GET", "/contacts")];
    let read = [server.ask(read[0].clone()).await, server.ask(read[1].clone()).await].map(shown);
    read[0].message(401);
    assert_eq!(read[0], read[1]);
}

async fn who_asks_is_settled_before_what_is_asked(server: Server) {
    let stranger = Login { name: "nobody".into(), password: "wrong".into() };
    let requests = [
        stranger.telling("no JSON"),
        stranger.telling(EXAMPLE).with("Content-Type", "text/plain"),
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
        server.ask(server.wayne.telling(EXAMPLE).with("Authorization", &header)).await.expect(202);
    }
}

async fn companies_are_islands(server: Server) {
    let acme = server.company("acme").await;
    let id = server.told(&person([1, 2])).await;
    for target in [format!("/contacts/{id}"), "/contacts/alt:email:h1@wayne.inc".into()] {
        server.get(&target).await.expect(200);
        let hidden = server.ask(acme.request("GET", &target)).await;
        let missing = server.ask(acme.request("GET", "/contacts/alt:email:nobody@wayne.inc")).await;
        assert_eq!(hidden.message(404), missing.message(404), "{target}");
    }
    let list = server.ask(acme.request("GET", "/contacts")).await.expect(200);
    assert_eq!((&list["_results"], &list["_pagination"]["next"]), (&json!([]), &Value::Null));
    // What is one person to the one are two to the other.
    for n in [1, 2] {
        let accepted = server.ask(acme.telling(person([n]).to_string())).await.expect(202);
        assert_ne!(accepted["id"], id);
        assert_eq!(accepted["merged"], json!([]));
    }
    assert_eq!(server.contacts().await.len(), 1);
}

on_each_store!(
    without_credentials_nothing_is_told_or_read,
    malformed_credentials_are_none,
    a_wrong_password_and_an_unknown_company_look_the_same,
    who_asks_is_settled_before_what_is_asked,
    the_scheme_may_be_of_any_case,
    companies_are_islands,
);
