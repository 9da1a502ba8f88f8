//! Enforces a company's request limit and reports it in headers. A company has no limit by default.

use std::sync::{Arc, OnceLock};

use axum::extract::Request;
use axum::http::HeaderName;
use axum::middleware::Next;
use axum::response::Response;
use hub::Company;

use super::error::Error;
use crate::App;
use crate::rate_limit::Usage;

/// The usage that a request was counted as, for the headers of its response.
#[derive(Clone, Default)]
pub struct CountedUsage(Arc<OnceLock<Usage>>);

impl CountedUsage {
    /// Counts a request of a company.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyRequests`] past the limit.
    pub fn count(&self, app: &App, company: &Company) -> Result<(), Error> {
        let Some(limit) = company.rate_limit else { return Ok(()) };
        let usage = app.rate_limits.count(company.id, limit, app.hub.now());
        // A request is counted once; a second value would be the same.
        let _ = self.0.set(usage);
        if usage.is_exceeded() {
            return Err(Error::TooManyRequests { limit, retry_after_s: usage.retry_after_s });
        }
        Ok(())
    }
}

/// Adds the `x-ratelimit-*` headers to responses of companies with a limit.
pub async fn add_headers(mut request: Request, next: Next) -> Response {
    let counted = CountedUsage::default();
    request.extensions_mut().insert(counted.clone());
    let mut response = next.run(request).await;
    if let Some(usage) = counted.0.get() {
        let headers: [(&str, i64); 3] = [
            ("x-ratelimit-limit", usage.limit.into()),
            ("x-ratelimit-remaining", usage.remaining().into()),
            ("x-ratelimit-reset", usage.reset_s),
        ];
        for (name, value) in headers {
            response.headers_mut().insert(HeaderName::from_static(name), value.into());
        }
    }
    response
}
