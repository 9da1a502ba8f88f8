//! Spellings of handles, as people and programs write them, and values that are no handles.
//!
//! `cases.json` has a row for each:
//!
//! | key | what |
//! |---|---|
//! | `source`, `region`, `given` | the value and how it is reported |
//! | `key` | a spelling of the key |
//! | `same_as` | another spelling of the same handle |
//! | `differs_from` | a spelling of another handle |
//! | `refused` | the value is refused |
//! | `or_refused` | the value may be refused |
//! | `about` | what the row shows |

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod regions;

use contact::{Handle, Invalid, Region, Source};
use serde_json::Value;

/// A row of `cases.json`.
struct Case<'a>(&'a Value);

impl Case<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.0[name].as_str()
    }

    fn is(&self, name: &str) -> bool {
        self.0[name].as_bool() == Some(true)
    }

    fn parse(&self, text: &str) -> Result<Handle, Invalid> {
        let source: Source = self.text("source").unwrap().parse().unwrap();
        let region: Region = self.text("region").map_or_else(Region::default, |region| region.parse().unwrap());
        Handle::parse(source, text, region)
    }

    /// Why the row fails; none if it passes.
    fn failure(&self) -> Option<String> {
        let handle = match self.parse(self.text("given").unwrap()) {
            Ok(handle) if self.is("refused") => return Some(format!("taken as {:?}", handle.key())),
            Ok(handle) => handle,
            Err(_) if self.is("refused") || self.is("or_refused") => return None,
            Err(why) => return Some(format!("refused: {why}")),
        };
        let key = |name| self.text(name).map(|text| self.parse(text).unwrap().key().clone());
        let is_same = ["key", "same_as"].into_iter().filter_map(key).all(|key| key == *handle.key());
        let differs = key("differs_from").is_none_or(|key| key != *handle.key());
        let is_phone = handle.key().source() == Source::Phone;
        let is_shown = !is_phone || self.text("key").is_none_or(|key| key == handle.text());
        (!is_same || !differs || !is_shown).then(|| format!("read as {handle:?}"))
    }
}

#[test]
fn every_row_is_read_as_it_says() {
    let rows: Vec<Value> = serde_json::from_str(include_str!("cases.json")).unwrap();
    let failures: Vec<String> =
        rows.iter().filter_map(|row| Some(format!("{row}: {}", Case(row).failure()?))).collect();
    assert!(failures.is_empty(), "{} of {} rows fail:\n{}", failures.len(), rows.len(), failures.join("\n"));
}
