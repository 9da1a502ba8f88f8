//! Phone numbers, parsed by a port of Google's libphonenumber.

mod mobile;
mod spelling;

use core::net::Ipv4Addr;

use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL as PHONES};
use rlibphonenumber::{PhoneNumber, PhoneNumberFormat, ValidationError};

use self::spelling::Spelling;
use super::region::Region;
use crate::invalid::Invalid;

/// The most digits of a number, including its country code (ITU-T E.164, section 6).
const DIGITS_MAX: usize = 15;

/// A number: its key, and the form to show.
#[derive(PartialEq, Eq, Debug)]
pub struct Number {
    /// E.164 in the form that compares, and `;ext=` with the extension if there is one (RFC 3966, section 5.3).
    pub key: String,
    /// The same in the form that was given.
    pub shown: String,
}

/// Parses a number.
///
/// Extensions count, because two desks behind one switchboard are two people.
///
/// With a leading `+` the digits are kept, even if no numbering plan has them. Only digits that the plan drops go: the
/// trunk zero of `+44 (0)20 7946 0958`. Without it, the number is one of `region`, or else an international one.
pub fn parse(text: &str, region: Region) -> Result<Number, Invalid> {
    let spelling = Spelling::parse(text)?;
    let mut shown = if spelling.is_vanity() {
        vanity(&spelling, region)?
    } else {
        check_one(&spelling, region)?;
        if spelling.is_international { international(&spelling, region) } else { national(&spelling, region)? }
    };
    if shown.len() > 1 + DIGITS_MAX {
        return Err(Invalid::PhoneDigits);
    }
    let mut key = mobile::key_form(&shown).unwrap_or_else(|| shown.clone());
    // A form is one digit longer or shorter. What is dialled only within the country is no number to show.
    if key.len().abs_diff(shown.len()) > 1 {
        shown.clone_from(&key);
    }
    if !spelling.extension.is_empty() {
        let extension = [";ext=", &spelling.extension].concat();
        key.push_str(&extension);
        shown.push_str(&extension);
    }
    Ok(Number { key, shown })
}

/// A number whose letters stand for digits. Letters that give no valid number are words.
fn vanity(spelling: &Spelling, region: Region) -> Result<String, Invalid> {
    let signed = spelling.signed();
    let number = PHONES.parse(&signed, Some(region.0)).ok().filter(is_valid);
    let number = number.ok_or_else(|| spelling::letters(&signed))?;
    // A local number and a name may have as many digits and letters as a whole number.
    let before = signed.split(char::is_alphabetic).next().unwrap_or_default();
    let has_trunk_digit = !number.national_number.to_string().starts_with(&spelling::digits(before));
    let is_local = PHONES.parse(before, Some(region.0)).is_ok_and(|number| is_local(&number));
    if is_local && (spelling.is_international || !has_trunk_digit) {
        return Err(Invalid::PhoneLetters);
    }
    Ok(e164(&number))
}

/// A number with its sign.
fn international(spelling: &Spelling, region: Region) -> String {
    let given = spelling.digits();
    let signed = spelling.signed();
    // Some write the sign and the prefix for abroad.
    let abroad = given.strip_prefix("00").and_then(|rest| PHONES.parse(format!("+{rest}"), None).ok());
    let number = abroad.filter(is_known).map_or_else(|| PHONES.parse(&signed, Some(region.0)), Ok);
    // Too short, or of an unknown country: there is no numbering plan.
    number.map_or_else(
        |_| as_shown(format!("+{given}")),
        |number| {
            let dialled = as_dialled(&number, &given);
            if dialled == e164(&number) { dialled } else { as_shown(dialled) }
        },
    )
}

/// A number without its sign: one of the region, or else an international one.
///
/// A number that the region's plan knows goes first. Then a known one with `00` or the region's country code goes before a
/// number that only has the right length.
fn national(spelling: &Spelling, region: Region) -> Result<String, Invalid> {
    let regional = PHONES.parse(&spelling.number, Some(region.0)).ok();
    let is_usual = |number: &PhoneNumber| is_grouped_alike(number, &spelling.number);
    if other_notation(&spelling.number) && !regional.as_ref().is_some_and(is_usual) {
        return Err(Invalid::Phone);
    }
    if let Some(number) = regional.as_ref().filter(|number| is_known(number)) {
        return Ok(in_full(number));
    }
    let digits = spelling.digits();
    let zeros = digits.strip_prefix("00");
    let abroad = PHONES.parse(format!("+{}", zeros.unwrap_or(&digits)), None).ok();
    let is_prefixed = |number: &&PhoneNumber| {
        zeros.is_some() || Some(number.country_code) == PHONES.get_country_code_for_region(region.0)
    };
    let known_abroad = abroad.as_ref().filter(|number| is_known(number));
    let found = known_abroad
        .filter(is_prefixed)
        .or(regional.as_ref().filter(|number| is_possible(number)))
        .or(known_abroad)
        .or(abroad.as_ref().filter(|number| zeros.is_some() && is_possible(number)));
    match found {
        Some(number) => Ok(in_full(number)),
        None if digits.len() > DIGITS_MAX => Err(Invalid::PhoneDigits),
        None => Err(Invalid::PhoneRegion(region)),
    }
}

/// A number with its country code. A number that the plan knows only in another form is in that form.
fn in_full(number: &PhoneNumber) -> String {
    let e164 = e164(number);
    let form = if is_valid(number) || is_possible(number) { None } else { mobile::key_form(&e164) };
    form.unwrap_or_else(|| as_shown(e164))
}

/// Checks that the value is not two numbers, the second perhaps only its last digits.
///
/// A slash may stand between two numbers. So may a space, if the whole is too long for its plan.
fn check_one(spelling: &Spelling, region: Region) -> Result<(), Invalid> {
    let number = spelling.signed();
    if !number.contains(['/', ' ', '-', '(']) {
        return Ok(());
    }
    let whole = PHONES.parse(&number, Some(region.0)).ok();
    let is_too_long = whole.as_ref().is_none_or(|whole| {
        PHONES.is_possible_number_with_reason(whole) == Err(ValidationError::TooLong) && !is_known(whole)
    });
    let is_usual = |whole: &PhoneNumber| is_grouped_alike(whole, &number);
    if !is_too_long && (!number.contains('/') || whole.as_ref().is_some_and(is_usual)) {
        return Ok(());
    }
    let may_part = |c: char| c == '/' || is_too_long && matches!(c, ' ' | '-' | '(');
    let are_two = number.match_indices(may_part).any(|(at, _)| {
        let is_number = PHONES.parse(&number[..at], Some(region.0)).is_ok_and(|number| is_known(&number));
        is_number && number[at..].contains(|c: char| c.is_ascii_digit())
    });
    if are_two { Err(Invalid::PhoneTwo) } else { Ok(()) }
}

/// Whether a text is written as an IP address, a date, a price or a time.
fn other_notation(text: &str) -> bool {
    let groups: Vec<&str> = text.split(['.', '-', '/']).collect();
    match groups[..] {
        [whole, decimals] => text.contains('.') && (1..=4).contains(&whole.len()) && (1..=2).contains(&decimals.len()),
        [first, middle, last] => {
            let is_year = |text: &str| text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
            let is_day = |text: &str| text.len() <= 2 && text.parse().is_ok_and(|day: u8| (1..=31).contains(&day));
            is_day(middle) && (is_year(first) && is_day(last) || is_day(first) && is_year(last))
        }
        _ => text.parse::<Ipv4Addr>().is_ok(),
    }
}

/// Whether a text has the groups of digits that are usual for a number.
fn is_grouped_alike(number: &PhoneNumber, text: &str) -> bool {
    fn groups(text: &str) -> impl Iterator<Item = &str> {
        text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty())
    }
    is_valid(number)
        && [PhoneNumberFormat::National, PhoneNumberFormat::International]
            .into_iter()
            .any(|format| groups(&PHONES.format(number, format)).eq(groups(text)))
}

fn e164(number: &PhoneNumber) -> String {
    PHONES.format(number, PhoneNumberFormat::E164).into_owned()
}

fn is_valid(number: &PhoneNumber) -> bool {
    PHONES.is_valid_number(number)
}

/// Whether a numbering plan has a number, perhaps in another form.
fn is_known(number: &PhoneNumber) -> bool {
    is_valid(number) || mobile::key_form(&e164(number)).is_some()
}

/// Whether a number has as many digits as one of its region, with its area code.
fn is_possible(number: &PhoneNumber) -> bool {
    matches!(PHONES.is_possible_number_with_reason(number), Ok(NumberLengthType::IsPossible))
}

/// Whether a number has as many digits as one of its region without its area code.
fn is_local(number: &PhoneNumber) -> bool {
    matches!(PHONES.is_possible_number_with_reason(number), Ok(NumberLengthType::IsPossibleLocalOnly))
}

/// A number with its country code, parsed again until it stays the same: the plan may find a trunk zero only then.
fn as_shown(mut given: String) -> String {
    while let Ok(number) = PHONES.parse(&given, None) {
        let shown = as_dialled(&number, &given[1..]);
        if shown.len() >= given.len() {
            return shown;
        }
        given = shown;
    }
    given
}

/// A number given with its country code: its digits, unless the numbering plan drops some.
fn as_dialled(number: &PhoneNumber, digits: &str) -> String {
    let e164 = e164(number);
    // Most often the two agree, and the plan need not be asked.
    if e164[1..] == *digits || is_known(number) { e164 } else { format!("+{digits}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(key(text, Region::default()).as_deref(), Ok(expected), "{text}");
    }

    fn key(text: &str, region: Region) -> Result<String, Invalid> {
        parse(text, region).map(|number| number.key)
    }

    #[track_caller]
    fn refused(text: &str, why: Invalid) {
        assert_eq!(key(text, Region::default()), Err(why), "{text}");
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
        assert_eq!(key("5", gb), Err(Invalid::PhoneRegion(gb)));
        assert!("ZZ".parse::<Region>().is_err());
        assert!("gb1".parse::<Region>().is_err());
    }

    #[test]
    fn international_digits_are_taken_as_they_are() {
        check("+123456789", "+123456789");
        check("+999 123 456", "+999123456");
        check("+5", "+5");
        check("+0123456789", "+0123456789");
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
        check("1-800-flowers x12", "+18003569377;ext=12");
        for text in ["call me", "n/a", "+", "-", "+abc", "bruce@wayne.inc", "ABCDEFG", "x12"] {
            refused(text, Invalid::Phone);
        }
        for text in ["650-814-9999 home", "Bob 650-814-9999", "650-814-999O", "65O-81A-9999", "+999 call 7"] {
            refused(text, Invalid::PhoneLetters);
        }
    }

    #[test]
    fn two_numbers_are_refused() {
        for text in [
            "6508149999 / 6508149998",
            "+1 (650) 814-9999 / 9998",
            "650-814-9999;650-814-9998",
            "6508149999,6508149998",
            "650-814-9999\n650-814-9998",
            "+1 650 814 9999 +1 650 814 9998",
        ] {
            refused(text, Invalid::PhoneTwo);
        }
    }

    #[test]
    fn a_spreadsheet_adds_no_digits() {
        for text in ["16508149999.0", "6508149999.00", "1.6508149999E+10", "16,508,149,999", "=\"6508149999\""] {
            check(text, "+16508149999");
        }
        for text in ["1.65081E+10", "1.65E10", "6.5E-3"] {
            refused(text, Invalid::PhoneRounded);
        }
    }

    #[test]
    fn other_notations_are_no_numbers() {
        for text in ["12:30", "$100", "10.0.0.1", "212.58.246.12", "31.12.2026", "2026-11-30", "*67", "12.50"] {
            refused(text, Invalid::Phone);
        }
        let denmark: Region = "DK".parse().unwrap();
        assert_eq!(key("32.12.34.56", denmark).as_deref(), Ok("+4532123456"));
    }

    #[test]
    fn a_mobile_is_shown_as_given() {
        let brazil: Region = "BR".parse().unwrap();
        let number = parse("(11) 8765-4321", brazil).unwrap();
        assert_eq!((&*number.key, &*number.shown), ("+5511987654321", "+551187654321"));
        let number = parse("+52 1 55 4525 8448 x12", brazil).unwrap();
        assert_eq!((&*number.key, &*number.shown), ("+525545258448;ext=12", "+5215545258448;ext=12"));
    }

    #[test]
    fn fifteen_digits_are_the_most() {
        check("+123456789012345", "+123456789012345");
        for text in ["+1234567890123456", &"1".repeat(500)] {
            refused(text, Invalid::PhoneDigits);
        }
    }
}
