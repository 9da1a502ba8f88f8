//! Reading tables: each row becomes an observation, by the fields of its columns.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use contact::{Attribute, Attributes, CustomName, CustomType, Source};

use super::cell::{Kind, split, unquote};
use super::column::{Column, NAME_PARTS, Target};
use super::header::{self, Header};
use super::records::{Records, Texts};
use crate::attribute;
use crate::draft::Draft;
use crate::encoding::Input;
use crate::label::{is_shared_label, kept_label};
use crate::row::ReadRow;
use crate::{Error, Options, Problem};

/// Labels that Google Contacts adds to every contact.
const NO_LISTS: [&str; 3] = ["* myContacts", "* My Contacts", "* Other Contacts"];

/// A reader of a table.
pub struct Table<'a> {
    records: Records<Box<dyn Read + Send + 'a>>,
    columns: Vec<Column>,
    targets: Vec<Target>,
    options: Options,
    delimiter: u8,
}

impl<'a> Table<'a> {
    /// Reads the header.
    pub fn open(input: Input<'a>, options: &Options) -> Result<Table<'a>, Error> {
        let Header { delimiter, line, is_named, columns, targets } = header::find(&input.first, options)?;
        let mut records = Records::new(input.reader, delimiter);
        let before = if is_named { line + 1 } else { line };
        records.pass_over(before)?;
        Ok(Table { records, columns, targets, options: options.clone(), delimiter })
    }

    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The unknown columns that have values, as custom fields of text.
    pub fn unknown_fields(mut self) -> io::Result<Vec<(CustomName, CustomType)>> {
        let nameable = |(which, column): (usize, &Column)| {
            let name = Some(&column.name).filter(|_| column.is_ignored());
            Some((which, name.and_then(|name| CustomName::parse(name).ok())?))
        };
        let mut empty: Vec<(usize, CustomName)> = self.columns.iter().enumerate().filter_map(nameable).collect();
        let mut found = BTreeMap::new();
        while let Some(record) = self.records.next()?
            && !empty.is_empty()
        {
            let Ok(cells) = record.cells else { continue };
            let texts = cells.texts();
            for (which, name) in empty.extract_if(.., |(which, _)| unquote(texts.get(*which)).is_some()) {
                found.insert(which, name);
            }
        }
        let mut seen = BTreeSet::new();
        let fields = found.into_values().filter(|name| seen.insert(name.clone()));
        Ok(fields.map(|name| (name, CustomType::String)).collect())
    }

    /// The next row that is not blank, and the line where it begins.
    pub fn next(&mut self) -> io::Result<Option<(u64, ReadRow)>> {
        while let Some(record) = self.records.next()? {
            let (line, raw) = (record.line, record.raw);
            let read = match record.cells {
                Err(broken) => ReadRow::unreadable(Problem::of_row(raw, broken.reason())),
                Ok(cells) => {
                    let texts = cells.texts();
                    if texts.are_blank() {
                        continue;
                    }
                    parse(&self.columns, &self.targets, texts, &self.options)
                }
            };
            return Ok(Some((line, read)));
        }
        Ok(None)
    }
}

fn parse(columns: &[Column], targets: &[Target], cells: Texts, options: &Options) -> ReadRow {
    let mut draft = Draft::new(options);
    let mut singles = Singles::default();
    for (which, cell) in cells.iter().enumerate() {
        let Some(text) = unquote(cell) else { continue };
        let (Some(target), Some(column)) = (targets.get(which), columns.get(which)) else {
            draft.problem("", cell, format!("Is one cell too many: the table has {} columns.", columns.len()));
            // The cells may have moved to other columns.
            draft.unreadable_id();
            continue;
        };
        let place = column.name.as_str();
        if column.has_ids {
            draft.record_id(place, &text);
        }
        match target {
            Target::Nothing => {}
            Target::Part(part) => singles.parts[*part] = singles.parts[*part].take().or(Some((place, text))),
            Target::Attribute(attribute) => match &mut singles.attributes[*attribute] {
                Some((_, value)) => attribute::add(*attribute, value, &text),
                none => *none = Some((place, text)),
            },
            Target::Several(kind) => several(&mut draft, place, *kind, &text, ""),
            Target::Handles { source, label } => several(&mut draft, place, Kind::Handle(*source), &text, label),
            Target::Labelled { source, label } => {
                let label = cells.get(*label);
                if *source == Source::Phone && is_shared_label(label) {
                    draft.shared_number(place, &text);
                } else {
                    several(&mut draft, place, Kind::Handle(*source), &text, kept_label(label));
                }
            }
            Target::Labels => labels(&mut draft, place, &text),
            Target::Custom(field) => draft.custom_text(place, field, &text),
        }
    }
    singles.tell(&mut draft);
    let id_column = columns.iter().find(|column| column.has_ids);
    draft.finish(id_column.map_or("", |column| column.name.as_str()))
}

/// Adds the values of a cell. `label` is that of handles.
fn several(draft: &mut Draft, place: &str, kind: Kind, text: &str, label: &str) {
    for value in split(kind, text).iter() {
        match kind {
            Kind::Handle(source) => draft.handle(place, source, value, label),
            Kind::Link => draft.link(place, value),
            Kind::List => draft.list(place, value),
        }
    }
}

fn labels(draft: &mut Draft, place: &str, text: &str) {
    for label in split(Kind::List, text).iter().filter(|label| !NO_LISTS.contains(label)) {
        // Google's own labels, such as friends, begin with a star.
        draft.list(place, label.strip_prefix("* ").unwrap_or(label));
    }
}

/// The values of which a person has one, each with its column.
#[derive(Default)]
struct Singles<'a> {
    attributes: Attributes<Option<(&'a str, Cow<'a, str>)>>,
    parts: [Option<(&'a str, Cow<'a, str>)>; NAME_PARTS],
}

impl Singles<'_> {
    fn tell(self, draft: &mut Draft) {
        let mut parts = self.parts.into_iter().flatten();
        if self.attributes[Attribute::Name].is_none()
            && let Some((place, first)) = parts.next()
        {
            let name = parts.fold(first.into_owned(), |name, (_, part)| name + " " + &*part);
            draft.attribute(Attribute::Name, place, &name);
        }
        for (attribute, (place, text)) in self.attributes.given() {
            draft.attribute(attribute, place, text);
        }
    }
}
