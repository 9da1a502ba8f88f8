//! The delimiter of a table, and how it is detected.

use crate::Error;

/// The delimiters that are detected, the most likely first.
pub const KNOWN: [u8; 4] = *b",;\t|";
/// The prefix of the line with which a spreadsheet declares the delimiter, before all other lines.
const HINT: &[u8] = b"sep=";

/// Detects the delimiter: the hint of a spreadsheet, or the most frequent one outside quotes in the first line.
pub fn detect(first: &[u8]) -> u8 {
    if let Some(delimiter) = hint(first) {
        return delimiter;
    }
    let (mut counts, mut is_quoted, mut is_begun) = ([0; KNOWN.len()], false, false);
    for byte in first {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' | b'\r' if !is_quoted && is_begun => break,
            byte if !is_quoted => {
                if let Some(which) = KNOWN.iter().position(|known| known == byte) {
                    counts[which] += 1;
                }
            }
            _ => {}
        }
        is_begun |= !byte.is_ascii_whitespace();
    }
    let most = (0..KNOWN.len()).rev().max_by_key(|which| counts[*which]);
    most.map_or(KNOWN[0], |which| KNOWN[which])
}

/// The delimiter that a spreadsheet's hint declares.
pub fn hint(first: &[u8]) -> Option<u8> {
    let line = first.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    match (line.get(..HINT.len())?.eq_ignore_ascii_case(HINT), line.get(HINT.len()..)?) {
        (true, [delimiter]) if check(*delimiter).is_ok() => Some(*delimiter),
        _ => None,
    }
}

/// Checks that a byte can be a delimiter.
pub fn check(delimiter: u8) -> Result<(), Error> {
    let is_usable = delimiter.is_ascii() && !delimiter.is_ascii_alphanumeric() && !b"\"\r\n\0".contains(&delimiter);
    if is_usable { Ok(()) } else { Err(Error::Delimiter) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_shows_it() {
        for (first, delimiter) in [
            ("name,email\na;b;c;d", b','),
            ("name;email;phone, mobile\n", b';'),
            ("\"a,b,c,d\";email\n", b';'),
            ("name\temail", b'\t'),
            ("\r\nname|email\r\n", b'|'),
            ("email", b','),
            ("", b','),
            ("sep=;\r\nname,x;email\r\n", b';'),
        ] {
            assert_eq!(detect(first.as_bytes()), delimiter, "{first}");
        }
        assert_eq!(hint(b"sep=;"), Some(b';'));
        assert_eq!(hint(b"sep=x;y\n"), None);
    }
}
