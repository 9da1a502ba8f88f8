//! The API reference as a page, which works without scripts.

use std::collections::BTreeMap;

use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::IntoResponse;
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

/// The content security policy: the page loads only its style.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub async fn page() -> impl IntoResponse {
    let description = serde_json::to_value(super::description()).unwrap_or_default();
    ([(CONTENT_SECURITY_POLICY, POLICY)], document(&description))
}

/// An operation with its method and path.
struct Operation<'a> {
    method: String,
    path: &'a str,
    about: &'a Value,
}

fn document(description: &Value) -> Markup {
    let mut tags: BTreeMap<&str, Vec<Operation>> = BTreeMap::new();
    for (path, methods) in description["paths"].as_object().into_iter().flatten() {
        for (method, about) in methods.as_object().into_iter().flatten() {
            let tag = about["tags"][0].as_str().unwrap_or("Other");
            tags.entry(tag).or_default().push(Operation { method: method.to_uppercase(), path, about });
        }
    }
    let schemas = description["components"]["schemas"].as_object();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "The APIs of Kith" }
                link rel="stylesheet" href="/app/static/app.css";
            }
            body.docs {
                main #main class="page docs" {
                    h1 { "The APIs of Kith" }
                    p { (prose(&description["info"]["description"])) }
                    p {
                        "Send a token (" code { "Authorization: Bearer …" } "), or the company’s name and password (Basic). "
                        "The OpenAPI description is at " a href="/openapi.json" { "/openapi.json" } "."
                    }
                    nav aria-label="Sections" {
                        ul.docs-parts { @for tag in tags.keys() { li { a href={ "#" (anchor(tag)) } { (tag) } } } }
                    }
                    @for (tag, operations) in &tags {
                        section aria-labelledby=(anchor(tag)) {
                            h2 id=(anchor(tag)) { (tag) }
                            @for operation in operations { (show(operation)) }
                        }
                    }
                    section aria-labelledby="shapes" {
                        h2 #shapes { "Schemas" }
                        @for (name, schema) in schemas.into_iter().flatten() { (shape(name, schema)) }
                    }
                }
            }
        }
    }
}

fn anchor(tag: &str) -> String {
    tag.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// Returns a text with the parts between backticks as code.
fn prose(value: &Value) -> Markup {
    html! {
        @for (n, piece) in text(value).split('`').enumerate() {
            @if n % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn show(operation: &Operation) -> Markup {
    let Operation { method, path, about } = operation;
    let parameters = about["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let scopes = about["security"].as_array().into_iter().flatten().filter_map(|one| one["token"].as_array());
    let scopes: Vec<&str> = scopes.flatten().map(text).collect();
    html! {
        article.operation id=(text(&about["operationId"])) {
            h3 { code { b { (method) } " " (path) } }
            p { (prose(&about["summary"])) " " (prose(&about["description"])) }
            @if !scopes.is_empty() { p.small.muted { "Scope: " code { (scopes.join(", ")) } } }
            @if !parameters.is_empty() {
                table {
                    tbody {
                        @for parameter in parameters {
                            tr {
                                th scope="row" { code { (text(&parameter["name"])) } }
                                td { (text(&parameter["in"])) }
                                td { (prose(&parameter["description"])) }
                            }
                        }
                    }
                }
            }
            @if let Some(body) = content(&about["requestBody"]) { p { "Body: " (kind(body)) } }
            ul {
                @for (status, response) in about["responses"].as_object().into_iter().flatten() {
                    @if status.starts_with('2') {
                        li {
                            b { (status) }
                            @if let Some(body) = content(response) { " " (kind(body)) } @else { " without a body" }
                        }
                    }
                }
            }
        }
    }
}

fn content(of: &Value) -> Option<&Value> {
    of["content"].as_object()?.values().next().map(|content| &content["schema"])
}

/// Returns the type of a schema.
fn kind(schema: &Value) -> Markup {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return html! { a href={ "#shape-" (name) } { (name) } };
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let some = choices.iter().filter(|choice| choice["type"] != "null");
        return html! { @for choice in some { (kind(choice)) } " or null" };
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect::<Vec<_>>().join(" or "),
        one => text(one).to_owned(),
    };
    html! { @if schema["items"].is_object() { "list of " (kind(&schema["items"])) } @else { (types) } }
}

fn shape(name: &str, schema: &Value) -> Markup {
    let parts = schema["allOf"].as_array().map_or_else(|| vec![schema], |parts| parts.iter().collect());
    html! {
        article.operation id={ "shape-" (name) } {
            h3 { code { (name) } }
            @if schema["description"].is_string() { p { (prose(&schema["description"])) } }
            table {
                tbody {
                    @for part in parts {
                        @if part["$ref"].is_string() { tr { th scope="row" { "all fields of" } td { (kind(part)) } td {} } }
                        @for (field, about) in part["properties"].as_object().into_iter().flatten() {
                            tr {
                                th scope="row" { code { (field) } }
                                td { (kind(about)) }
                                td { (prose(&about["description"])) }
                            }
                        }
                    }
                }
            }
        }
    }
}
