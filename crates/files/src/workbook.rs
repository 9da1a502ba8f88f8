//! Workbooks of spreadsheets: the first sheet becomes a table.
//!
//! Formats: XLSX (ECMA-376), ODS (OASIS `OpenDocument`) and the older XLS.

use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, DataType as _, Ods, Range, Reader, Xls, Xlsx};
use csv::WriterBuilder;
use zip::ZipArchive;

use crate::Error;

/// Most bytes of a workbook. All of it is in memory while it is read.
pub const WORKBOOK_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Most bytes of its parts when they are unpacked.
pub const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024;
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
        first_sheet::<Xls<_>>(bytes)
    } else if is_open_document(&bytes)? {
        first_sheet::<Ods<_>>(bytes)
    } else {
        first_sheet::<Xlsx<_>>(bytes)
    };
    Ok(written(&sheet?)?)
}

/// Whether an archive is an ODS, rather than an XLSX. Refuses what would take too much memory: the sizes that an archive declares
/// may be wrong, so its parts are unpacked once.
fn is_open_document(bytes: &[u8]) -> Result<bool, Error> {
    let unreadable = |error: zip::result::ZipError| Error::Workbook(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    let (mut unpacked, mut is_open_document) = (0, false);
    for part in 0..archive.len() {
        let part = archive.by_index(part).map_err(unreadable)?;
        is_open_document |= part.name_raw() == b"content.xml";
        let room = UNPACKED_BYTES_MAX - unpacked;
        unpacked +=
            io::copy(&mut part.take(room + 1), &mut io::sink()).map_err(|error| Error::Workbook(error.to_string()))?;
        if unpacked > UNPACKED_BYTES_MAX {
            return Err(Error::LargeWorkbook);
        }
    }
    Ok(is_open_document)
}

fn first_sheet<R: Reader<Cursor<Vec<u8>>>>(bytes: Vec<u8>) -> Result<Range<Data>, Error> {
    let read = || {
        let mut workbook = R::new(Cursor::new(bytes)).map_err(|error| error_text(&error))?;
        match workbook.worksheet_range_at(0) {
            Some(sheet) => sheet.map_err(|error| error_text(&error)),
            None => Ok(Range::default()),
        }
    };
    // The parser may meet a file that nobody foresaw.
    let read = catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err("it is damaged".into()));
    read.map_err(Error::Workbook)
}

fn error_text(error: &impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

fn written(sheet: &Range<Data>) -> io::Result<Vec<u8>> {
    let empty_rows = sheet.start().map_or(0, |(row, _)| row as usize);
    let mut table = WriterBuilder::new().flexible(true).from_writer(vec![b'\n'; empty_rows]);
    for row in sheet.rows() {
        let length = row.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        let mut cells: Vec<String> = row[..length].iter().map(text).collect();
        if cells.is_empty() {
            cells.push(String::new());
        }
        table.write_record(&cells).map_err(io::Error::other)?;
    }
    table.into_inner().map_err(csv::IntoInnerError::into_error)
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
        let cell = |row, column, text: &str| calamine::Cell::new((row, column), Data::String(text.into()));
        let sheet = Range::from_sparse(vec![cell(2, 0, "Name"), cell(2, 1, "Email"), cell(3, 1, "a@b.example")]);
        assert_eq!(String::from_utf8(written(&sheet).unwrap()).unwrap(), "\n\nName,Email\n,a@b.example\n");
    }

    #[test]
    fn what_is_no_workbook_is_refused() {
        for bytes in [&b"PK\x03\x04 and nothing"[..], b"\xd0\xcf\x11\xe0 and nothing"] {
            assert!(is_workbook(bytes));
            assert!(matches!(to_table(bytes), Err(Error::Workbook(_))));
        }
    }
}
