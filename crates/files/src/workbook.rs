//! Workbooks of spreadsheets: the first sheet becomes a table.
//!
//! Formats: XLSX (ECMA-376), ODS (OASIS `OpenDocument`) and the older XLS.

mod repeats;

use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, Ods, Reader, Xls, Xlsx};
use zip::ZipArchive;

use crate::csv::in_quotes;
use crate::{COLUMNS_MAX, Error};

/// Most bytes of a workbook. All of it is in memory while it is read.
pub const WORKBOOK_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Most bytes of its parts when they are unpacked.
pub const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Most cells of an ODS with its repeated ones. Each takes some dozens of bytes while the workbook is read.
pub const CELLS_MAX: u64 = 8_000_000;
/// Bytes that tell whether a file is a workbook.
pub const MAGIC_BYTES: usize = 4;

const ZIP: &[u8] = b"PK\x03\x04";
const OLE: &[u8] = b"\xd0\xcf\x11\xe0";
/// The largest whole number that a spreadsheet holds exactly, with some room.
const WHOLE_MAX: f64 = 1e15;

/// Whether a file begins as a workbook does.
pub fn is_workbook(first: &[u8]) -> bool {
    first.starts_with(ZIP) || first.starts_with(OLE)
}

/// The first sheet of a workbook as CSV, in UTF-8 and with commas. Its rows are on lines of their own numbers, unless a cell has
/// several lines.
pub fn to_table(file: impl Read) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    file.take(WORKBOOK_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > WORKBOOK_BYTES_MAX {
        return Err(Error::LargeWorkbook);
    }
    let sheet = if bytes.starts_with(OLE) {
        unless_damaged(|| range::<Xls<_>>(bytes))
    } else if is_open_document(&bytes)? {
        unless_damaged(|| range::<Ods<_>>(bytes))
    } else {
        unless_damaged(|| cells(bytes))
    };
    written(sheet?)
}

/// Whether an archive is an ODS, rather than an XLSX. Refuses what would take too much memory: the sizes that an archive declares
/// may be wrong, so its parts are unpacked once.
fn is_open_document(bytes: &[u8]) -> Result<bool, Error> {
    let unreadable = |error: zip::result::ZipError| Error::Workbook(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    let (mut unpacked, mut is_open_document) = (0, false);
    for part in 0..archive.len() {
        let part = archive.by_index(part).map_err(unreadable)?;
        let is_content = part.name_raw() == b"content.xml";
        is_open_document |= is_content;
        let (room, mut content) = (UNPACKED_BYTES_MAX - unpacked, Vec::new());
        let mut part = part.take(room + 1);
        let copied = if is_content {
            part.read_to_end(&mut content).map(|bytes| bytes as u64)
        } else {
            io::copy(&mut part, &mut io::sink())
        };
        unpacked += copied.map_err(|error| Error::Workbook(error.to_string()))?;
        if unpacked > UNPACKED_BYTES_MAX || repeats::cells(&content) > CELLS_MAX {
            return Err(Error::LargeWorkbook);
        }
    }
    Ok(is_open_document)
}

/// The cells of a sheet that are not empty.
#[derive(Default)]
struct Sheet {
    /// Each with its row and column.
    cells: Vec<(u32, u32, String)>,
    bytes: u64,
}

impl Sheet {
    /// Adds a cell. Refuses a sheet that would take too much memory.
    fn add(&mut self, row: u32, column: u32, cell: &Data) -> Result<(), Error> {
        let text = text(cell);
        if text.is_empty() {
            return Ok(());
        }
        if column as usize >= COLUMNS_MAX {
            return Err(Error::Workbook(format!("row {} has more than {COLUMNS_MAX} columns", row + 1)));
        }
        self.bytes += (size_of::<(u32, u32, String)>() + text.len()) as u64;
        if self.bytes > UNPACKED_BYTES_MAX {
            return Err(Error::LargeWorkbook);
        }
        self.cells.push((row, column, text));
        Ok(())
    }
}

/// Runs a parser, which may meet a file that nobody foresaw.
fn unless_damaged(read: impl FnOnce() -> Result<Sheet, Error>) -> Result<Sheet, Error> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(Error::Workbook("it is damaged".into())))
}

/// The first sheet of an XLSX, cell by cell: a range of all cells between the first and the last may have no bounds.
fn cells(bytes: Vec<u8>) -> Result<Sheet, Error> {
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    let mut sheet = Sheet::default();
    let Some(name) = workbook.sheet_names().into_iter().next() else { return Ok(sheet) };
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(|error| unreadable(&error))?;
    while let Some(cell) = cells.next_cell().map_err(|error| unreadable(&error))? {
        let (row, column) = cell.get_position();
        sheet.add(row, column, &Data::from(cell.get_value().clone()))?;
    }
    Ok(sheet)
}

/// The first sheet of another workbook, whose parser limits the range.
fn range<R: Reader<Cursor<Vec<u8>>>>(bytes: Vec<u8>) -> Result<Sheet, Error> {
    let mut workbook = R::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    let mut sheet = Sheet::default();
    let Some(range) = workbook.worksheet_range_at(0) else { return Ok(sheet) };
    let range = range.map_err(|error| unreadable(&error))?;
    let (first_row, first_column) = range.start().unwrap_or_default();
    for (row, column, cell) in range.used_cells() {
        // A sheet has fewer rows and columns than fit.
        let at = |first: u32, more: usize| first.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        sheet.add(at(first_row, row), at(first_column, column), cell)?;
    }
    Ok(sheet)
}

fn unreadable(error: &impl std::fmt::Debug) -> Error {
    Error::Workbook(format!("{error:?}"))
}

/// Writes a sheet from its first column. Each row is on the line of its own number.
fn written(sheet: Sheet) -> Result<Vec<u8>, Error> {
    let mut cells = sheet.cells;
    cells.sort_by_key(|(row, column, _)| (*row, *column));
    let first = cells.iter().map(|(_, column, _)| *column).min().unwrap_or_default();
    let (mut table, mut lines) = (String::new(), 0);
    for row in cells.chunk_by(|(one, ..), (other, ..)| one == other) {
        for _ in lines..row[0].0 {
            table.push('\n');
        }
        lines = row[0].0 + 1;
        let mut from = first;
        // One of two in the same place is left.
        for same in row.chunk_by(|(_, one, _), (_, other, _)| one == other) {
            let (_, column, text) = &same[same.len() - 1];
            for _ in from..*column {
                table.push(',');
            }
            from = *column;
            table.push_str(&in_quotes(text));
        }
        table.push('\n');
        if table.len() as u64 > UNPACKED_BYTES_MAX {
            return Err(Error::LargeWorkbook);
        }
    }
    Ok(table.into_bytes())
}

/// A cell as text: whole numbers without `.0`, and days in ISO 8601.
fn text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::String(text) => text.clone(),
        Data::Bool(truth) => truth.to_string(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < WHOLE_MAX => format!("{number:.0}"),
        Data::Float(number) => number.to_string(),
        Data::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            let day = format!("{year:04}-{month:02}-{day:02}");
            if (hour, minute, second) == (0, 0, 0) { day } else { format!("{day} {hour:02}:{minute:02}:{second:02}") }
        }
        Data::DateTime(duration) => duration.as_f64().to_string(),
        Data::DateTimeIso(moment) => moment.strip_suffix("T00:00:00").unwrap_or(moment).to_owned(),
        Data::DurationIso(duration) => duration.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!(text(&Data::Float(2_125_550_124.0)), "2125550124");
        assert_eq!(text(&Data::Float(12.5)), "12.5");
        assert_eq!(text(&Data::DateTimeIso("1980-02-03T00:00:00".into())), "1980-02-03");
    }

    #[test]
    fn rows_keep_their_lines() {
        let mut sheet = Sheet::default();
        for (row, column, text) in
            [(3, 2, "a@b.example"), (2, 1, "Name"), (2, 2, "Email"), (5, 1, "Ada"), (5, 1, "Bob")]
        {
            sheet.add(row, column, &Data::String(text.into())).unwrap();
        }
        let written = String::from_utf8(written(sheet).unwrap()).unwrap();
        assert_eq!(written, "\n\nName,Email\n,a@b.example\n\nBob\n");
    }

    #[test]
    fn a_sheet_with_few_cells_far_apart_takes_little() {
        let mut sheet = Sheet::default();
        sheet.add(0, 0, &Data::String("email".into())).unwrap();
        sheet.add(1_048_575, 0, &Data::String("a@b.example".into())).unwrap();
        assert!(matches!(sheet.add(0, 16_383, &Data::Int(1)), Err(Error::Workbook(_))));
        assert!(written(sheet).unwrap().len() < 4 << 20);
        let mut wide = Sheet::default();
        for row in 0..200_000 {
            wide.add(row, 0, &Data::Int(1)).unwrap();
            wide.add(row, 1_999, &Data::Int(1)).unwrap();
        }
        assert!(matches!(written(wide), Err(Error::LargeWorkbook)));
    }

    #[test]
    fn what_is_no_workbook_is_refused() {
        for bytes in [&b"PK\x03\x04 and nothing"[..], b"\xd0\xcf\x11\xe0 and nothing"] {
            assert!(is_workbook(bytes));
            assert!(matches!(to_table(bytes), Err(Error::Workbook(_))));
        }
    }
}
