//! What a contact shows besides its handles: name, description and links.

use url::Url;

use crate::Invalid;

/// Most characters of a name.
pub const NAME_CHARS_MAX: usize = 500;
/// Most characters of a description.
pub const DESCRIPTION_CHARS_MAX: usize = 10_000;
/// Most bytes of a link.
pub const LINK_BYTES_MAX: usize = 2_048;

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

/// An address on the web, kept as it was given; two are the same link if their texts are the same.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Link(String);

impl Link {
    /// A link as it was stored; it is not checked again.
    pub fn from_stored(text: String) -> Link {
        Link(text)
    }

    /// Reads a link: `http` or `https`, with a host (the URL Standard, section 4.1).
    ///
    /// # Errors
    ///
    /// [`Invalid::TooLong`] past [`LINK_BYTES_MAX`] bytes; [`Invalid::Link`] if it is no such address.
    pub fn parse(text: &str) -> Result<Link, Invalid> {
        let text = text.trim();
        if text.len() > LINK_BYTES_MAX {
            return Err(Invalid::TooLong { max: LINK_BYTES_MAX, unit: "bytes" });
        }
        // The URL parser drops tabs and line breaks inside an address; whoever shows ours need not.
        if has_gaps(text) {
            return Err(Invalid::Link);
        }
        let url = Url::parse(text).map_err(|_| Invalid::Link)?;
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        if web { Ok(Link(text.to_owned())) } else { Err(Invalid::Link) }
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
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

    #[test]
    fn links_lead_to_the_web() {
        for good in
            ["https://wayne.inc", " http://crm.wayne.inc/people/7?tab=a#b ", "HTTPS://WAYNE.INC", "http://[::1]:80/"]
        {
            assert_eq!(Link::parse(good).unwrap().as_str(), good.trim());
        }
        for bad in [
            "",
            "wayne.inc",
            "javascript:alert(1)",
            "java\nscript:alert(1)",
            "ftp://wayne.inc",
            "https://",
            "https://a b.c",
            "//wayne.inc",
            "data:text/html,x",
            "mailto:a@b.c",
        ] {
            assert_eq!(Link::parse(bad), Err(Invalid::Link), "{bad}");
        }
        assert!(Link::parse(&format!("https://a.b/{}", "x".repeat(LINK_BYTES_MAX))).is_err());
    }
}
