//! The OpenAPI description: its golden file, and its page.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

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
    assert!(kept == now, "the description has changed: {differs:?}. Run `make golden` to accept it");
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

/// A method and a path, such as `GET` and `/contacts/{contact_id}`.
type Operation = (String, String);

/// The scopes that a token needs for each operation of the description.
fn described() -> BTreeMap<Operation, Vec<String>> {
    let description = serde_json::to_value(server::description()).unwrap();
    let mut operations = BTreeMap::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let security = operation["security"].as_array().into_iter().flatten();
            let scopes = security.filter_map(|scheme| scheme["token"].as_array()).flatten();
            let scopes = scopes.filter_map(Value::as_str).map(str::to_owned).collect();
            operations.insert((method.to_uppercase(), path.clone()), scopes);
        }
    }
    operations
}

/// The operation that a document names, between backticks.
fn operation(code: &str) -> Option<Operation> {
    let (method, path) = code.split_once(' ')?;
    let is_operation = ["GET", "POST", "PATCH", "PUT", "DELETE"].contains(&method) && path.starts_with('/');
    is_operation.then(|| (method.to_owned(), path.split([' ', '?']).next().unwrap_or_default().to_owned()))
}

/// The documents, line by line, each with its file.
fn document_lines() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let docs = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let files = docs.chain(["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(|name| root.join(name)));
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        text.lines().map(|line| (path.clone(), line.to_owned())).collect::<Vec<_>>()
    };
    files.flat_map(read).collect()
}

#[tokio::test]
async fn routes_in_documents_exist_and_every_route_of_the_apis_is_documented() {
    let described = described();
    let mut missing = described.clone();
    let server = Server::start(model().await).await;
    for (file, line) in document_lines() {
        for (method, path) in line.split('`').skip(1).step_by(2).filter_map(operation) {
            let operation = (method, path);
            missing.remove(&operation);
            if described.contains_key(&operation) {
                continue;
            }
            let (method, path) = operation;
            // Not of the APIs: the app, health checks, webhooks.
            let target: Vec<&str> =
                path.split('/').map(|part| if part.starts_with('{') { "cha_1" } else { part }).collect();
            let status = server.ask(Request::new(&method, &target.join("/"))).await.status;
            assert!(status != 404 && status != 405, "{}: {method} {path} is answered with {status}", file.display());
        }
    }
    assert!(missing.is_empty(), "in no document: {:?}", missing.keys());
}

#[test]
fn scopes_in_documents_are_those_of_the_description() {
    let described = described();
    let mut count = 0;
    for (file, row) in document_lines().into_iter().filter(|(_, line)| line.starts_with('|') && line.ends_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let [_, operations, scopes] = cells[..] else { continue };
        let scopes: Vec<&str> =
            scopes.split('`').skip(1).step_by(2).filter(|code| !code.contains(' ') && code.contains(':')).collect();
        for operation in operations.split('`').skip(1).step_by(2).filter_map(operation) {
            let Some(expected) = described.get(&operation) else { continue };
            assert_eq!(&scopes, expected, "{}: {operation:?}", file.display());
            count += 1;
        }
    }
    assert!(count > 60, "only {count} operations with scopes were found");
}
