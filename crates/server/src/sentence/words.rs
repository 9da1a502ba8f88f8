//! Times, sources and titles in words.

use contact::{Source, Time};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Returns the exact time in UTC.
pub fn exact(time: Time) -> String {
    civil(time).strftime("%A, %-d %B %Y, %-H:%M:%S UTC").to_string()
}

/// Returns a time with its day, for a sentence in plain text.
pub fn moment(time: Time) -> String {
    civil(time).strftime("%-d %b %Y, %-H:%M UTC").to_string()
}

/// Returns a time on the calendar, in UTC.
pub fn civil(time: Time) -> DateTime {
    let timestamp = Timestamp::from_millisecond(time.millis()).unwrap_or(Timestamp::UNIX_EPOCH);
    TimeZone::UTC.to_datetime(timestamp)
}

/// Returns the label of a source.
pub fn source(source: Source) -> &'static str {
    match source {
        Source::Email => "E-mail",
        Source::Phone => "Phone",
        Source::Twitter => "Twitter",
        Source::Facebook => "Facebook",
        Source::Intercom => "Intercom",
        Source::FrontChat => "Front chat",
        Source::Custom => "Custom",
    }
}

/// Returns the label of a source, for the middle of a sentence.
pub fn source_in_sentence(source: Source) -> &'static str {
    match source {
        Source::Email => "e-mail",
        Source::Phone => "phone",
        Source::Custom => "custom",
        Source::Twitter | Source::Facebook | Source::Intercom | Source::FrontChat => self::source(source),
    }
}

/// Returns the title of a conversation or message: its subject, or else its beginning.
pub fn title<'a>(subject: &'a str, snippet: &'a str) -> &'a str {
    [subject, snippet].into_iter().find(|text| !text.trim().is_empty()).unwrap_or("No text")
}
