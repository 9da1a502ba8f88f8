//! Liveness and readiness probes, for load balancers and monitors.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use crate::App;

/// The path that says whether the process runs.
const LIVENESS: &str = "/healthz";
/// The path that says whether the store answers.
const READINESS: &str = "/readyz";

pub fn routes() -> Router<App> {
    Router::new().route(LIVENESS, get(healthy)).route(READINESS, get(ready))
}

/// Whether a path is one that monitors ask for.
pub fn is_probe(path: &str) -> bool {
    [LIVENESS, READINESS].contains(&path)
}

async fn healthy() -> &'static str {
    "ok\n"
}

async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    match app.hub.ready().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(error = %error, "the store is not available");
            (StatusCode::SERVICE_UNAVAILABLE, "the store is not available\n")
        }
    }
}
