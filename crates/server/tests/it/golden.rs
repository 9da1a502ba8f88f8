//! Golden files of the pages. `KITH_GOLDEN=write` rewrites them, for review of the diff.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::browser::{Browser, Mailbox, between};
use crate::client::Request;
use crate::harness::{Server, model};

/// Compares a page with its golden file, tag by tag.
fn check(name: &str, page: &str) {
    let page = page.replace("><", ">\n<") + "\n";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.html"));
    if std::env::var("KITH_GOLDEN").is_ok_and(|what| what == "write") {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &page).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    let differs = kept.lines().zip(page.lines()).find(|(kept, now)| kept != now);
    assert!(kept == page, "{name} is not the page that is kept: {differs:?}. Run `make golden` to accept it");
}

#[tokio::test]
async fn pages_match_the_golden_files() {
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
    let report = |name: &str, address: &str| {
        json!({"name": name, "description": format!("This is {name} & <co>"),
            "fields": [{"source": "email", "handle": address}, {"source": "twitter", "handle": name}],
            "links": ["https://crm.example/?a=1&b=2"]})
    };
    let bruce = server.report(&report("Bruce", "bruce@wayne.inc")).await;
    let robin = server.report(&report("Robin", "robin@wayne.inc")).await;
    check("alike-empty", &browser.page("/app/contacts/alike").await);
    server.indexed().await;
    check("merge-choose", &browser.page(&format!("/app/contacts/{bruce}/merge?q=robin")).await);
    check("merge", &browser.page(&format!("/app/contacts/{bruce}/merge?with={robin}")).await);
    server.clock.advance(3_600_000);
    server
        .report(&json!({"fields": [
            {"source": "email", "handle": "bruce@wayne.inc"}, {"source": "email", "handle": "robin@wayne.inc"}
        ]}))
        .await;
    server.clock.advance(60_000);
    check("inbox", &browser.page("/app/inbox").await);
    check("thread", &browser.page(&thread).await);
    check("contacts", &browser.page("/app/contacts").await);
    server.indexed().await;
    check("contacts-found", &browser.page("/app/contacts?q=rob+wayne.i").await);
    check("contacts-none", &browser.page("/app/contacts?q=joker").await);
    let card = browser.page(&format!("/app/contacts/{bruce}")).await;
    check("card", &card);
    check("why", &browser.page(&format!("/app/contacts/{bruce}/why")).await);
    let merge = between(&card, &format!("/app/contacts/{bruce}/split/"), "\"");
    check("split", &browser.page(&format!("/app/contacts/{bruce}/split/{merge}")).await);
    check("edit", &browser.page(&format!("/app/contacts/{bruce}/edit")).await);
    check("settings", &browser.page("/app/settings").await);
    for (name, address) in [("Edward <b> Nygma", "edward@riddle.example"), ("Nygma, E. B.", "edward@riddle.co.uk")] {
        server.report(&json!({"name": name, "fields": [{"source": "email", "handle": address}]})).await;
    }
    check("alike", &browser.page("/app/contacts/alike").await);
    let alike = browser.page("/app/contacts/alike").await;
    let merge = between(&alike, "primary\" href=\"", "\"").replace("&amp;", "&");
    check("alike-merge", &browser.page(&merge).await);
    check("contacts-alike", &browser.page("/app/contacts").await);
    check("not-found", &browser.ask("/app/nothing").await.body);
}

/// The settings pages, and a contact with all of them, as a teammate sees them.
#[tokio::test]
async fn settings_pages_match_the_golden_files() {
    let first = Server::start(model().await).await;
    let server = first.beside(first.store.clone(), Some("https://kith.example.org")).await;
    let company = Browser::of(&server, &server.wayne).await;
    for page in ["teammates", "tokens", "lists", "fields", "handles", "import"] {
        check(&format!("settings-{page}-empty"), &company.page(&format!("/app/settings/{page}")).await);
    }
    check("accounts-empty", &company.page("/app/accounts").await);
    check("account-new", &company.page("/app/accounts/new").await);
    let alfred = Browser::of_teammate(&server, "Alfred & <co>", "alfred@wayne.inc").await;
    let robin = [("name", "Robin"), ("email", "robin@wayne.inc")];
    check("settings-teammates-made", &alfred.send("/app/settings/teammates", &robin).await.body);
    check("settings-teammates-refused", &alfred.send("/app/settings/teammates", &robin).await.body);
    let token = [("name", "CRM"), ("scope", "contacts:read"), ("scope", "contacts:write")];
    check("settings-tokens-made", &alfred.send("/app/settings/tokens", &token).await.body);
    for kind in ["string", "boolean", "datetime", "number", "teammate", "inbox", "enum"] {
        let choices = if kind == "enum" { "gold\nsilver" } else { "" };
        let field =
            [("name", kind), ("target", "contact"), ("type", kind), ("choices", choices), ("description", "What for")];
        alfred.send("/app/settings/fields", &field).await;
    }
    server.clock.advance(60_000);
    let fields = json!([{"source": "email", "handle": "bruce@wayne.inc"}]);
    let bruce = server.report(&json!({"name": "Bruce", "fields": fields, "links": ["https://crm.example/"]})).await;
    let card = format!("/app/contacts/{bruce}");
    let account = [
        ("name", "Wayne & <co>"),
        ("description", "One\nTwo"),
        ("domains", "wayne.inc\nwayne.example"),
        ("external", "W-1"),
        ("logo", "https://wayne.inc/logo.png"),
    ];
    let account = alfred.send("/app/accounts/new", &account).await.header("location").unwrap().to_owned();
    alfred.send(&format!("{card}/lists"), &[("list", "VIP")]).await;
    alfred.send(&format!("{card}/accounts"), &[("account", "wayne.inc")]).await;
    alfred.send(&format!("{card}/notes"), &[("note", "Prefers <tea>.")]).await;
    let page = alfred.page(&format!("{card}/edit")).await;
    let names: Vec<&str> =
        page.split("name=\"custom-fld_").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let names: Vec<String> = names.iter().map(|name| format!("custom-fld_{name}")).collect();
    let inbox = format!("inb_{}", between(&page, "<option value=\"inb_", "\""));
    let values = ["Text", "yes", "2024-05-03T09:41", "12.5", "alfred@wayne.inc", &inbox, "gold"];
    let values: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(values).collect();
    alfred.send(&format!("{card}/edit"), &values).await;
    server.clock.advance(60_000);
    check("card-full", &alfred.page(&card).await);
    check("card-refused", &alfred.send(&format!("{card}/notes"), &[("note", "")]).await.body);
    check("edit-full", &alfred.page(&format!("{card}/edit")).await);
    check("delete", &alfred.page(&format!("{card}/delete")).await);
    let table = b"Name;Wo;<b>;;\nAnn;ann@example.org;1;;\n";
    let columns = alfred.send_file("/app/settings/import", &[], ("file", table)).await;
    check("import-columns", &alfred.page(columns.header("location").unwrap()).await);
    check("accounts", &alfred.page("/app/accounts").await);
    check("account", &alfred.page(&account).await);
    check("account-edit", &alfred.page(&format!("{account}/edit")).await);
    let lists = alfred.page("/app/settings/lists").await;
    check("settings-lists", &lists);
    let list = between(&lists, "/app/contacts?list=", "\"");
    check("contacts-list", &alfred.page(&format!("/app/contacts?list={list}")).await);
    for (handle, status) in
        [("info@wayne.inc", "shared"), ("<b>@wayne.inc", "blocked"), ("noreply@wayne.inc", "personal")]
    {
        let mark = [("source", "custom"), ("handle", handle), ("status", status)];
        alfred.send("/app/settings/handles", &mark).await;
    }
    check("settings-handles", &alfred.page("/app/settings/handles").await);
    check("settings-fields", &alfred.page("/app/settings/fields").await);
    check("settings-teammate", &alfred.page("/app/settings").await);
}
