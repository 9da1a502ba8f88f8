//! API 1: other systems tell what they know. Every route is here.

mod contacts;
mod error;
mod observation;

use axum::Router;
use axum::routing::post;

use crate::App;

pub fn routes() -> Router<App> {
    let contacts = post(contacts::observe).fallback(contacts::method_not_allowed);
    Router::new().route("/api/1/contacts", contacts.clone()).route("/api/1/contacts/", contacts)
}
