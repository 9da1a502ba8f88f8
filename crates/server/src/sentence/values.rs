//! Values of custom fields as text.

use contact::{CustomName, CustomType, CustomValue, FieldTarget, Settings, Time};
use jiff::Timestamp;

use super::names::teammate_name;
use super::words;

/// Returns a value as text, without regard to its field.
pub fn plain(value: &CustomValue) -> String {
    match value {
        CustomValue::Text(text) | CustomValue::Number(text) => text.clone(),
        CustomValue::Bool(true) => "yes".into(),
        CustomValue::Bool(false) => "no".into(),
    }
}

/// Returns a value as a history shows it: dates, teammates and inboxes by name if the field still exists.
pub fn display(settings: &Settings, name: &CustomName, value: &CustomValue) -> String {
    match (settings.field(FieldTarget::Contact, name).map(|field| &field.kind), value) {
        (Some(CustomType::DateTime), CustomValue::Number(seconds)) => {
            moment(seconds).map_or_else(|| seconds.clone(), words::exact)
        }
        (Some(CustomType::Teammate), CustomValue::Text(email)) => {
            settings.teammate_by_email(email).map_or(email.as_str(), teammate_name).to_owned()
        }
        (Some(CustomType::Inbox), CustomValue::Text(_)) => "Inbox".into(),
        (_, value) => plain(value),
    }
}

/// Parses Unix seconds into a time that a calendar can show.
#[expect(clippy::cast_possible_truncation, reason = "a calendar ends long before a float does")]
pub fn moment(seconds: &str) -> Option<Time> {
    let millis = (seconds.parse::<f64>().ok()? * 1_000.0) as i64;
    Timestamp::from_millisecond(millis).is_ok().then(|| Time::from_millis(millis))
}
