//! Texts and their limits.

use crate::invalid::Invalid;

/// Most characters of a name.
pub const NAME_CHARS_MAX: usize = 500;
/// Most characters of a description.
pub const DESCRIPTION_CHARS_MAX: usize = 10_000;
/// A person's name. The empty one takes a name away.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Name(String);

impl Name {
    /// A name as it was stored; it is not checked again.
    pub fn from_stored(text: String) -> Name {
        Name(text)
    }

    /// Takes a name as it is given.
    ///
    /// # Errors
    ///
    /// [`Invalid::TooLong`] past [`NAME_CHARS_MAX`] characters; [`Invalid::Nul`] if it has a NUL.
    pub fn parse(text: &str) -> Result<Name, Invalid> {
        bounded(text, NAME_CHARS_MAX).map(Name)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a company says about a person. The empty one takes a description away.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Description(String);

impl Description {
    /// A description as it was stored; it is not checked again.
    pub fn from_stored(text: String) -> Description {
        Description(text)
    }

    /// Takes a description as it is given.
    ///
    /// # Errors
    ///
    /// [`Invalid::TooLong`] past [`DESCRIPTION_CHARS_MAX`] characters; [`Invalid::Nul`] if it has a NUL.
    pub fn parse(text: &str) -> Result<Description, Invalid> {
        bounded(text, DESCRIPTION_CHARS_MAX).map(Description)
    }

    /// The description as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Both descriptions, one after the other on lines of their own.
    pub(crate) fn and(self, other: Description) -> Description {
        if self.0.is_empty() || self == other {
            return other;
        }
        if other.0.is_empty() { self } else { Description(format!("{}\n{}", self.0, other.0)) }
    }
}

/// Whether there are spaces or controls in a text.
pub(crate) fn has_gaps(text: &str) -> bool {
    // Most that are asked about are ASCII, of which all bytes are looked at, many at once.
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
    // PostgreSQL holds no NUL in a text, and nobody has one in a name.
    if text.contains('\0') {
        return Err(Invalid::Nul);
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_count_characters() {
        assert!(Name::parse(&"é".repeat(NAME_CHARS_MAX)).is_ok());
        assert!(Name::parse(&"é".repeat(NAME_CHARS_MAX + 1)).is_err());
        assert_eq!(Name::parse("Bruce\0Wayne"), Err(Invalid::Nul));
    }

    #[test]
    fn gaps_are_spaces_and_controls_of_any_script() {
        for c in (0..=0x3100).filter_map(char::from_u32) {
            assert_eq!(has_gaps(&format!("a{c}b")), c.is_whitespace() || c.is_control(), "{c:?}");
        }
        assert!(!has_gaps(""));
    }
}
