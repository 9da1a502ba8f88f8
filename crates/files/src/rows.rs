//! Reading a file: its rows, one at a time.

use std::borrow::Cow;
use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use contact::{CustomName, CustomType};

use crate::csv::{self, Column, Preview, Table};
use crate::encoding::Input;
use crate::jsonl::Bodies;
use crate::vcard::Cards;
use crate::workbook::{MAGIC_BYTES, is_workbook, to_table};
use crate::{Encoding, Error, Format, Options, RecordIds, Row};

/// Opens a file and parses its header.
///
/// # Errors
///
/// [`Error`] if the whole file is unusable. A problem of a row is in the row.
pub fn read<'a>(file: impl Read + Send + 'a, format: Format, options: &Options) -> Result<Rows<'a>, Error> {
    if format != Format::Csv && !(options.map.is_empty() && options.fields.is_empty()) {
        return Err(Error::NoTable);
    }
    if format == Format::Vcard && options.record.as_ref().is_some_and(|naming| naming.id.is_some()) {
        return Err(Error::CardIds);
    }
    let (input, options) = match format {
        Format::Vcard => (Input::open_cards(file, options.encoding)?, Cow::Borrowed(options)),
        Format::JsonLines => (Input::open(file, options.encoding)?, Cow::Borrowed(options)),
        Format::Csv => open_table(file, options)?,
    };
    let options = &*options;
    let (consumed, encoding) = (Arc::clone(&input.consumed), input.encoding);
    let source: Source<'a> = match format {
        Format::Csv => Source::Table(Box::new(Table::open(input, options)?)),
        Format::JsonLines => Source::Bodies(Box::new(Bodies::open(input, options))),
        Format::Vcard => Source::Cards(Box::new(Cards::open(input, options))),
    };
    let ids = options.record.is_some().then(RecordIds::default);
    Ok(Rows { source, ids, is_broken: false, encoding, consumed })
}

/// Reads a file for what is no field of a contact yet, with types for new custom fields.
///
/// That is the columns of a table that have values, and the custom fields of JSON Lines.
///
/// # Errors
///
/// As [`read`], and if reading fails later.
pub fn unknown_fields<'a>(
    file: impl Read + Send + 'a,
    format: Format,
    options: &Options,
) -> Result<Vec<(CustomName, CustomType)>, Error> {
    match read(file, format, options)?.source {
        Source::Table(table) => Ok(table.unknown_fields()?),
        Source::Bodies(bodies) => Ok(bodies.unknown_fields()?),
        Source::Cards(_) => Ok(Vec::new()),
    }
}

/// Opens a table, or the workbook that it is in. The given delimiter and encoding are those of a text.
fn open_table<'a, 'o>(
    mut file: impl Read + Send + 'a,
    options: &'o Options,
) -> Result<(Input<'a>, Cow<'o, Options>), Error> {
    let mut first = Vec::new();
    (&mut file).take(MAGIC_BYTES as u64).read_to_end(&mut first)?;
    let is_workbook = is_workbook(&first);
    let file = Cursor::new(first).chain(file);
    if !is_workbook {
        return Ok((Input::open(file, options.encoding)?, Cow::Borrowed(options)));
    }
    let input = Input::open(Cursor::new(to_table(file)?), Some(Encoding::UTF_8))?;
    Ok((input, Cow::Owned(Options { delimiter: Some(b','), ..options.clone() })))
}

/// Reads the columns of a table and its first rows. No column needs to have handles.
///
/// # Errors
///
/// [`Error`] if the table is unusable.
pub fn preview<'a>(file: impl Read + Send + 'a, options: &Options) -> Result<Preview, Error> {
    let (input, options) = open_table(file, options)?;
    csv::preview(input, &options)
}

/// Reads a whole file for the record ids of its rows. The options must say how the file names its records.
///
/// # Errors
///
/// As [`read`], and if reading fails later.
pub fn record_ids<'a>(file: impl Read + Send + 'a, format: Format, options: &Options) -> Result<RecordIds, Error> {
    let mut rows = read(file, format, options)?;
    for row in rows.by_ref() {
        row?;
    }
    Ok(rows.ids.unwrap_or_default())
}

/// The rows of a file, one at a time. Blank rows are skipped, and a row with problems does not end the iteration.
///
/// If reading fails, the last item is an [`Error::Read`].
pub struct Rows<'a> {
    source: Source<'a>,
    /// The record ids of the rows so far, if the rows have some.
    ids: Option<RecordIds>,
    is_broken: bool,
    encoding: Encoding,
    consumed: Arc<AtomicU64>,
}

enum Source<'a> {
    Table(Box<Table<'a>>),
    Bodies(Box<Bodies<'a>>),
    Cards(Box<Cards<'a>>),
}

impl Rows<'_> {
    /// The columns of a table, and the field of each. Empty for other formats.
    pub fn columns(&self) -> &[Column] {
        match &self.source {
            Source::Table(table) => table.columns(),
            Source::Bodies(_) | Source::Cards(_) => &[],
        }
    }

    /// The delimiter between the cells of a table.
    pub fn delimiter(&self) -> Option<u8> {
        match &self.source {
            Source::Table(table) => Some(table.delimiter()),
            Source::Bodies(_) | Source::Cards(_) => None,
        }
    }

    /// The encoding of the file: the given one, or the one detected from its first bytes.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Bytes of the file that were read so far, including those of rows that are still to come.
    pub fn bytes_read(&self) -> u64 {
        self.consumed.load(Ordering::Relaxed)
    }

    fn row(&mut self) -> io::Result<Option<Row>> {
        let read = match &mut self.source {
            Source::Table(table) => table.next()?,
            Source::Bodies(bodies) => bodies.next()?,
            Source::Cards(cards) => cards.next()?,
        };
        Ok(read.map(|(line, read)| match &mut self.ids {
            Some(ids) => ids.check(line, read),
            None => Row { line, parsed: read.parsed },
        }))
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, Error>;

    fn next(&mut self) -> Option<Result<Row, Error>> {
        if self.is_broken {
            return None;
        }
        let row = self.row();
        self.is_broken = row.is_err();
        row.map_err(Error::Read).transpose()
    }
}
