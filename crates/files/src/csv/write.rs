//! Writing a table.

use std::io::{self, Write};

use contact::{CustomField, FieldTarget, Handle, Link, ListName, Settings, Source};
use csv::{QuoteStyle, Terminator, WriterBuilder};

use super::cell::{Kind, custom, in_quotes, join, quote, quoted};
use super::column::{of_custom, written};
use super::{google, outlook};
use crate::{Field, Person};

/// The columns of a table.
#[derive(Clone, Copy)]
pub enum Columns {
    /// Those that every table has, then the custom fields.
    All,
    Google,
    Outlook,
}

/// A writer of a table.
pub struct TableWriter<W: Write> {
    output: csv::Writer<W>,
    columns: Columns,
    fields: Vec<CustomField>,
}

impl<W: Write> TableWriter<W> {
    /// Writes the header, after `begin`.
    pub fn new(
        mut output: W,
        begin: &str,
        delimiter: u8,
        columns: Columns,
        settings: &Settings,
    ) -> io::Result<TableWriter<W>> {
        output.write_all(begin.as_bytes())?;
        let mut builder = WriterBuilder::new();
        builder.delimiter(delimiter).quote_style(QuoteStyle::Never).terminator(Terminator::CRLF);
        let fields = settings.fields.values().filter(|field| field.target == FieldTarget::Contact);
        let fields: Vec<CustomField> = fields.cloned().collect();
        let names = match columns {
            Columns::All => all(&fields, settings),
            Columns::Google => google::header(&fields),
            Columns::Outlook => outlook::header(),
        };
        let mut table = TableWriter { output: builder.from_writer(output), columns, fields };
        table.row(&names)?;
        Ok(table)
    }

    pub fn write(&mut self, person: &Person) -> io::Result<()> {
        let cells: Vec<String> = match self.columns {
            Columns::All => {
                let known = written().map(|(_, field)| cell(person, &field));
                let value = |field: &CustomField| {
                    person.custom.get(&field.name).map(|value| custom(field, value)).unwrap_or_default()
                };
                known.chain(self.fields.iter().map(value)).collect()
            }
            Columns::Google => google::row(person, &self.fields),
            Columns::Outlook => outlook::row(person, &self.fields),
        };
        self.row(&cells)
    }

    fn row(&mut self, cells: &[String]) -> io::Result<()> {
        self.output.write_record(cells.iter().map(|cell| in_quotes(cell).into_owned())).map_err(failed)
    }

    pub fn finish(self) -> io::Result<W> {
        self.output.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// The names of all columns.
fn all(fields: &[CustomField], settings: &Settings) -> Vec<String> {
    let of_field = |field: &CustomField| quote(&of_custom(&field.name, settings)).into_owned();
    written().map(|(name, _)| name.to_owned()).chain(fields.iter().map(of_field)).collect()
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
        Field::Attribute(attribute) => quoted(person.attributes[*attribute].as_str()),
        Field::Handle(source) => handles(person, *source),
        Field::Link => quoted(&several(Kind::Link, person.links.iter().map(Link::as_str))),
        Field::List => quoted(&several(Kind::List, person.lists.iter().map(ListName::as_str))),
        Field::FirstName | Field::MiddleName | Field::LastName | Field::Custom(_) | Field::Ignore => String::new(),
    }
}

fn handles(person: &Person, source: Source) -> String {
    let handles = several(Kind::Handle(source), person.handles_of(source).map(Handle::text));
    match source {
        // A phone number or Twitter name is no formula, and is easier to read without an apostrophe.
        Source::Phone | Source::Twitter => handles,
        _ => quoted(&handles),
    }
}

fn several<'a>(kind: Kind, values: impl Iterator<Item = &'a str> + Clone) -> String {
    if values.clone().next().is_none() { String::new() } else { join(kind, values) }
}
