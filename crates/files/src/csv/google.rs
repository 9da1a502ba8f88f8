//! The columns of Google Contacts.

use contact::{Attribute, CustomField, Handle, Link, ListName, Source};

use super::cell::{custom, quoted};
use crate::Person;

/// How many columns each kind of value has. The last one has the rest.
const EMAILS: usize = 4;
const PHONES: usize = 4;
const ADDRESSES: usize = 2;
const WEBSITES: usize = 3;
/// What Google writes between values in one cell.
const BETWEEN: &str = " ::: ";
/// Sources that Google has no columns for, with the labels of their custom fields.
const OTHERS: [(Source, &str); 5] = [
    (Source::Twitter, "Twitter"),
    (Source::Facebook, "Facebook"),
    (Source::Intercom, "Intercom"),
    (Source::FrontChat, "Front chat"),
    (Source::Custom, "Custom"),
];

pub fn header(fields: &[CustomField]) -> Vec<String> {
    let single = [
        "First Name",
        "Middle Name",
        "Last Name",
        "Nickname",
        "Organization Name",
        "Organization Title",
        "Birthday",
        "Notes",
        "Labels",
    ];
    let mut names: Vec<String> = single.map(str::to_owned).into();
    for (kind, value, count) in [
        ("E-mail", "Value", EMAILS),
        ("Phone", "Value", PHONES),
        ("Address", "Formatted", ADDRESSES),
        ("Website", "Value", WEBSITES),
        ("Custom Field", "Value", OTHERS.len() + fields.len()),
    ] {
        for number in 1..=count {
            names.extend([format!("{kind} {number} - Label"), format!("{kind} {number} - {value}")]);
        }
    }
    names
}

pub fn row(person: &Person, fields: &[CustomField]) -> Vec<String> {
    let text = |attribute: Attribute| quoted(person.attributes[attribute].as_str());
    let name = person.name_parts();
    let lists = person.lists.iter().map(ListName::as_str).chain(["* myContacts"]);
    let mut cells = vec![
        quoted(&name.given),
        quoted(&name.middle),
        quoted(&name.family),
        text(Attribute::Nickname),
        text(Attribute::Organization),
        text(Attribute::JobTitle),
        text(Attribute::Birthday),
        text(Attribute::Description),
        quoted(&lists.collect::<Vec<_>>().join(BETWEEN)),
    ];
    cells.extend(handles(person, Source::Email, EMAILS));
    cells.extend(handles(person, Source::Phone, PHONES));
    let addresses = person.attributes[Attribute::Address].as_str().lines().map(|line| ("", line.to_owned()));
    cells.extend(pairs(addresses.collect(), ADDRESSES));
    let links = person.links.iter().map(|link| ("", Link::as_str(link).to_owned()));
    cells.extend(pairs(links.collect(), WEBSITES));
    for (source, label) in OTHERS {
        let texts: Vec<&str> = person.handles_of(source).map(Handle::text).collect();
        cells.extend(labelled(label, quoted(&texts.join(BETWEEN))));
    }
    for field in fields {
        let value = person.custom.get(&field.name).map(|value| custom(field, value)).unwrap_or_default();
        cells.extend(labelled(&quoted(field.name.as_str()), value));
    }
    cells
}

/// A label and its value, both empty if there is no value.
fn labelled(label: &str, value: String) -> [String; 2] {
    if value.is_empty() { Default::default() } else { [label.to_owned(), value] }
}

fn handles(person: &Person, source: Source, columns: usize) -> Vec<String> {
    let label = |handle: &Handle| match handle.label().map_or("", contact::Text::as_str) {
        "work" => "Work".to_owned(),
        "home" => "Home".to_owned(),
        "mobile" => "Mobile".to_owned(),
        other => other.to_owned(),
    };
    let all: Vec<(String, String)> =
        person.handles_of(source).map(|handle| (label(handle), handle.text().to_owned())).collect();
    pairs(all.iter().map(|(label, text)| (label.as_str(), text.clone())).collect(), columns)
}

/// Pairs of labels and values, of which the last has all that are left.
fn pairs(mut values: Vec<(&str, String)>, columns: usize) -> Vec<String> {
    if values.len() > columns {
        let rest: Vec<String> = values.drain(columns - 1..).map(|(_, value)| value).collect();
        values.push(("", rest.join(BETWEEN)));
    }
    values.resize(columns, ("", String::new()));
    values.into_iter().flat_map(|(label, value)| [quoted(label), phone_or_quoted(&value)]).collect()
}

/// A phone number is no formula, and Google would take an apostrophe for a part of it.
fn phone_or_quoted(value: &str) -> String {
    let is_number = |part: &str| {
        part.strip_prefix('+')
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit() || b";ext=".contains(&byte)))
    };
    if value.split(BETWEEN).all(is_number) { value.to_owned() } else { quoted(value) }
}
