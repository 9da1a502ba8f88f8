//! The doors over HTTP. The only crate that knows status codes.

mod auth;
mod body;
mod health;
mod imports;
mod openapi;
mod schema;
mod serve;
mod sms;
mod smtp;
mod throttle;
mod v1;
mod v2;
mod web;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use hub::Hub;
use tokio::sync::{Semaphore, watch};

pub use openapi::description;
pub use serve::{Peer, serve};
pub use smtp::serve_mail;
pub use throttle::Throttle;

/// What every request needs.
#[derive(Clone)]
pub struct App {
    hub: Arc<Hub>,
    throttle: Arc<Throttle>,
    /// What is left of the memory that bodies on their way in may take.
    body_budget: Arc<Semaphore>,
    /// What links begin with; without it, they begin with the host that was asked.
    public_url: Option<Arc<str>>,
    /// Room for requests that tell of many.
    bulks: Arc<Semaphore>,
    /// Imports that were begun in the app.
    imports: Arc<imports::Imports>,
    /// How often each company has asked in this minute.
    limits: Arc<v2::Limits>,
    /// Becomes true when the server stops, so that what would never end by itself ends.
    closing: watch::Sender<bool>,
}

impl App {
    /// The doors of a hub. `public_url` is what it is called from outside, such as `https://kith.example.org`.
    pub fn new(hub: Arc<Hub>, public_url: Option<&str>) -> App {
        App {
            hub,
            throttle: Arc::new(Throttle::default()),
            body_budget: Arc::new(body::budget()),
            bulks: Arc::new(Semaphore::new(v1::BULKS_MAX)),
            imports: Arc::default(),
            limits: Arc::new(v2::Limits::default()),
            public_url: public_url.map(|url| url.trim_end_matches('/').into()),
            closing: watch::Sender::new(false),
        }
    }

    /// Ends what would never end by itself, such as open pages that wait for news.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// All that is served.
    pub fn router(self) -> Router {
        Router::new()
            .merge(v1::routes())
            .merge(v2::routes())
            .merge(sms::routes())
            .merge(health::routes())
            .merge(openapi::routes())
            .merge(web::routes())
            .fallback(v2::no_such_route)
            .layer(middleware::from_fn(log))
            .with_state(self)
    }
}

/// A line a request, without what is personal: no address, no query, no body.
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
        "a request was answered"
    );
    response
}
