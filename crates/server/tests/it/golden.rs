//! Each page as it was last looked at and found good. `KITH_GOLDEN=write` writes them anew, to be looked at.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::client::Request;
use crate::harness::{Server, model};
use crate::visitor::{Browser, Mailbox, between};

/// Compares a page with the one that is kept, tag by tag.
fn check(name: &str, page: &str) {
    let page = page.replace("><", ">\n<") + "\n";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.html"));
    if std::env::var("KITH_GOLDEN").is_ok_and(|what| what == "write") {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &page).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    let differs = kept.lines().zip(page.lines()).find(|(kept, now)| kept != now);
    assert!(
        kept == page,
        "{name} is not the page that is kept: {differs:?}. If it is as it should be: KITH_GOLDEN=write cargo test -p server golden"
    );
}

#[tokio::test]
async fn pages_are_as_they_were() {
    let first = Server::start(model().await).await;
    let server = first.beside(first.store.clone(), Some("https://kith.example.org")).await;
    let page = server.ask(Request::new("GET", "/app/sign-in")).await;
    check("sign-in", &page.body);
    let browser = Browser::of(&server, &server.wayne).await;
    check("inbox-empty", &browser.page("/app/inbox").await);
    check("contacts-empty", &browser.page("/app/contacts").await);

    let mailbox = Mailbox::of(&server).await;
    let thread = mailbox.wrote(&server, "bruce@wayne.inc", "Cars", "Black, please.\n\nB.").await;
    server.clock.advance(60_000);
    mailbox.wrote(&server, "robin@wayne.inc", "", "Green, please.").await;
    let tell = |name: &str, address: &str| {
        json!({"name": name, "description": format!("This is {name} & <co>"),
            "fields": [{"source": "email", "handle": address}, {"source": "twitter", "handle": name}],
            "links": ["https://crm.example/?a=1&b=2"]})
    };
    let bruce = server.told(&tell("Bruce", "bruce@wayne.inc")).await;
    let robin = server.told(&tell("Robin", "robin@wayne.inc")).await;
    check("merge-choose", &browser.page(&format!("/app/contacts/{bruce}/merge?q=robin")).await);
    check("merge", &browser.page(&format!("/app/contacts/{bruce}/merge?with={robin}")).await);
    server.clock.advance(3_600_000);
    server
        .told(&json!({"fields": [
            {"source": "email", "handle": "bruce@wayne.inc"}, {"source": "email", "handle": "robin@wayne.inc"}
        ]}))
        .await;
    server.clock.advance(60_000);
    check("inbox", &browser.page("/app/inbox").await);
    check("thread", &browser.page(&thread).await);
    check("contacts", &browser.page("/app/contacts").await);
    check("contacts-none", &browser.page("/app/contacts?q=joker").await);
    let card = browser.page(&format!("/app/contacts/{bruce}")).await;
    check("card", &card);
    let merge = between(&card, &format!("/app/contacts/{bruce}/split/"), "\"");
    check("split", &browser.page(&format!("/app/contacts/{bruce}/split/{merge}")).await);
    check("edit", &browser.page(&format!("/app/contacts/{bruce}/edit")).await);
    check("settings", &browser.page("/app/settings").await);
    check("not-found", &browser.ask("/app/nothing").await.body);
}
