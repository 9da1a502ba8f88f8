//! The keyboard, and searching while one types.

use serde_json::json;

use crate::stage::Stage;

const ESCAPE: char = '\u{e00c}';
const ENTER: char = '\u{e007}';

#[tokio::test]
async fn search_answers_as_one_types() {
    let stage = Stage::new().await;
    let browser = &stage.browser;
    for name in ["Selina Kyle", "Bruce Wayne", "Bruce Banner"] {
        let handle = format!("{}@example.org", name.replace(' ', "."));
        stage.tell(&json!({"name": name, "fields": [{"source": "email", "handle": handle}]}));
    }
    stage.goto("/app/contacts").await;
    browser.run("window.survives = true").await;
    let rows = |n: usize| format!("document.querySelectorAll('.people .row-link').length === {n}");
    browser.until(&rows(3)).await;
    browser.type_into("[data-search]", "bru").await;
    browser.until(&rows(2)).await;
    browser.type_into("[data-search]", "ce way").await;
    browser.until(&rows(1)).await;
    browser.until_text(".people .row-link", "Bruce Wayne").await;
    browser
        .until("[...document.querySelectorAll('.row-link mark')].map((one) => one.textContent).join() === 'Bruce,Way'")
        .await;
    browser.until("location.search.includes('q=bruce')").await;
    browser.type_into("[data-search]", "zzz").await;
    browser.until("document.getElementById('results').textContent.includes('No contacts found')").await;
    assert_eq!(browser.run("return window.survives").await, true);
    assert_eq!(browser.run("return document.activeElement.name").await, "q");
    stage.end().await;
}

#[tokio::test]
async fn everything_is_within_reach_of_the_keyboard() {
    let stage = Stage::new().await;
    let browser = &stage.browser;
    for name in ["Ada", "Grace", "Mary"] {
        stage.wrote(&format!("{name}@example.org"), name, &format!("From {name}"), "Hello.");
    }
    stage.goto("/app/inbox").await;
    let focused = async |css: &str, text: &str| {
        let focused = format!("document.activeElement?.matches('{css}')");
        browser.until(&format!("{focused} && document.activeElement.textContent.trim() === '{text}'")).await;
    };
    browser.press('/').await;
    focused("[data-search]", "").await;
    browser.press(ESCAPE).await;
    browser.until("document.activeElement === document.body").await;
    for (key, text) in
        [('j', "From Mary"), ('j', "From Grace"), ('j', "From Ada"), ('j', "From Ada"), ('k', "From Grace")]
    {
        browser.press(key).await;
        focused(".row-link", text).await;
    }
    browser.press(ENTER).await;
    browser.until_text("#thread-title", "Grace").await;
    browser.press('c').await;
    browser.until_text("#panel[open] h1", "Grace").await;
    browser.press(ESCAPE).await;
    browser.until("!document.querySelector('#panel[open]')").await;
    browser.press('?').await;
    browser.until_text("#keys[open] h2", "Keyboard shortcuts").await;
    browser.press(ESCAPE).await;
    browser.until("!document.querySelector('#keys[open]')").await;
    stage.end().await;
}
