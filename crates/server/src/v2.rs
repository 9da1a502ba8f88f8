//! API 2: the shapes and ids of Front's Core API. Every route is here.

mod contacts;
mod error;
mod incoming;
mod page;

use axum::Router;
use axum::http::request::Parts;
use axum::routing::{get, post};

use crate::App;

pub use contacts::no_such_route;

pub fn routes() -> Router<App> {
    let contacts = get(contacts::list).fallback(contacts::method_not_allowed);
    let contact = get(contacts::get).fallback(contacts::method_not_allowed);
    let incoming = post(incoming::receive).fallback(incoming::method_not_allowed);
    Router::new()
        .route("/contacts", contacts.clone())
        .route("/contacts/", contacts)
        .route("/contacts/{id}", contact.clone())
        .route("/contacts/{id}/", contact)
        .route("/channels/{id}/incoming_messages", incoming)
}

impl App {
    /// What links in answers begin with.
    pub(crate) fn base_url(&self, request: &Parts) -> String {
        if let Some(url) = &self.public_url {
            return url.to_string();
        }
        let host = request.headers.get(axum::http::header::HOST).and_then(|host| host.to_str().ok());
        format!("http://{}", host.unwrap_or("localhost"))
    }
}
