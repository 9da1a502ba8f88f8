//! The HTTP and SMTP servers of Kith. The only crate that knows status codes.

mod app;
mod auth;
mod client;
mod exports;
mod front;
mod health;
mod imports;
mod jobs;
mod metrics;
mod openapi;
mod rate_limit;
mod refusal;
mod regroups;
mod request_body;
mod schema;
mod sentence;
mod serve;
mod shares;
mod sms;
mod smtp;
mod spool;
mod throttle;
mod tls;
mod undos;
mod unread_body;
mod v1;
mod v2;
mod web;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;

use rate_limit::{CountedUsage, Usage};

pub use app::App;
pub use metrics::Metrics;
pub use openapi::description;
pub use serve::{Listener, serve};
pub use smtp::serve_mail;
pub use throttle::Throttle;
pub use tls::{CertificateFiles, LETS_ENCRYPT, Order, Tls};

impl App {
    /// Returns the router of everything that is served over HTTP.
    pub fn router(self) -> Router {
        let router = Router::new()
            .merge(v1::routes())
            .merge(v2::routes())
            .fallback(v2::no_such_route)
            .layer(middleware::from_fn_with_state(self.clone(), add_rate_limit))
            .merge(sms::routes())
            .merge(health::routes())
            .merge(openapi::routes())
            .merge(web::routes())
            .method_not_allowed_fallback(front::method_not_allowed)
            .layer(middleware::from_fn_with_state(self.clone(), front::pass))
            .layer(middleware::from_fn(log));
        let router = match &self.metrics {
            Some(metrics) => router.layer(middleware::from_fn_with_state(Arc::clone(metrics), metrics::measure)),
            None => router,
        };
        router.with_state(self)
    }
}

/// Adds the `x-ratelimit-*` headers to every response of the APIs.
async fn add_rate_limit(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let counted = CountedUsage::default();
    request.extensions_mut().insert(counted.clone());
    let mut response = next.run(request).await;
    let usage = counted.get().unwrap_or_else(|| Usage::unlimited(app.hub.now()));
    usage.add_to(response.headers_mut());
    response
}

/// Logs a line for each request, without personal data: no address, no query, no body.
async fn log(request: Request, next: Next) -> Response {
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return next.run(request).await;
    }
    let method = request.method().clone();
    let route = request.extensions().get::<axum::extract::MatchedPath>().cloned();
    let start = tokio::time::Instant::now();
    let response = next.run(request).await;
    tracing::debug!(
        http.method = %method,
        http.route = route.as_ref().map_or("none", |route| route.as_str()),
        http.status = response.status().as_u16(),
        duration_us = start.elapsed().as_micros(),
        "request answered"
    );
    response
}
