//! How things are said: times, names, sizes.

use contact::{Contact, Handle, Source, Teammate, Time};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use maud::{Markup, html};

const HUES: u64 = 12;

/// A moment in words, with the exact one on hover. Scripts say it again in the reader's own time zone.
pub fn time(time: Time, now: Time) -> Markup {
    let (at, exact) = (civil(time), exact(time));
    html! { time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) title=(exact) { (ago(time, now)) } }
}

/// A moment among others of a person or conversation: the day, and the time of day.
pub fn moment(time: Time, now: Time) -> Markup {
    let (at, today, exact) = (civil(time), civil(now), exact(time));
    let words = if at.date() == today.date() {
        format!("today, {}", at.strftime("%-H:%M"))
    } else if at.year() == today.year() {
        at.strftime("%-d %b, %-H:%M").to_string()
    } else {
        at.strftime("%-d %b %Y, %-H:%M").to_string()
    };
    html! { time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) title=(exact) data-when { (words) } }
}

/// As one colleague says it to another.
fn ago(time: Time, now: Time) -> String {
    let seconds = (now.millis() - time.millis()) / 1_000;
    let (at, today) = (civil(time), civil(now));
    let days = seconds / 86_400;
    if seconds < 60 {
        "now".into()
    } else if seconds < 3_600 {
        format!("{} min", seconds / 60)
    } else if at.date() == today.date() {
        at.strftime("%-H:%M").to_string()
    } else if days < 6 {
        at.strftime("%a").to_string()
    } else if at.year() == today.year() {
        at.strftime("%-d %b").to_string()
    } else {
        at.strftime("%-d %b %Y").to_string()
    }
}

/// The exact moment.
pub fn exact(time: Time) -> String {
    civil(time).strftime("%A, %-d %B %Y, %-H:%M:%S UTC").to_string()
}

fn civil(time: Time) -> DateTime {
    let timestamp = Timestamp::from_millisecond(time.millis()).unwrap_or(Timestamp::UNIX_EPOCH);
    TimeZone::UTC.to_datetime(timestamp)
}

/// What a person is called: their name, else their first handle.
pub fn called(contact: &Contact) -> &str {
    let name = contact.name().trim();
    if !name.is_empty() {
        return name;
    }
    contact.handles.first().map_or("Nobody yet", Handle::text)
}

/// What the sender of a message is called. One who was deleted has but the handle they wrote from.
pub fn sender_called<'a>(contact: Option<&'a Contact>, handle: &'a Handle) -> &'a str {
    contact.map_or(handle.text(), called)
}

/// What a teammate is called: their name, else their e-mail address.
pub fn teammate(teammate: &Teammate) -> &str {
    let name = teammate.name.as_str().trim();
    if name.is_empty() { teammate.email.text() } else { name }
}

/// Up to two letters for a person.
pub fn initials(name: &str) -> String {
    let words: Vec<char> =
        name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric())).collect();
    let letters = words.first().into_iter().chain(words.get(1..).and_then(<[char]>::last));
    letters.flat_map(|c| c.to_uppercase()).collect()
}

/// The class of a colour, the same everywhere for the same person or account, by which of its company's it is.
pub fn hue(count: u64) -> String {
    format!("hue-{}", count * 5 % HUES)
}

/// A link to a person's card, by their name.
pub fn person(contact: &Contact) -> Markup {
    html! { a href={ "/app/contacts/" (contact.id) } data-card { bdi { (called(contact)) } } }
}

/// The same for the sender of a message.
pub fn sender(contact: Option<&Contact>, handle: &Handle) -> Markup {
    html! { @match contact { Some(contact) => (person(contact)), None => bdi { (handle.text()) } } }
}

/// A monogram. It says nothing that the name beside it does not.
pub fn monogram(contact: &Contact) -> Markup {
    letters(called(contact), contact.id.count())
}

/// The monogram of whatever is called so, and which of its company's it is.
pub fn letters(called: &str, count: u64) -> Markup {
    html! { span class={ "monogram " (hue(count)) } aria-hidden="true" { (initials(called)) } }
}

/// The monogram of the sender of a message. One who was deleted has no colour.
pub fn sender_monogram(contact: Option<&Contact>, handle: &Handle) -> Markup {
    html! {
        @match contact {
            Some(contact) => (monogram(contact)),
            None => span.monogram.gone aria-hidden="true" { (initials(handle.text())) },
        }
    }
}

/// A person's picture, or a large monogram, at the head of a card.
pub fn portrait(contact: &Contact) -> Markup {
    html! {
        @if let Some(picture) = contact.picture {
            img.portrait src={ "/app/contacts/" (contact.id) "/picture?entry=" (picture.entry) } alt="" width="56"
                height="56";
        } @else {
            span class={ "monogram large " (hue(contact.id.count())) } aria-hidden="true" { (initials(called(contact))) }
        }
    }
}

/// What a company says about a person.
pub fn description(contact: &Contact) -> Markup {
    let text = contact.description();
    html! {
        @if text.trim().is_empty() { p.about.nothing { "No description" } } @else { p.about dir="auto" { (text) } }
    }
}

/// What a source is called on a page.
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

/// What a source is called in the midst of a sentence.
pub fn source_within(source: Source) -> &'static str {
    match source {
        Source::Email => "e-mail",
        Source::Phone => "phone",
        Source::Custom => "custom",
        Source::Twitter | Source::Facebook | Source::Intercom | Source::FrontChat => self::source(source),
    }
}

/// A number of bytes.
#[expect(clippy::cast_precision_loss, reason = "sizes are shown with two digits")]
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let now = 1_779_000_000_000; // Sunday, 17 May 2026, 6:40:00 UTC
        let cases = [
            (0, "now"),
            (59, "now"),
            (-5, "now"),
            (120, "2 min"),
            (3_600 * 2, "4:40"),
            (3_600 * 24, "Sat"),
            (86_400 * 20, "27 Apr"),
            (86_400 * 400, "12 Apr 2025"),
        ];
        for (seconds, words) in cases {
            assert_eq!(ago(Time::from_millis(now - seconds * 1_000), Time::from_millis(now)), words);
        }
        assert_eq!(exact(Time::from_millis(now)), "Sunday, 17 May 2026, 6:40:00 UTC");
    }

    #[test]
    fn initials_are_the_first_and_the_last() {
        for (name, letters) in
            [("Bruce Wayne", "BW"), ("Ada", "A"), ("Jean-Luc van der Berg", "JB"), ("😀", ""), ("", "")]
        {
            assert_eq!(initials(name), letters);
        }
    }
}
