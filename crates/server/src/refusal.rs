//! Refusals before or beside every route, each in the manner of what the request was for.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::{health, sms, v1, v2, web};

/// Returns an error response for a path. `message` is one sentence or more.
pub fn refuse(path: &str, status: StatusCode, message: &str) -> Response {
    if v1::has(path) {
        v1::refuse(status, message)
    } else if web::has(path) {
        web::refuse(status, message)
    } else if sms::has(path) || health::is_probe(path) {
        (status, format!("{message}\n")).into_response()
    } else {
        v2::refuse(status, message)
    }
}
