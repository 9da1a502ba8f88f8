//! The report of an import: a table with what became of each row.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use contact::ContactId;

use super::Fate;

const COLUMNS: [&str; 9] = ["row", "line", "contact", "result", "merged", "kept apart", "column", "value", "reason"];

/// A table (RFC 4180) with one line a row of the file, and one a problem of a row that has several.
pub struct Report<W: Write> {
    table: csv::Writer<W>,
    last: u64,
    /// The line that is written.
    line: csv::ByteRecord,
}

impl<W: Write> Report<W> {
    /// A new report.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn new(to: W) -> io::Result<Report<W>> {
        let mut table = csv::Writer::from_writer(to);
        table.write_record(COLUMNS)?;
        Ok(Report { table, last: 0, line: csv::ByteRecord::new() })
    }

    /// The last row that it told of when it was opened; 0 if none.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Tells what became of rows.
    pub(super) fn tell(&mut self, fates: &[Fate]) -> io::Result<()> {
        fates.iter().try_for_each(|fate| self.write(fate))
    }

    fn write(&mut self, fate: &Fate) -> io::Result<()> {
        let Fate { row, line, result, contact, merged, kept_apart, problems } = fate;
        let (row, line, result) = (row.to_string(), line.to_string(), result.name());
        let contact = contact.map(|contact| contact.to_string()).unwrap_or_default();
        let (merged, kept_apart) = (listed(merged), listed(kept_apart));
        let start = [&*row, &*line, &*contact, result, &*merged, &*kept_apart];
        if problems.is_empty() {
            self.write_line(start, ["", "", ""])?;
        }
        for problem in problems {
            // What a file says must be no formula of whoever opens the report.
            let text = |text: &str| if text.is_empty() { String::new() } else { files::quote(text).into_owned() };
            let (column, value) = (text(&problem.column), text(&problem.value));
            self.write_line(start, [&column, &value, &problem.reason])?;
        }
        Ok(())
    }

    fn write_line(&mut self, start: [&str; 6], rest: [&str; 3]) -> io::Result<()> {
        self.line.clear();
        self.line.extend(start.into_iter().chain(rest));
        Ok(self.table.write_byte_record(&self.line)?)
    }

    /// Makes sure that all is written.
    ///
    /// # Errors
    ///
    /// If it cannot be.
    pub fn flush(&mut self) -> io::Result<()> {
        self.table.flush()
    }
}

impl Report<File> {
    /// Goes on with the report of an import that was cut off. The last row in it may not be whole, so that one is told anew.
    ///
    /// # Errors
    ///
    /// If the file cannot be read and written.
    pub fn go_on(mut file: File) -> io::Result<Report<File>> {
        file.rewind()?;
        let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(io::BufReader::new(&file));
        if !table.headers()?.iter().eq(COLUMNS) {
            return Report::anew(file);
        }
        let mut record = csv::ByteRecord::new();
        // Where the lines of the last row begin, and which row that is.
        let (mut start, mut last) = (table.position().byte(), 0);
        loop {
            let at = table.position().byte();
            if !table.read_byte_record(&mut record)? {
                break;
            }
            let row = record.get(0).and_then(|row| std::str::from_utf8(row).ok()?.parse::<u64>().ok());
            // What cannot be read is what was being written at the end, and so is a number of which the end is missing.
            match row {
                Some(row) if row == last => {}
                Some(row) if row == last + 1 => (start, last) = (at, row),
                _ => break,
            }
        }
        drop(table);
        if last == 0 {
            return Report::anew(file);
        }
        file.set_len(start)?;
        file.seek(SeekFrom::End(0))?;
        let table = csv::WriterBuilder::new().has_headers(false).from_writer(file);
        Ok(Report { table, last: last - 1, line: record })
    }

    fn anew(mut file: File) -> io::Result<Report<File>> {
        file.set_len(0)?;
        file.rewind()?;
        Report::new(file)
    }
}

fn listed(contacts: &[ContactId]) -> String {
    contacts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_goes_on_wherever_it_was_cut_off() {
        let whole = |rows: std::ops::RangeInclusive<u64>, report: &mut Report<File>| {
            for row in rows {
                report.write_line([&row.to_string(), "1", "", "new", "", ""], ["", "", ""]).unwrap();
            }
            report.flush().unwrap();
        };
        let mut file = tempfile::tempfile().unwrap();
        whole(1..=120, &mut Report::new(file.try_clone().unwrap()).unwrap());
        let length = file.stream_position().unwrap();
        for cut in (0..length).rev() {
            file.set_len(cut).unwrap();
            let mut report = Report::go_on(file.try_clone().unwrap()).unwrap();
            whole(report.last() + 1..=120, &mut report);
            file.rewind().unwrap();
            let mut table = csv::Reader::from_reader(&file);
            let rows: Vec<u64> = table.records().map(|record| record.unwrap()[0].parse().unwrap()).collect();
            assert!(rows.into_iter().eq(1..=120), "cut off after {cut} bytes");
        }
    }
}
