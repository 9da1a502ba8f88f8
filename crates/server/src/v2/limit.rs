//! How many requests a minute a company may make: off, unless the company has a limit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::extract::Request;
use axum::http::HeaderName;
use axum::middleware::Next;
use axum::response::Response;
use contact::CompanyId;
use hub::Company;

use super::error::Error;
use crate::App;

const WINDOW_MS: i64 = 60_000;

/// What each company has used of this minute.
#[derive(Default)]
pub struct Limits(Mutex<HashMap<CompanyId, (i64, u32)>>);

/// What a request was counted as, for the headers of its answer.
#[derive(Clone, Default)]
pub struct Window(Arc<OnceLock<Counted>>);

#[derive(Clone, Copy)]
struct Counted {
    limit: u32,
    remaining: u32,
    /// When the minute ends, in Unix seconds.
    reset: i64,
}

impl Window {
    /// Counts a request of a company; an error past its limit.
    pub fn count(&self, app: &App, company: &Company) -> Result<(), Error> {
        let Some(limit) = company.rate_limit else { return Ok(()) };
        let now = app.hub.now().millis();
        let minute = now.div_euclid(WINDOW_MS);
        let used = {
            let mut used = app.limits.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever asked in a minute that is over counts no more.
            if used.len() > 1_000 {
                used.retain(|_, (of, _)| *of == minute);
            }
            let one = used.entry(company.id).or_insert((minute, 0));
            if one.0 != minute {
                *one = (minute, 0);
            }
            one.1 = one.1.saturating_add(1);
            one.1
        };
        let ends = (minute + 1) * WINDOW_MS;
        // Whoever asks twice about one request would only set the same.
        let _ = self.0.set(Counted { limit, remaining: limit.saturating_sub(used), reset: ends / 1_000 });
        if used <= limit {
            return Ok(());
        }
        let wait = u64::try_from((ends - now + 999) / 1_000).unwrap_or(1);
        Err(Error::TooManyRequests { limit, retry_after_s: wait.max(1) })
    }
}

/// Adds what is left to every answer.
pub async fn tell(mut request: Request, next: Next) -> Response {
    let window = Window::default();
    request.extensions_mut().insert(window.clone());
    let mut response = next.run(request).await;
    if let Some(Counted { limit, remaining, reset }) = window.0.get() {
        let headers: [(&str, i64); 3] = [
            ("x-ratelimit-limit", (*limit).into()),
            ("x-ratelimit-remaining", (*remaining).into()),
            ("x-ratelimit-reset", *reset),
        ];
        for (name, value) in headers {
            response.headers_mut().insert(HeaderName::from_static(name), value.into());
        }
    }
    response
}
