//! The rows of a table as cells, with a limit on what is held of each.
//!
//! A quote too many would pull the rows that follow into one cell. When that shows, or when a row is too long, only its first
//! line is refused. The lines that were read after it are then parsed one by one.

use std::io::{self, Read};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::{Encoding, ROW_BYTES_MAX};

/// Most columns of a table.
pub const COLUMNS_MAX: usize = 2_000;
const CHUNK_BYTES: usize = 64 * 1024;

/// Why a row cannot be parsed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Broken {
    /// It has more than [`ROW_BYTES_MAX`] bytes.
    TooLong,
    /// It has more than [`COLUMNS_MAX`] cells.
    TooManyCells,
    /// A quote is opened and not closed.
    OpenQuote,
}

impl Broken {
    /// The problem in a sentence.
    pub fn reason(self) -> String {
        match self {
            Broken::TooLong => format!("Must have at most {ROW_BYTES_MAX} bytes."),
            Broken::TooManyCells => format!("Must have at most {COLUMNS_MAX} cells."),
            Broken::OpenQuote => "A quote is opened and not closed.".into(),
        }
    }
}

/// The rows of a table.
pub struct Records<R> {
    input: R,
    delimiter: u8,
    parser: Reader,
    /// Bytes of the file that were read, from some way before `start`.
    buffer: Vec<u8>,
    /// The position in the buffer where the next row begins.
    start: usize,
    is_at_end: bool,
    /// The position in the buffer up to which lines are parsed one by one.
    by_line_until: usize,
    line: u64,
    is_after_cr: bool,
    cells: Cells,
}

/// A row, and the line where it begins.
pub struct Record<'a> {
    pub line: u64,
    /// The row as it is in the file.
    pub raw: &'a [u8],
    pub cells: Result<&'a mut Cells, Broken>,
}

impl<R: Read> Records<R> {
    pub fn new(input: R, delimiter: u8) -> Records<R> {
        Records {
            input,
            delimiter,
            parser: parser(delimiter),
            buffer: Vec::new(),
            start: 0,
            is_at_end: false,
            by_line_until: 0,
            line: 1,
            is_after_cr: false,
            cells: Cells::default(),
        }
    }

    /// The next row that is not an empty line.
    pub fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        if !self.skip_line_ends()? {
            return Ok(None);
        }
        let line = self.line;
        let (end, broken) = match self.single_line_end() {
            Some(end) => (end, self.parse_line(end)),
            None => self.parse()?,
        };
        let start = self.start;
        self.advance(end);
        let raw = &self.buffer[start..end];
        Ok(Some(Record { line, raw, cells: broken.map_or(Ok(&mut self.cells), Err) }))
    }

    /// Passes over the rows that begin before a line.
    pub fn pass_over(&mut self, until: u64) -> io::Result<()> {
        while self.skip_line_ends()? && self.line < until {
            self.next()?;
        }
        Ok(())
    }

    /// Skips line breaks, and returns whether anything follows.
    fn skip_line_ends(&mut self) -> io::Result<bool> {
        loop {
            let rest = &self.buffer[self.start..];
            let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let is_any_left = ends < rest.len();
            self.advance(self.start + ends);
            if is_any_left {
                return Ok(true);
            }
            if !self.fill()? {
                return Ok(false);
            }
        }
    }

    /// Moves to a position in the buffer and counts lines. CR, LF or both together end a line.
    fn advance(&mut self, to: usize) {
        let passed = &self.buffer[self.start..to];
        for end in memchr::memchr2_iter(b'\r', b'\n', passed) {
            let is_after_cr = if end == 0 { self.is_after_cr } else { passed[end - 1] == b'\r' };
            self.line += u64::from(passed[end] == b'\r' || !is_after_cr);
        }
        self.is_after_cr = passed.last().map_or(self.is_after_cr, |last| *last == b'\r');
        self.start = to;
    }

    /// Reads more, and returns whether there was any. Drops a large part of the buffer before the next row.
    fn fill(&mut self) -> io::Result<bool> {
        if self.is_at_end {
            return Ok(false);
        }
        if self.start >= CHUNK_BYTES || self.start == self.buffer.len() {
            self.buffer.drain(..self.start);
            self.by_line_until = self.by_line_until.saturating_sub(self.start);
            self.start = 0;
        }
        let before = self.buffer.len();
        self.input.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut self.buffer)?;
        self.is_at_end = self.buffer.len() == before;
        Ok(!self.is_at_end)
    }

    /// The end of the next line, if it is to be parsed by itself.
    fn single_line_end(&self) -> Option<usize> {
        if self.start >= self.by_line_until {
            return None;
        }
        memchr::memchr2(b'\r', b'\n', &self.buffer[self.start..]).map(|length| self.start + length)
    }

    fn parse_line(&mut self, end: usize) -> Option<Broken> {
        self.cells.clear();
        let line = &self.buffer[self.start..end];
        let found = self.cells.parse(&mut self.parser, line).or_else(|| self.cells.parse(&mut self.parser, b"\n"));
        if found.is_some() {
            return self.cells.broken();
        }
        self.parser = parser(self.delimiter);
        Some(Broken::OpenQuote)
    }

    /// Parses the next row, and returns where it ends and what is wrong with it.
    fn parse(&mut self) -> io::Result<(usize, Option<Broken>)> {
        self.cells.clear();
        let mut length = 0;
        loop {
            let part = &self.buffer[self.start + length..];
            if !part.is_empty() {
                if let Some(taken) = self.cells.parse(&mut self.parser, part) {
                    length += taken;
                    if !self.is_well_quoted(length) {
                        return self.give_up(length, Broken::OpenQuote);
                    }
                    let broken = if length > ROW_BYTES_MAX { Some(Broken::TooLong) } else { self.cells.broken() };
                    return Ok((self.start + length, broken));
                }
                length += part.len();
            }
            if length > ROW_BYTES_MAX {
                return self.give_up(length, Broken::TooLong);
            }
            if !self.fill()? {
                // A line break ends the last row, unless a quote is open.
                return match self.cells.parse(&mut self.parser, b"\n") {
                    Some(_) => Ok((self.start + length, self.cells.broken())),
                    None => self.give_up(length, Broken::OpenQuote),
                };
            }
        }
    }

    /// Whether a row of several lines is well quoted: each closing quote is followed by another cell or the end.
    ///
    /// Where a quote is missing, line breaks and cells from outside quotes end up inside.
    fn is_well_quoted(&self, length: usize) -> bool {
        let row = self.buffer[self.start..self.start + length].trim_ascii_end();
        if memchr::memchr2(b'\r', b'\n', row).is_none() {
            return true;
        }
        let (mut is_quoted, mut before) = (false, self.delimiter);
        let mut rest = row.iter().copied().peekable();
        while let Some(byte) = rest.next() {
            if byte == b'"' && is_quoted {
                match rest.peek() {
                    Some(b'"') => drop(rest.next()),
                    Some(next) if *next != self.delimiter => return false,
                    _ => is_quoted = false,
                }
            } else if byte == b'"' && before == self.delimiter {
                is_quoted = true;
            }
            before = byte;
        }
        true
    }

    /// Refuses the first line of a row, of which this many bytes were parsed.
    fn give_up(&mut self, length: usize, broken: Broken) -> io::Result<(usize, Option<Broken>)> {
        self.parser = parser(self.delimiter);
        let parsed_until = self.start + length;
        if let Some(line) = memchr::memchr2(b'\r', b'\n', &self.buffer[self.start..parsed_until]) {
            self.by_line_until = parsed_until;
            return Ok((self.start + line, Some(broken)));
        }
        // The line itself is too long. Skip the rest of it, and keep its beginning for the report.
        let kept = length.min(CHUNK_BYTES);
        loop {
            let after = self.start + kept;
            let end = memchr::memchr2(b'\r', b'\n', &self.buffer[after..]);
            let rest_end = end.map_or(self.buffer.len(), |end| after + end);
            self.buffer.drain(after..rest_end);
            if end.is_some() || !self.fill()? {
                return Ok((self.start + kept, Some(broken)));
            }
        }
    }
}

/// A parser that has read a line break: at its very start, it would drop a byte order mark that is part of a cell.
fn parser(delimiter: u8) -> Reader {
    let mut parser = ReaderBuilder::new().delimiter(delimiter).build();
    parser.read_record(b"\n", &mut [0; 1], &mut [0; 1]);
    parser
}

/// The cells of a row.
#[derive(Default)]
pub struct Cells {
    /// Their bytes, one after the other.
    bytes: Vec<u8>,
    length: usize,
    /// The end of each.
    ends: Vec<usize>,
    count: usize,
    are_too_many: bool,
    /// The decoded cells of a row that is not UTF-8.
    decoded: String,
}

impl Cells {
    fn clear(&mut self) {
        (self.length, self.count, self.are_too_many) = (0, 0, false);
    }

    fn broken(&self) -> Option<Broken> {
        self.are_too_many.then_some(Broken::TooManyCells)
    }

    /// Parses cells from a part of the file. Returns how much of the part belongs to the row, if the row ends in it.
    fn parse(&mut self, parser: &mut Reader, part: &[u8]) -> Option<usize> {
        // The cells of a row are never longer than the row, except for one byte that the parser holds back.
        let needed = self.length + part.len() + 1;
        if self.bytes.len() < needed {
            self.bytes.resize(needed, 0);
        }
        let mut taken = 0;
        loop {
            if self.ends.len() < self.count + 1 {
                self.ends.resize((self.count + 1).next_power_of_two().max(64), 0);
            }
            let (found, read, written, ended) =
                parser.read_record(&part[taken..], &mut self.bytes[self.length..], &mut self.ends[self.count..]);
            taken += read;
            self.length += written;
            self.count += ended;
            match found {
                ReadRecordResult::Record => return Some(taken),
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return None,
                ReadRecordResult::OutputFull => self.bytes.resize(self.bytes.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.count > COLUMNS_MAX => {
                    self.are_too_many = true;
                    self.count = 0;
                }
                ReadRecordResult::OutputEndsFull => {}
            }
            if taken == part.len() {
                return None;
            }
        }
    }

    /// The cells as text, decoded as UTF-8 or else as Windows-1252.
    pub fn texts(&mut self) -> Texts<'_> {
        let ends = &mut self.ends[..self.count];
        let bytes = &self.bytes[..self.length];
        if let Ok(text) = std::str::from_utf8(bytes)
            && ends.iter().all(|end| text.is_char_boundary(*end))
        {
            return Texts { text, ends };
        }
        self.decoded.clear();
        let mut start = 0;
        for end in ends.iter_mut() {
            self.decoded.push_str(&Encoding::WINDOWS_1252.decode_unless_utf8(&bytes[start..*end]));
            start = *end;
            *end = self.decoded.len();
        }
        Texts { text: &self.decoded, ends }
    }
}

/// The cells of a row as text.
#[derive(Clone, Copy)]
pub struct Texts<'a> {
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Texts<'a> {
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(self.ends.iter()).map(|(start, end)| &self.text[start..*end])
    }

    /// The cell of a column. Empty if the row has fewer.
    pub fn get(self, column: usize) -> &'a str {
        let start = column.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let range = start.zip(self.ends.get(column).copied());
        range.map_or("", |(start, end)| &self.text[start..end])
    }

    /// Whether there is nothing but space in it.
    pub fn are_blank(self) -> bool {
        self.text.trim().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a file a few bytes at a time, so that every state of the parser is met at the end of a part.
    struct Dripping<'a>(&'a [u8], usize);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(self.1).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn rows(file: &[u8]) -> Vec<(u64, Result<Vec<String>, Broken>)> {
        const LARGE_BYTES: usize = 1_000;
        let drop_bytes = if file.len() < LARGE_BYTES { 3 } else { 10_007 };
        let mut records = Records::new(Dripping(file, drop_bytes), b',');
        let mut rows = Vec::new();
        while let Some(record) = records.next().unwrap() {
            let cells = record.cells.map(|cells| cells.texts().iter().map(str::to_owned).collect());
            rows.push((record.line, cells));
        }
        rows
    }

    #[track_caller]
    fn check(file: &str, expected: &[(u64, Result<&[&str], Broken>)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(line, cells)| (*line, cells.map(|cells| cells.iter().map(|cell| (*cell).to_owned()).collect())))
            .collect();
        assert_eq!(rows(file.as_bytes()), expected, "{file:?}");
    }

    #[test]
    fn rows_end_in_three_ways() {
        for end in ["\n", "\r\n", "\r"] {
            let file = format!("a,b{end}{end}\"c{end}d\",\"e \"\"f\"\"\"{end}g,{end}");
            let quoted = format!("c{end}d");
            check(&file, &[(1, Ok(&["a", "b"])), (3, Ok(&[&quoted, "e \"f\""])), (5, Ok(&["g", ""]))]);
        }
        check("a,b", &[(1, Ok(&["a", "b"]))]);
        check("a,\"b\"", &[(1, Ok(&["a", "b"]))]);
        check("a,", &[(1, Ok(&["a", ""]))]);
        check("", &[]);
        check("\r\n\n\r", &[]);
    }

    #[test]
    fn a_quote_that_nothing_closes_takes_one_line() {
        let open = Err(Broken::OpenQuote);
        check(
            "a\n\"b,c\nd,e\n\"f\",g\nh",
            &[(1, Ok(&["a"])), (2, open), (3, Ok(&["d", "e"])), (4, Ok(&["f", "g"])), (5, Ok(&["h"]))],
        );
        check("\"a\",\"b\n\"c\",\"d\"\n\"e\",\"f\"\n", &[(1, open), (2, Ok(&["c", "d"])), (3, Ok(&["e", "f"]))]);
        check("5\",\"a\n\"\"b\"\"\"\n", &[(1, Ok(&["5\"", "a\n\"b\""]))]);
        check("a\n\"b", &[(1, Ok(&["a"])), (2, open)]);
    }

    #[test]
    fn a_line_is_never_too_long_to_go_on() {
        let long = "x".repeat(ROW_BYTES_MAX + CHUNK_BYTES * 2);
        let too_long = Err(Broken::TooLong);
        for file in [format!("a\n{long}\nb\n"), format!("a\n\"{long}\"\nb")] {
            check(&file, &[(1, Ok(&["a"])), (2, too_long), (3, Ok(&["b"]))]);
        }
        let cells = ",".repeat(COLUMNS_MAX * 3);
        check(&format!("a\n{cells}\nb"), &[(1, Ok(&["a"])), (2, Err(Broken::TooManyCells)), (3, Ok(&["b"]))]);
    }

    #[test]
    fn a_cell_over_the_limit_is_read_on_line_by_line() {
        let line = "x".repeat(1_023);
        let file = format!("\"{}\"\nb\n", format!("{line}\n").repeat(ROW_BYTES_MAX / 1_024 + 1_000));
        let rows = rows(file.as_bytes());
        assert_eq!(rows[0], (1, Err(Broken::TooLong)));
        assert_eq!(rows[1], (2, Ok(vec![line])));
        assert_eq!(rows.last().unwrap().1, Ok(vec!["b".to_owned()]));
    }

    #[test]
    fn a_row_that_is_not_in_utf8_is_read_all_the_same() {
        let file = b"Zo\xc3\xab,Zo\xc3\xab\nZo\xeb,a\xc3,\xa9\n";
        let cells: Vec<_> = rows(file).into_iter().map(|(_, cells)| cells.unwrap()).collect();
        assert_eq!(cells, [vec!["Zoë", "Zoë"], vec!["Zoë", "aÃ", "©"]]);
    }
}
