//! What every request passes on its way to a route, and every response on its way out.

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use crate::client::Client;
use crate::refusal::refuse;
use crate::{App, health, unread_body};

/// The content security policy of pages: they load only what this server sends.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// That of everything else, which is no document.
const DATA_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A year without plain HTTP (RFC 6797). Other names below the host are not Kith's to decide about.
const TRANSPORT_POLICY: &str = "max-age=31536000";
/// What pages never use.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

/// Passes a request on once its client is known, and adds headers to the response.
pub async fn pass(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut request, unread) = unread_body::watch(request);
    let (mut response, client) = match identify(&app, &request) {
        Ok(client) => {
            request.extensions_mut().insert(client.clone());
            (next.run(request).await, client)
        }
        Err((status, message)) => {
            let path = request.uri().path().to_owned();
            drop(request);
            (refuse(&path, status, message), Client::default())
        }
    };
    if !unread.finish().await {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    add_headers(response.headers_mut(), &client);
    response
}

/// Returns the client of a request.
///
/// # Errors
///
/// The status and the text of a refusal, if the request is for another host or for none.
fn identify(app: &App, request: &Request) -> Result<Client, (StatusCode, &'static str)> {
    let client = app.site.client(request).map_err(|message| (StatusCode::BAD_REQUEST, message))?;
    // Load balancers ask for the health of a server by any name.
    if health::is_probe(request.uri().path()) || app.site.knows(&client.host) {
        return Ok(client);
    }
    let message = "This server has another name. Use its public URL, and let a proxy pass on the Host header.";
    Err((StatusCode::MISDIRECTED_REQUEST, message))
}

/// Answers requests with a method that their path does not have, unless their API does.
pub async fn method_not_allowed(request: Request) -> Response {
    let message = format!("{} is not allowed here. The Allow header lists the methods.", request.method());
    refuse(request.uri().path(), StatusCode::METHOD_NOT_ALLOWED, &message)
}

/// Adds the headers that protect a browser and what it shows, unless the response sets them itself.
fn add_headers(headers: &mut HeaderMap, client: &Client) {
    let media_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_page = media_type.is_some_and(|media_type| media_type.starts_with(b"text/html"));
    let table: [(HeaderName, &str, bool); 10] = [
        (STRICT_TRANSPORT_SECURITY, TRANSPORT_POLICY, client.is_secure),
        // Static files set it, and nothing else is without personal data for sure.
        (CACHE_CONTROL, "no-store", true),
        (X_CONTENT_TYPE_OPTIONS, "nosniff", true),
        (REFERRER_POLICY, "same-origin", true),
        (CONTENT_SECURITY_POLICY, PAGE_POLICY, is_page),
        (CONTENT_SECURITY_POLICY, DATA_POLICY, !is_page),
        // For browsers that ignore `frame-ancestors`.
        (X_FRAME_OPTIONS, "DENY", true),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS, is_page),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin", is_page),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin", true),
    ];
    for (name, value, _) in table.into_iter().filter(|(_, _, is_due)| *is_due) {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
