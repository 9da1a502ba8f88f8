//! Pages for everybody: what axe-core finds on each, in light and dark.

use std::fmt::Write as _;
use std::fs;

use browser::Look;
use serde_json::json;

use crate::stage::Stage;

/// The source of axe-core, which is not kept in the repository.
pub fn axe() -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/node_modules/axe-core/axe.min.js");
    fs::read_to_string(file).expect("axe-core is missing: `make test` installs it")
}

#[tokio::test]
async fn axe_holds_nothing_against_any_page_in_light_or_dark() {
    let axe = axe();
    let mut stage = Stage::signed_out(Look::WIDE).await;
    let mut held = String::new();
    for is_dark in [false, true] {
        stage.browser.look(Look { is_dark, ..Look::WIDE }).await;
        stage.goto("/app/sign-in").await;
        note(&stage, &axe, &mut held, "sign-in", is_dark).await;
    }
    stage.sign_in().await;
    note(&stage, &axe, &mut held, "empty inbox", true).await;
    let selina =
        stage.wrote("selina@gotham.org", "Selina Kyle", "A cat", "Have you seen my cat?\n\nhttps://example.org");
    let formatted = stage.wrote_html("ada@example.org", "Ada", "", "<h1>Hi</h1><img src=\"http://127.0.0.1:9/x.png\">");
    let tell = |name: &str, address: &str| {
        stage.tell(&json!({
            "name": name, "description": "Somebody\nwith two lines", "links": ["https://crm.example.org/7"],
            "fields": [{"source": "email", "handle": address}, {"source": "twitter", "handle": name}],
        }))
    };
    let (one, other) = (tell("Selina", "selina@gotham.org"), tell("Robin", "robin@wayne.inc"));
    tell("Nightwing", "nightwing@bludhaven.example");
    stage.tell(&json!({"fields": [
        {"source": "email", "handle": "robin@wayne.inc"}, {"source": "email", "handle": "nightwing@bludhaven.example"},
    ]}));
    // Many names with one phone number, so that a handle waits for a decision.
    for n in 0..5 {
        stage.tell(&json!({"name": format!("Clerk {n}"), "fields": [
            {"source": "email", "handle": format!("clerk{n}@gcpd.example")}, {"source": "phone", "handle": "+16505550100"},
        ]}));
    }
    let card = format!("/app/contacts/{other}");
    stage.goto(&card).await;
    let split = stage.browser.attribute(".history a.button", "href").await.unwrap();
    let pages = [
        ("inbox", "/app/inbox".to_owned()),
        ("thread", selina.clone()),
        ("formatted message", formatted),
        ("card", card),
        ("contacts", "/app/contacts".to_owned()),
        ("search result", "/app/contacts?q=sel".to_owned()),
        ("nobody found", "/app/contacts?q=zzz".to_owned()),
        ("edit", format!("/app/contacts/{one}/edit")),
        ("merge, choosing", format!("/app/contacts/{one}/merge?q=robin")),
        ("merge, seen before", format!("/app/contacts/{one}/merge?with={other}")),
        ("split, seen before", split),
        ("why one person", format!("/app/contacts/{other}/why")),
        ("delete", format!("/app/contacts/{one}/delete")),
        ("settings", "/app/settings".to_owned()),
        ("teammates", "/app/settings/teammates".to_owned()),
        ("tokens", "/app/settings/tokens".to_owned()),
        ("lists", "/app/settings/lists".to_owned()),
        ("shared handles", "/app/settings/handles".to_owned()),
        ("import", "/app/settings/import".to_owned()),
        ("custom fields", "/app/settings/fields".to_owned()),
        ("accounts", "/app/accounts".to_owned()),
        ("new account", "/app/accounts/new".to_owned()),
    ];
    for is_dark in [false, true] {
        stage.browser.look(Look { is_dark, ..Look::WIDE }).await;
        for (name, page) in &pages {
            stage.goto(page).await;
            note(&stage, &axe, &mut held, name, is_dark).await;
        }
        stage.goto(&selina).await;
        stage.browser.click("#thread-title a").await;
        stage.browser.until_there("#panel[open] .card").await;
        note(&stage, &axe, &mut held, "panel", is_dark).await;
        stage.goto("/app/inbox").await;
        stage.browser.press('?').await;
        stage.browser.until_there("#keys[open]").await;
        note(&stage, &axe, &mut held, "keys", is_dark).await;
    }
    assert_eq!(stage.browser.errors().await, Vec::<String>::new());
    for is_dark in [false, true] {
        stage.browser.look(Look { is_dark, ..Look::WIDE }).await;
        stage.goto("/app/contacts/crd_zz").await;
        note(&stage, &axe, &mut held, "error page", is_dark).await;
    }
    // Chromium itself notes the status of the error page.
    let noted = stage.browser.errors().await;
    assert!(noted.iter().all(|error| error.contains("404")), "{noted:?}");
    assert!(held.is_empty(), "\n{held}");
    // It would have said so.
    stage.browser.run("document.documentElement.lang = ''").await;
    assert!(stage.browser.held_against(&axe).await.contains("html-has-lang"));
    stage.end().await;
}

async fn note(stage: &Stage, axe: &str, held: &mut String, page: &str, is_dark: bool) {
    let found = stage.browser.held_against(axe).await;
    if !found.is_empty() {
        write!(held, "{page} in {}\n{found}", if is_dark { "dark" } else { "light" }).unwrap();
    }
}
