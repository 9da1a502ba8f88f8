//! The promises of the original documentation, by number. Those of the app (11 and 12) are in `app.rs`.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{CONTACTS, Server, person};

/// The example of the documentation, unchanged.
const EXAMPLE: &str = r#"{
  "name": "Bruce Wayne",
  "description": "CEO / Wayne.inc",
  "fields": [
    {"source": "email", "handle": "bruce@wayne.inc"},
    {"source": "email", "handle": "batman@gotham.org"},
    {"source": "twitter", "handle": "@Batman"},
    {"source": "phone", "handle": "+123456789"}
  ],
  "link": [{"url": "https://wayne.inc"}]
}"#;

const EXAMPLE_HANDLES: [&str; 4] =
    ["alt:email:bruce@wayne.inc", "alt:email:batman@gotham.org", "alt:twitter:@Batman", "alt:phone:+123456789"];

/// Returns the handles of a contact with their sources.
fn handles(contact: &Value) -> Vec<(&str, &str)> {
    let handles = contact["handles"].as_array().unwrap().iter();
    handles.map(|handle| (handle["source"].as_str().unwrap(), handle["handle"].as_str().unwrap())).collect()
}

async fn promise_01_a_program_creates_and_updates_contacts(server: Server) {
    let id = server.report(&json!({"name": "Bruce", "fields": [{"source": "twitter", "handle": "batman"}]})).await;
    assert_eq!(server.contact(&id).await["name"], "Bruce");
    let again = server.report(&json!({"name": "Batman", "fields": [{"source": "twitter", "handle": "batman"}]})).await;
    assert_eq!(again, id);
    assert_eq!(server.contact(&id).await["name"], "Batman");
    assert_eq!(server.contacts().await.len(), 1);
}

async fn promise_02_login_and_password_are_basic_credentials(server: Server) {
    let report_request = server.wayne.report_request(EXAMPLE);
    server.ask(report_request.clone()).await.expect(202);
    server.ask(report_request.without("Authorization")).await.expect(401);
    server.ask(server.company("acme").await.report_request(EXAMPLE)).await.expect(202);
}

async fn promise_03_only_json_and_only_post(server: Server) {
    let report_request = server.wayne.report_request(EXAMPLE);
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        server.ask(report_request.clone().method(method)).await.expect(405);
    }
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
        server.ask(report_request.clone().with("Content-Type", media_type)).await.expect(415);
    }
    assert_eq!(server.contacts().await, [] as [Value; 0]);
}

async fn promise_04_the_example_is_accepted_unchanged(server: Server) {
    let accepted = server.ask(server.wayne.report_request(EXAMPLE)).await.expect(202);
    assert_eq!(accepted["ignored"], json!([]));
    let contact = server.contact(accepted["id"].as_str().unwrap()).await;
    assert_eq!((&contact["name"], &contact["description"]), (&json!("Bruce Wayne"), &json!("CEO / Wayne.inc")));
    assert_eq!(contact["links"], json!(["https://wayne.inc"]));
    let expected =
        [("email", "bruce@wayne.inc"), ("email", "batman@gotham.org"), ("twitter", "@Batman"), ("phone", "+123456789")];
    assert_eq!(handles(&contact), expected);
    for alias in EXAMPLE_HANDLES {
        assert_eq!(server.contact(alias).await, contact, "{alias}");
    }
}

async fn promise_05_success_is_202(server: Server) {
    let answer = server.ask(server.wayne.report_request(EXAMPLE)).await;
    assert_eq!(answer.expect(202)["status"], "accepted");
}

async fn promise_06_the_202_means_it_is_stored(server: Server) {
    for n in 0..20 {
        let name = format!("Bruce {n}");
        let body = json!({"name": name, "fields": [{"source": "email", "handle": "bruce@wayne.inc"}]});
        let id = server.report(&body).await;
        assert_eq!(server.contact(&id).await["name"], name);
        assert_eq!(server.contact("alt:email:bruce@wayne.inc").await["name"], name);
        assert_eq!(server.contacts().await[0]["name"], name);
    }
}

async fn promise_07_a_missing_content_type_gets_a_clear_error(server: Server) {
    let answer = server.ask(server.wayne.report_request(EXAMPLE).without("Content-Type")).await;
    assert_eq!(answer.errors(415)[0]["message"], "Set the header Content-Type: application/json.");
    server
        .ask(server.wayne.report_request(EXAMPLE).without("Content-Type").with("Content-type", "application/json"))
        .await;
    assert_eq!(server.contacts().await.len(), 1);
}

async fn promise_08_several_of_each_kind_of_address(server: Server) {
    let fields = json!([
        {"source": "email", "handle": "bruce@wayne.inc"}, {"source": "email", "handle": "batman@gotham.org"},
        {"source": "twitter", "handle": "batman"}, {"source": "twitter", "handle": "brucewayne"},
        {"source": "phone", "handle": "+16508149999"}, {"source": "phone", "handle": "+16508149998"},
    ]);
    let id = server.report(&json!({"fields": fields})).await;
    let contact = server.contact(&id).await;
    let given: Vec<_> = fields.as_array().unwrap().iter().map(|field| field["handle"].as_str().unwrap()).collect();
    assert_eq!(handles(&contact).into_iter().map(|(_, handle)| handle).collect::<Vec<_>>(), given);
}

async fn promise_09_contacts_of_one_person_are_merged(server: Server) {
    let first = server.report(&person([1])).await;
    let second = server.report(&person([2])).await;
    let accepted = server.send_report(&person([2, 1])).await.expect(202);
    assert_eq!((&accepted["id"], &accepted["merged"]), (&json!(first), &json!([second])));
    let contact = server.contact(&first).await;
    assert_eq!(handles(&contact), [("email", "h1@wayne.inc"), ("email", "h2@wayne.inc")]);
    assert_eq!(server.contacts().await, [contact]);
}

async fn promise_10_phone_numbers_are_cleaned_and_american(server: Server) {
    let phone = |number: &str| json!({"fields": [{"source": "phone", "handle": number}]});
    let id = server.report(&phone("(650) 814-9999")).await;
    assert_eq!(handles(&server.contact(&id).await), [("phone", "+16508149999")]);
    for same in ["650.814.9999", "1 650 814 9999", "+1 650 814 9999", "+16508149999"] {
        assert_eq!(server.report(&phone(same)).await, id, "{same}");
    }
    assert_ne!(server.report(&phone("+44 650 814 9999")).await, id);
}

async fn promise_13_the_curl_line_works(server: Server) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("contact.json"), EXAMPLE).unwrap();
    let user = format!("{}:{}", server.wayne.name, server.wayne.password);
    let url = format!("http://{}{CONTACTS}", server.address);
    let mut curl = Command::new("curl");
    // The other options keep the local curl configuration from changing the result.
    curl.args(["--disable", "--noproxy", "*", "--silent", "--show-error", "--write-out", "\n%{http_code}", &url])
        .args(["--user", &user, "--header", "Content-type: application/json", "--data", "@contact.json"])
        .current_dir(&folder);
    let output = tokio::task::spawn_blocking(move || curl.output().unwrap()).await.unwrap();
    let (output, error) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let (body, status) = output.rsplit_once('\n').unwrap();
    assert_eq!((status, error.as_str()), ("202", ""), "{output}");
    let accepted: Value = serde_json::from_str(body).unwrap();
    assert_eq!(server.contact("alt:twitter:batman").await["id"], accepted["id"]);
}

on_each_store!(
    promise_01_a_program_creates_and_updates_contacts,
    promise_02_login_and_password_are_basic_credentials,
    promise_03_only_json_and_only_post,
    promise_04_the_example_is_accepted_unchanged,
    promise_05_success_is_202,
    promise_06_the_202_means_it_is_stored,
    promise_07_a_missing_content_type_gets_a_clear_error,
    promise_08_several_of_each_kind_of_address,
    promise_09_contacts_of_one_person_are_merged,
    promise_10_phone_numbers_are_cleaned_and_american,
    promise_13_the_curl_line_works,
);
