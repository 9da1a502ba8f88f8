//! Speaking to standard output.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use contact::Time;
use jiff::Timestamp;
use thiserror::Error;

/// What was to be said went nowhere.
#[derive(Debug, Error)]
#[error("standard output cannot be written: {0}.")]
pub struct Unheard(std::io::Error);

/// Writes a line. A reader that has closed the pipe wants no more, which is no error. Any other failure is one: a
/// password that is shown only once would be lost.
pub fn say(line: impl Display) -> Result<(), Unheard> {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Unheard(error)),
        _ => Ok(()),
    }
}

/// A moment, to the second (RFC 3339).
pub fn moment(time: Time) -> String {
    Timestamp::from_second(time.millis().div_euclid(1_000)).unwrap_or_default().to_string()
}
