//! Properties of cards that say more than an attribute holds: the parts of a name, of an address, the units of an organization.
//!
//! The line of the card is kept beside the attribute, and written again as long as both say the same.

use contact::CardProperty;

use super::property::{Head, Property};
use crate::Encoding;
use crate::name::Parts;

/// A property that says more than the attribute that it is read into.
pub struct Original<'a> {
    /// Its name: `N`, `ORG` or `ADR`.
    pub name: &'static str,
    /// The property as it is kept.
    pub kept: &'a CardProperty,
    /// What the attribute says of it.
    pub text: String,
    /// The parts of a name.
    pub parts: Parts,
}

const NAMES: [&str; 3] = ["N", "ORG", "ADR"];

impl Original<'_> {
    /// Reads a kept property. None if it is none of these.
    pub fn of(kept: &CardProperty) -> Option<Original<'_>> {
        let own = kept.name();
        let name = NAMES.into_iter().find(|name| *name == own)?;
        let line = kept.as_str().lines().next().unwrap_or_default();
        let property = Head::of(line.as_bytes()).parse(Encoding::UTF_8)?;
        let parts = if name == "N" { parts(&property) } else { Parts::default() };
        Some(Original { name, kept, text: in_line(&property), parts })
    }
}

/// The parts of a name that a kept property has; none if it is another property.
pub fn name_parts(kept: &CardProperty) -> Option<Parts> {
    if kept.name() == "N" { Original::of(kept).map(|original| original.parts) } else { None }
}

/// Whether a kept property is one that an attribute shows as well.
pub fn is_in_attribute(kept: &CardProperty) -> bool {
    NAMES.contains(&&*kept.name())
}

/// Whether an address or an organization says more than its text in one line.
pub fn says_more(head: &Head, property: &Property) -> bool {
    let parts = property.texts().iter().filter(|text| !text.trim().is_empty()).count();
    parts > 1 || parts == 1 && head.has_parameters()
}

/// The given, additional and family names (RFC 6350, section 6.2.2).
pub fn parts(property: &Property) -> Parts {
    let texts = property.texts();
    let part = |which: usize| texts.get(which).map(|part| even(part)).unwrap_or_default();
    Parts { given: part(1), middle: part(2), family: part(0) }
}

/// The parts of an address or an organization in one line.
pub fn in_line(property: &Property) -> String {
    even(&property.line())
}

/// A text without needless spaces, which programs write between the parts of a value.
pub fn even(text: &str) -> String {
    let lines = text.trim().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
