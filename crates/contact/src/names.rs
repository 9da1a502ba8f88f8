//! The names of records, compared to tell whether they are about different people.

use crate::attribute::Attribute;
use crate::facts::Stamped;
use crate::observation::Observation;
use crate::origin::Origin;
use crate::record::Record;
use crate::record_name::{RecordId, RecordName};
use crate::text::Text;
use crate::view::View;

/// A name as it is compared.
pub fn compared(name: &str) -> String {
    name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// The name that a record reports, empty if it reports none.
pub fn of_record(record: &Record) -> &str {
    let single = &record.facts.single;
    either(single.attributes[Attribute::Name].as_ref().map(text), single.message_name.as_ref().map(text))
}

/// The name that a record will report after an observation; `record` is none if that is a new one.
pub fn after<'a>(record: Option<&'a Record>, observation: &'a Observation) -> &'a str {
    let single = record.map(|record| &record.facts.single);
    let given = observation.attributes[Attribute::Name].as_ref().map(Text::as_str);
    if observation.record.as_ref().is_some_and(RecordName::is_given) {
        return given.unwrap_or_default();
    }
    let name = single.and_then(|single| single.attributes[Attribute::Name].as_ref()).map(text);
    let message_name = single.and_then(|single| single.message_name.as_ref()).map(text);
    match observation.origin {
        Origin::Message => either(name, given.or(message_name)),
        _ => either(given.or(name), message_name),
    }
}

fn text(name: &Stamped<Text>) -> &str {
    name.value.as_str()
}

/// A name, or else that of a message.
fn either<'a>(name: Option<&'a str>, message_name: Option<&'a str>) -> &'a str {
    name.filter(|name| !name.is_empty()).or(message_name).unwrap_or_default()
}

/// Whether two records have different names.
pub fn disagree(view: &View, one: RecordId, other: RecordId) -> bool {
    let name = |id: RecordId| view.records.get(&id).map(|record| compared(of_record(record))).unwrap_or_default();
    are_different(&name(one), &name(other))
}

/// Whether two compared names are those of different people. No name agrees with every name.
pub fn are_different(one: &str, other: &str) -> bool {
    !one.is_empty() && !other.is_empty() && one != other
}
