//! The header of a table: which row names the columns, and which delimiter is between them.
//!
//! Products write prose before the header, and people keep plain lists of addresses without one.

use contact::{Handle, Region, Source};

use super::choice;
use super::column::{Column, Target, recognize, recognize_any};
use super::delimiter;
use super::records::{Broken, Records};
use crate::encoding::SAMPLE_BYTES;
use crate::written::mailbox;
use crate::{Error, Field, Options};

/// Most rows in which the header is looked for.
pub const HEADER_ROWS_MAX: usize = 20;

/// What a table begins with.
pub struct Header {
    pub delimiter: u8,
    /// The line of the header; without one, of the first row. Rows before it are passed over.
    pub line: u64,
    /// Whether there is a header.
    pub is_named: bool,
    pub columns: Vec<Column>,
    pub targets: Vec<Target>,
}

/// A row that may be the header.
struct Candidate {
    line: u64,
    cells: Result<Vec<String>, Broken>,
}

/// Finds the header in the first bytes of a table.
///
/// The first row is it if it is understood. Otherwise the first of the next rows that is, also with another delimiter. If the
/// first row has addresses, there is no header.
///
/// If fields are chosen by position, the header is where a preview found it.
pub fn find(first: &[u8], options: &Options) -> Result<Header, Error> {
    if options.fields.is_empty() { search(first, options) } else { choice::apply(find_any(first, options)?, options) }
}

/// The same, also if no column is known to have handles.
pub fn find_any(first: &[u8], options: &Options) -> Result<Header, Error> {
    match search(first, options) {
        Err(Error::NoHandles(_)) => likely(first, options),
        found => found,
    }
}

/// The first row that has more than half as many cells as the fullest of the first rows. Prose before a header has fewer.
fn likely(first: &[u8], options: &Options) -> Result<Header, Error> {
    let delimiter = options.delimiter.unwrap_or_else(|| delimiter::detect(first));
    let rows = candidates(first, delimiter).into_iter().filter_map(|row| Some((row.line, row.cells.ok()?)));
    let rows: Vec<(u64, Vec<String>)> = rows.collect();
    let filled = |cells: &[String]| cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    let most = rows.iter().map(|(_, cells)| filled(cells)).max().unwrap_or_default();
    let header = rows.iter().find(|(_, cells)| filled(cells) * 2 > most);
    let (line, cells) = header.map_or((1, &[][..]), |(line, cells)| (*line, cells));
    let (columns, targets) = recognize_any(cells.iter().map(String::as_str), options)?;
    Ok(Header { delimiter, line, is_named: true, columns, targets })
}

fn search(first: &[u8], options: &Options) -> Result<Header, Error> {
    let likely = options.delimiter.unwrap_or_else(|| delimiter::detect(first));
    delimiter::check(likely)?;
    let is_given = options.delimiter.is_some() || delimiter::hint(first).is_some();
    let others = delimiter::KNOWN.into_iter().filter(|other| !is_given && *other != likely);
    let mut problem = None;
    let mut addresses = None;
    for delimiter in std::iter::once(likely).chain(others) {
        for (which, Candidate { line, cells }) in candidates(first, delimiter).into_iter().enumerate() {
            let is_likely = which == 0 && delimiter == likely;
            let cells = match cells {
                Ok(cells) => cells,
                Err(broken) => {
                    problem = problem.or_else(|| is_likely.then(|| Error::Header(broken.reason())));
                    continue;
                }
            };
            if is_likely && options.map.is_empty() && options.record.is_none() {
                addresses = of_addresses(&cells, line, delimiter);
            }
            match recognize(cells.iter().map(String::as_str), options) {
                Ok((columns, targets)) if is_likely || is_clear(&cells, &columns, options) => {
                    return Ok(Header { delimiter, line, is_named: true, columns, targets });
                }
                Ok(_) => {}
                Err(error) => problem = problem.or_else(|| is_likely.then_some(error)),
            }
        }
    }
    if let Some(addresses) = addresses {
        return Ok(addresses);
    }
    match problem {
        Some(Error::NoHandles(_)) if first.contains(&0) => Err(Error::NoText),
        Some(problem) => Err(problem),
        None if first.len() as u64 >= SAMPLE_BYTES => {
            Err(Error::Header(format!("It must end in the first {SAMPLE_BYTES} bytes.")))
        }
        None => Ok(Header { delimiter: likely, line: 1, is_named: true, columns: Vec::new(), targets: Vec::new() }),
    }
}

fn candidates(first: &[u8], delimiter: u8) -> Vec<Candidate> {
    let mut records = Records::new(first, delimiter);
    let mut found = Vec::new();
    let mut is_hint = delimiter::hint(first).is_some();
    // Reading from memory cannot fail.
    while let Ok(Some(record)) = records.next() {
        let line = record.line;
        if std::mem::take(&mut is_hint) {
            continue;
        }
        let cells = record.cells.map(|cells| cells.texts().iter().map(str::to_owned).collect());
        found.push(Candidate { line, cells });
        if found.len() == HEADER_ROWS_MAX {
            return found;
        }
    }
    if first.len() as u64 >= SAMPLE_BYTES {
        // The last one may be cut.
        found.pop();
    }
    found
}

/// Whether a row other than the first can be nothing but the header: its columns are mapped, or most of them are understood and
/// none is a person's address.
fn is_clear(cells: &[String], columns: &[Column], options: &Options) -> bool {
    let is_mapped = !options.map.is_empty() || options.record.is_some();
    let named = cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    let known = columns.iter().filter(|column| column.field.is_some()).count();
    is_mapped || known * 2 >= named && !cells.iter().any(|cell| cell.contains('@'))
}

/// The columns of a table without a header: those with addresses are e-mail addresses.
fn of_addresses(cells: &[String], line: u64, delimiter: u8) -> Option<Header> {
    let is_address = |cell: &String| {
        let (_, address) = mailbox(cell);
        Handle::parse(Source::Email, address, Region::default()).is_ok()
    };
    if !cells.iter().any(is_address) {
        return None;
    }
    let (columns, targets) = (1..)
        .zip(cells)
        .map(|(number, cell)| {
            let field = is_address(cell).then_some(Field::Handle(Source::Email));
            let target =
                if field.is_some() { Target::Handles { source: Source::Email, label: "" } } else { Target::Nothing };
            (Column { name: format!("Column {number}"), field, has_ids: false, has_labels: false }, target)
        })
        .unzip();
    Some(Header { delimiter, line, is_named: false, columns, targets })
}
