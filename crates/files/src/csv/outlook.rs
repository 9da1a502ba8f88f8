//! The columns of Outlook. What they have no room for is added to the notes.

use std::fmt::Write as _;

use contact::{Attribute, CustomField, Handle, ListName, Source};

use super::cell::{custom, quoted};
use crate::Person;

/// Columns of e-mail addresses and of the phones of each label. The first phones of no such label are others.
const EMAILS: [&str; 3] = ["E-mail Address", "E-mail 2 Address", "E-mail 3 Address"];
const PHONES: [(&str, Option<&str>); 7] = [
    ("Business Phone", Some("work")),
    ("Business Phone 2", Some("work")),
    ("Home Phone", Some("home")),
    ("Home Phone 2", Some("home")),
    ("Mobile Phone", Some("mobile")),
    ("Primary Phone", None),
    ("Other Phone", None),
];

pub fn header() -> Vec<String> {
    let before =
        ["First Name", "Middle Name", "Last Name", "Nickname", "Company", "Job Title", "Business Street", "Birthday"];
    let phones = PHONES.map(|(name, _)| name);
    let names = before.into_iter().chain(EMAILS).chain(phones).chain(["Web Page", "Categories", "Notes"]);
    names.map(str::to_owned).collect()
}

pub fn row(person: &Person, fields: &[CustomField]) -> Vec<String> {
    let text = |attribute: Attribute| quoted(person.attributes[attribute].as_str());
    let name = person.name_parts();
    let mut notes = person.attributes[Attribute::Description].as_str().to_owned();
    let mut note = |label: &str, value: &str| {
        if !value.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(notes, "{}{label}: {value}", if notes.is_empty() { "" } else { "\n" });
        }
    };
    let mut cells = vec![
        quoted(&name.given),
        quoted(&name.middle),
        quoted(&name.family),
        text(Attribute::Nickname),
        text(Attribute::Organization),
        text(Attribute::JobTitle),
        text(Attribute::Address),
        text(Attribute::Birthday),
    ];
    let mut emails = person.handles_of(Source::Email).map(Handle::text);
    cells.extend(EMAILS.map(|_| quoted(emails.next().unwrap_or_default())));
    emails.for_each(|email| note("E-mail", email));
    let mut phones: Vec<&Handle> = person.handles_of(Source::Phone).collect();
    for (_, label) in PHONES {
        let is_of = |phone: &&Handle| label.is_none() || phone.label().map(contact::Text::as_str) == label;
        let phone = phones.iter().position(is_of).map(|at| phones.remove(at).text());
        // A phone number is no formula, and Outlook would take an apostrophe for a part of it.
        cells.push(phone.unwrap_or_default().to_owned());
    }
    for phone in phones {
        note("Phone", phone.text());
    }
    for source in Source::ALL.into_iter().filter(|source| !matches!(source, Source::Email | Source::Phone)) {
        person.handles_of(source).for_each(|handle| note(source.name(), handle.text()));
    }
    let mut links = person.links.iter().map(contact::Link::as_str);
    let first = links.next().unwrap_or_default();
    links.for_each(|link| note("Link", link));
    for field in fields {
        let value = person.custom.get(&field.name).map(|value| custom(field, value)).unwrap_or_default();
        note(field.name.as_str(), &value);
    }
    let lists: Vec<&str> = person.lists.iter().map(ListName::as_str).collect();
    cells.extend([quoted(first), quoted(&lists.join(";")), quoted(&notes)]);
    cells
}
