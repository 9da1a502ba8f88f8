//! The text format of Prometheus (exposition formats, version 0.0.4).

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

/// The kind of a metric.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Grows and shrinks.
    Gauge,
    /// Counts by size.
    Histogram,
}

/// A page of metrics.
#[derive(Default)]
pub struct Text(String);

impl Text {
    /// Begins a metric, whose samples follow.
    pub fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// Adds a sample.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (n, (label, text)) in labels.iter().enumerate() {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{}{label}=\"{text}\"", if n == 0 { '{' } else { ',' });
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    /// Adds a metric with one sample.
    pub fn one(&mut self, name: &str, kind: Kind, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }
}

impl From<Text> for String {
    fn from(text: Text) -> String {
        text.0
    }
}

/// Puts values with the same key together.
pub fn by<K: Ord>(values: impl IntoIterator<Item = (K, u64)>, join: fn(u64, u64) -> u64) -> BTreeMap<K, u64> {
    let mut all = BTreeMap::new();
    for (key, value) in values {
        all.entry(key).and_modify(|old| *old = join(*old, value)).or_insert(value);
    }
    all
}
