//! The contact card beside the page.

use serde_json::json;

use crate::stage::Stage;

const CLOSED: &str = "!document.querySelector('#panel[open]')";

#[tokio::test]
async fn a_click_on_a_name_anywhere_opens_the_card_and_the_links_are_its_last_section() {
    let stage = Stage::new().await;
    let browser = &stage.browser;
    let conversation = stage.wrote("selina@gotham.org", "Selina Kyle", "A cat", "Have you seen my cat?");
    let links = ["https://crm.wayne.inc/people/7?tab=all&x=1", "https://shop.example/selina"];
    let id = stage.tell(&json!({
        "fields": [{"source": "email", "handle": "selina@gotham.org"}],
        "link": links.map(|url| json!({"url": url})),
    }));
    let page = format!("/app/contacts/{id}");
    let found = "/app/contacts?q=selina".to_owned();
    let contacts = "/app/contacts".to_owned();
    for (at, name) in [
        (&conversation, "#inbox .row-name a"),
        (&conversation, "#thread-title a"),
        (&conversation, ".message-head a"),
        (&contacts, ".people a.row-link"),
        (&found, ".people a.row-link"),
    ] {
        for closes in ["history.back()", "Esc", "cross"] {
            stage.goto(at).await;
            browser.run(&format!("window.opener_was = document.querySelector('{name}')")).await;
            browser.click(name).await;
            browser.until_text("#panel[open] h1", "Selina Kyle").await;
            browser.until(&format!("location.pathname === '{page}'")).await;
            let last = "document.querySelector('#panel .card').lastElementChild";
            assert_eq!(browser.run(&format!("return {last}.querySelector('h2').textContent")).await, "Links", "{name}");
            let shown = format!("return [...{last}.querySelectorAll('a')].map((a) => [a.href, a.target, a.rel])");
            let wanted = links.map(|url| [url, "_blank", "noopener noreferrer"]);
            assert_eq!(browser.run(&shown).await, json!(wanted), "{name}");
            match closes {
                "Esc" => browser.press('\u{e00c}').await,
                "cross" => browser.click("#panel-close").await,
                _ => browser.client.back().await.unwrap(),
            }
            browser.until(CLOSED).await;
            browser.until(&format!("location.pathname + location.search === '{at}'")).await;
            let is_back = browser.run("return document.activeElement === window.opener_was").await;
            assert_eq!(is_back, true, "{name} has the focus after {closes}");
        }
    }
    stage.end().await;
}

#[tokio::test]
async fn an_open_card_hears_of_news_too() {
    let stage = Stage::new().await;
    let browser = &stage.browser;
    let told = |name: &str| json!({"name": name, "fields": [{"source": "email", "handle": "ada@example.org"}]});
    stage.tell(&told("Ada"));
    stage.goto("/app/contacts").await;
    browser.click(".people a.row-link").await;
    browser.until_text("#panel[open] h1", "Ada").await;
    stage.tell(&told("Ada Lovelace"));
    browser.until_text("#panel[open] h1", "Ada Lovelace").await;
    browser.until_text(".people a.row-link", "Ada Lovelace").await;
    stage.end().await;
}
