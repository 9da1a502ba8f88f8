//! Every page without scripts: links and forms alone.

use std::time::{Duration, Instant};

use browser::Look;
use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn everything_works_without_scripts() {
    let stage = Stage::with(Look { has_scripts: false, ..Look::WIDE }).await;
    let browser = &stage.browser;
    let conversation = stage.wrote("selina@gotham.org", "Selina Kyle", "A ring", "Have you seen it?");
    stage.wrote("cat@gotham.org", "Catwoman", "A cat", "Have you seen her?");
    stage.goto("/app/inbox").await;
    browser.click(&format!("a.row-link[href='{conversation}']")).await;
    browser.until_there("#thread-title").await;
    assert_eq!(browser.text(".message .text").await, "Have you seen it?");
    browser.click("#thread-title a").await;
    browser.until_there("#card-links").await;
    assert!(!browser.has("#panel").await, "no script made a panel");

    browser.click(".card-head .actions a[href$='/edit']").await;
    browser.set("#name", "Selina K.").await;
    browser.set("#description", "Jewel expert").await;
    let picture = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(picture.path(), b"GIF89a").unwrap();
    browser.type_into("#picture", picture.path().to_str().unwrap()).await;
    browser.click("#edit button.primary").await;
    browser.until_there("#card-head").await;
    assert_eq!(browser.text("#card-head h1").await, "Selina K.");
    assert!(browser.has("#card-head img.portrait").await);

    browser.click(".card-head .actions a[href$='/merge']").await;
    browser.set("[data-search]", "catwoman").await;
    browser.type_into("[data-search]", "\u{e007}").await;
    browser.click("#results a.row-link").await;
    browser.click("form[action$='/merge'] button.primary").await;
    browser.until_there("#card-head").await;
    assert!(browser.text("#card-handles").await.contains("cat@gotham.org"));
    assert!(browser.text("#card-handles").await.contains("selina@gotham.org"));

    browser.click(".history a.button").await;
    browser.click("form[action*='/split/'] button.primary").await;
    browser.until_there("#card-head").await;
    assert!(browser.text("#card-history").await.contains("They stay apart."));
    let both = browser.text("#card-handles").await;
    assert_ne!(both.contains("cat@gotham.org"), both.contains("selina@gotham.org"), "{both}");

    stage.tell(&json!({"name": "Ada", "fields": [{"source": "email", "handle": "ada@example.org"}]}));
    stage.goto("/app/contacts").await;
    browser.type_into("[data-search]", "ada\u{e007}").await;
    browser.until_there("[data-search][value='ada']").await;
    // A search may lag by a second, and without scripts a page does not change by itself.
    let patience = Instant::now() + Duration::from_secs(10);
    while !browser.has(".people .row-link").await && Instant::now() < patience {
        stage.goto("/app/contacts?q=ada").await;
    }
    assert_eq!(browser.text(".people .row-link").await, "Ada");
    stage.goto("/app/settings").await;
    browser.click("form[action='/app/sign-out'] button").await;
    browser.until_there("#password").await;
    stage.end().await;
}
