//! Values of custom fields in files.

use contact::{CustomField, CustomType, CustomValue, Settings};
use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Number, Value};

/// Parses a value that is written as text.
pub fn from_text(settings: &Settings, field: &CustomField, text: &str) -> Result<CustomValue, String> {
    let value = match &field.kind {
        CustomType::String | CustomType::Teammate | CustomType::Inbox | CustomType::Enum(_) => {
            CustomValue::Text(text.to_owned())
        }
        CustomType::Boolean => truth(text).map(CustomValue::Bool).ok_or("Must be true, false, yes or no.")?,
        CustomType::Number => number(text).map(CustomValue::Number).ok_or("Must be a number, such as 12.5.")?,
        CustomType::DateTime if is_day(text) => moment(text).map(CustomValue::Number).ok_or("Must be a date.")?,
        CustomType::DateTime => number(text).or_else(|| moment(text)).map(CustomValue::Number).ok_or(
            "Must be a date such as 2026-03-31, a moment such as 2026-03-31T09:24:15Z, or seconds since 1970.",
        )?,
    };
    checked(settings, field, value)
}

/// Parses a value that is written as JSON.
pub fn from_json(settings: &Settings, field: &CustomField, value: &Value) -> Result<CustomValue, String> {
    let value = match value {
        Value::String(text) => return from_text(settings, field, text),
        Value::Bool(truth) => CustomValue::Bool(*truth),
        Value::Number(number) => CustomValue::Number(number.to_string()),
        _ => return Err("Must be a string, a number, true or false.".into()),
    };
    checked(settings, field, value)
}

/// A value as JSON.
pub fn to_json(value: &CustomValue) -> Value {
    match value {
        CustomValue::Text(text) => Value::String(text.clone()),
        CustomValue::Bool(truth) => Value::Bool(*truth),
        CustomValue::Number(number) => serde_json::from_str(number).unwrap_or(Value::Null),
    }
}

fn checked(settings: &Settings, field: &CustomField, value: CustomValue) -> Result<CustomValue, String> {
    match settings.check(field, &value) {
        Ok(()) => Ok(value),
        Err(wrong) => {
            // The message there is the end of a sentence.
            let mut why = wrong.why.chars();
            let first: String = why.next().into_iter().flat_map(char::to_uppercase).collect();
            Err(format!("{first}{}.", why.as_str()))
        }
    }
}

fn truth(text: &str) -> Option<bool> {
    let is_one_of = |words: [&str; 3]| words.into_iter().any(|word| text.trim().eq_ignore_ascii_case(word));
    if is_one_of(["true", "yes", "1"]) {
        Some(true)
    } else if is_one_of(["false", "no", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// A number in its canonical JSON form, so that equal numbers are equal texts.
pub fn number(text: &str) -> Option<String> {
    let text = text.trim();
    text.strip_prefix('+').unwrap_or(text).parse::<Number>().ok().map(|number| number.to_string())
}

/// Whether a text is a day without dashes, such as 19800203. As seconds it would be in 1970.
fn is_day(text: &str) -> bool {
    let text = text.trim();
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<Date>().is_ok()
}

/// Unix seconds as people write them: a day, or a moment in UTC. As they are if that would not read back the same.
pub fn day_or_moment(seconds: &str) -> String {
    let parsed = || {
        let time = match seconds.parse::<i64>() {
            Ok(whole) => Timestamp::from_second(whole).ok()?,
            Err(_) => Timestamp::from_duration(SignedDuration::try_from_secs_f64(seconds.parse().ok()?).ok()?).ok()?,
        };
        let text = time.to_string();
        let text = text.strip_suffix("T00:00:00Z").unwrap_or(&text).to_owned();
        Some(text).filter(|text| moment(text).as_deref() == Some(seconds))
    };
    parsed().unwrap_or_else(|| seconds.to_owned())
}

/// A time as Unix seconds. Without an offset, it is UTC.
fn moment(text: &str) -> Option<String> {
    let text = text.trim();
    let with_offset = text.parse::<Timestamp>().ok().or_else(|| Some(rfc2822::parse(text).ok()?.timestamp()));
    let local = || TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    let moment = with_offset.or_else(local)?;
    if moment.subsec_nanosecond() == 0 {
        return Some(moment.as_second().to_string());
    }
    let seconds = moment.as_duration().as_secs_f64();
    Number::from_f64(seconds).map(|number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_seconds() {
        for (text, seconds) in [
            ("2020-01-01", "1577836800"),
            ("2020-01-01 09:24:15", "1577870655"),
            ("2020-01-01T09:24:15", "1577870655"),
            ("2020-01-01T10:24:15+01:00", "1577870655"),
            ("2020-01-01T09:24:15.5Z", "1577870655.5"),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "784111777"),
            ("1969-12-31T23:59:59Z", "-1"),
        ] {
            assert_eq!(moment(text).as_deref(), Some(seconds), "{text}");
        }
        assert_eq!(moment("next week"), None);
        assert_eq!(moment("31.12.2020"), None);
    }

    #[test]
    fn seconds_are_written_as_days_or_moments() {
        for (seconds, text) in [
            ("318384000", "1980-02-03"),
            ("1577870655", "2020-01-01T09:24:15Z"),
            ("1577870655.5", "2020-01-01T09:24:15.5Z"),
            ("-1", "1969-12-31T23:59:59Z"),
            ("1000.0", "1000.0"),
            ("1e300", "1e300"),
        ] {
            assert_eq!(day_or_moment(seconds), text);
        }
        assert!(is_day("19800203") && !is_day("19809903") && !is_day("318384000"));
    }

    #[test]
    fn a_number_has_one_form() {
        assert_eq!(number(" +12.50 ").as_deref(), Some("12.5"));
        assert_eq!(number("1e3").as_deref(), Some("1000.0"));
        assert_eq!(number("1,000"), None);
        assert_eq!(number("NaN"), None);
    }
}
