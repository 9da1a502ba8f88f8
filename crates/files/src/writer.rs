//! Writing a file.

use std::io::{self, Write};

use calcard::vcard::VCardVersion;
use contact::Settings;

use crate::csv::{Columns, TableWriter};
use crate::jsonl::BodyWriter;
use crate::vcard::CardWriter;
use crate::{Dialect, Person};

/// A writer of a file of contacts. What it writes reads back the same, except in the dialects of other products. A table has
/// handles sorted by source, and neither labels, pictures nor properties of vCards.
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
    pub fn new(output: W, dialect: Dialect, settings: &Settings) -> io::Result<Writer<W>> {
        let (begin, delimiter, columns) = match dialect {
            Dialect::JsonLines => return Ok(Writer(Target::Bodies(BodyWriter::new(output, settings)))),
            Dialect::Vcard3 => return Ok(Writer::of_cards(output, VCardVersion::V3_0, settings)),
            Dialect::Vcard4 => return Ok(Writer::of_cards(output, VCardVersion::V4_0, settings)),
            Dialect::Csv => ("", b',', Columns::All),
            Dialect::Excel => ("\u{feff}sep=;\r\n", b';', Columns::All),
            Dialect::Google => ("", b',', Columns::Google),
            Dialect::Outlook => ("\u{feff}", b',', Columns::Outlook),
        };
        Ok(Writer(Target::Table(Box::new(TableWriter::new(output, begin, delimiter, columns, settings)?))))
    }

    fn of_cards(output: W, version: VCardVersion, settings: &Settings) -> Writer<W> {
        Writer(Target::Cards(CardWriter::new(output, version, settings)))
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
