//! Times and sizes as markup.

use contact::Time;
use maud::{Markup, html};

use crate::sentence::words::civil;
pub use crate::sentence::words::{exact, source, title};

/// Returns a time in words, with the exact time on hover. A script converts it to the time zone of the browser.
pub fn time(time: Time, now: Time) -> Markup {
    let (at, exact) = (civil(time), exact(time));
    html! { time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) title=(exact) { (relative(time, now)) } }
}

/// Returns a time with its day and its time of day, for entries of a history or conversation.
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

/// Returns a time relative to now, such as `2 min`.
fn relative(time: Time, now: Time) -> String {
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

/// Returns a size in bytes, kB or MB.
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
    fn times_are_relative_to_now() {
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
            assert_eq!(relative(Time::from_millis(now - seconds * 1_000), Time::from_millis(now)), words);
        }
        assert_eq!(exact(Time::from_millis(now)), "Sunday, 17 May 2026, 6:40:00 UTC");
    }
}
