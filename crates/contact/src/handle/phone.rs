//! Phone numbers, parsed by a port of Google's libphonenumber.

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL as PHONES, PhoneNumber, PhoneNumberFormat, Region as PlanRegion};

use crate::invalid::Invalid;

/// The most digits of a number, including its country code (ITU-T E.164, section 6).
const DIGITS_MAX: usize = 15;

/// The region that a number without a country code belongs to: an ISO 3166 code such as `US`, the default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region(PlanRegion);

impl Default for Region {
    fn default() -> Region {
        Region(PlanRegion::US)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Region {
    type Err = Invalid;

    fn from_str(code: &str) -> Result<Region, Invalid> {
        let region = PlanRegion::from_code(code).map_err(|_| Invalid::Region)?;
        PHONES.get_country_code_for_region(region).map(|_| Region(region)).ok_or(Invalid::Region)
    }
}

/// The key of a number: E.164, and `;ext=` with the extension if there is one (RFC 3966, section 5.3).
///
/// Extensions count, because two desks behind one switchboard are two people.
///
/// With a leading `+` the digits are kept, even if no numbering plan has them. Only digits that the plan drops go: the
/// trunk zero of `+44 (0)20 7946 0958`.
pub fn key(text: &str, region: Region) -> Result<String, Invalid> {
    let given = digits(text);
    let international = text.starts_with(['+', '＋']);
    let number = match PHONES.parse(text, Some(region.0)) {
        Ok(number) => number,
        // Too short, or of an unknown country: there is no numbering plan.
        Err(_) if given.is_empty() || text.contains(char::is_alphabetic) => {
            return extended(text, &given, international);
        }
        Err(_) if international => return bounded(as_shown(format!("+{given}"))),
        Err(_) => return bounded(as_shown(format!("+{}{given}", country_code(region)))),
    };
    let e164 = PHONES.format(&number, PhoneNumberFormat::E164);
    let extension = digits(number.extension.as_deref().unwrap_or_default());
    let mut key = if text.contains(|c: char| c.is_ascii_alphabetic()) && PHONES.is_alpha_number(text) {
        // Letters that give no valid number are words.
        if PHONES.is_valid_number(&number) { e164.into_owned() } else { return Err(Invalid::Phone) }
    } else if international {
        let dialled = as_dialled(&number, &e164, &given, &extension);
        if dialled == e164 { dialled } else { as_shown(dialled) }
    } else {
        as_shown(e164.into_owned())
    };
    key = bounded(key)?;
    if !extension.is_empty() {
        key.push_str(";ext=");
        key.push_str(&extension);
    }
    Ok(key)
}

/// A number with its country code, parsed again until it stays the same: the plan may find a trunk zero only then.
fn as_shown(mut e164: String) -> String {
    while let Ok(number) = PHONES.parse(&e164, None) {
        let shown = as_dialled(&number, &PHONES.format(&number, PhoneNumberFormat::E164), &e164[1..], "");
        if shown.len() >= e164.len() {
            return shown;
        }
        e164 = shown;
    }
    e164
}

/// A number given with its country code: its digits, unless the numbering plan drops some.
fn as_dialled(number: &PhoneNumber, e164: &str, digits: &str, extension: &str) -> String {
    let given = digits.strip_suffix(extension).unwrap_or(digits);
    if e164[1..] == *given || PHONES.is_valid_number(number) { e164.to_owned() } else { format!("+{given}") }
}

/// The extension of a number of an unknown country. The parser finds it only behind a number that it can parse.
fn extended(text: &str, digits: &str, international: bool) -> Result<String, Invalid> {
    if !international || digits.is_empty() {
        return Err(Invalid::Phone);
    }
    let at = text.char_indices().find(|(_, c)| c.is_alphabetic() || ";#".contains(*c)).map_or(text.len(), |(at, _)| at);
    let readable = format!("+16508149999 {}", &text[at..]);
    let number = PHONES.parse(&readable, None).map_err(|_| Invalid::Phone)?;
    let extension = self::digits(number.extension.as_deref().unwrap_or_default());
    let given = digits.strip_suffix(&extension).filter(|given| !given.is_empty()).ok_or(Invalid::Phone)?;
    if extension.is_empty() {
        return Err(Invalid::Phone);
    }
    Ok(format!("{};ext={extension}", bounded(format!("+{given}"))?))
}

fn bounded(e164: String) -> Result<String, Invalid> {
    if e164.len() > 1 + DIGITS_MAX { Err(Invalid::PhoneDigits) } else { Ok(e164) }
}

fn country_code(region: Region) -> i32 {
    PHONES.get_country_code_for_region(region.0).unwrap_or(1)
}

/// The decimal digits of a text in any script, as ASCII.
fn digits(text: &str) -> String {
    if text.is_ascii() {
        return text.chars().filter(char::is_ascii_digit).collect();
    }
    PHONES.normalize_digits_only(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(key(text, Region::default()).as_deref(), Ok(expected), "{text}");
    }

    #[test]
    fn cleaned_and_american_unless_it_says_otherwise() {
        for text in [
            "650-814-9999",
            "(650) 814 9999",
            "650.814.9999",
            "6508149999",
            "1 650 814 9999",
            "+1 (650) 814-9999",
            "+16508149999",
            "tel:+1-650-814-9999",
            "011 1 650 814 9999",
            "＋１ ６５０ ８１４ ９９９９",
        ] {
            check(text, "+16508149999");
        }
        check("011 44 20 7946 0958", "+442079460958");
    }

    #[test]
    fn read_where_the_company_is() {
        let gb: Region = "GB".parse().unwrap();
        assert_eq!(key("020 7946 0958", gb).as_deref(), Ok("+442079460958"));
        assert_eq!(key("5", gb).as_deref(), Ok("+445"));
        assert!("ZZ".parse::<Region>().is_err());
        assert!("gb1".parse::<Region>().is_err());
    }

    #[test]
    fn international_digits_are_taken_as_they_are() {
        check("+123456789", "+123456789");
        check("+999 123 456", "+999123456");
        check("+5", "+5");
        check("+0123456789", "+0123456789");
        check("+5215512345678", "+5215512345678");
        check("+390236618300", "+390236618300");
    }

    #[test]
    fn a_trunk_zero_is_no_digit_of_the_number() {
        check("+44 (0)20 7946 0958", "+442079460958");
        check("+4402079460958", "+442079460958");
    }

    #[test]
    fn extensions_are_other_people() {
        for text in ["+1 650 814 9999 x12", "650-814-9999 ext. 12", "+16508149999;ext=12", "(650) 814-9999 #12"] {
            check(text, "+16508149999;ext=12");
        }
        check("+999 123 456 ext 7", "+999123456;ext=7");
        check("+999123456;ext=7", "+999123456;ext=7");
        check("+123456789 x5", "+123456789;ext=5");
        check("+1 650 814 9999 x١٢", "+16508149999;ext=12");
    }

    #[test]
    fn a_key_is_its_own_key() {
        let germany: Region = "DE".parse().unwrap();
        for text in ["650-814-9999 x12", "+123456789", "+999123456 ext 7", "5", "1-800-FLOWERS", "0#201000"] {
            for region in [Region::default(), germany] {
                let Ok(once) = key(text, region) else { continue };
                check(&once, &once);
            }
        }
    }

    #[test]
    fn what_is_dialled_first_is_told_from_the_number_once_and_for_all() {
        for region in ["US", "GB", "DE", "RU", "IT", "MX", "BR", "JP"].map(|code| code.parse().unwrap()) {
            for before in [
                "", "0", "1", "8", "00", "01", "11", "011", "111", "1111", "+1", "+11", "+111", "+7", "+78", "+52",
                "+521",
            ] {
                for number in ["2125550101", "12125550101", "2079460958", "79460958", "9161234567", "5512345678"] {
                    for between in ["", " ", "+", " + ", "/", ":", "*", "#", "(", "~", "="] {
                        let text = format!("{before}{between}{number}");
                        let Ok(once) = key(&text, region) else { continue };
                        assert_eq!(key(&once, region).as_deref(), Ok(&*once), "{text} in {region}");
                    }
                }
            }
        }
    }

    #[test]
    fn letters_are_vanity_numbers_or_nothing() {
        check("1-800-FLOWERS", "+18003569377");
        for text in
            ["call me", "650-814-9999 home", "n/a", "+", "-", "+abc", "+999 call 7", "bruce@wayne.inc", "ABCDEFG"]
        {
            assert_eq!(key(text, Region::default()), Err(Invalid::Phone), "{text}");
        }
    }

    #[test]
    fn fifteen_digits_are_the_most() {
        check("+123456789012345", "+123456789012345");
        for text in ["+1234567890123456", "6508149999 / 6508149998", &"1".repeat(500)] {
            assert_eq!(key(text, Region::default()), Err(Invalid::PhoneDigits), "{text}");
        }
    }
}
