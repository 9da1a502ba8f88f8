//! Properties of vCards that have no place of their own.

use crate::invalid::Invalid;

/// Most bytes of a kept property.
pub const CARD_PROPERTY_BYTES_MAX: usize = 8 * 1024;
/// Most kept properties of an observation.
pub const CARD_PROPERTIES_MAX: usize = 100;
/// Properties that begin and end a card.
const BORDERS: [&str; 3] = ["BEGIN", "END", "VERSION"];

/// A property of a vCard that has no place of its own: its content line as it was written, but without folds
/// (RFC 6350, section 3.3), such as `X-SKYPE;TYPE=home:clark.kent`.
///
/// More lines may follow, each another property that belongs to it, such as the label of its group.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CardProperty(String);

impl CardProperty {
    /// A property from the store, without a check.
    pub fn from_stored(text: String) -> CardProperty {
        CardProperty(text)
    }

    /// Parses the lines of a property.
    ///
    /// # Errors
    ///
    /// [`Invalid::TooLong`] past [`CARD_PROPERTY_BYTES_MAX`] bytes; [`Invalid::CardProperty`] if a line is no property,
    /// or one that begins or ends a card.
    pub fn parse(text: &str) -> Result<CardProperty, Invalid> {
        if text.len() > CARD_PROPERTY_BYTES_MAX {
            return Err(Invalid::TooLong { max: CARD_PROPERTY_BYTES_MAX, unit: "bytes" });
        }
        if text.split('\n').all(is_property) { Ok(CardProperty(text.to_owned())) } else { Err(Invalid::CardProperty) }
    }

    /// Its lines, with a line feed between them.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its name, in upper case and without the group before it.
    pub fn name(&self) -> String {
        name(&self.0).to_ascii_uppercase()
    }

    /// What follows the name and the parameters in its first line, as it was written.
    pub fn value(&self) -> &str {
        let line = self.0.lines().next().unwrap_or_default();
        let mut is_quoted = false;
        let colon = line.find(|c| {
            is_quoted ^= c == '"';
            c == ':' && !is_quoted
        });
        colon.map_or("", |colon| &line[colon + 1..])
    }
}

fn name(line: &str) -> &str {
    let end = line.find([';', ':']).unwrap_or(line.len());
    line[..end].rsplit('.').next().unwrap_or_default()
}

fn is_property(line: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let Some(end) = line.find([';', ':']) else { return false };
    let mut parts = line[..end].splitn(2, '.');
    parts.all(is_part)
        && line.contains(':')
        && !line.contains(|c: char| c.is_control() && c != '\t')
        && !BORDERS.iter().any(|border| name(line).eq_ignore_ascii_case(border))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_is_a_content_line() {
        for (text, name, value) in [
            ("X-SKYPE;TYPE=home:clark.kent", "X-SKYPE", "clark.kent"),
            ("item1.x-skype:a:b\nitem1.X-ABLabel:Work", "X-SKYPE", "a:b"),
            ("GEO;X=\"a:b\":52.5;13.4", "GEO", "52.5;13.4"),
            ("TZ:", "TZ", ""),
        ] {
            let property = CardProperty::parse(text).unwrap();
            assert_eq!((property.name().as_str(), property.value(), property.as_str()), (name, value, text));
        }
        for text in [
            "",
            "X-SKYPE",
            "X SKYPE:a",
            ":a",
            "a.b.c:d",
            "X-A:b\r",
            "X-A:b\n",
            "X-A:b\nEND:VCARD\nBEGIN:VCARD",
            "item1.end:VCARD",
            "X-A:\0",
        ] {
            assert_eq!(CardProperty::parse(text), Err(Invalid::CardProperty), "{text:?}");
        }
        let long = format!("X:{}", "a".repeat(CARD_PROPERTY_BYTES_MAX));
        assert!(matches!(CardProperty::parse(&long), Err(Invalid::TooLong { .. })));
    }
}
