//! API 1: other systems report contacts. Every route is here.

mod bulk;
mod contacts;
mod error;
pub mod export;
mod records;

use axum::Router;
use axum::routing::post;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

pub use error::{Errors, refuse};

/// Whether a path is one of this API.
pub fn has(path: &str) -> bool {
    path.starts_with("/api/1/contacts") || path.starts_with("/api/1/records")
}

/// Returns every route with its `OpenAPI` description.
pub fn described_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(contacts::observe))
        .routes(routes!(bulk::observe))
        .routes(routes!(export::export))
        .routes(routes!(records::replace))
        .routes(routes!(records::withdraw))
}

pub fn routes() -> Router<App> {
    let (router, _) = described_routes().split_for_parts();
    // A slash at the end is ignored.
    let router = router.route("/api/1/contacts/", post(contacts::observe));
    router.method_not_allowed_fallback(contacts::method_not_allowed)
}
