//! Preparing e-mails for the parser: limiting their parts, and keeping nested messages whole.
//!
//! The parser descends into nested messages without a limit, and searches the rest of the message for the end of each part.
//! An attacker could use both to slow it down. So a nested message stays whole as an attachment, and a message with too many
//! parts is not parsed at all.

use std::borrow::Cow;

/// Most parts that contain other parts.
const MULTIPARTS_MAX: usize = 100;
/// Most lines that could be delimiters.
const DELIMITERS_MAX: usize = 10_000;
/// Most lines.
const LINES_MAX: usize = 1_000_000;
/// Most bytes of a content type with its parameters. A delimiter alone has at most 70 (RFC 2046, section 5.1.1).
const CONTENT_TYPE_BYTES_MAX: usize = 2_000;
/// The prefix of a type that the parser must not look into.
const WHOLE: &str = "x-kept-whole-";
/// The prefix of an invalid content type, so that the parser reads this type instead.
const BYTES: &str = "application/octet-stream; x=";

/// A message that can be parsed.
pub struct Bounded<'a> {
    /// The bytes to parse.
    pub raw: Cow<'a, [u8]>,
}

/// Prepares a message for the parser. None if it has too many parts.
pub fn bounded(raw: &[u8]) -> Option<Bounded<'_>> {
    let (mut lines, mut delimiters, mut multiparts) = (0, 0, 0);
    let mut rewritten: Vec<u8> = Vec::new();
    // The length that is copied so far.
    let mut copied = 0;
    let mut start = 0;
    while start < raw.len() {
        let end = line_end(raw, start);
        let line = &raw[start..end];
        lines += 1;
        delimiters += usize::from(line.trim_ascii_start().starts_with(b"--"));
        if lines > LINES_MAX || delimiters > DELIMITERS_MAX {
            return None;
        }
        if let Some(value) = content_type(line) {
            let value = start + value;
            let kind = kind(raw, value);
            multiparts += usize::from(kind == Kind::Multipart);
            if multiparts > MULTIPARTS_MAX {
                return None;
            }
            let (at, insert) = match kind {
                Kind::Plain | Kind::Multipart => (value, ""),
                Kind::Whole(at) => (at, WHOLE),
                Kind::None => (value, BYTES),
            };
            if !insert.is_empty() {
                rewritten.extend_from_slice(&raw[copied..at]);
                rewritten.extend_from_slice(insert.as_bytes());
                copied = at;
            }
        }
        start = end;
    }
    if rewritten.is_empty() {
        return Some(Bounded { raw: Cow::Borrowed(raw) });
    }
    rewritten.extend_from_slice(&raw[copied..]);
    Some(Bounded { raw: Cow::Owned(rewritten) })
}

impl Bounded<'_> {
    /// Restores the original bytes of a part.
    pub fn undo<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        match self.raw {
            Cow::Borrowed(_) => bytes.into(),
            Cow::Owned(_) => without_inserted(bytes).into(),
        }
    }
}

fn without_inserted(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(WHOLE.as_bytes()).or_else(|| rest.strip_prefix(BYTES.as_bytes())) {
            rest = after;
        } else {
            kept.push(*first);
            rest = after;
        }
    }
    kept
}

fn line_end(raw: &[u8], start: usize) -> usize {
    raw[start..].iter().position(|byte| *byte == b'\n').map_or(raw.len(), |length| start + length + 1)
}

/// The start of the value in a line that the parser could take for a content type. The parser ignores spaces anywhere in
/// the name of a header, and colons before it.
fn content_type(line: &[u8]) -> Option<usize> {
    let mut name = b"content-type".iter();
    let begin = line.iter().position(|byte| !byte.is_ascii_whitespace() && *byte != b':')?;
    for (n, byte) in line[begin..].iter().enumerate().filter(|(_, byte)| !byte.is_ascii_whitespace()) {
        let Some(expected) = name.next() else { return (*byte == b':').then_some(begin + n + 1) };
        if !byte.eq_ignore_ascii_case(expected) {
            return None;
        }
    }
    None
}

#[derive(PartialEq, Eq)]
enum Kind {
    /// A part without other parts.
    Plain,
    /// A part with other parts.
    Multipart,
    /// A part with messages. The type must be changed at this position.
    Whole(usize),
    /// Not a content type.
    None,
}

fn kind(raw: &[u8], value: usize) -> Kind {
    let mut end = line_end(raw, value);
    while end < raw.len() && matches!(raw[end], b' ' | b'\t') && end - value <= CONTENT_TYPE_BYTES_MAX {
        end = line_end(raw, end);
    }
    let whole = &raw[value..end];
    if whole.len() > CONTENT_TYPE_BYTES_MAX {
        return Kind::None;
    }
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(byte);
    let token = |from: usize| raw[from..end].iter().take_while(|byte| is_token(byte)).count();
    let begin = end - whole.trim_ascii_start().len();
    if begin == end {
        return Kind::Plain;
    }
    let slash = begin + token(begin);
    if slash == begin || slash >= end || raw[slash] != b'/' {
        return Kind::None;
    }
    let subtype = slash + 1;
    let after = subtype + token(subtype);
    // After a comment, the parser would read another type.
    let is_plain = raw[after..end].trim_ascii_start().first().is_none_or(|byte| *byte == b';');
    if after == subtype || !is_plain {
        return Kind::None;
    }
    if raw[begin..slash].eq_ignore_ascii_case(b"message") {
        Kind::Whole(begin)
    } else if !raw[begin..slash].eq_ignore_ascii_case(b"multipart") {
        Kind::Plain
    } else if raw[subtype..after].eq_ignore_ascii_case(b"digest") {
        // The parts of a digest are messages by default.
        Kind::Whole(subtype)
    } else {
        Kind::Multipart
    }
}

/// The original type of a part.
pub fn given_type(kind: &str) -> &str {
    kind.strip_prefix(WHOLE).unwrap_or(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn rewritten(header: &str, expected: &str) {
        let raw = format!("{header}\r\nSubject: x\r\n\r\ntext\r\n");
        let expected = format!("{expected}\r\nSubject: x\r\n\r\ntext\r\n");
        let bounded = bounded(raw.as_bytes()).unwrap();
        assert_eq!(String::from_utf8_lossy(&bounded.raw), expected);
        assert_eq!(*bounded.undo(&bounded.raw), *raw.as_bytes());
    }

    #[test]
    fn nested_messages_stay_whole() {
        rewritten("Content-Type: text/plain", "Content-Type: text/plain");
        rewritten("content-type:Message/RFC822; a=b", "content-type:x-kept-whole-Message/RFC822; a=b");
        rewritten("Content-Type:\r\n message/rfc822", "Content-Type:\r\n x-kept-whole-message/rfc822");
        rewritten(" :Con tent-Type : message/global", " :Con tent-Type : x-kept-whole-message/global");
        rewritten("Content-Type: multipart/digest", "Content-Type: multipart/x-kept-whole-digest");
        for odd in ["(a) message/rfc822", "text (a) message/rfc822", "message\r\n /rfc822", "text/plain (a)", "html"] {
            rewritten(&format!("Content-Type: {odd}"), &format!("Content-Type:{BYTES} {odd}"));
        }
    }

    #[test]
    fn too_many_parts_are_not_parsed() {
        let multipart = "Content-Type: multipart/mixed; boundary=a\n\n--a\n";
        assert!(bounded(multipart.repeat(MULTIPARTS_MAX).as_bytes()).is_some());
        assert!(bounded(multipart.repeat(MULTIPARTS_MAX + 1).as_bytes()).is_none());
        assert!(bounded("--a\n".repeat(DELIMITERS_MAX + 1).as_bytes()).is_none());
        assert!(bounded("\n".repeat(LINES_MAX + 1).as_bytes()).is_none());
    }
}
