//! API 2: why records are one contact, what happened to a contact, and the handles that identify nobody.

use contact::{ContactId, Origin};
use serde_json::{Value, json};

use crate::browser::Mailbox;
use crate::client::Request;
use crate::harness::{Server, email, person};

fn named(name: &str, emails: &[usize]) -> Value {
    json!({"name": name, "fields": emails.iter().copied().map(email).collect::<Vec<_>>()})
}

/// A report of a record of the CRM.
fn of_crm(id: &str, emails: &[usize]) -> Value {
    let mut body = person(emails.iter().copied());
    body["record"] = json!({"system": "crm", "id": id});
    body
}

/// Returns a list of a page's results by a key.
fn each<'a>(page: &'a Value, key: &str) -> Vec<&'a Value> {
    page["_results"].as_array().unwrap().iter().map(|one| &one[key]).collect()
}

async fn records_are_explained_by_a_chain_of_links(server: Server) {
    let bruce = server.report(&named("Bruce", &[1])).await;
    server.clock.advance(60_000);
    let robin = server.report(&named("Robin", &[2])).await;
    server.clock.advance(60_000);
    assert_eq!(server.report(&of_crm("42", &[1, 2, 3])).await, bruce);
    let records = server.get(&format!("/contacts/{bruce}/records")).await.expect(200);
    let crm = each(&records, "id")[2].as_str().unwrap().to_owned();

    let why = server.get(&format!("/contacts/{bruce}/why?other={robin}")).await.expect(200);
    assert_eq!((&why["contact"], &why["from"], &why["to"]), (&json!(bruce), &json!(bruce), &json!(robin)));
    let steps = why["steps"].as_array().unwrap();
    let ends: Vec<_> =
        steps.iter().map(|step| (step["from"].as_str().unwrap(), step["to"].as_str().unwrap())).collect();
    assert_eq!(ends, [(bruce.as_str(), crm.as_str()), (&crm, &robin)]);
    let first = &steps[0];
    assert_eq!((&first["at"], &first["by"]), (&json!(1_700_000_120.123), &json!({"type": "api"})));
    let because = json!({"type": "handle", "handle": email(1), "reports": [
        {"record": bruce, "at": 1_700_000_000.123, "by": {"type": "api"}},
        {"record": crm, "at": 1_700_000_120.123, "by": {"type": "api"}},
    ]});
    assert_eq!(first["because"], because);
    let sentence = format!(
        "Both report e-mail h1@wayne.inc: Bruce ({bruce}) since 14 Nov 2023, 22:13 UTC, by the contact API, \
         and crm 42 ({crm}) since 14 Nov 2023, 22:15 UTC, by the contact API."
    );
    assert_eq!(first["sentence"], sentence);
    let back = server.get(&format!("/contacts/{robin}/why?other={bruce}")).await.expect(200);
    assert_eq!((&back["contact"], &back["from"]), (&json!(bruce), &json!(robin)), "any id of the contact will do");
    let itself = server.get(&format!("/contacts/{bruce}/why?other={bruce}")).await.expect(200);
    assert_eq!(itself["steps"], json!([]));
}

async fn handles_are_explained_by_the_records_that_report_them(server: Server) {
    let bruce = server.report(&named("Bruce", &[1])).await;
    let robin = server.report(&named("Robin", &[2])).await;
    server.report(&of_crm("42", &[1, 2, 3])).await;
    let why =
        async |one: &str, other: &str| server.get(&format!("/contacts/{bruce}/why?handle={one}&handle={other}")).await;
    let steps = why("email:h1@wayne.inc", "email:h2@wayne.inc").await.expect(200);
    assert_eq!(steps["steps"], json!([]), "one record reports both");
    server.send_report(&of_crm("42", &[1, 3])).await.expect(202);
    why("email:h1@wayne.inc", "email:h2@wayne.inc").await.message(404);
    server.send("POST", "/contacts/merge", &json!({"contact_ids": [bruce, robin]})).await;
    let steps = why("email:h3@wayne.inc", "email:H2@Wayne.inc").await.expect(200)["steps"].take();
    let types: Vec<&Value> = steps.as_array().unwrap().iter().map(|step| &step["because"]["type"]).collect();
    assert_eq!(types, ["handle", "merge"], "{steps}");
    for wrong in [("", "email:h1@wayne.inc"), ("fax:1", "email:h1@wayne.inc"), ("email:nobody", "email:h1@wayne.inc")] {
        why(wrong.0, wrong.1).await.message(400);
    }
    let message = why("email:h1@wayne.inc", "phone:%2B16505550123").await.message(404);
    assert!(message.contains("+16505550123"), "{message}");
}

async fn records_of_two_contacts_are_not_one_person(server: Server) {
    let bruce = server.report(&person([1])).await;
    let robin = server.report(&person([2])).await;
    server.report(&person([1, 2])).await;
    let why = format!("/contacts/{bruce}/why?other={robin}");
    server.get(&why).await.expect(200);
    let split = json!({"records": [robin]});
    server.send("POST", &format!("/contacts/{bruce}/split"), &split).await.expect(200);
    let message = server.get(&why).await.message(409);
    assert_eq!(message, format!("{bruce} and {robin} are not one person now."));
    server.send("POST", "/contacts/merge", &json!({"contact_ids": [bruce, robin]})).await;
    let steps = server.get(&why).await.expect(200)["steps"].take();
    assert_eq!(steps[0]["because"], json!({"type": "merge"}), "a separation passes over the links before the merge");
    let stranger = ContactId::nth(bruce.parse::<ContactId>().unwrap().company(), 99);
    server.get(&format!("/contacts/{bruce}/why?other={stranger}")).await.message(404);
    server.get(&format!("/contacts/{stranger}/why?other={bruce}")).await.message(404);
    for wrong in ["", "?other=", "?other=joker", "?handle=email:h1@wayne.inc", "?other=x&handle=email:h1@wayne.inc"] {
        server.get(&format!("/contacts/{bruce}/why{wrong}")).await.message(400);
    }
    let kent = server.company("kent").await;
    let theirs = server.ask(kent.report_request(person([1]).to_string())).await.expect(202)["id"].clone();
    let theirs = theirs.as_str().unwrap();
    server.get(&format!("/contacts/{bruce}/why?other={theirs}")).await.message(404);
    server.ask(kent.request("GET", &why)).await.message(404);
}

async fn the_history_is_data_and_sentences(server: Server) {
    let alfred = server.teammate("alfred@wayne.inc", "Alfred").await;
    let mailbox = Mailbox::of(&server).await;
    let bruce = server.report(&named("Bruce", &[1])).await;
    let robin = server.report(&named("Robin", &[2])).await;
    server.report(&person([1, 2])).await;
    mailbox.wrote(&server, "h2@wayne.inc", "Cars", "Black, please.").await;
    let note = json!({"author_id": alfred, "body": "Hm."});
    server.send("POST", &format!("/contacts/{bruce}/notes"), &note).await.expect(201);
    let history = server.get(&format!("/contacts/{robin}/history")).await.expect(200);
    assert_eq!(each(&history, "type"), ["noted", "message", "merged", "observed", "observed", "observed"], "{history}");
    let results = &history["_results"];
    assert_eq!(results[0]["sentence"], "Alfred wrote a note.");
    assert_eq!(results[1]["by"], json!({"type": "message"}));
    let merged = &results[2];
    assert_eq!(merged["others"], json!([{"id": robin, "name": "Robin"}]), "{history}");
    assert_eq!(merged["records"], json!([robin]), "{history}");
    assert_eq!(
        merged["sentence"],
        format!("Became one with Robin ({robin}), because both use h1@wayne.inc and h2@wayne.inc.")
    );
    assert_eq!((&merged["by"], &merged["handles"]), (&json!({"type": "api"}), &json!([email(1), email(2)])));
    let first = &results[5];
    assert_eq!(first["sentence"], "The contact API reported: name Bruce, e-mail h1@wayne.inc.");
    assert_eq!((&first["handles"], &first["not_used"]), (&json!([email(1)]), &json!([])));
    server.send("POST", &format!("/contacts/{bruce}/split"), &json!({"records": [robin]})).await.expect(200);
    let history = server.get(&format!("/contacts/{robin}/history?limit=1")).await.expect(200);
    assert_eq!(each(&history, "type").len(), 1);
}

async fn a_history_has_pages(server: Server) {
    let bruce = server.report(&person([1])).await;
    for n in 2..8 {
        server.report(&named(&format!("Bruce {n}"), &[1])).await;
    }
    let whole = server.get(&format!("/contacts/{bruce}/history?limit=100")).await.expect(200);
    assert_eq!(whole["_pagination"]["next"], Value::Null);
    let mut found: Vec<Value> = Vec::new();
    let mut next = Some(format!("/contacts/{bruce}/history?limit=3"));
    while let Some(target) = next {
        let page = server.get(&target).await.expect(200);
        assert!(each(&page, "id").len() <= 3);
        found.extend(page["_results"].as_array().unwrap().clone());
        let url = page["_pagination"]["next"].as_str();
        next = url.map(|url| url[url.find("/contacts").unwrap()..].to_owned());
    }
    assert_eq!(json!(found), whole["_results"]);
    assert_eq!(found.len(), 7);
    for wrong in ["limit=0", "limit=101", "page_token=x", "page_token=LTE", "page_token=OTk5OTk5OTk5OTk5OTk5OTk5OTk5"] {
        server.get(&format!("/contacts/{bruce}/history?{wrong}")).await.message(400);
    }
    let kent = server.company("kent").await;
    server.ask(kent.request("GET", &format!("/contacts/{bruce}/history"))).await.message(404);
}

async fn the_history_says_which_handles_were_not_used(server: Server) {
    let mut body = named("Bruce", &[1]);
    body["fields"].as_array_mut().unwrap().push(json!({"source": "email", "handle": "noreply@wayne.inc"}));
    let bruce = server.report(&body).await;
    let newest =
        async |id: &str| server.get(&format!("/contacts/{id}/history")).await.expect(200)["_results"][0].take();
    let placeholder = json!({"source": "email", "handle": "noreply@wayne.inc", "reason": "placeholder",
        "message": "noreply@wayne.inc is a placeholder that stands for nobody."});
    let entry = newest(&bruce).await;
    assert_eq!(entry["not_used"], json!([placeholder]), "{entry}");
    let sentence = entry["sentence"].as_str().unwrap();
    assert!(
        sentence.ends_with(" Not used: e-mail noreply@wayne.inc (a placeholder that stands for nobody)."),
        "{entry}"
    );
    server.report(&person([2])).await;
    let robin = server.contact("alt:email:h2@wayne.inc").await["id"].as_str().unwrap().to_owned();
    let company = bruce.parse::<ContactId>().unwrap().company();
    let apart = [&bruce, &robin].map(|id| id.parse().unwrap());
    server.hub.keep_apart(company, apart, Origin::Person).await.unwrap();
    assert_eq!(newest(&bruce).await["type"], "separated");
    server.report(&person([1, 2])).await;
    let entry = newest(&bruce).await;
    let reasons: Vec<_> =
        entry["not_used"].as_array().unwrap().iter().map(|one| (&one["handle"], &one["reason"])).collect();
    assert_eq!(reasons, [(&json!("h2@wayne.inc"), &json!("kept_apart"))], "{entry}");
    assert!(entry["sentence"].as_str().unwrap().starts_with("Kept apart: the contact API reported"), "{entry}");
    let guards = contact::Guards { names_agree: true, ..contact::Guards::default() };
    server.hub.set_guards(company, guards, Origin::Person).await.unwrap();
    let alfred = server.report(&named("Alfred", &[1, 4])).await;
    let entry = newest(&alfred).await;
    assert_eq!(entry["not_used"][0]["reason"], "names_differ", "{entry}");
    let end = " Not used: e-mail h1@wayne.inc (a handle of a contact with another name).";
    assert!(entry["sentence"].as_str().unwrap().ends_with(end), "{entry}");
}

async fn marked_handles_are_listed_by_status(server: Server) {
    server.report(&person([1])).await;
    let mark = async |handle: &str, status: &str| {
        server.send("PUT", &format!("/handles/{handle}"), &json!({"status": status})).await.expect(200)
    };
    mark("email:h1@wayne.inc", "shared").await;
    // Nobody reports these yet.
    for n in 2..6 {
        mark(&format!("email:h{n}.x@wayne.inc"), "shared").await;
    }
    mark("phone:+16505550100", "shared").await;
    mark("email:noreply@wayne.inc", "personal").await;
    let blocked = mark("twitter:joker", "blocked").await;
    let listed = |status: &str| server.wayne.request("GET", &format!("/handles?status={status}"));
    let all = server.ask(listed("shared&limit=100")).await.expect(200);
    let handles: Vec<&str> = each(&all, "handle").into_iter().map(|handle| handle.as_str().unwrap()).collect();
    let emails = (2..6).map(|n| format!("h{n}.x@wayne.inc"));
    let expected: Vec<String> =
        std::iter::once("h1@wayne.inc".to_owned()).chain(emails).chain(["+16505550100".into()]).collect();
    assert_eq!(handles, expected);
    assert_eq!(all["_results"][0], server.get("/handles/email:h1@wayne.inc").await.expect(200));
    assert_eq!((&all["_results"][0]["contacts"], &all["_results"][1]["contacts"]), (&json!(1), &json!(0)));
    let mut found: Vec<Value> = Vec::new();
    let mut next = Some("/handles?status=shared&limit=2".to_owned());
    while let Some(target) = next {
        let page = server.get(&target).await.expect(200);
        found.extend(page["_results"].as_array().unwrap().clone());
        next = page["_pagination"]["next"].as_str().map(|url| url[url.find("/handles").unwrap()..].to_owned());
    }
    assert_eq!(json!(found), all["_results"]);
    let reason = json!({"source": "twitter", "handle": "joker", "status": "blocked", "identifies": false,
        "reason": "blocked", "message": "joker is blocked.", "contacts": 0});
    assert_eq!(server.ask(listed("blocked")).await.expect(200)["_results"], json!([reason]));
    assert_eq!(blocked, reason);
    let personal = server.ask(listed("personal")).await.expect(200);
    assert_eq!(
        (&personal["_results"][0]["status"], &personal["_results"][0]["identifies"]),
        (&json!("personal"), &json!(true))
    );
    assert_eq!(server.ask(listed("shared_by_evidence")).await.expect(200)["_results"], json!([]));
    for wrong in ["/handles", "/handles?status=plain", "/handles?status=", "/handles?status=shared&page_token=x"] {
        server.get(wrong).await.message(400);
    }
    let kent = server.company("kent").await;
    let theirs = server.ask(kent.request("GET", "/handles?status=shared")).await.expect(200);
    assert_eq!(theirs["_results"], json!([]));
}

async fn a_handle_that_many_people_report_is_listed(server: Server) {
    for n in 1..=contact::SHARED_AFTER as usize {
        server.report(&named(&format!("Person {n}"), &[n, 99])).await;
    }
    let listed = server.get("/handles?status=shared_by_evidence").await.expect(200);
    assert_eq!(
        (each(&listed, "handle"), each(&listed, "reason")),
        (vec![&json!("h99@wayne.inc")], vec![&json!("shared_by_evidence")])
    );
    assert_eq!(each(&listed, "contacts"), [&json!(contact::SHARED_AFTER)]);
}

async fn reading_needs_the_scope(server: Server) {
    let bruce = server.report(&person([1])).await;
    let targets = [
        format!("/contacts/{bruce}/why?other={bruce}"),
        format!("/contacts/{bruce}/history"),
        "/handles?status=shared".into(),
    ];
    for (scope, status) in [("contacts:read", 200), ("contacts:write", 403)] {
        let token = server.token(&[scope]).await;
        for target in &targets {
            let request = Request::new("GET", target).with("Authorization", &format!("Bearer {token}"));
            assert_eq!(server.ask(request).await.status, status, "{scope} {target}");
        }
    }
}

on_each_store!(
    records_are_explained_by_a_chain_of_links,
    handles_are_explained_by_the_records_that_report_them,
    records_of_two_contacts_are_not_one_person,
    the_history_is_data_and_sentences,
    a_history_has_pages,
    the_history_says_which_handles_were_not_used,
    marked_handles_are_listed_by_status,
    a_handle_that_many_people_report_is_listed,
    reading_needs_the_scope,
);
