//! Reading a file: its rows, one at a time.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::csv::{Column, Table};
use crate::encoding::Input;
use crate::jsonl::Bodies;
use crate::vcard::Cards;
use crate::{Encoding, Error, Format, Options, Row};

/// Begins to read a file.
///
/// # Errors
///
/// What makes the file useless as a whole, as [`Error`] says; what is wrong with a row is in the row.
pub fn read<'a>(file: impl Read + Send + 'a, format: Format, options: &Options) -> Result<Rows<'a>, Error> {
    if format != Format::Csv && !options.map.is_empty() {
        return Err(Error::NoTable);
    }
    let input = Input::open(file, options.encoding)?;
    let (consumed, encoding) = (Arc::clone(&input.consumed), input.encoding);
    let source: Source<'a> = match format {
        Format::Csv => Source::Table(Box::new(Table::open(input, options)?)),
        Format::JsonLines => Source::Bodies(Box::new(Bodies::open(input, options))),
        Format::Vcard => Source::Cards(Box::new(Cards::open(input, options))),
    };
    Ok(Rows { source, is_broken: false, encoding, consumed })
}

/// The rows of a file, one at a time. Blank ones are passed over, and a bad one stops nothing.
///
/// If the file cannot be read on, the last that comes is an [`Error::Read`].
pub struct Rows<'a> {
    source: Source<'a>,
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
    /// The columns of a table, and what each is understood as; none if it is no table.
    pub fn columns(&self) -> &[Column] {
        match &self.source {
            Source::Table(table) => table.columns(),
            Source::Bodies(_) | Source::Cards(_) => &[],
        }
    }

    /// What stands between the cells of a table.
    pub fn delimiter(&self) -> Option<u8> {
        match &self.source {
            Source::Table(table) => Some(table.delimiter()),
            Source::Bodies(_) | Source::Cards(_) => None,
        }
    }

    /// The encoding of the file, as it was given or as its first bytes show it.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// How many bytes of the file were read so far; some of them may be of rows that are still to come.
    pub fn bytes_read(&self) -> u64 {
        self.consumed.load(Ordering::Relaxed)
    }

    fn row(&mut self) -> io::Result<Option<Row>> {
        match &mut self.source {
            Source::Table(table) => table.next(),
            Source::Bodies(bodies) => bodies.next(),
            Source::Cards(cards) => cards.next(),
        }
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
