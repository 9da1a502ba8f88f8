//! A teammate at work: added, signed in, writing a note, putting a contact on a list.

use browser::Look;
use serde_json::json;

use crate::reach::axe;
use crate::stage::Stage;

#[tokio::test]
async fn a_teammate_signs_in_and_works_with_a_card() {
    let stage = Stage::new().await;
    let browser = &stage.browser;
    let id = stage.tell(&json!({"name": "Selina Kyle", "links": ["https://crm.wayne.inc/people/7"],
        "fields": [{"source": "email", "handle": "selina@gotham.org"}]}));
    stage.sign_in_as("Alfred Pennyworth", "alfred@wayne.example").await;
    stage.goto("/app/contacts").await;
    browser.click(".people a.row-link").await;
    browser.until_there("#panel[open] #note").await;
    browser.set("#panel #note", "Prefers tea.").await;
    browser.click("#panel .note-form button").await;
    browser.until(&format!("location.pathname === '/app/contacts/{id}'")).await;
    browser.until_text(".notes li p", "Prefers tea.").await;
    assert_eq!(browser.text(".notes li b").await, "Alfred Pennyworth");
    for list in ["VIP", "Newsletter"] {
        browser.set("#card-lists input[name='list']", list).await;
        browser.click("#card-lists .add button").await;
        browser.until(&format!("document.getElementById('card-lists').textContent.includes('{list}')")).await;
    }
    browser.until("document.querySelectorAll('#card-lists .chip').length === 2").await;
    browser.click("#card-lists .chip button").await;
    browser.until("document.querySelectorAll('#card-lists .chip').length === 1").await;
    let last = "return document.querySelector('.card').lastElementChild.querySelector('h2').textContent";
    assert_eq!(browser.run(last).await, "Links");
    browser.click("#card-lists .chip a").await;
    browser.until_text("#lists a[aria-current]", "Newsletter").await;
    browser.until_text(".people a.row-link", "Selina Kyle").await;
    stage.end().await;
}

/// What somebody types on an open card stays, whatever is told meanwhile.
#[tokio::test]
async fn a_note_that_is_being_written_is_not_overwritten() {
    let stage = Stage::new().await;
    let browser = &stage.browser;
    let told = |name: &str| json!({"name": name, "fields": [{"source": "email", "handle": "ada@example.org"}]});
    let id = stage.tell(&told("Ada"));
    stage.sign_in_as("Alfred", "alfred@wayne.example").await;
    stage.goto(&format!("/app/contacts/{id}")).await;
    browser.set("#note", "Half a sente").await;
    stage.tell(&told("Ada Lovelace"));
    browser.until_text("#card-head h1", "Ada Lovelace").await;
    assert_eq!(browser.run("return document.getElementById('note').value").await, "Half a sente");
    stage.end().await;
}

/// In a hand, nothing in the settings is wider than the screen.
#[tokio::test]
async fn settings_fit_a_hand() {
    let axe = axe();
    let mut stage = Stage::new().await;
    stage
        .sign_in_as("Alfred Thaddeus Crane Pennyworth the Younger", &format!("{}@wayne.example", "alfred".repeat(9)))
        .await;
    for (page, name) in
        [("tokens", "CRM synchronisation ".repeat(3)), ("lists", "Very".repeat(20)), ("fields", "Plan".repeat(20))]
    {
        stage.goto(&format!("/app/settings/{page}")).await;
        stage.browser.set("#name", name.trim()).await;
        if page == "tokens" {
            stage.browser.run("document.querySelector('[name=\"scope\"]').checked = false").await;
        }
        stage.browser.click("#add button.primary").await;
        stage.browser.until("document.querySelector('.table tbody tr') !== null").await;
    }
    stage.browser.look(Look::NARROW).await;
    for page in ["", "/teammates", "/tokens", "/lists", "/fields"] {
        stage.goto(&format!("/app/settings{page}")).await;
        stage.browser.run("for (const one of document.querySelectorAll('details')) one.open = true").await;
        let wide = "return [document.documentElement, ...document.querySelectorAll('.table')]
            .filter((one) => one.scrollWidth > one.clientWidth).map((one) => `${one.className} ${one.scrollWidth}`)";
        assert_eq!(stage.browser.run(wide).await, json!([]), "{page}");
        assert_eq!(stage.browser.held_against(&axe).await, "", "{page}");
    }
    stage.end().await;
}

#[tokio::test]
async fn axe_holds_nothing_against_what_a_teammate_sees() {
    let axe = axe();
    let mut stage = Stage::new().await;
    let id = stage.tell(&json!({"name": "Selina Kyle", "description": "Jewel expert",
        "fields": [{"source": "email", "handle": "selina@gotham.org"}]}));
    stage.sign_in_as("Alfred", "alfred@wayne.example").await;
    for kind in ["string", "boolean", "datetime", "number", "teammate", "inbox"] {
        stage.goto("/app/settings/fields").await;
        stage.browser.set("#name", kind).await;
        stage.browser.run(&format!("document.getElementById('type').value = '{kind}'")).await;
        stage.browser.click("#add button.primary").await;
        stage.browser.until(&format!("document.getElementById('fields').textContent.includes('{kind}')")).await;
    }
    stage.goto("/app/accounts/new").await;
    stage.browser.set("#name", "Wayne Enterprises").await;
    stage.browser.click("#edit button.primary").await;
    stage.browser.until_there("#account").await;
    let account = stage.browser.run("return location.pathname").await;
    let account = account.as_str().unwrap().to_owned();
    let card = format!("/app/contacts/{id}");
    for (form, field, text) in [
        ("#card-lists .add", "list", "VIP"),
        ("#card-accounts .add", "account", "Wayne Enterprises"),
        (".note-form", "note", "Prefers tea."),
    ] {
        stage.goto(&card).await;
        stage.browser.set(&format!("{form} [name='{field}']"), text).await;
        stage.browser.click(&format!("{form} button")).await;
        stage.browser.until(&format!("document.getElementById('card').textContent.includes('{text}')")).await;
    }
    stage.goto("/app/settings/tokens").await;
    stage.browser.set("#name", "CRM").await;
    stage.browser.click("#add button.primary").await;
    stage.browser.until_there("#made").await;
    let mut held = stage.browser.held_against(&axe).await;
    for is_dark in [false, true] {
        stage.browser.look(Look { is_dark, ..Look::WIDE }).await;
        for page in [
            card.clone(),
            format!("{card}/edit"),
            "/app/contacts".into(),
            account.clone(),
            format!("{account}/edit"),
            "/app/accounts".into(),
            "/app/settings".into(),
            "/app/settings/teammates".into(),
            "/app/settings/tokens".into(),
            "/app/settings/lists".into(),
            "/app/settings/import".into(),
            "/app/settings/fields".into(),
        ] {
            stage.goto(&page).await;
            // What asks once more is looked at open.
            stage.browser.run("for (const one of document.querySelectorAll('details')) one.open = true").await;
            let found = stage.browser.held_against(&axe).await;
            if !found.is_empty() {
                held = format!("{held}{page}, dark: {is_dark}\n{found}");
            }
        }
    }
    assert!(held.is_empty(), "\n{held}");
    stage.end().await;
}
