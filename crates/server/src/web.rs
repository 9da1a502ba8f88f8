//! The app: pages that people look at all day. Every route is here.

mod assets;
mod card;
mod contacts;
mod edit;
mod error;
mod form;
mod history;
mod inbox;
mod layout;
mod live;
mod merge;
mod message;
mod session;
mod settings;
mod sign_in;
mod split;
mod words;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::{self, Next};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};

use crate::App;

/// What a page may load and do: nothing but what this server sends.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/app/inbox") }))
        .route("/app", get(|| async { Redirect::to("/app/inbox") }))
        .route("/app/", get(|| async { Redirect::to("/app/inbox") }))
        .route("/app/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/app/sign-out", post(sign_in::sign_out))
        .route("/app/inbox", get(inbox::list))
        .route("/app/inbox/{conversation}", get(inbox::open))
        .route("/app/inbox/{conversation}/{message}", get(message::body))
        .route("/app/files/{attachment}", get(message::attachment))
        .route("/app/contacts", get(contacts::list))
        .route("/app/contacts/{contact}", get(card::page))
        .route("/app/contacts/{contact}/edit", get(edit::page).post(edit::save))
        .route("/app/contacts/{contact}/merge", get(merge::page).post(merge::merge))
        .route("/app/contacts/{contact}/split/{merge}", get(split::page).post(split::split))
        .route("/app/settings", get(settings::page))
        .route("/app/live", get(live::events))
        .route("/app/static/{file}", get(assets::file))
        .route("/app/{*rest}", get(error::no_such_page))
        .layer(middleware::from_fn(guard))
}

/// What every answer of the app bears, unless it says otherwise itself.
async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let guards: [(HeaderName, &'static str); 5] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in guards {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
