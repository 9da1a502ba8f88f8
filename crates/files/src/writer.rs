//! Writing a file.

use std::io::{self, Write};

use contact::Settings;

use crate::csv::TableWriter;
use crate::jsonl::BodyWriter;
use crate::vcard::CardWriter;
use crate::{Format, Person};

/// A writer of a file of contacts. What it writes reads back the same; in a table, handles are sorted by source.
pub struct Writer<W: Write>(Target<W>);

enum Target<W: Write> {
    Table(Box<TableWriter<W>>),
    Bodies(BodyWriter<W>),
    Cards(CardWriter<W>),
}

impl<W: Write> Writer<W> {
    /// Starts a file. Only custom fields of contacts that are in the settings are written.
    ///
    /// # Errors
    ///
    /// The errors of the output.
    pub fn new(output: W, format: Format, settings: &Settings) -> io::Result<Writer<W>> {
        Ok(Writer(match format {
            Format::Csv => Target::Table(Box::new(TableWriter::new(output, b',', settings)?)),
            Format::JsonLines => Target::Bodies(BodyWriter::new(output, settings)),
            Format::Vcard => Target::Cards(CardWriter::new(output, settings)),
        }))
    }

    /// Starts a CSV file that Excel opens as it is meant: with a byte order mark, and semicolons that a line `sep=;` declares.
    ///
    /// # Errors
    ///
    /// The errors of the output.
    pub fn for_excel(output: W, settings: &Settings) -> io::Result<Writer<W>> {
        Ok(Writer(Target::Table(Box::new(TableWriter::for_excel(output, settings)?))))
    }

    /// Writes a contact. A contact without a handle can be written, but is refused when it is read.
    ///
    /// # Errors
    ///
    /// The errors of the output.
    pub fn write(&mut self, person: &Person) -> io::Result<()> {
        match &mut self.0 {
            Target::Table(table) => table.write(person),
            Target::Bodies(bodies) => bodies.write(person),
            Target::Cards(cards) => cards.write(person),
        }
    }

    /// Finishes the file and returns its output.
    ///
    /// # Errors
    ///
    /// The errors of the output.
    pub fn finish(self) -> io::Result<W> {
        match self.0 {
            Target::Table(table) => table.finish(),
            Target::Bodies(bodies) => bodies.finish(),
            Target::Cards(cards) => cards.finish(),
        }
    }
}
