//! Values as people write them into cells: an address with its name, and words where there is none.

use std::borrow::Cow;

/// What people and programs write where there is no address and no number.
const NOTHING: [&str; 34] = [
    "-",
    "--",
    "---",
    ".",
    "?",
    "0",
    "00",
    "000",
    "n/a",
    "na",
    "n.a.",
    "#n/a",
    "#null!",
    "#value!",
    "#ref!",
    "none",
    "null",
    "nil",
    "nan",
    "undefined",
    "unknown",
    "not available",
    "not known",
    "no phone",
    "no email",
    "keine",
    "keins",
    "k.a.",
    "aucun",
    "ninguno",
    "nessuno",
    "brak",
    "нет",
    "无",
];

/// Why a value was left out that stands for none.
pub const NOBODY: &str = "Stands for nobody, so it was left out.";

/// Whether a text says that there is no value.
pub fn is_nothing(text: &str) -> bool {
    let text = text.trim();
    NOTHING.iter().any(|nothing| text.eq_ignore_ascii_case(nothing))
}

/// Whether a text is a day of zeros, which programs write where there is none: `0.0.00`, `0000-00-00`.
pub fn is_no_day(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'0').count() >= 4
        && text.trim().bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-' | b'/' | b' ' | b':' | b'T'))
}

/// A day as `1980-02-03`, or `--02-03` without the year, if it is written so that nothing is left to guess: `19800203`, `--0203`
/// or midnight of it (RFC 6350, section 4.3). Other texts stay as they are.
pub fn day(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    let day =
        trimmed.split_once(['T', ' ']).filter(|(_, time)| time.starts_with("00:00")).map_or(trimmed, |(day, _)| day);
    let (year, rest) = match day.strip_prefix("--") {
        Some(rest) => ("--", rest),
        None => day.split_at_checked(4).unwrap_or((day, "")),
    };
    let is_day = year == "--" || year.bytes().all(|byte| byte.is_ascii_digit());
    match rest.as_bytes() {
        [b'0'..=b'1', b'0'..=b'9', b'0'..=b'3', b'0'..=b'9'] if is_day => {
            let between = if year == "--" { "" } else { "-" };
            format!("{year}{between}{}-{}", &rest[..2], &rest[2..]).into()
        }
        [b'-', b'0'..=b'1', b'0'..=b'9', b'-', b'0'..=b'3', b'0'..=b'9'] if is_day => day.into(),
        _ => text.into(),
    }
}

/// The address in a text like `Ann Leer <ann@leer.example>`, `<ann@leer.example>` or `mailto:ann@leer.example`, and the name
/// before it, if there is one. Other texts are their own address.
pub fn mailbox(text: &str) -> (Option<&str>, &str) {
    let text = text.trim();
    let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => (name.trim().trim_matches(['"', '\'']).trim(), address),
        None => ("", text),
    };
    let address = match address.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => {
            // What follows the address is for the message (RFC 6068, section 2).
            address[7..].split('?').next().unwrap_or_default()
        }
        _ => address,
    };
    (Some(name).filter(|name| !name.is_empty() && !name.contains('@')), address.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_one_form() {
        for (text, expected) in [
            ("1980-02-03", "1980-02-03"),
            ("19800203", "1980-02-03"),
            ("--0203", "--02-03"),
            ("1980-02-03T00:00:00Z", "1980-02-03"),
            ("1980-02-03 00:00:00", "1980-02-03"),
            ("3.2.1980", "3.2.1980"),
            ("19809903", "19809903"),
            ("ж", "ж"),
        ] {
            assert_eq!(day(text), expected, "{text}");
        }
        assert!(is_no_day("0.0.00") && is_no_day("0000-00-00") && !is_no_day("") && !is_no_day("2000-01-01"));
    }

    #[test]
    fn an_address_may_have_a_name() {
        for (text, name, address) in [
            ("ann@e.example", None, "ann@e.example"),
            ("Ann Leer <ann@e.example>", Some("Ann Leer"), "ann@e.example"),
            ("\"Leer, Ann\" <ann@e.example>", Some("Leer, Ann"), "ann@e.example"),
            ("<ann@e.example>", None, "ann@e.example"),
            ("MAILTO:ann@e.example?subject=x", None, "ann@e.example"),
            ("<mailto:ann@e.example>", None, "ann@e.example"),
            ("ann@e.example <ann@e.example>", None, "ann@e.example"),
            ("a<b", None, "a<b"),
            ("", None, ""),
        ] {
            assert_eq!(mailbox(text), (name, address), "{text}");
        }
    }

    #[test]
    fn nothing_has_many_names() {
        for text in ["n/a", "N/A", " None ", "-", "NULL", "нет"] {
            assert!(is_nothing(text), "{text}");
        }
        assert!(!is_nothing("+1") && !is_nothing("nobody@e.example"));
    }
}
