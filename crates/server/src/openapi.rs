//! The `OpenAPI` description of both APIs: for programs at `/openapi.json`, for people at `/docs`.

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

/// The error responses of either API.
const ERROR_RESPONSES: [(&str, &str); 11] = [
    ("400", "The body or a parameter is invalid. The message says which and why."),
    ("401", "The token or the login is missing or wrong."),
    ("403", "The token lacks the scope."),
    ("404", "Not found."),
    ("405", "Method not allowed. The Allow header lists the methods."),
    ("408", "The body did not arrive in time."),
    ("409", "It already exists, or belongs to another."),
    ("413", "The body has too many bytes."),
    ("415", "The media type of the body is not supported."),
    ("429", "Too many requests, or too many wrong logins. Retry after the time in Retry-After."),
    ("503", "Temporarily unavailable. Retry after the time in Retry-After."),
];
/// The error response that only API 1 has.
const UNPROCESSABLE: (&str, &str) =
    ("422", "The body is JSON, but invalid. The response lists every problem with its position.");

pub fn routes() -> Router<App> {
    Router::new().route("/openapi.json", get(json)).route("/docs", get(docs::page))
}

async fn json(State(app): State<App>) -> impl IntoResponse {
    let mut description = description();
    if let Some(url) = app.site.url() {
        description.servers = Some(vec![ServerBuilder::new().url(url).build()]);
    }
    ([(CONTENT_TYPE, "application/json")], Json(description))
}

/// Returns the description of both APIs.
pub fn description() -> OpenApi {
    static DESCRIPTION: OnceLock<OpenApi> = OnceLock::new();
    DESCRIPTION.get_or_init(describe).clone()
}

fn describe() -> OpenApi {
    let (_, first) = v1::described_routes().split_for_parts();
    let (_, second) = v2::described_routes().split_for_parts();
    let mut description = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Kith")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "One contact per person. Systems report contacts through API 1; API 2 reads and changes them.",
                ))
                .build(),
        )
        .servers(Some([ServerBuilder::new().url("/").build()]))
        .components(Some(components()))
        .build();
    description.merge(with_errors(first, &v1::Errors::name(), Some(UNPROCESSABLE)));
    description.merge(with_errors(second, &v2::ErrorBody::name(), None));
    description
}

fn components() -> utoipa::openapi::Components {
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token from `kith token add` or the app."))
        .build();
    let login = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("The company's name and password. This login has all scopes."))
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

/// Adds the error responses to every operation.
fn with_errors(mut api: OpenApi, error: &str, extra: Option<(&str, &str)>) -> OpenApi {
    for (_, operation) in api.paths.paths.values_mut().flat_map(operations) {
        for (status, about) in ERROR_RESPONSES.into_iter().chain(extra) {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(error))).build();
            let response = ResponseBuilder::new().description(about).content("application/json", content).build();
            operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
        }
    }
    api
}

/// Returns the operations of a path with their methods.
fn operations(path: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    let all = [
        (HttpMethod::Get, &mut path.get),
        (HttpMethod::Post, &mut path.post),
        (HttpMethod::Put, &mut path.put),
        (HttpMethod::Patch, &mut path.patch),
        (HttpMethod::Delete, &mut path.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}
