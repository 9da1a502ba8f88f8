//! Links to other systems.

use url::Url;

use crate::invalid::Invalid;
use crate::text::has_gaps;

/// Most bytes of a link.
pub const LINK_BYTES_MAX: usize = 2_048;

/// A web address, kept as given. Two links are the same if their texts are equal.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Link(String);

impl Link {
    /// A link from the store, without a check.
    pub fn from_stored(text: String) -> Link {
        Link(text)
    }

    /// Parses a link: `http` or `https`, with a host (URL Standard, section 4.1).
    ///
    /// # Errors
    ///
    /// [`Invalid::TooLong`] past [`LINK_BYTES_MAX`] bytes; [`Invalid::Link`] if the text is not such an address.
    pub fn parse(text: &str) -> Result<Link, Invalid> {
        let text = text.trim();
        if text.len() > LINK_BYTES_MAX {
            return Err(Invalid::TooLong { max: LINK_BYTES_MAX, unit: "bytes" });
        }
        // The URL parser drops tabs and line breaks inside an address, but the link keeps its text.
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

#[cfg(test)]
mod tests {
    use super::*;

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
