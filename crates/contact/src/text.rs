//! Texts and their limits.

use crate::invalid::Invalid;

/// A text within its limit, without a NUL. Perhaps empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Text(String);

impl Text {
    /// A text from the store, without a check.
    pub fn from_stored(text: String) -> Text {
        Text(text)
    }

    pub(crate) fn parse(text: &str, chars_max: usize) -> Result<Text, Invalid> {
        bounded(text, chars_max).map(Text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no character in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Both texts, each on lines of its own. Equal ones are one.
    pub(crate) fn join_lines(self, other: Text) -> Text {
        if self.is_empty() || self == other {
            return other;
        }
        if other.is_empty() { self } else { Text(format!("{}\n{}", self.0, other.0)) }
    }
}

/// Whether a text contains spaces or control characters.
pub(crate) fn has_gaps(text: &str) -> bool {
    // The loop has no early exit, so that the compiler vectorises it. Most texts are ASCII.
    let is_gap = |byte| byte <= b' ' || byte == 0x7f;
    if text.is_ascii() {
        text.bytes().fold(false, |has, byte| has | is_gap(byte))
    } else {
        text.contains(|c: char| c.is_whitespace() || c.is_control())
    }
}

pub(crate) fn bounded(text: &str, max: usize) -> Result<String, Invalid> {
    if text.len() > max && text.chars().count() > max {
        return Err(Invalid::TooLong { max, unit: "characters" });
    }
    // PostgreSQL cannot store a NUL in a text.
    if text.contains('\0') {
        return Err(Invalid::Nul);
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_spaces_and_controls_of_any_script() {
        for c in (0..=0x3100).filter_map(char::from_u32) {
            assert_eq!(has_gaps(&format!("a{c}b")), c.is_whitespace() || c.is_control(), "{c:?}");
        }
        assert!(!has_gaps(""));
    }
}
