//! Reads request bodies within limits of size, time, and the memory that all bodies share.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// Most bytes of a form with its files.
pub const FORM_BYTES_MAX: usize = 25 * 1024 * 1024;

/// Most time for a body to arrive, for each [`TIME_BYTES`] it may have.
const TIME_MAX: Duration = Duration::from_secs(15);
const TIME_BYTES: usize = 8 * 1024 * 1024;
/// Most memory of all bodies that are still arriving: 64 MiB, in KiB.
const BUDGET_KIB: usize = 64 * 1024;

/// Why a body was not read.
pub enum Failure {
    /// It has more bytes than the endpoint accepts.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// Other bodies use all the memory.
    Busy,
    /// The connection broke off.
    Broken,
}

/// Reads bodies within a shared memory budget.
pub struct BodyReader {
    budget: Semaphore,
}

impl Default for BodyReader {
    fn default() -> BodyReader {
        BodyReader { budget: Semaphore::new(BUDGET_KIB) }
    }
}

impl BodyReader {
    /// Reads a body of at most `bytes_max` bytes.
    pub async fn read(&self, body: Body, bytes_max: usize) -> Result<Bytes, Failure> {
        let pieces = u32::try_from(bytes_max.div_ceil(TIME_BYTES)).unwrap_or(1);
        timeout(TIME_MAX * pieces, self.collect(body, bytes_max)).await.unwrap_or(Err(Failure::TooSlow))
    }

    async fn collect(&self, mut body: Body, bytes_max: usize) -> Result<Bytes, Failure> {
        let declared = hyper::body::Body::size_hint(&body).lower();
        if declared > bytes_max as u64 {
            return Err(Failure::TooLarge);
        }
        let mut whole: Vec<u8> = Vec::new();
        // Released when the body is complete: from then on it lives no longer than a parser needs.
        let mut permits: Vec<SemaphorePermit> = Vec::new();
        let mut permitted = 0;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Failure::Broken)?.into_data() else { continue };
            if whole.len() + data.len() > bytes_max {
                return Err(Failure::TooLarge);
            }
            if whole.is_empty() && data.len() as u64 == declared {
                return Ok(data);
            }
            whole.extend_from_slice(&data);
            let due = u32::try_from(whole.len().div_ceil(1024)).unwrap_or(u32::MAX);
            permits.push(self.budget.try_acquire_many(due - permitted).map_err(|_| Failure::Busy)?);
            permitted = due;
        }
        Ok(whole.into())
    }
}
