//! Incoming messages: parsing what a channel receives.
//!
//! Everything here is a pure function of its input, and trusts none of it.

mod custom;
mod email;
mod html;
mod mime;
mod sms;

use contact::{Attribute, REFERENCE_BYTES_MAX, Text};

pub use custom::{BodyFormat, Custom, THREAD_REF_BYTES_MAX};
pub use email::{Email, NoSender};
pub use sms::Sms;

/// Most characters of a message's text. A longer text is cut, with a note.
pub const TEXT_CHARS_MAX: usize = 1_000_000;
/// Most bytes of a message's markup. Of longer markup, only the text is kept.
pub const HTML_BYTES_MAX: usize = 1_000_000;
/// Most characters of an attachment's name.
const FILE_NAME_CHARS_MAX: usize = 200;

/// Most bytes of a text or of markup that are read. More than this is longer than any text that is kept.
const READ_BYTES_MAX: usize = 4 * TEXT_CHARS_MAX + 4;

const CUT: &str = "\n\n[The rest of this message is too long and was left out.]";

/// Normalizes a text: at most [`TEXT_CHARS_MAX`] characters, LF line breaks, no NUL.
fn text(given: &str) -> String {
    let mut text = given.replace("\r\n", "\n").replace('\0', "\u{fffd}");
    text.truncate(text.trim_end().len());
    if text.len() > TEXT_CHARS_MAX
        && let Some((end, _)) = text.char_indices().nth(TEXT_CHARS_MAX - CUT.len())
        && text.chars().count() > TEXT_CHARS_MAX
    {
        text.truncate(end);
        text.push_str(CUT);
    }
    text
}

/// Returns the beginning of a text or of markup, as much of it as is read, and whether that is all.
fn beginning(given: &str) -> (&str, bool) {
    let end = given.floor_char_boundary(READ_BYTES_MAX);
    (&given[..end], end == given.len())
}

/// Normalizes a single line: without characters that could disguise its content.
fn line(given: &str, chars_max: usize) -> String {
    let mut line = String::new();
    for (n, c) in given.trim().chars().filter(|c| !is_hidden(*c)).enumerate() {
        if n == chars_max {
            break;
        }
        line.push(c);
    }
    line.truncate(line.trim_end().len());
    line
}

/// Whether a character is a control character or changes the direction of text.
///
/// With the latter, a name that ends in `fdp.exe` could show as `exe.pdf` (Unicode Technical Report 36, section 2.5.2).
fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The name of a sender, if it is not just the address.
fn name(given: &str, address: &str) -> Option<Text> {
    let name = line(given, contact::NAME_CHARS_MAX);
    let is_name = !name.is_empty() && !name.eq_ignore_ascii_case(address);
    is_name.then(|| Attribute::Name.parse(&name).ok()).flatten()
}

/// The name of a file, without folders.
fn file_name(given: &str) -> Option<String> {
    let name = line(given.rsplit(['/', '\\']).next().unwrap_or_default(), FILE_NAME_CHARS_MAX);
    (!name.is_empty() && name != "." && name != "..").then_some(name)
}

/// A media type, if it is valid (RFC 6838, section 4.2), or else `application/octet-stream`.
fn media_type(given: &str) -> String {
    let given = given.split(';').next().unwrap_or_default().trim();
    let is_name = |part: &str| {
        (1..=127).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let is_type = given.split_once('/').is_some_and(|(kind, sort)| is_name(kind) && is_name(sort));
    if is_type { given.to_ascii_lowercase() } else { "application/octet-stream".into() }
}

/// A message reference, if it is not empty, too long or with control characters.
fn reference(kind: &str, value: &str) -> Option<String> {
    let reference = format!("{kind}:{value}");
    let fits = !value.is_empty() && reference.len() <= REFERENCE_BYTES_MAX && !reference.contains(char::is_control);
    fits.then_some(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_removed_from_a_line() {
        assert_eq!(line(" a\r\nBcc: b\0\u{202e}c\u{2066} ", 100), "aBcc: bc");
        assert_eq!(line("éééé", 2), "éé");
    }

    #[test]
    fn a_long_text_is_cut_with_a_note() {
        let cut = text(&"é".repeat(TEXT_CHARS_MAX + 1));
        assert_eq!(cut.chars().count(), TEXT_CHARS_MAX);
        assert!(cut.ends_with("was left out.]"));
        let whole = "é".repeat(TEXT_CHARS_MAX);
        assert_eq!(text(&whole), whole);
        assert_eq!(text("a\r\nb\0c\r\n\r\n"), "a\nb\u{fffd}c");
    }

    #[test]
    fn a_file_name_has_no_folder() {
        assert_eq!(file_name("../../etc/passwd").unwrap(), "passwd");
        assert_eq!(file_name(r"C:\temp\a b.pdf").unwrap(), "a b.pdf");
        assert_eq!(file_name("cod\u{202e}fdp.exe").unwrap(), "codfdp.exe");
        for none in ["", "..", "a/", "\0"] {
            assert_eq!(file_name(none), None, "{none:?}");
        }
    }

    #[test]
    fn invalid_media_types_are_replaced() {
        assert_eq!(media_type("Image/PNG; name=x"), "image/png");
        for none in ["", "x", "text/html\r\nX: y", "a/b/c", "text/<script>"] {
            assert_eq!(media_type(none), "application/octet-stream", "{none:?}");
        }
    }
}
