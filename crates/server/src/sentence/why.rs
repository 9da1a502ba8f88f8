//! Why two records are one contact: a sentence for each link between them.

use std::collections::BTreeMap;

use contact::{Attribute, LinkReason, Record, RecordId};
use hub::{ExplainedLink, Provenance};

use super::names::Names;
use super::{Piece, Sentence};

/// Returns the sentence of a link: why, when, and from where.
pub fn sentence(link: &ExplainedLink, records: &BTreeMap<RecordId, Record>, names: &Names) -> Sentence {
    let [from, to] = [link.link.from, link.link.to].map(|id| named(id, records));
    match (&link.link.because, link.reports) {
        (LinkReason::Handle { handle, .. }, Some([one, other])) => Sentence::new()
            .bold("Both report")
            .text(" ")
            .handle_text(handle)
            .text(": ")
            .all(since(from, one, names))
            .text(", and ")
            .all(since(to, other, names))
            .text("."),
        (LinkReason::Handle { handle, .. }, None) => {
            Sentence::new().bold("Both report").text(" ").handle_text(handle).text(".")
        }
        (LinkReason::Merge, _) => decided("Merged", from, to, link.made, names),
        (LinkReason::Added, _) => decided("Added to one contact", from, to, link.made, names),
        (LinkReason::Withdrawn, _) => decided("Withdrawn, and the other answers for it", from, to, link.made, names),
    }
}

fn since(record: Sentence, Provenance { at, by }: Provenance, names: &Names) -> Sentence {
    record.text(" since ").moment(at).text(", by ").all(names.actor(by))
}

fn decided(what: &str, from: Sentence, to: Sentence, made: Provenance, names: &Names) -> Sentence {
    let who = Sentence::new().bold(what).text(": ").all(from).text(" and ").all(to);
    who.text(", by ").all(names.actor(made.by)).text(", ").moment(made.at).text(".")
}

/// Returns a record as a sentence names it.
fn named(id: RecordId, records: &BTreeMap<RecordId, Record>) -> Sentence {
    match records.get(&id).map(title).filter(|title| !title.is_empty()) {
        Some(title) => Sentence::new().piece(Piece::Record(id, title)),
        None => Sentence::new().text(format!("the record {id}")),
    }
}

/// Returns the name of a record in its system, or else the name or the handle that it reports; empty if it has none.
pub fn title(record: &Record) -> String {
    match record.name.as_ref().filter(|name| name.is_given()) {
        Some(name) => format!("{} {}", name.system(), name.id()),
        None => label(record).to_owned(),
    }
}

/// Returns the name that a record reports, or else its first handle; empty if it has neither.
fn label(record: &Record) -> &str {
    let first = || record.facts.handles.first().map(|known| known.value.text());
    Some(name(record)).filter(|name| !name.is_empty()).or_else(first).unwrap_or_default()
}

/// Returns the name that a record reports, empty if it has none.
pub fn name(record: &Record) -> &str {
    let single = &record.facts.single;
    let name = single.attributes[Attribute::Name].as_ref().or(single.message_name.as_ref());
    name.map(|name| name.value.as_str().trim()).unwrap_or_default()
}
