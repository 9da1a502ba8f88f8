//! Reads request bodies within limits of size, speed, and the memory that all bodies share.

use std::time::Duration;
use std::{fmt, io};

use axum::body::{Body, Bytes};
use futures_util::stream::{self, Stream};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use crate::shares::{Holder, Limits, Refused, Share, Shares};
use crate::spool::Spool;

/// Most bytes of a form with its files.
pub const FORM_BYTES_MAX: usize = 25 * 1024 * 1024;
/// Most bytes of a body that comes without valid credentials, such as the form to sign in.
pub const ANONYMOUS_BYTES_MAX: usize = 8 * 1024;

/// The least speed of a body: so many bytes, or its end, in each window of time.
const WINDOW_TIME: Duration = Duration::from_secs(15);
const WINDOW_BYTES: usize = 64 * 1024;

/// Most memory of all bodies that are still arriving, in KiB, and of those of one holder.
const BODIES_KIB: u32 = 96 * 1024;
const BODIES_OF_COMPANY_KIB: u32 = 32 * 1024;
const BODIES_OF_ADDRESS_KIB: u32 = 256;
const ARRIVING: Limits = Limits {
    what: "KiB of arriving bodies",
    total: BODIES_KIB,
    company: BODIES_OF_COMPANY_KIB,
    address: BODIES_OF_ADDRESS_KIB,
    reserve: 16 * 1024,
    little: 1024,
};

/// Why a body was not read.
#[derive(Debug)]
pub enum Failure {
    /// It has more bytes than the endpoint accepts.
    TooLarge,
    /// It arrived too slowly.
    TooSlow,
    /// Other bodies use the memory that there is for it.
    Refused(Refused),
    /// The connection broke off.
    Broken,
    /// The temporary file for it cannot be written.
    Unstored(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Failure {}

/// Reads bodies within a shared memory budget.
pub struct BodyReader {
    pub arriving: Shares,
}

impl Default for BodyReader {
    fn default() -> BodyReader {
        BodyReader { arriving: Shares::new(ARRIVING) }
    }
}

impl BodyReader {
    /// Reads a body of at most `bytes_max` bytes into memory.
    pub async fn read(&self, holder: Holder, mut body: Body, bytes_max: usize) -> Result<Bytes, Failure> {
        let declared = declared(&body, bytes_max)?;
        let mut pace = Pace::default();
        let mut whole: Vec<u8> = Vec::new();
        // Given back when the body is complete: from then on it lives no longer than a parser needs.
        let mut share: Option<Share> = None;
        while let Some(data) = pace.data(&mut body).await? {
            if whole.len() + data.len() > bytes_max {
                return Err(Failure::TooLarge);
            }
            if whole.is_empty() && data.len() as u64 == declared {
                return Ok(data);
            }
            whole.extend_from_slice(&data);
            let due = u32::try_from(whole.len().div_ceil(1024)).unwrap_or(u32::MAX);
            match &mut share {
                Some(share) => share.grow_to(due).map_err(Failure::Refused)?,
                None => share = Some(self.arriving.take(holder, due).map_err(Failure::Refused)?),
            }
        }
        Ok(whole.into())
    }
}

/// Reads a body of at most `bytes_max` bytes into a temporary file.
pub async fn spool(mut body: Body, bytes_max: usize) -> Result<Spool, Failure> {
    declared(&body, bytes_max)?;
    let (mut pace, mut spool) = (Pace::default(), Spool::default());
    while let Some(data) = pace.data(&mut body).await? {
        spool.add(&data).await.map_err(Failure::Unstored)?;
        if spool.len() > bytes_max as u64 {
            return Err(Failure::TooLarge);
        }
    }
    Ok(spool)
}

/// Returns the pieces of a body, which end with a failure if it is too slow.
pub fn pieces(body: Body) -> impl Stream<Item = Result<Bytes, Failure>> + Send + 'static {
    stream::try_unfold((body, Pace::default()), |(mut body, mut pace)| async move {
        Ok(pace.data(&mut body).await?.map(|data| (data, (body, pace))))
    })
}

/// Returns the length that a body declares, 0 if it declares none.
fn declared(body: &Body, bytes_max: usize) -> Result<u64, Failure> {
    let declared = hyper::body::Body::size_hint(body).lower();
    if declared > bytes_max as u64 { Err(Failure::TooLarge) } else { Ok(declared) }
}

/// The speed of a body that arrives.
pub struct Pace {
    /// When the window ends.
    end: Instant,
    /// Bytes that must arrive until then.
    due: usize,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { end: Instant::now() + WINDOW_TIME, due: WINDOW_BYTES }
    }
}

impl Pace {
    /// Waits for the next data of a body. None at its end.
    ///
    /// # Errors
    ///
    /// [`Failure::TooSlow`] if less than [`WINDOW_BYTES`] arrived in a window of [`WINDOW_TIME`], or [`Failure::Broken`].
    pub async fn data(&mut self, body: &mut Body) -> Result<Option<Bytes>, Failure> {
        loop {
            let frame = timeout_at(self.end, body.frame()).await.map_err(|_| Failure::TooSlow)?;
            let Some(frame) = frame else { return Ok(None) };
            let Ok(data) = frame.map_err(|_| Failure::Broken)?.into_data() else { continue };
            self.due = self.due.saturating_sub(data.len());
            if self.due == 0 {
                *self = Pace::default();
            }
            return Ok(Some(data));
        }
    }
}
