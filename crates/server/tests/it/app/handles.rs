//! The settings page of shared and blocked handles, and of the guards against false merges.

use serde_json::json;

use crate::browser::{Browser, FORM, between, encode};
use crate::harness::{Server, person};

const HANDLES: &str = "/app/settings/handles";

/// Returns the section of a status.
fn section<'a>(page: &'a str, status: &str) -> &'a str {
    between(page, &format!("id=\"{status}-title\""), "</section>")
}

async fn report(server: &Server, name: &str, n: usize) {
    let fields = json!([{"source": "email", "handle": format!("p{n}@wayne.inc")},
        {"source": "phone", "handle": "+16505550100"}]);
    server.report(&json!({"name": name, "fields": fields})).await;
}

async fn what_seems_shared_waits_for_a_decision(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    for n in 1..=5 {
        report(&server, &format!("Person {n}"), n).await;
    }
    assert_eq!(server.contacts().await.len(), 5);
    let page = browser.page(HANDLES).await;
    let waiting = section(&page, "shared_by_evidence");
    assert!(waiting.contains("<bdi>+16505550100</bdi>") && waiting.contains(">5 people</a>"), "{waiting}");
    assert!(waiting.contains("/app/contacts?q=%2B16505550100"), "{waiting}");
    for status in ["shared", "blocked", "personal"] {
        assert!(section(&page, status).contains("None."), "{page}");
    }
    let confirm = [("source", "phone"), ("handle", "+16505550100"), ("status", "shared")];
    let done = browser.send(HANDLES, &confirm).await;
    assert_eq!((done.status, done.header("location")), (303, Some(HANDLES)), "{done:?}");
    let page = browser.page(HANDLES).await;
    assert!(section(&page, "shared_by_evidence").contains("None."), "{page}");
    assert!(section(&page, "shared").contains("+16505550100"), "{page}");
    let one_person = [("source", "phone"), ("handle", "+16505550100"), ("status", "personal")];
    assert_eq!(browser.send(HANDLES, &one_person).await.status, 303);
    let page = browser.page(HANDLES).await;
    assert!(section(&page, "personal").contains(">1 person</a>"), "they are one contact now: {page}");
    assert_eq!(server.contacts().await.len(), 1);
    assert_eq!(browser.send(HANDLES, &confirm).await.status, 303);
    assert_eq!(server.contacts().await.len(), 5, "a decision can be undone");
}

async fn a_handle_is_blocked_and_allowed_in_a_form(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let add = [("source", "phone"), ("handle", "(650) 555-0199"), ("status", "blocked")];
    assert_eq!(browser.send(HANDLES, &add).await.status, 303);
    let page = browser.page(HANDLES).await;
    let blocked = section(&page, "blocked");
    assert!(blocked.contains("+16505550199") && blocked.contains("nobody"), "{blocked}");
    let allow = [("source", "email"), ("handle", "noreply@wayne.inc"), ("status", "personal")];
    assert_eq!(browser.send(HANDLES, &allow).await.status, 303);
    assert!(
        section(&browser.page(HANDLES).await, "personal").contains("noreply@wayne.inc"),
        "a placeholder is allowed"
    );
    for (source, handle, status, why) in [
        ("email", "<nobody>", "shared", "Is not an e-mail address"),
        ("fax", "1", "shared", "Is not a known source."),
        ("email", "", "shared", "Must not be empty."),
        ("email", "a@wayne.inc", "plain", "Choose what it is."),
    ] {
        let refused = browser.send(HANDLES, &[("source", source), ("handle", handle), ("status", status)]).await;
        assert!(refused.status == 422 && refused.body.contains(why), "{why}: {refused:?}");
        assert!(!refused.body.contains("<nobody>"), "what was sent is escaped");
    }
    let foreign = browser.request("POST", HANDLES).with("Content-Type", FORM).body(encode(&allow));
    assert_eq!(server.ask(foreign).await.status, 403, "a form needs its token");
    let kent = server.company("kent").await;
    assert!(!Browser::of(&server, &kent).await.page(HANDLES).await.contains("noreply@wayne.inc"));
}

async fn a_decision_merges_no_more_contacts_than_a_report(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let phone = [("source", "phone"), ("handle", "+16505550100")];
    let mark = |status| [&phone[..], &[("status", status)]].concat();
    assert_eq!(browser.send(HANDLES, &mark("shared")).await.status, 303);
    for n in 0..51 {
        report(&server, "Bruce", n).await;
    }
    let refused = browser.send(HANDLES, &mark("personal")).await;
    let why = "This would merge 51 contacts; at most 50 can be merged at once";
    assert!(refused.status == 422 && refused.body.contains(why), "{refused:?}");
    let personal = json!({"status": "personal"});
    let refused = server.send("PUT", "/handles/phone:%2B16505550100", &personal).await;
    assert!(refused.status == 400 && refused.body.contains(why), "{refused:?}");
    assert_eq!(server.contacts().await.len(), 51, "nothing has changed");
    let last = server.get("/contacts/alt:email:p50@wayne.inc").await.expect(200)["id"].clone();
    let deleted = server.send("DELETE", &format!("/contacts/{}", last.as_str().unwrap()), &json!({})).await;
    assert_eq!(deleted.status, 204, "{deleted:?}");
    assert_eq!(browser.send(HANDLES, &mark("personal")).await.status, 303);
    assert_eq!(server.contacts().await.len(), 1);
}

async fn many_handles_have_pages(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    for n in 0..125 {
        let handle = format!("h{n:03}&@wayne.inc");
        let mark = json!({"status": "shared"});
        server.send("PUT", &format!("/handles/email:{}", handle.replace('&', "%26")), &mark).await.expect(200);
    }
    let first = browser.page(HANDLES).await;
    assert_eq!(section(&first, "shared").matches("id=\"email:").count(), 20);
    let (mut found, mut page) = (20, first);
    while page.contains(">More</a>") {
        let more = between(section(&page, "shared"), "class=\"more\"><a href=\"", "\"").replace("&amp;", "&");
        page = browser.page(&more).await;
        found += section(&page, "shared").matches("id=\"email:").count();
    }
    assert_eq!(found, 125);
    for other in ["?status=shared&after=x", "?status=shared&after=email%3A%00", "?status=plain", "?after=email:a"] {
        assert!(browser.page(&format!("{HANDLES}{other}")).await.contains("h000&amp;@wayne.inc"), "{other}");
    }
}

async fn the_guards_are_set_in_a_form(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let (guards, page) = (format!("{HANDLES}/guards"), browser.page(HANDLES).await);
    assert!(between(&page, "id=\"shared-after\"", ">").contains("value=\"5\""), "{page}");
    assert!(!between(&page, "name=\"names-agree\"", ">").contains("checked"), "{page}");
    for wrong in ["1", "1001", "many", ""] {
        let refused = browser.send(&guards, &[("shared-after", wrong)]).await;
        assert!(refused.status == 422 && refused.body.contains("Must be a number from 2 to 1000, or off."), "{wrong}");
    }
    let set = [("shared-after", "2"), ("names-agree", "yes")];
    assert_eq!(browser.ask(&guards).await.header("location"), Some(HANDLES), "nothing was grouped yet");
    assert_eq!(browser.send(&guards, &set).await.header("location"), Some(guards.as_str()));
    let page = browser.page(HANDLES).await;
    assert!(between(&page, "id=\"shared-after\"", ">").contains("value=\"2\""), "{page}");
    assert!(between(&page, "name=\"names-agree\"", ">").contains("checked"), "{page}");
    report(&server, "Bruce", 1).await;
    report(&server, "Robin", 2).await;
    assert!(section(&browser.page(HANDLES).await, "shared_by_evidence").contains("+16505550100"));
    assert_eq!(browser.send(&guards, &[("shared-after", "off")]).await.status, 303);
    assert!(between(&browser.page(HANDLES).await, "id=\"shared-after\"", ">").contains("value=\"off\""));
    let kent = server.company("kent").await;
    let page = Browser::of(&server, &kent).await.ask(&guards).await;
    assert_eq!(page.header("location"), Some(HANDLES), "another company sees nothing of it");
}

/// Sets the guards in the form, and waits until all contacts are grouped. Returns how many came apart and became part.
async fn set_guards(browser: &Browser<'_>, set: &[(&str, &str)]) -> [String; 2] {
    let answer = browser.send(&format!("{HANDLES}/guards"), set).await;
    let page = wait::until_async("all contacts are grouped", async || {
        let page = browser.page(answer.header("location").unwrap()).await;
        page.contains("All contacts are grouped").then_some(page)
    })
    .await;
    ["Came apart from another", "Became part of another"]
        .map(|name| between(&page, &format!("<dt>{name}</dt><dd>"), "<").to_owned())
}

async fn new_guards_regroup_existing_contacts(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let named = |name: &str, emails: [usize; 2]| {
        let mut body = person(emails);
        body["name"] = json!(name);
        body
    };
    server.report(&named("Bruce", [1, 2])).await;
    server.report(&named("Robin", [2, 3])).await;
    server.report(&named("Alfred", [3, 4])).await;
    assert_eq!(server.contacts().await.len(), 1);
    let agree = [("shared-after", "5"), ("names-agree", "yes")];
    assert_eq!(set_guards(&browser, &agree).await, ["2", "0"]);
    assert_eq!(server.contacts().await.len(), 3);
    assert_eq!(set_guards(&browser, &agree).await, ["0", "0"], "all is done");
    assert_eq!(set_guards(&browser, &[("shared-after", "5")]).await, ["0", "2"]);
    assert_eq!(server.contacts().await.len(), 1);
    // Two names and two other handles share the address.
    assert_eq!(set_guards(&browser, &[("shared-after", "2")]).await, ["2", "0"]);
    let page = browser.page(HANDLES).await;
    assert_eq!(section(&page, "shared_by_evidence").matches("id=\"email:").count(), 2, "{page}");
    assert_eq!(set_guards(&browser, &[("shared-after", "off")]).await, ["0", "2"]);
    assert_eq!(server.contacts().await.len(), 1);
    // A decision outranks the guards.
    server.send("PUT", "/handles/email:h2@wayne.inc", &json!({"status": "shared"})).await.expect(200);
    assert_eq!(server.contacts().await.len(), 2);
    assert_eq!(set_guards(&browser, &[("shared-after", "off"), ("names-agree", "yes")]).await, ["1", "0"]);
    assert_eq!(set_guards(&browser, &[("shared-after", "off")]).await, ["0", "1"]);
}

async fn why_one_person_is_a_page(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let bruce =
        server.report(&json!({"name": "Bruce <b>", "fields": [{"source": "email", "handle": "b@wayne.inc"}]})).await;
    let card = format!("/app/contacts/{bruce}");
    let link = format!("href=\"{card}/why\"");
    assert!(!browser.page(&card).await.contains(&link), "one record needs no reason");
    assert!(browser.page(&format!("{card}/why")).await.contains("has one record"));
    let fields = json!([{"source": "email", "handle": "b@wayne.inc"}, {"source": "twitter", "handle": "batman"}]);
    server.report(&json!({"record": {"system": "crm", "id": "4<2"}, "fields": fields})).await;
    let fields = json!([{"source": "twitter", "handle": "batman"}, {"source": "email", "handle": "robin@wayne.inc"}]);
    server.report(&json!({"name": "Robin", "fields": fields})).await;
    assert!(browser.page(&card).await.contains(&link));
    let page = browser.page(&format!("{card}/why")).await;
    let records = server.get(&format!("/contacts/{bruce}/records")).await.expect(200);
    let ids: Vec<&str> =
        records["_results"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    let part = |id: &str| between(&page, &format!("<section class=\"record\" id=\"{id}\""), "</section>");
    assert!(!part(ids[0]).contains("Both report") && part(ids[0]).contains("Bruce &lt;b&gt;"), "{page}");
    assert!(part(ids[1]).contains("<bdi>crm 4&lt;2</bdi>"), "{page}");
    assert_eq!(
        (part(ids[1]).matches("Both report").count(), part(ids[2]).matches("Both report").count()),
        (1, 2),
        "{page}"
    );
    let split = format!("{card}/split/{}", ids[2]);
    assert!(part(ids[2]).contains(&format!("href=\"{split}\"")), "{page}");
    let preview = browser.page(&split).await;
    assert!(preview.contains("robin@wayne.inc") && preview.contains("Split into these contacts?"), "{preview}");
    assert_eq!(browser.send(&split, &[]).await.header("location"), Some(card.as_str()));
    assert_eq!(server.contacts().await.len(), 2);
    assert_eq!(browser.ask(&split).await.status, 404, "it was split already");
    for wrong in [bruce.as_str(), "crd_1", "x"] {
        let status = browser.ask(&format!("/app/contacts/{}/split/{wrong}", ids[2])).await.status;
        assert_eq!(status, 404, "{wrong}");
    }
    let kent = server.company("kent").await;
    assert_eq!(Browser::of(&server, &kent).await.ask(&format!("{card}/why")).await.status, 404);
}

on_each_store!(
    what_seems_shared_waits_for_a_decision,
    a_handle_is_blocked_and_allowed_in_a_form,
    a_decision_merges_no_more_contacts_than_a_report,
    many_handles_have_pages,
    the_guards_are_set_in_a_form,
    new_guards_regroup_existing_contacts,
    why_one_person_is_a_page,
);
