//! Pages that stay true while somebody looks at them.

use std::time::{Duration, Instant};

use browser::fantoccini::wd::WindowHandle;
use serde_json::{Value, json};

use crate::stage::Stage;

/// How long a page may take to hear of something. Far more than it does.
const PATIENCE: Duration = Duration::from_secs(20);
const NAME: &str = "#thread-title";

/// The example of the API's own page.
fn example() -> Value {
    serde_json::from_str(include_str!("../../../../docs/contact.json")).unwrap()
}

#[tokio::test]
async fn what_is_told_of_a_sender_shows_in_the_open_conversation_without_a_reload() {
    let stage = Stage::new().await;
    let browser = &stage.browser;
    let conversation = stage.wrote("bruce@wayne.inc", "", "Cars", "Black, please.");
    // A message that comes in shows in the list at once, too.
    browser.until_text("#inbox .row-link", "Cars").await;
    stage.goto(&conversation).await;
    browser.run("window.survives = true").await;
    stage.tell(&example());
    browser.until_text(NAME, "Bruce Wayne").await;
    browser.until("document.getElementById('thread-head').textContent.includes('CEO / Wayne.inc')").await;
    browser.until_text("#inbox .row-name", "Bruce Wayne").await;
    let mut told = example();
    told["name"] = json!("Bruce T. Wayne");
    stage.tell(&told);
    browser.until_text(NAME, "Bruce T. Wayne").await;
    stage.wrote("bruce@wayne.inc", "", "Cars", "Make it two.");
    browser.until("document.querySelectorAll('.message').length === 2").await;
    assert_eq!(browser.run("return window.survives").await, true);
    stage.end().await;
}

#[tokio::test]
async fn two_who_turn_out_to_be_one_show_so_in_both_conversations_until_they_are_split() {
    let stage = Stage::new().await;
    let browser = &stage.browser;
    let selina = stage.wrote("selina@gotham.org", "Selina Kyle", "A ring", "Have you seen it?");
    let cat = stage.wrote("cat@gotham.org", "Catwoman", "A cat", "Have you seen her?");
    stage.goto(&selina).await;
    browser.until_text(NAME, "Selina Kyle").await;
    let first = browser.client.window().await.unwrap();
    browser.open_window().await;
    let second = browser.client.window().await.unwrap();
    stage.goto(&cat).await;
    browser.until_text(NAME, "Catwoman").await;

    let one = json!({"name": "Selina, the Cat", "fields": [
        {"source": "email", "handle": "selina@gotham.org"}, {"source": "email", "handle": "cat@gotham.org"},
    ]});
    let kept = stage.tell(&one);
    browser.until_text(NAME, "Selina, the Cat").await;
    browser.client.switch_to_window(first.clone()).await.unwrap();
    browser.until_text(NAME, "Selina, the Cat").await;

    browser.open_window().await;
    stage.goto(&format!("/app/contacts/{kept}")).await;
    browser.click(".history a.button").await;
    browser.click("form[action*='/split/'] button.primary").await;
    browser.until("document.querySelector('.history')?.textContent.includes('They stay apart')").await;
    let windows = [&first, &second];
    let (one_page, other_page) = two_people(&stage, windows).await;

    // Told once more, they stay two. What is written after that shows that both pages have heard of it.
    stage.tell(&one);
    stage.wrote("selina@gotham.org", "Selina Kyle", "A ring", "Never mind.");
    stage.wrote("cat@gotham.org", "Catwoman", "A cat", "Found her.");
    for window in windows {
        browser.client.switch_to_window(window.clone()).await.unwrap();
        browser.until("document.querySelectorAll('.message').length === 2").await;
    }
    assert_eq!(two_people(&stage, windows).await, (one_page, other_page));
    stage.end().await;
}

/// Waits until the headers in two windows are of two people, and returns the pages of both.
async fn two_people(stage: &Stage, windows: [&WindowHandle; 2]) -> (String, String) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut pages = Vec::new();
        for window in windows {
            stage.browser.client.switch_to_window(window.clone()).await.unwrap();
            pages.push(stage.browser.attribute("#thread-title a", "href").await.unwrap());
        }
        if pages[0] != pages[1] {
            return (pages.remove(0), pages.remove(0));
        }
        assert!(Instant::now() < deadline, "both are of {pages:?}");
    }
}

#[tokio::test]
async fn news_never_overwrites_what_is_being_typed() {
    let stage = Stage::new().await;
    let browser = &stage.browser;
    let id = stage.tell(&example());
    stage.goto(&format!("/app/contacts/{id}/edit")).await;
    browser.set("#description", "Typed by hand").await;
    let mut told = example();
    told["name"] = json!("Bruce T. Wayne");
    told["description"] = json!("From the CRM");
    stage.tell(&told);
    // The field that nobody types in takes the new value; beside the other one a note tells it.
    browser.until("document.getElementById('name').value === 'Bruce T. Wayne'").await;
    browser.until_text("#description + .newer", "Changed meanwhile: From the CRM").await;
    assert_eq!(browser.run("return document.getElementById('description').value").await, "Typed by hand");
    browser.click("#edit button.primary").await;
    browser.until_text("#card-head h1", "Bruce T. Wayne").await;
    browser.until("document.getElementById('card-head').textContent.includes('Typed by hand')").await;
    stage.end().await;
}
