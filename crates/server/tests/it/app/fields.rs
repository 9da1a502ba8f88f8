//! Custom fields: creating them, entering values, and invalid values.

use contact::{ContactId, CustomName, CustomValue, CustomValues, FieldTarget};
use serde_json::json;

use crate::browser::{Browser, between};
use crate::harness::Server;

const FIELDS: &str = "/app/settings/fields";

/// Creates a field of each type, and returns the names of their inputs.
async fn made(browser: &Browser<'_>, target: &str) -> Vec<String> {
    for kind in ["string", "boolean", "datetime", "number", "teammate", "inbox", "enum"] {
        let choices = if kind == "enum" { "gold\r\n silver \r\n\r\n" } else { "" };
        let name = format!("my {kind}");
        let fields = [("name", name.as_str()), ("target", target), ("type", kind), ("choices", choices)];
        let made = browser.send(FIELDS, &[&fields[..], &[("description", "What it is for")]].concat()).await;
        assert_eq!(made.status, 303, "{kind}: {made:?}");
    }
    let page = browser.page(FIELDS).await;
    page.split("action=\"/app/settings/fields/").skip(1).map(|rest| rest.split('/').next().unwrap().into()).collect()
}

async fn values(server: &Server, id: &str) -> CustomValues {
    let id: ContactId = id.parse().unwrap();
    server.hub.contact(id.company(), id).await.unwrap().unwrap().custom
}

async fn bruce(server: &Server) -> String {
    server.report(&json!({"name": "Bruce", "fields": [{"source": "email", "handle": "b@wayne.inc"}]})).await
}

async fn each_field_type_is_entered_and_shown(server: Server) {
    let alfred = Browser::of_teammate(&server, "Alfred", "alfred@wayne.inc").await;
    let id = bruce(&server).await;
    let fields = made(&alfred, "contact").await;
    let edit = format!("/app/contacts/{id}/edit");
    let page = alfred.page(&edit).await;
    for part in ["type=\"datetime-local\"", ">gold<", ">silver<", ">Not set<", "alfred@wayne.inc", "What it is for"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let inbox = between(&page, "<option value=\"inb_", "\"");
    let inbox = format!("inb_{inbox}");
    let typed = ["One\r\nTwo", "yes", "2024-05-03T09:41", "-12.50", "alfred@wayne.inc", &inbox, "silver"];
    let stored = ["One\nTwo", "true", "1714729260", "-12.5", "alfred@wayne.inc", &inbox, "silver"];
    let names: Vec<String> = fields.iter().map(|field| format!("custom-{field}")).collect();
    let sent: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(typed).collect();
    let done = alfred.send(&edit, &sent).await;
    assert_eq!(done.status, 303, "{done:?}");
    let now = values(&server, &id).await;
    for (kind, stored) in ["string", "boolean", "datetime", "number", "teammate", "inbox", "enum"].iter().zip(stored) {
        let name = CustomName::parse(&format!("my {kind}")).unwrap();
        let value = match kind {
            &"boolean" => CustomValue::Bool(stored == "true"),
            &"datetime" | &"number" => CustomValue::Number(stored.into()),
            _ => CustomValue::Text(stored.into()),
        };
        assert_eq!(now.get(&name), Some(&value), "{kind}");
    }
    let card = alfred.page(&format!("/app/contacts/{id}")).await;
    let shown = between(&card, "id=\"custom\"", "</section>");
    for part in ["my string", "One\nTwo", ">yes<", "3 May 2024, 9:41", "-12.5", "Alfred", ">Inbox<", "silver"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(card.contains("<bdi>my enum</bdi> <bdi>silver</bdi>"), "the history tells of it: {card}");

    // Submitting the current values changes nothing.
    let page = alfred.page(&edit).await;
    let was: Vec<String> = names.iter().map(|name| name.replace("custom-", "custom-was-")).collect();
    assert!(
        page.contains("value=\"2024-05-03T09:41\"") && page.contains("<option value=\"silver\" selected"),
        "{page}"
    );
    let mut same = sent.clone();
    same.extend(was.iter().map(String::as_str).zip(typed));
    let before = server.contact(&id).await;
    assert_eq!(alfred.send(&edit, &same).await.status, 303);
    assert_eq!(server.contact(&id).await, before, "nothing changed");
    // An empty input clears the value; the others stay.
    let number = [(names[3].as_str(), ""), (was[3].as_str(), "-12.5")];
    assert_eq!(alfred.send(&edit, &number).await.status, 303);
    let then = values(&server, &id).await;
    assert_eq!(then.len(), now.len() - 1);
    assert!(!then.contains_key(&CustomName::parse("my number").unwrap()));
}

async fn invalid_values_are_refused_beside_their_field(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let id = bruce(&server).await;
    let fields = made(&browser, "contact").await;
    let edit = format!("/app/contacts/{id}/edit");
    for (n, value, why) in [
        (0, &"x".repeat(5_001) as &str, "must have at most 5000 characters"),
        (1, "perhaps", "Choose yes or no."),
        (2, "tomorrow", "Enter a date and a time."),
        (3, "12,5", "Enter a number, such as 12.5."),
        (4, "joker@gotham.org", "must be the e-mail address of a teammate"),
        (5, "inb_zz", "must be the id of an inbox"),
        (6, "bronze", "must be one of: gold, silver"),
    ] {
        let name = format!("custom-{}", fields[n]);
        let answer = browser.send(&edit, &[(&name, value), ("name", "Joker"), ("name-was", "Bruce")]).await;
        assert_eq!(answer.status, 422, "{why}");
        let (_, beside) = answer.body.split_once(&format!("name=\"{name}\"")).unwrap();
        let beside = beside.split("class=\"field\"").next().unwrap();
        assert!(beside.contains(why), "{why} in {beside}");
        assert!(answer.body.contains("value=\"Joker\""), "what was typed stays");
    }
    assert!(values(&server, &id).await.is_empty());
    assert_eq!(server.contact(&id).await["name"], "Bruce", "what is refused changes nothing");
}

async fn fields_are_created_and_deleted(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let base = [("name", "Tier"), ("target", "contact"), ("type", "string")];
    assert_eq!(browser.send(FIELDS, &base).await.status, 303);
    for (field, value, why) in [
        ("name", "Tier", "A custom field Tier already exists."),
        ("name", "", "Must not be empty."),
        ("type", "enum", "An enum needs 1 to 500 different choices"),
        ("type", "wish", "Is not a type of custom field"),
        ("choices", "a", "An enum needs 1 to 500 different choices"),
        ("target", "nobody", "Must be contact or account."),
    ] {
        let mut fields: Vec<_> = base.iter().copied().filter(|(name, _)| *name != field).collect();
        fields.push((field, value));
        let answer = browser.send(FIELDS, &fields).await;
        assert!(answer.status == 422 && answer.body.contains(why), "{why}: {answer:?}");
    }
    let account = [("name", "Tier"), ("target", "account"), ("type", "string")];
    assert_eq!(browser.send(FIELDS, &account).await.status, 303, "accounts have names of their own");

    let id = bruce(&server).await;
    let page = browser.page(FIELDS).await;
    let field = between(&page, "action=\"/app/settings/fields/", "/delete").to_owned();
    let name = format!("custom-{field}");
    browser.send(&format!("/app/contacts/{id}/edit"), &[(&name, "gold")]).await;
    assert!(browser.page(&format!("/app/contacts/{id}")).await.contains("<dd dir=\"auto\">gold</dd>"));
    let kent = server.company("kent").await;
    let theirs = Browser::of(&server, &kent).await;
    assert!(!theirs.page(FIELDS).await.contains("Tier"));
    assert_eq!(theirs.send(&format!("{FIELDS}/{field}/delete"), &[]).await.status, 404);
    assert_eq!(browser.send(&format!("{FIELDS}/{field}/delete"), &[]).await.status, 303);
    assert_eq!(browser.send(&format!("{FIELDS}/{field}/delete"), &[]).await.status, 404);
    assert!(!browser.page(&format!("/app/contacts/{id}")).await.contains("<dd dir=\"auto\">gold</dd>"));
    let company: ContactId = id.parse().unwrap();
    let left = server.hub.settings(company.company()).await.unwrap().fields;
    assert!(left.values().all(|field| field.target == FieldTarget::Account));
}

/// A contact needs no handle to be edited.
async fn a_contact_without_handles_can_be_edited(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let id = bruce(&server).await;
    let edit = format!("/app/contacts/{id}/edit");
    browser.send(&edit, &[("handle", "email:b@wayne.inc"), ("remove-handle", "0")]).await;
    let changed = [("name", "Batman"), ("name-was", "Bruce"), ("new-source", "twitter"), ("new-handle", "@batman")];
    assert_eq!(browser.send(&edit, &changed).await.status, 303);
    let now = server.contact(&id).await;
    assert_eq!((&now["name"], now["handles"].as_array().unwrap().len()), (&json!("Batman"), 1), "{now}");
}

on_each_store!(
    each_field_type_is_entered_and_shown,
    invalid_values_are_refused_beside_their_field,
    fields_are_created_and_deleted,
    a_contact_without_handles_can_be_edited,
);
