//! Writing to standard output.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use contact::Time;
use jiff::Timestamp;
use thiserror::Error;

/// Standard output cannot be written.
#[derive(Debug, Error)]
#[error("standard output cannot be written: {0}.")]
pub struct Unwritten(std::io::Error);

/// Writes a line. A closed pipe is no error, because the reader has read enough. Any other failure is an error, so that a
/// password that is shown only once is not lost silently.
pub fn say(line: impl Display) -> Result<(), Unwritten> {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Unwritten(error)),
        _ => Ok(()),
    }
}

/// A time, to the second (RFC 3339).
pub fn moment(time: Time) -> String {
    Timestamp::from_second(time.millis().div_euclid(1_000)).unwrap_or_default().to_string()
}
