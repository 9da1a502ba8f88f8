//! The OpenAPI description: its golden file, and its page.

use std::fs;
use std::path::Path;

use crate::client::Request;
use crate::harness::{Server, model};

#[test]
fn the_description_matches_the_golden_file() {
    let now = serde_json::to_string_pretty(&server::description()).unwrap() + "\n";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/openapi.json");
    if std::env::var("KITH_GOLDEN").is_ok_and(|what| what == "write") {
        fs::write(&file, &now).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    let differs = kept.lines().zip(now.lines()).enumerate().find(|(_, (kept, now))| kept != now);
    assert!(
        kept == now,
        "the description has changed: {differs:?}. If it should: KITH_GOLDEN=write cargo test -p server golden described"
    );
}

#[tokio::test]
async fn the_description_is_served_as_json_and_as_a_page() {
    let server = Server::start(model().await).await;
    let description = server.ask(Request::new("GET", "/openapi.json")).await.expect(200);
    assert_eq!(description["openapi"], "3.1.0");
    let operations: usize =
        description["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert!(operations > 60, "{operations} operations");
    let docs = server.ask(Request::new("GET", "/docs")).await;
    assert_eq!(docs.status, 200);
    for text in
        ["/contacts/{contact_id}", "/api/1/contacts", "contacts:read", "ContactBody", "alt:email:bruce@wayne.inc"]
    {
        assert!(docs.body.contains(text), "{text}");
    }
    assert!(!docs.body.contains("<script"), "the page is whole without scripts");
}
