//! Stores that fail: the status and the advice of the answer, which has no internal detail.

use std::sync::Arc;

use store::Error;
use stub::Stub;

use crate::browser::{encode, sign_in};
use crate::client::Answer;
use crate::harness::{Login, Server, person};
use crate::mail::{Client, mail_of};

/// What a log may hold and an answer must not.
const SECRET: &str = "disk sda1 in /srv/kith.db";

/// A server whose store fails with this error. Its companies are those of `server`.
async fn failing(server: &Server, error: fn(String) -> Error) -> Server {
    server.beside(Arc::new(Stub::failing(server.store.clone(), error, SECRET)), None).await
}

/// The answers to all reads.
async fn reads(server: &Server, id: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for target in ["/contacts", &format!("/contacts/{id}"), "/contacts/alt:email:h1@wayne.inc"] {
        answers.push(server.get(target).await);
    }
    answers
}

#[track_caller]
fn has_no_secret(answer: &Answer) {
    for part in ["sda1", "kith.db", "store holds"] {
        assert!(!answer.body.contains(part), "{answer:?}");
    }
}

async fn an_unavailable_store_asks_the_client_to_retry(server: Server) {
    let id = server.report(&person([1])).await;
    let broken = failing(&server, Error::Unavailable).await;
    let answer = broken.send_report(&person([1, 2])).await;
    assert_eq!(answer.errors(503).len(), 1);
    assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    has_no_secret(&answer);
    for answer in reads(&broken, &id).await {
        answer.message(503);
        assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
        has_no_secret(&answer);
    }
    server.get("/contacts/alt:email:h2@wayne.inc").await.message(404);
}

async fn a_damaged_store_is_an_internal_error_without_details(server: Server) {
    let id = server.report(&person([1])).await;
    for error in [Error::Damaged, Error::Unusable] {
        let broken = failing(&server, error).await;
        let answer = broken.send_report(&person([1, 2])).await;
        assert_eq!(answer.errors(500).len(), 1);
        has_no_secret(&answer);
        for answer in reads(&broken, &id).await {
            answer.message(500);
            has_no_secret(&answer);
        }
    }
    server.get("/contacts/alt:email:h2@wayne.inc").await.message(404);
}

async fn a_server_whose_store_fails_is_alive_but_not_ready(server: Server) {
    let broken = failing(&server, Error::Unavailable).await;
    assert_eq!(broken.get("/healthz").await.status, 200);
    let answer = broken.get("/readyz").await;
    assert_eq!(answer.status, 503);
    has_no_secret(&answer);
    assert_eq!(server.get("/readyz").await.status, 200);
}

async fn an_unknown_company_is_looked_up_like_a_known_one(server: Server) {
    let broken = failing(&server, Error::Unavailable).await;
    for name in ["wayne", "nobody"] {
        let login = Login { name: name.into(), password: "wrong".into() };
        let body = encode(&[("company", name), ("email", "a@wayne.example"), ("password", "wrong")]);
        let answer = broken.ask(sign_in(&broken, &login, "").body(body)).await;
        assert_eq!(answer.status, 503, "{name}: {answer:?}");
    }
}

async fn mail_stays_with_its_sender_while_the_store_fails(server: Server) {
    let channel = server.channel("wayne", "email", "support@wayne.example").await;
    let raw = b"From: a@b.example\r\n\r\nHi";
    for error in [Error::Unavailable, Error::Damaged] {
        let broken = failing(&server, error).await;
        let mut client = Client::greeted(mail_of(&broken).await).await;
        // The connection goes on, and no part of the message is stored.
        for _ in 0..2 {
            let (code, text) = client.send("a@b.example", &["support@wayne.example"], raw).await;
            assert_eq!((code, text.contains(SECRET)), (451, false));
        }
    }
    let mut client = Client::greeted(mail_of(&server).await).await;
    assert_eq!(client.send("a@b.example", &["support@wayne.example"], raw).await.0, 250);
    assert_eq!(server.lengths(&channel).await, [1]);
}

on_each_store!(
    mail_stays_with_its_sender_while_the_store_fails,
    an_unknown_company_is_looked_up_like_a_known_one,
    an_unavailable_store_asks_the_client_to_retry,
    a_damaged_store_is_an_internal_error_without_details,
    a_server_whose_store_fails_is_alive_but_not_ready,
);
