//! The example numbers of every region, typed in many ways.

use contact::{Handle, Region, Source};
use rlibphonenumber::{PHONE_NUMBER_UTIL as PHONES, PhoneNumber, PhoneNumberFormat, PhoneNumberType};

const TYPES: [PhoneNumberType; 6] = [
    PhoneNumberType::FixedLine,
    PhoneNumberType::Mobile,
    PhoneNumberType::TollFree,
    PhoneNumberType::PremiumRate,
    PhoneNumberType::VoIP,
    PhoneNumberType::UAN,
];

/// The ways of typing a number.
fn spellings(number: &PhoneNumber) -> Vec<String> {
    let format = |format| PHONES.format(number, format).into_owned();
    let (e164, international) = (format(PhoneNumberFormat::E164), format(PhoneNumberFormat::International));
    let national = format(PhoneNumberFormat::National);
    vec![
        national.replace(' ', "-"),
        national.replace(' ', "\u{a0}"),
        format!("'{national}"),
        format!("Tel.: {national}"),
        international.replace(' ', "."),
        national.chars().filter(char::is_ascii_digit).collect(),
        international.replace(' ', "/"),
        national.replace(' ', "/"),
        national.replace(' ', "."),
        format!("00{}", &e164[1..]),
        e164[1..].to_owned(),
        format(PhoneNumberFormat::RFC3966),
        format!("\u{202a}{international}\u{202c}"),
        format!("{e164}.0"),
        e164,
        international,
        national,
    ]
}

#[test]
fn every_example_is_read_as_itself() {
    let mut failures = Vec::new();
    for plan in PHONES.get_supported_regions() {
        let region: Region = plan.to_string().parse().unwrap();
        let numbers =
            TYPES.into_iter().filter_map(|kind| PHONES.get_example_number_for_type_and_region(plan, kind).ok());
        for number in numbers {
            let e164 = PHONES.format(&number, PhoneNumberFormat::E164);
            for spelling in spellings(&number) {
                // A bare country code may also be the beginning of another valid number of the region.
                let read_there = PHONES.parse(&spelling, Some(plan)).ok().filter(|other| PHONES.is_valid_number(other));
                if read_there.is_some_and(|other| PHONES.format(&other, PhoneNumberFormat::E164) != e164) {
                    continue;
                }
                let read = Handle::parse(Source::Phone, &spelling, region);
                if read.as_ref().map(Handle::text) != Ok(&*e164) {
                    failures.push(format!("{spelling} in {plan}: {read:?}, not {e164}"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} spellings fail:\n{}", failures.len(), failures.join("\n"));
}
