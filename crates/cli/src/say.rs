//! Speaking to standard output.

use std::fmt::Display;
use std::io::Write;

/// Writes a line. Whoever closed the other end has heard enough: that stops no server and fails no command.
pub fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
