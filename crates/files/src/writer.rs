//! Writing a file.

use std::io::{self, Write};

use contact::Settings;

use crate::csv::TableWriter;
use crate::jsonl::BodyWriter;
use crate::vcard::CardWriter;
use crate::{Format, Person};

/// Writes people to a file. What is written reads back as the same people, and in a table with their handles by source.
pub struct Writer<W: Write>(Target<W>);

enum Target<W: Write> {
    Table(Box<TableWriter<W>>),
    Bodies(BodyWriter<W>),
    Cards(CardWriter<W>),
}

impl<W: Write> Writer<W> {
    /// Begins a file. Of a person's custom fields, those of contacts in the settings are written.
    ///
    /// # Errors
    ///
    /// Those of the output.
    pub fn new(output: W, format: Format, settings: &Settings) -> io::Result<Writer<W>> {
        Ok(Writer(match format {
            Format::Csv => Target::Table(Box::new(TableWriter::new(output, settings)?)),
            Format::JsonLines => Target::Bodies(BodyWriter::new(output, settings)),
            Format::Vcard => Target::Cards(CardWriter::new(output, settings)),
        }))
    }

    /// Writes a person. Somebody without a handle can be written, but is about nobody when it is read.
    ///
    /// # Errors
    ///
    /// Those of the output.
    pub fn write(&mut self, person: &Person) -> io::Result<()> {
        match &mut self.0 {
            Target::Table(table) => table.write(person),
            Target::Bodies(bodies) => bodies.write(person),
            Target::Cards(cards) => cards.write(person),
        }
    }

    /// Ends the file, and gives its output back with everything written to it.
    ///
    /// # Errors
    ///
    /// Those of the output.
    pub fn finish(self) -> io::Result<W> {
        match self.0 {
            Target::Table(table) => table.finish(),
            Target::Bodies(bodies) => bodies.finish(),
            Target::Cards(cards) => cards.finish(),
        }
    }
}
