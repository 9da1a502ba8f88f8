//! What files call the attributes of a person.

use std::borrow::Cow;

use calcard::vcard::VCardProperty;
use contact::Attribute;

/// The vCard property of an attribute, as cards write it and as the `calcard` crate calls it.
pub(crate) fn property(attribute: Attribute) -> (&'static str, VCardProperty) {
    match attribute {
        Attribute::Name => ("FN", VCardProperty::Fn),
        Attribute::Description => ("NOTE", VCardProperty::Note),
        Attribute::Organization => ("ORG", VCardProperty::Org),
        Attribute::JobTitle => ("TITLE", VCardProperty::Title),
        Attribute::Nickname => ("NICKNAME", VCardProperty::Nickname),
        Attribute::Birthday => ("BDAY", VCardProperty::Bday),
        Attribute::Address => ("ADR", VCardProperty::Adr),
    }
}

/// The attribute that a vCard property holds.
pub(crate) fn of_property(name: &str) -> Option<Attribute> {
    Attribute::ALL.into_iter().find(|attribute| property(*attribute).0 == name)
}

/// Adds another value that a file has for an attribute: one more line, or nothing if the attribute has one line only.
pub(crate) fn add(attribute: Attribute, value: &mut Cow<'_, str>, more: &str) {
    let spec = attribute.spec();
    // A value that is too long is refused however long it is, so the rest need not be held.
    if spec.is_multiline && value.len() <= spec.chars_max * char::MAX.len_utf8() {
        let value = value.to_mut();
        if !value.is_empty() {
            value.push('\n');
        }
        value.push_str(more);
    }
}
