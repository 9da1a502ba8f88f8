//! Placeholders: handles that stand for nobody, whatever company reports them.

use std::sync::LazyLock;

use foldhash::{HashMap, HashSet};

use crate::handle::{HandleKey, Source};

/// The list, with the reason for each.
const LIST: &str = include_str!("placeholders.txt");
/// Phone numbers that end in so many zeros are placeholders, such as `+15550000000`.
const ZEROS: &str = "0000000";
/// Most digits of a country code.
const COUNTRY_CODE_DIGITS_MAX: usize = 3;

/// The list, arranged so that a handle is found by its own text.
#[derive(Default)]
struct Placeholders {
    /// Handles in full, in lower case.
    exact: HashMap<Source, HashSet<&'static str>>,
    /// Local parts of addresses in any domain.
    locals: HashSet<&'static str>,
    /// Beginnings of local parts of addresses in any domain.
    beginnings: Vec<&'static str>,
    /// Addresses in any domain that begins so, up to its last label.
    any_top: HashSet<&'static str>,
}

static PLACEHOLDERS: LazyLock<Placeholders> = LazyLock::new(|| {
    let mut list = Placeholders::default();
    for line in LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (Some(source), Some(text)) = (words.next().and_then(|name| name.parse().ok()), words.next()) else {
            continue;
        };
        if let Some(beginning) = text.strip_suffix("*@*") {
            list.beginnings.push(beginning);
        } else if let Some(local) = text.strip_suffix("@*") {
            list.locals.insert(local);
        } else if let Some(start) = text.strip_suffix(".*") {
            list.any_top.insert(start);
        } else {
            list.exact.entry(source).or_default().insert(text);
        }
    }
    list
});

/// Whether a handle is a placeholder: it stands for nobody.
pub fn is_placeholder(handle: &HandleKey) -> bool {
    let text = handle.as_str();
    let is_exact = |text: &str| PLACEHOLDERS.exact.get(&handle.source()).is_some_and(|exact| exact.contains(text));
    match handle.source() {
        Source::Email => is_exact(text) || is_placeholder_address(text),
        Source::Phone => is_exact(text) || is_placeholder_number(text),
        Source::Twitter => is_exact(text),
        Source::Facebook | Source::Intercom | Source::FrontChat | Source::Custom => {
            is_exact(&text.to_ascii_lowercase())
        }
    }
}

fn is_placeholder_address(text: &str) -> bool {
    let Some((local, _)) = text.rsplit_once('@') else { return false };
    let start = text.rsplit_once('.').map_or("", |(start, _)| start);
    PLACEHOLDERS.locals.contains(local)
        || PLACEHOLDERS.any_top.contains(start)
        || PLACEHOLDERS.beginnings.iter().any(|beginning| local.starts_with(beginning))
}

/// Whether the digits are all alike, with or without those of a country code, or the last seven are zeros.
fn is_placeholder_number(text: &str) -> bool {
    let digits = text.trim_start_matches('+').split(';').next().unwrap_or_default();
    let is_alike = |digits: &str| {
        let mut all = digits.chars();
        let first = all.next();
        digits.len() >= ZEROS.len() && all.all(|digit| Some(digit) == first)
    };
    digits.ends_with(ZEROS) || (0..=COUNTRY_CODE_DIGITS_MAX).filter_map(|code| digits.get(code..)).any(is_alike)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(source: Source, key: &str) -> bool {
        is_placeholder(&HandleKey::from_stored(source, key))
    }

    #[test]
    fn every_line_of_the_list_is_read() {
        let lines = LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        for line in lines {
            let (source, text) = line.split_once(' ').unwrap();
            let (text, reason) = text.split_once(' ').unwrap();
            assert!(!reason.is_empty(), "{line}");
            let some = text.replace("@*", "@some.org").replace(".*", ".org").replace('*', "1");
            assert!(is(source.parse().unwrap(), &some), "{line}");
        }
    }

    #[test]
    fn numbers_and_addresses_of_nobody() {
        for number in ["+15550000000", "+10000000000", "+11111111111", "+492222222222", "+0000000000", "+19999999999"] {
            assert!(is(Source::Phone, number), "{number}");
        }
        assert!(is(Source::Email, "noreply@shop.example"));
        assert!(is(Source::Custom, "N/A"));
    }

    #[test]
    fn numbers_and_addresses_of_somebody() {
        for number in ["+123456789", "+16505550150", "+4930123456", "+18002222223", "+442079460958"] {
            assert!(!is(Source::Phone, number), "{number}");
        }
        for address in
            ["info@none.com", "bruce@wayne.inc", "nonette@example.org", "noreplyson@example.org", "info@test.com"]
        {
            assert!(!is(Source::Email, address), "{address}");
        }
    }
}
