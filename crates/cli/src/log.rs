//! The log: which lines are written, and how many.
//!
//! The lines of Kith's own crates hold nothing personal. Those of libraries may, so most of them are off.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::panic::{self, PanicHookInfo};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tracing::level_filters::LevelFilter;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, FilterExt, ParseError};
use tracing_subscriber::layer::{Context, Filter, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

use crate::config::LogFormat;

/// The crates of Kith, whose lines are written at the chosen level.
const OWN: [&str; 9] =
    ["contact", "files", "hub", "kith", "search", "server", "store", "store_postgres", "store_sqlite"];
/// Libraries that log what they parse or send. Their lines are off unless an operator names them.
const SILENT: [&str; 20] = [
    "ammonia",
    "calcard",
    "cssparser",
    "deadpool",
    "deadpool_postgres",
    "h2",
    "html5ever",
    "hyper",
    "hyper_util",
    "mail_parser",
    "markup5ever",
    "mio",
    "multer",
    "rusqlite",
    "rustls",
    "selectors",
    "smtp_proto",
    "tendril",
    "tokio_postgres",
    "tokio_postgres_rustls",
];
/// Most lines of one part in a second.
const LINES_PER_SECOND_MAX: u32 = 100;
const SECOND: Duration = Duration::from_secs(1);
/// The part whose lines say how many lines of other parts were left out.
const LEFT_OUT: &str = "kith::left_out";

/// A level for everything, or levels of parts: `info`, or `warn,server=debug`.
#[derive(Clone, Debug)]
pub struct LogLevels(String);

impl FromStr for LogLevels {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<LogLevels, ParseError> {
        EnvFilter::builder().parse(text)?;
        Ok(LogLevels(text.to_owned()))
    }
}

impl LogLevels {
    /// The filter of these levels. A level for everything is one for Kith; libraries have `warn` at most.
    fn filter(&self) -> EnvFilter {
        let (general, named): (Vec<&str>, Vec<&str>) =
            self.0.split(',').partition(|one| one.trim().parse::<LevelFilter>().is_ok());
        let level = general.last().and_then(|level| level.trim().parse().ok()).unwrap_or(LevelFilter::ERROR);
        let mut all = vec![level.min(LevelFilter::WARN).to_string()];
        all.extend(OWN.map(|name| format!("{name}={level}")));
        all.extend(SILENT.map(|name| format!("{name}=off")));
        // A later directive replaces an earlier one of the same part.
        all.extend(named.into_iter().map(str::to_owned));
        EnvFilter::builder().parse_lossy(all.join(","))
    }
}

/// Sends the log to standard error, so that standard output has only the result of the command.
pub fn start(levels: &LogLevels, format: LogFormat) {
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    // An error of the log would be printed to the same closed pipe or full disk and panic, which would end the thread that
    // writes the store.
    let lines = lines.log_internal_errors(false);
    let filter = levels.filter().and(LineLimit::default());
    match format {
        LogFormat::Text => registry().with(lines.with_filter(filter)).init(),
        LogFormat::Json => registry().with(lines.json().with_filter(filter)).init(),
    }
    panic::set_hook(Box::new(log_panic));
}

/// Logs where a panic happened. Its message is left out, because it may quote what was sent.
fn log_panic(info: &PanicHookInfo<'_>) {
    let location = info.location().map(tracing::field::display);
    tracing::error!(location, "a fault of Kith stopped what it was doing; please report it with this line");
}

/// Limits how many lines a part writes in a second, so that no input can fill the disk with log.
#[derive(Default)]
struct LineLimit {
    parts: Arc<Mutex<HashMap<String, Second>>>,
}

/// The lines of one part in the second that began then.
struct Second {
    began: Instant,
    lines: u32,
    left_out: u64,
}

impl Second {
    /// Whether one more line fits; and if not, whether it is the first that does not.
    fn admit(&mut self, now: Instant) -> (bool, bool) {
        if now.duration_since(self.began) >= SECOND && self.left_out == 0 {
            (self.began, self.lines) = (now, 0);
        }
        if self.lines < LINES_PER_SECOND_MAX {
            self.lines += 1;
            return (true, false);
        }
        self.left_out += 1;
        (false, self.left_out == 1)
    }
}

impl LineLimit {
    fn admit(&self, part: &str) -> bool {
        let now = Instant::now();
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if !parts.contains_key(part) {
            parts.insert(part.to_owned(), Second { began: now, lines: 0, left_out: 0 });
        }
        let Some(second) = parts.get_mut(part) else { return true };
        let (is_admitted, is_first) = second.admit(now);
        if is_first {
            let wait = SECOND.saturating_sub(now.duration_since(second.began));
            let (parts, part) = (Arc::clone(&self.parts), part.to_owned());
            // Without a thread the part stays silent, which is better than to fail.
            let _ = thread::Builder::new().name("kith-log".into()).spawn(move || report(&parts, &part, wait));
        }
        is_admitted
    }
}

/// Says at the end of a second how many lines of a part were left out.
fn report(parts: &Mutex<HashMap<String, Second>>, part: &str, wait: Duration) {
    thread::sleep(wait);
    let mut all = parts.lock().unwrap_or_else(PoisonError::into_inner);
    let count = all.remove(part).map_or(0, |second| second.left_out);
    // The line below is counted too.
    drop(all);
    tracing::warn!(target: LEFT_OUT, part, count, "lines were left out: a part logged too many in a second");
}

impl<S: Subscriber> Filter<S> for LineLimit {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let part = event.metadata().target();
        part == LEFT_OUT || self.admit(part)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

    use std::fs;

    use super::*;

    #[test]
    fn the_message_of_a_panic_is_not_logged() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let subscriber = fmt().with_writer(log.reopen().unwrap()).finish();
        let hook = panic::take_hook();
        panic::set_hook(Box::new(log_panic));
        let (text, end) = ("canary é", 8);
        let result = tracing::subscriber::with_default(subscriber, || panic::catch_unwind(|| text[..end].len()));
        panic::set_hook(hook);
        assert!(result.is_err());
        let log = fs::read_to_string(log.path()).unwrap();
        assert!(log.contains("src/log.rs") && !log.contains("canary"), "{log}");
    }

    #[test]
    fn a_part_that_logs_too_much_goes_on_in_the_next_second() {
        let (began, limit) = (Instant::now(), u64::from(LINES_PER_SECOND_MAX));
        let mut second = Second { began, lines: 0, left_out: 0 };
        let admitted = (0..3 * limit).map(|_| second.admit(began));
        let (fitting, others): (Vec<_>, Vec<_>) = admitted.partition(|(is_admitted, _)| *is_admitted);
        assert_eq!((fitting.len() as u64, others.len() as u64, second.left_out), (limit, 2 * limit, 2 * limit));
        assert_eq!(others.iter().filter(|(_, is_first)| *is_first).count(), 1, "they are reported once");
        let mut quiet = Second { began, lines: LINES_PER_SECOND_MAX, left_out: 0 };
        assert_eq!(quiet.admit(began + SECOND), (true, false));
    }
}
