//! What every request passes on its way to a route, and every response on its way out.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use crate::refusal::refuse;
use crate::{App, health};

/// Finds out who the client is, for [`Client`](crate::client::Client). Refuses requests that are for another host.
pub async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let client = match app.site.client(&request) {
        Ok(client) => client,
        Err(message) => return refuse(request.uri().path(), StatusCode::BAD_REQUEST, message),
    };
    // Load balancers ask for the health of a server by any name.
    if !health::is_probe(request.uri().path()) && !app.site.knows(&client.host) {
        let message = "This server has another name. Use its public URL, and let a proxy pass on the Host header.";
        return refuse(request.uri().path(), StatusCode::MISDIRECTED_REQUEST, message);
    }
    request.extensions_mut().insert(client);
    next.run(request).await
}
