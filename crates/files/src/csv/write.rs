//! Writing a table.

use std::io::{self, Write};

use contact::{CustomField, CustomType, CustomValue, FieldTarget, Handle, Link, ListName, Settings, Source};
use csv::{Terminator, WriterBuilder};

use super::cell::{Kind, join, quote};
use super::column::{of_custom, written};
use crate::{Field, Person};

/// A writer of a table: the columns that every table has, then the custom fields.
pub struct TableWriter<W: Write> {
    output: csv::Writer<W>,
    fields: Vec<CustomField>,
}

impl<W: Write> TableWriter<W> {
    /// Writes a table for Excel: with a byte order mark, and the delimiter in a line before the header. Without them, Excel reads
    /// UTF-8 as another encoding, and splits at the delimiter of its language.
    pub fn for_excel(mut output: W, settings: &Settings) -> io::Result<TableWriter<W>> {
        output.write_all("\u{feff}sep=;\r\n".as_bytes())?;
        TableWriter::new(output, b';', settings)
    }

    /// Writes the header.
    pub fn new(output: W, delimiter: u8, settings: &Settings) -> io::Result<TableWriter<W>> {
        let mut builder = WriterBuilder::new();
        let mut output = builder.delimiter(delimiter).terminator(Terminator::CRLF).from_writer(output);
        let fields = settings.fields.values().filter(|field| field.target == FieldTarget::Contact);
        let fields: Vec<CustomField> = fields.cloned().collect();
        for (name, _) in written() {
            output.write_field(name).map_err(failed)?;
        }
        for field in &fields {
            output.write_field(quote(&of_custom(&field.name, settings)).as_ref()).map_err(failed)?;
        }
        output.write_record(None::<&[u8]>).map_err(failed)?;
        Ok(TableWriter { output, fields })
    }

    pub fn write(&mut self, person: &Person) -> io::Result<()> {
        for (_, field) in written() {
            self.output.write_field(cell(person, &field)).map_err(failed)?;
        }
        for field in &self.fields {
            let cell = person.custom.get(&field.name).map(|value| custom(field, value)).unwrap_or_default();
            self.output.write_field(cell).map_err(failed)?;
        }
        self.output.write_record(None::<&[u8]>).map_err(failed)
    }

    pub fn finish(self) -> io::Result<W> {
        self.output.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// The error of the output itself, so that the caller can distinguish a closed pipe from a full disk.
fn failed(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// The cell of a contact in a column that every table has.
fn cell(person: &Person, field: &Field) -> String {
    match field {
        Field::Attribute(attribute) => quote_unless_empty(person.attributes[*attribute].as_str()),
        Field::Handle(source) => handles(person, *source),
        Field::Link => quote_unless_empty(&several(Kind::Link, person.links.iter().map(Link::as_str))),
        Field::List => quote_unless_empty(&several(Kind::List, person.lists.iter().map(ListName::as_str))),
        Field::FirstName | Field::MiddleName | Field::LastName | Field::Custom(_) | Field::Ignore => String::new(),
    }
}

fn handles(person: &Person, source: Source) -> String {
    let handles = person.handles.iter().filter(|handle| handle.key().source() == source);
    let handles = several(Kind::Handle(source), handles.map(Handle::text));
    match source {
        // A phone number or Twitter name is no formula, and is easier to read without an apostrophe.
        Source::Phone | Source::Twitter => handles,
        _ => quote_unless_empty(&handles),
    }
}

fn several<'a>(kind: Kind, values: impl Iterator<Item = &'a str> + Clone) -> String {
    if values.clone().next().is_none() { String::new() } else { join(kind, values) }
}

fn custom(field: &CustomField, value: &CustomValue) -> String {
    match value {
        // A year before 1 begins with a minus.
        CustomValue::Number(number) if field.kind == CustomType::DateTime => {
            quote(&crate::custom::day_or_moment(number)).into_owned()
        }
        // An empty text is a value, unlike an empty cell.
        CustomValue::Text(text) => quote(text).into_owned(),
        CustomValue::Bool(truth) => truth.to_string(),
        CustomValue::Number(number) => number.clone(),
    }
}

fn quote_unless_empty(text: &str) -> String {
    if text.is_empty() { String::new() } else { quote(text).into_owned() }
}
