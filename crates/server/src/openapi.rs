//! The description of both APIs, made from the code: for programs at `/openapi.json`, for people at `/docs`.

mod docs;

use std::sync::OnceLock;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use utoipa::openapi::path::{HttpMethod, Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder, ServerBuilder,
};
use utoipa::{PartialSchema as _, ToSchema};

use crate::{App, v1, v2};

/// What may be answered instead of a success, by either API.
const REFUSALS: [(&str, &str); 11] = [
    ("400", "The body or a parameter cannot be used; the message says which and why."),
    ("401", "The token or the login is missing or wrong."),
    ("403", "The token lacks the scope that this needs."),
    ("404", "There is no such thing."),
    ("405", "There is another method, which the Allow header names."),
    ("408", "The body did not arrive in time."),
    ("409", "It is there already, or another has it."),
    ("413", "The body has too many bytes."),
    ("415", "The body is of another type than those that are read here."),
    ("429", "Too many requests, or too many wrong logins. Retry-After says when to come again."),
    ("503", "It cannot be done at the moment. Retry-After says when to come again."),
];
/// What API 1 may answer besides.
const UNPROCESSABLE: (&str, &str) = ("422", "The body is JSON, but does not say what it must; every place is named.");

pub fn routes() -> Router<App> {
    Router::new().route("/openapi.json", get(json)).route("/docs", get(docs::page))
}

async fn json(State(app): State<App>) -> impl IntoResponse {
    let mut description = description();
    if let Some(url) = &app.public_url {
        description.servers = Some(vec![ServerBuilder::new().url(&**url).build()]);
    }
    ([(CONTENT_TYPE, "application/json")], Json(description))
}

/// The description of both APIs.
pub fn description() -> OpenApi {
    static DESCRIPTION: OnceLock<OpenApi> = OnceLock::new();
    DESCRIPTION.get_or_init(describe).clone()
}

fn describe() -> OpenApi {
    let (_, first) = v1::described().split_for_parts();
    let (_, second) = v2::described().split_for_parts();
    let mut description = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Kith")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "One record a person. API 1 is told what other systems know; API 2 reads and changes.",
                ))
                .build(),
        )
        .servers(Some([ServerBuilder::new().url("/").build()]))
        .components(Some(components()))
        .build();
    description.merge(with_refusals(first, &v1::Errors::name(), Some(UNPROCESSABLE)));
    description.merge(with_refusals(second, &v2::ErrorBody::name(), None));
    description
}

fn components() -> utoipa::openapi::Components {
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token that `kith token add` or the app has made."))
        .build();
    let login = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("The company's name and password. With it, everything may be done."))
        .build();
    let mut schemas = Vec::new();
    v1::Errors::schemas(&mut schemas);
    v2::ErrorBody::schemas(&mut schemas);
    ComponentsBuilder::new()
        .security_scheme("token", SecurityScheme::Http(token))
        .security_scheme("login", SecurityScheme::Http(login))
        .schema(v1::Errors::name(), v1::Errors::schema())
        .schema(v2::ErrorBody::name(), v2::ErrorBody::schema())
        .schemas_from_iter(schemas)
        .build()
}

/// Adds what every operation may answer instead of a success.
fn with_refusals(mut api: OpenApi, error: &str, besides: Option<(&str, &str)>) -> OpenApi {
    for (_, operation) in api.paths.paths.values_mut().flat_map(operations) {
        for (status, about) in REFUSALS.into_iter().chain(besides) {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(error))).build();
            let response = ResponseBuilder::new().description(about).content("application/json", content).build();
            operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
        }
    }
    api
}

/// The operations of a path, by their methods.
fn operations(path: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    let all = [
        (HttpMethod::Get, &mut path.get),
        (HttpMethod::Post, &mut path.post),
        (HttpMethod::Patch, &mut path.patch),
        (HttpMethod::Delete, &mut path.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}
