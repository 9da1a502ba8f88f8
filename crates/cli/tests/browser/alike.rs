//! Possible duplicates, in a browser.

use browser::Look;
use serde_json::json;

use crate::reach::axe;
use crate::stage::Stage;

const PAGE: &str = "/app/contacts/alike";

/// Three who look alike, once the page shows them: it may be some seconds behind.
async fn alike(stage: &Stage) -> [String; 3] {
    let tell = |name: &str, address: &str| {
        stage.tell(&json!({"name": name, "description": "Somebody with a longer description than most",
            "fields": [{"source": "email", "handle": address}]}))
    };
    let long = format!("{}@wayne.example", "john.smith".repeat(6));
    let ids = [tell("John Smith", &long), tell("Smith, J.", "j@b.example"), tell("Jon Smith", "jon@c.example")];
    for _ in 0..1_000 {
        stage.goto(PAGE).await;
        if stage.browser.run("return document.querySelectorAll('.pairs > li').length").await == json!(3) {
            return ids;
        }
    }
    panic!("{}", stage.browser.text("main").await);
}

#[tokio::test]
async fn they_are_merged_and_kept_apart_without_scripts() {
    let stage = Stage::with(Look { has_scripts: false, ..Look::WIDE }).await;
    let browser = &stage.browser;
    alike(&stage).await;
    stage.goto("/app/contacts").await;
    assert_eq!(browser.text("#alike-link").await, "Possible duplicates 3");
    browser.click("#alike-link a").await;
    browser.until_there(".pairs").await;
    assert!(browser.text(".pairs h2").await.contains("Same name with an initial"));
    browser.click(".pairs > li:first-child button").await;
    browser.until("document.querySelectorAll('.pairs > li').length === 2").await;
    browser.click(".pairs > li:first-child a.primary").await;
    browser.until_there("#then-title").await;
    assert_eq!(browser.text(".crumb").await, "Possible duplicates");
    browser.click("form button.primary").await;
    // The other pair was of the one that joined, and is kept apart from what it has become.
    browser.until_there("#alike .nothing").await;
    stage.end().await;
}

#[tokio::test]
async fn they_are_for_everybody() {
    let axe = axe();
    let mut stage = Stage::new().await;
    stage.goto(PAGE).await;
    assert_eq!(stage.browser.held_against(&axe).await, "", "nobody looks alike");
    let [one, two, three] = alike(&stage).await;
    for look in [Look::WIDE, Look { is_dark: true, ..Look::WIDE }, Look::NARROW] {
        stage.browser.look(look).await;
        for page in
            [PAGE.to_owned(), format!("/app/contacts/{one}/merge?with={two}&from=alike"), "/app/contacts".into()]
        {
            stage.goto(&page).await;
            let wide = "return [document.documentElement, ...document.querySelectorAll('.person')]
                .filter((one) => one.scrollWidth > one.clientWidth).map((one) => `${one.className} ${one.scrollWidth}`)";
            assert_eq!(stage.browser.run(wide).await, json!([]), "{page}");
            assert_eq!(stage.browser.held_against(&axe).await, "", "{page}");
        }
    }
    // What somebody else does is seen at once.
    stage.goto(PAGE).await;
    stage.tell(&json!({"fields": [
        {"source": "email", "handle": "j@b.example"}, {"source": "email", "handle": "jon@c.example"},
    ]}));
    stage.browser.until("document.querySelectorAll('.pairs > li').length === 1").await;
    assert!(!stage.browser.text("#alike").await.contains(&three));
    assert_eq!(stage.browser.errors().await, Vec::<String>::new());
    stage.end().await;
}
