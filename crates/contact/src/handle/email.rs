//! Email addresses.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::borrow::Cow;

use icu_properties::CodePointSetData;
use icu_properties::props::QuotationMark;
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization;

use crate::invalid::Invalid;
use crate::text::has_gaps;

const BYTES_MAX: usize = 254;
const LOCAL_PART_BYTES_MAX: usize = 64;

/// The key of an address: all in lower case, its local part in NFC, its domain in ASCII.
///
/// Domains compare case-insensitively (RFC 1035, section 2.3.3) and have one ASCII form (UTS 46).
/// Local parts may differ by case, but no common mail service does so. Dots and tags stay, because they make different
/// addresses.
pub fn key(text: &str) -> Result<String, Invalid> {
    let (local, domain) = text.rsplit_once('@').ok_or(Invalid::Email)?;
    if !text.is_ascii() && text.contains(is_curly_quote) {
        return Err(Invalid::EmailQuotes);
    }
    if local.is_empty() || has_gaps(text) {
        return Err(Invalid::Email);
    }
    // RFC 5321, section 4.5.3.1.
    if local.len() > LOCAL_PART_BYTES_MAX {
        return Err(Invalid::EmailLocalPart);
    }
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    if !quoted && local.bytes().any(is_special) {
        return Err(Invalid::Email);
    }
    let key = [&*local_key(local), "@", &*domain_key(domain)?].concat();
    if key.len() > BYTES_MAX || text.len() > BYTES_MAX {
        return Err(Invalid::TooLong { max: BYTES_MAX, unit: "bytes" });
    }
    Ok(key)
}

/// RFC 6531 has local parts outside ASCII, RFC 6532, section 3.1, in NFC.
fn local_key(local: &str) -> String {
    if local.is_ascii() {
        local.to_ascii_lowercase()
    } else {
        local.nfc().collect::<String>().to_lowercase().nfc().collect()
    }
}

/// Whether a character is a quotation mark that word processors put around a text.
fn is_curly_quote(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<QuotationMark>().contains(c)
}

/// Whether an unquoted local part must not contain a character (RFC 5321, section 4.1.2).
fn is_special(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b':' | b';' | b',' | b'\\' | b'"' | b'@')
}

fn domain_key(domain: &str) -> Result<Cow<'_, str>, Invalid> {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address_literal(literal).map(Cow::Owned);
    }
    Uts46::new()
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow, DnsLength::Verify)
        .map_err(|_| Invalid::Email)
}

/// A host without a name (RFC 5321, section 4.1.3).
fn address_literal(literal: &str) -> Result<String, Invalid> {
    if let Some(address) = literal.get(..5).filter(|tag| tag.eq_ignore_ascii_case("IPv6:")).map(|_| &literal[5..]) {
        let address: Ipv6Addr = address.parse().map_err(|_| Invalid::Email)?;
        return Ok(format!("[ipv6:{address}]"));
    }
    let address: Ipv4Addr = literal.parse().map_err(|_| Invalid::Email)?;
    Ok(format!("[{address}]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(left: &str, right: &str) {
        assert_eq!(key(left).unwrap(), key(right).unwrap());
    }

    #[track_caller]
    fn refused(text: &str) {
        assert!(key(text).is_err(), "{text} was taken as {:?}", key(text));
    }

    #[test]
    fn case_is_not_identity() {
        same("ada@example.org", "ada@EXAMPLE.org");
        same("ada@example.org", "Ada@example.org");
        same("ÀDA@example.org", "àda@example.org");
    }

    #[test]
    fn a_domain_has_one_ascii_form() {
        same("ada@bücher.example", "ada@xn--bcher-kva.example");
        same("ada@BÜCHER.example", "ada@bu\u{308}cher.example");
        assert_eq!(key("ada@bücher.example").unwrap(), "ada@xn--bcher-kva.example");
    }

    #[test]
    fn a_local_part_has_one_form() {
        same("zoe\u{308}@example.org", "zoë@example.org");
        same("ZOE\u{308}@example.org", "zoë@example.org");
    }

    #[test]
    fn curly_quotes_are_no_part_of_an_address() {
        for text in ["“ada@example.org”", "‘ada’@example.org", "ada@example.org’", "«ada@example.org»"] {
            assert_eq!(key(text), Err(Invalid::EmailQuotes), "{text}");
        }
    }

    #[test]
    fn dots_and_tags_are_identity() {
        assert_ne!(key("a.da@example.org"), key("ada@example.org"));
        assert_ne!(key("ada+news@example.org"), key("ada@example.org"));
    }

    #[test]
    fn odd_addresses_that_mail_delivers() {
        for text in
            ["a@b", "\"a@b\"@c.de", "o'hara@c.de", "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]", "user..name@docomo.example"]
        {
            assert!(key(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_mail_cannot_deliver() {
        for text in [
            "ada",
            "@example.org",
            "ada@",
            "ada@@example.org",
            "a b@example.org",
            "ada@exa mple.org",
            "ada@example..org",
            "ada@.org",
            "ada\u{7}@example.org",
            "Ada <ada@example.org>",
            "mailto:ada@example.org",
            "ada@example.org,",
            "ada@[example]",
            "a@[IPv6:]",
            "a@[é]",
            "a@b@c.de",
            "ada@example.org.",
            "ada@exa_mple!.org",
        ] {
            refused(text);
        }
        refused(&format!("{}@example.org", "a".repeat(65)));
        refused(&format!("ada@{}.org", "a".repeat(64)));
        refused(&format!("ada@{}org", "abcdefgh.".repeat(30)));
    }
}
