//! Properties of cards, with folded lines joined.

use std::io::{self, Read};

use super::property::Head;
use crate::lines::{Line, Lines};

/// Most bytes of a property other than a photo.
pub const PROPERTY_BYTES_MAX: usize = 64 * 1024;
/// Most bytes of a photo in a card, as encoded there.
pub const PHOTO_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The properties of a file of cards.
pub struct Properties<R> {
    lines: Lines<R>,
    /// The line after the joined ones.
    next: Vec<u8>,
    ahead: Option<Line>,
    is_begun: bool,
}

/// A raw property.
#[derive(Default)]
pub struct Raw {
    pub bytes: Vec<u8>,
    /// The line where it begins.
    pub line: u64,
    /// Whether it was longer than what is held.
    pub is_cut: bool,
    /// Whether it ends with a line break rather than with the file.
    pub is_ended: bool,
}

impl<R: Read> Properties<R> {
    pub fn new(input: R, first: &[u8]) -> Properties<R> {
        let lines = Lines::new(input, first, PHOTO_BYTES_MAX);
        Properties { lines, next: Vec::new(), ahead: None, is_begun: false }
    }

    /// Reads the next property, without blank lines. Returns whether there was one.
    pub fn next(&mut self, raw: &mut Raw) -> io::Result<bool> {
        if !self.is_begun {
            self.is_begun = true;
            self.read_ahead()?;
        }
        while self.ahead.is_some_and(|line| !line.is_cut) && self.next.trim_ascii().is_empty() {
            self.read_ahead()?;
        }
        let Some(line) = self.ahead else { return Ok(false) };
        std::mem::swap(&mut raw.bytes, &mut self.next);
        (raw.line, raw.is_cut, raw.is_ended) = (line.number, line.is_cut, line.is_ended);
        let head = Head::of(&raw.bytes);
        let bytes_max = if head.is_photo() { PHOTO_BYTES_MAX } else { PROPERTY_BYTES_MAX };
        let (is_quoted_printable, is_base64) = (head.is_quoted_printable, head.is_base64);
        raw.cut(bytes_max);
        self.read_ahead()?;
        while let Some(line) = self.ahead {
            let Some(more) = continuation(&mut raw.bytes, &self.next, is_quoted_printable, is_base64) else { break };
            raw.bytes.extend_from_slice(more);
            raw.is_cut |= line.is_cut;
            raw.is_ended = line.is_ended;
            raw.cut(bytes_max);
            self.read_ahead()?;
        }
        Ok(true)
    }

    fn read_ahead(&mut self) -> io::Result<()> {
        self.ahead = self.lines.next(&mut self.next)?;
        Ok(())
    }
}

impl Raw {
    fn cut(&mut self, bytes_max: usize) {
        self.is_cut |= self.bytes.len() > bytes_max;
        self.bytes.truncate(bytes_max);
    }
}

/// The part that a line adds to a property, if it continues it.
fn continuation<'a>(
    property: &mut Vec<u8>,
    line: &'a [u8],
    is_quoted_printable: bool,
    is_base64: bool,
) -> Option<&'a [u8]> {
    // A soft line break follows an equals sign (RFC 2045, section 6.7).
    if is_quoted_printable && property.last() == Some(&b'=') && !Head::of(line).is_border() {
        property.pop();
        // Some programs that encode every character fold the line as well: that space is none of the value.
        return Some(match line {
            [b' ' | b'\t', more @ ..] if more.starts_with(b"=") => more,
            _ => line,
        });
    }
    // RFC 6350, section 3.2.
    if let [b' ' | b'\t', more @ ..] = line {
        return Some(if is_base64 { more.trim_ascii() } else { more });
    }
    // Phones omit the space before continued lines of a picture.
    let is_digits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    (is_base64 && !line.is_empty() && line.iter().all(is_digits)).then_some(line)
}
