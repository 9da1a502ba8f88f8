//! Mobile numbers that are written in several ways: the numbering plan changed, or callers from abroad add a digit.

use rlibphonenumber::{PHONE_NUMBER_UTIL as PHONES, PhoneNumberType};

/// The other prefixes of a mobile in Mexico until 2019: the one from abroad, then those within the country.
const MEXICAN_PREFIXES: [&str; 4] = ["1", "01", "044", "045"];

/// The form of a number that compares, if it is not the form that is given.
///
/// Brazil: with the ninth digit. Mexico: without the 1. Argentina: with the 9, even for a number that may be a landline: a
/// number with and without the 9 has one subscriber. A form counts only if the numbering plan has it as a mobile.
pub fn key_form(e164: &str) -> Option<String> {
    let digits = e164.strip_prefix('+')?;
    let form = match digits.split_at_checked(2)? {
        ("55", number) => brazilian(number)?,
        ("54", number) => argentine(number)?,
        ("52", number) => mexican(number)?,
        _ => return None,
    };
    (form != e164 && is_mobile(&form)).then_some(form)
}

/// Mobiles began with 6 to 9 when they got their ninth digit. Landlines begin with 2 to 5.
fn brazilian(number: &str) -> Option<String> {
    let (area, subscriber) = number.split_at_checked(2).filter(|_| number.len() == 10)?;
    subscriber.starts_with(['6', '7', '8', '9']).then(|| format!("+55{area}9{subscriber}"))
}

/// The parser reads the 15 after the area code.
fn argentine(number: &str) -> Option<String> {
    let number = PHONES.parse(format!("+54{}", number.strip_prefix('9').unwrap_or(number)), None).ok()?;
    let national = number.national_number.to_string();
    Some(if national.len() == 10 { format!("+549{national}") } else { format!("+54{national}") })
}

fn mexican(number: &str) -> Option<String> {
    let (prefix, rest) = number.split_at_checked(number.len().checked_sub(10)?)?;
    MEXICAN_PREFIXES.contains(&prefix).then(|| format!("+52{rest}"))
}

fn is_mobile(e164: &str) -> bool {
    PHONES.parse(e164, None).is_ok_and(|number| {
        matches!(PHONES.get_number_type(&number), PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_a_mobile_are_one() {
        for (given, form) in [
            ("+551187654321", "+5511987654321"),
            ("+552186429753", "+5521986429753"),
            ("+541166773399", "+5491166773399"),
            ("+5491115566773399", ""),
            ("+549111566773399", "+5491166773399"),
            ("+5215545258448", "+525545258448"),
            ("+520445545258448", "+525545258448"),
        ] {
            assert_eq!(key_form(given).unwrap_or_default(), form, "{given}");
        }
    }

    #[test]
    fn other_numbers_have_one_form() {
        for given in [
            "+5511987654321",
            "+551133334444",
            "+551112345678",
            "+552087654321",
            "+558001234567",
            "+5491166773399",
            "+548001234567",
            "+525545258448",
            "+5255452584481",
            "+16508149999",
            "+5",
            "+55",
            "+999123456",
        ] {
            assert_eq!(key_form(given), None, "{given}");
        }
    }
}
