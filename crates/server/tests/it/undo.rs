//! `POST /contacts/split`: everything that a token or an import joined is taken back.

use serde_json::{Value, json};

use crate::browser::{Browser, between};
use crate::client::{Answer, Request};
use crate::harness::{CONTACTS, START_MS, Server, person};

/// Creates a token, and returns its id and its secret.
async fn token(server: &Server) -> (String, String) {
    let secret = server.token(&[]).await;
    let wayne = server.hub.companies().await.unwrap().into_iter().find(|one| one.name.as_str() == "wayne").unwrap().id;
    let id = server.hub.tokens(wayne).await.unwrap().pop().unwrap().id;
    (id.to_string(), secret)
}

async fn report_with(server: &Server, token: &str, body: &Value) -> Value {
    let request = Request::new("POST", CONTACTS).with("Content-Type", "application/json");
    server.ask(request.with("Authorization", &format!("Bearer {token}")).body(body.to_string())).await.expect(202)
}

/// Runs a job to its end, and returns it.
async fn run(server: &Server, body: &Value) -> Value {
    let job = server.send("POST", "/contacts/split", body).await.expect(202);
    let target = format!("/contacts/split/{}", job["id"].as_str().unwrap());
    wait::until_async("the job ends", async || {
        let job = server.get(&target).await.expect(200);
        (job["status"] != "running").then_some(job)
    })
    .await
}

/// The addresses of the contact that has one.
async fn addresses(server: &Server, n: usize) -> Vec<String> {
    let contact = server.contact(&format!("alt:email:h{n}@wayne.inc")).await;
    let handles = contact["handles"].as_array().unwrap();
    let mut all: Vec<String> =
        handles.iter().map(|one| one["handle"].as_str().unwrap().trim_end_matches("@wayne.inc").to_owned()).collect();
    all.sort();
    all
}

fn since(time: i64) -> Value {
    json!(time.div_euclid(1000))
}

async fn what_a_token_joined_comes_apart_and_stays_apart(server: Server) {
    for report in [person([0, 1]), person([2]), person([3])] {
        server.report(&report).await;
    }
    let (id, secret) = token(&server).await;
    // Joins two, brings a new address to one of them, and another to that.
    for report in [person([1, 2]), person([2, 4]), person([4, 5]), person([6, 7])] {
        report_with(&server, &secret, &report).await;
    }
    server.report(&person([7, 8])).await;
    assert_eq!(addresses(&server, 0).await, ["h0", "h1", "h2", "h4", "h5"]);

    let by = json!({"by": {"token": id, "since": since(START_MS)}, "dry_run": true});
    let counted = run(&server, &by).await;
    assert_eq!((&counted["status"], &counted["joins"], &counted["split"]), (&json!("done"), &json!(3), &json!(3)));
    assert_eq!(addresses(&server, 0).await, ["h0", "h1", "h2", "h4", "h5"]);

    let by = json!({"by": {"token": id, "since": since(START_MS)}});
    let done = run(&server, &by).await;
    assert_eq!((&done["status"], &done["split"]), (&json!("done"), &json!(3)));
    for (n, expected) in [(0, vec!["h0", "h1"]), (2, vec!["h2"]), (3, vec!["h3"]), (4, vec!["h4"]), (5, vec!["h5"])] {
        assert_eq!(addresses(&server, n).await, expected, "h{n}");
    }
    // What others joined to what the token reported stays.
    assert_eq!(addresses(&server, 6).await, ["h6", "h7", "h8"]);

    // The sync reports the same again.
    for report in [person([1, 2]), person([2, 4]), person([4, 5])] {
        report_with(&server, &secret, &report).await;
    }
    assert_eq!(
        (addresses(&server, 0).await, addresses(&server, 2).await),
        (vec!["h0".into(), "h1".into()], vec!["h2".into()])
    );
    assert_eq!(run(&server, &by).await["split"], 0);
}

async fn only_what_came_since_then_and_by_the_token_is_taken_back(server: Server) {
    let (id, secret) = token(&server).await;
    server.report(&person([0])).await;
    report_with(&server, &secret, &person([0, 1])).await;
    server.clock.advance(10_000);
    report_with(&server, &secret, &person([0, 2])).await;
    server.report(&person([0, 3])).await;
    let late = json!({"by": {"token": id, "since": since(START_MS + 5_000)}});
    assert_eq!(run(&server, &late).await["split"], 1);
    assert_eq!(addresses(&server, 0).await, ["h0", "h1", "h3"]);
    let login = json!({"by": {"token": "login", "since": since(START_MS)}});
    assert_eq!(run(&server, &login).await["split"], 1);
    assert_eq!(addresses(&server, 0).await, ["h0", "h1"]);
}

async fn what_a_named_record_joined_when_it_was_replaced_comes_apart(server: Server) {
    let named = |n: &[usize]| {
        let mut body = person(n.iter().copied());
        body["record"] = json!({"system": "crm", "id": "1"});
        body
    };
    server.report(&named(&[0])).await;
    server.report(&person([1])).await;
    let (id, secret) = token(&server).await;
    report_with(&server, &secret, &named(&[0, 1])).await;
    assert_eq!(addresses(&server, 0).await, ["h0", "h1"]);
    let by = json!({"by": {"token": id, "since": since(START_MS)}});
    assert_eq!(run(&server, &by).await["split"], 1);
    assert_eq!(
        (addresses(&server, 0).await, addresses(&server, 1).await),
        (vec!["h0".to_owned()], vec!["h1".to_owned()])
    );
}

async fn merges_by_a_token_are_taken_back(server: Server) {
    let ids = [server.report(&person([0])).await, server.report(&person([1])).await];
    let (id, secret) = token(&server).await;
    let request = Request::new("POST", "/contacts/merge").with("Content-Type", "application/json");
    let request = request.with("Authorization", &format!("Bearer {secret}"));
    server.ask(request.body(json!({"contact_ids": ids}).to_string())).await.expect(200);
    assert_eq!(addresses(&server, 0).await, ["h0", "h1"]);
    run(&server, &json!({"by": {"token": id, "since": since(START_MS)}})).await;
    assert_eq!(addresses(&server, 0).await, ["h0"]);
}

async fn records_that_only_an_import_reported_are_withdrawn(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let import = "/app/settings/import";
    let lines = format!("{}\n{}\n", person([0, 1]), person([2]));
    let check = browser.send_file(import, &[], ("file", lines.as_bytes())).await;
    let ended = async |answer: &Answer| {
        let job = answer.header("location").unwrap().to_owned();
        wait::until_async("the import ends", async || {
            let page = browser.ask(&job).await;
            page.header("refresh").is_none().then_some((job.clone(), page.body))
        })
        .await
    };
    let (job, _) = ended(&check).await;
    let (_, page) = ended(&browser.send(&format!("{job}/take"), &[]).await).await;
    server.report(&person([2, 3])).await;
    let id = between(&page, "name=\"import\" value=\"", "\"");
    let numbers =
        |job: &Value| ["records_withdrawn", "records_kept", "joins", "split"].map(|key| job[key].as_u64().unwrap());
    let counted = run(&server, &json!({"by": {"import": id}, "records": true, "dry_run": true})).await;
    assert_eq!(numbers(&counted), [2, 0, 0, 0], "{counted}");
    let done = run(&server, &json!({"by": {"import": id}, "records": true})).await;
    assert_eq!((numbers(&done), &done["records"]), ([2, 0, 0, 0], &json!(true)), "{done}");
    let contacts = server.contacts().await;
    assert_eq!(contacts.len(), 1, "{contacts:?}");
    assert_eq!(addresses(&server, 2).await, ["h2", "h3"]);
}

async fn wrong_requests_say_what_is_wrong(server: Server) {
    for (body, message) in [
        (json!({"by": {}}), "by: Give either import, or token and since."),
        (json!({"by": {"token": "login"}}), "by: Give either import, or token and since."),
        (json!({"by": {"import": "imp_1"}}), "by: import: "),
        (json!({"by": {"token": "mine", "since": 1}}), "by: token: "),
        (json!({"by": {"token": "login", "since": 1e300}}), "by: since must be a time"),
        (json!({"by": {"token": "login", "since": "yesterday"}}), "by.since must be a number, not string"),
        (json!({"by": {"token": "login", "since": 1}, "records": true}), "records: Only the records of an import"),
    ] {
        let said = server.send("POST", "/contacts/split", &body).await.message(400);
        assert!(said.starts_with(message), "{body}: {said}");
    }
    assert_eq!(server.get("/contacts/split/77").await.message(404), "Job not found on this server.");
    let other = server.company("kent").await;
    let job = server.send("POST", "/contacts/split", &json!({"by": {"token": "login", "since": 1}})).await.expect(202);
    let target = format!("/contacts/split/{}", job["id"].as_str().unwrap());
    server.ask(other.request("GET", &target)).await.message(404);
}

on_each_store!(
    what_a_token_joined_comes_apart_and_stays_apart,
    only_what_came_since_then_and_by_the_token_is_taken_back,
    what_a_named_record_joined_when_it_was_replaced_comes_apart,
    merges_by_a_token_are_taken_back,
    records_that_only_an_import_reported_are_withdrawn,
    wrong_requests_say_what_is_wrong,
);
