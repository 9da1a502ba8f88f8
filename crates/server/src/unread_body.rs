//! The rest of a request body that nobody reads, as when a request is refused by its head.
//!
//! The next request of a connection begins behind it. A short rest is skipped. Otherwise the connection has to end, and the
//! response says so (RFC 9112, section 9.3).

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::EXPECT;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::timeout;

/// Most bytes that are skipped.
const SKIPPED_BYTES_MAX: usize = 64 * 1024;
/// Most time that they may take to arrive.
const SKIPPED_TIME_MAX: Duration = Duration::from_millis(100);

/// Where a body goes when it is dropped before its end.
type Dropped = Arc<Mutex<Option<Body>>>;

/// What became of a body.
pub struct Unread {
    dropped: Dropped,
    /// Whether the client waits for a permission to send the body.
    is_awaited: bool,
}

/// Returns the request with a body that is watched.
pub fn watch(request: Request) -> (Request, Unread) {
    let dropped = Dropped::default();
    let unread = Unread { dropped: Arc::clone(&dropped), is_awaited: request.headers().contains_key(EXPECT) };
    if request.body().is_end_stream() {
        return (request, unread);
    }
    (request.map(|body| Body::new(Watched { body: Some(body), dropped })), unread)
}

impl Unread {
    /// Skips the rest of the body. Returns false if it is too long, or does not arrive in time.
    pub async fn finish(self) -> bool {
        let rest = self.dropped.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(rest) = rest else { return true };
        // Reading would permit the client to send what nobody wants.
        !self.is_awaited && timeout(SKIPPED_TIME_MAX, skip(rest)).await.unwrap_or(false)
    }
}

/// Reads a body to its end. Returns false if it is too long or breaks off.
async fn skip(mut body: Body) -> bool {
    let mut left = SKIPPED_BYTES_MAX;
    if body.size_hint().lower() > left as u64 {
        return false;
    }
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        let Some(rest) = left.checked_sub(bytes) else { return false };
        left = rest;
    }
    true
}

/// A body that is kept when it is dropped before its end.
struct Watched {
    body: Option<Body>,
    dropped: Dropped,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(rest) = self.body.take().filter(|body| !body.is_end_stream()) {
            *self.dropped.lock().unwrap_or_else(PoisonError::into_inner) = Some(rest);
        }
    }
}
