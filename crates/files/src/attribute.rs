//! What files call the attributes of a person.

use std::borrow::Cow;

use calcard::vcard::VCardProperty;
use contact::Attribute;

/// The names of an attribute in files of all products.
pub(crate) struct FileNames {
    /// Column headers in CSV, in lower case and without anything but letters. The key is one of them.
    pub columns: &'static [&'static str],
    /// The vCard property, as cards write it and as the `calcard` crate calls it.
    pub property: (&'static str, VCardProperty),
}

pub(crate) fn names(attribute: Attribute) -> FileNames {
    match attribute {
        Attribute::Name => FileNames {
            columns: &["name", "fullname", "displayname", "contactname"],
            property: ("FN", VCardProperty::Fn),
        },
        Attribute::Description => {
            FileNames { columns: &["description", "notes", "note"], property: ("NOTE", VCardProperty::Note) }
        }
    }
}

/// The attribute that a column header names, without case and without anything but letters.
pub(crate) fn of_column(header: &str) -> Option<Attribute> {
    Attribute::ALL.into_iter().find(|attribute| names(*attribute).columns.contains(&header))
}

/// The attribute that a vCard property holds.
pub(crate) fn of_property(property: &str) -> Option<Attribute> {
    Attribute::ALL.into_iter().find(|attribute| names(*attribute).property.0 == property)
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
