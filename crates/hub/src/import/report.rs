//! The report of an import: a table with what became of each row.

use std::fmt::{Display, Write as _};
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use super::RowResult;

const COLUMNS: [&str; 9] = ["row", "line", "contact", "result", "merged", "kept apart", "column", "value", "reason"];

/// A table (RFC 4180) with one line a row of the file, and one a problem of a row that has several.
pub struct Report<W: Write> {
    table: csv::Writer<W>,
    last: u64,
    /// The line that is written.
    line: csv::ByteRecord,
    /// A cell of it.
    cell: String,
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
        Ok(Report { table, last: 0, line: csv::ByteRecord::new(), cell: String::new() })
    }

    /// The last row that it told of when it was opened; 0 if none.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Tells what became of rows.
    pub(super) fn tell(&mut self, fates: &[RowResult]) -> io::Result<()> {
        fates.iter().try_for_each(|fate| self.write(fate))
    }

    fn write(&mut self, fate: &RowResult) -> io::Result<()> {
        if fate.problems.is_empty() {
            self.begin(fate);
            return self.end(["", "", ""]);
        }
        for problem in &fate.problems {
            // What a file says must be no formula of whoever opens the report.
            let text = |text: &str| if text.is_empty() { String::new() } else { files::quote(text).into_owned() };
            self.begin(fate);
            self.end([&text(&problem.column), &text(&problem.value), &problem.reason])?;
        }
        Ok(())
    }

    /// Begins a line with what became of a row.
    fn begin(&mut self, fate: &RowResult) {
        self.line.clear();
        self.push([fate.row]);
        self.push([fate.line]);
        self.push(fate.contact);
        self.line.push_field(fate.result.name().as_bytes());
        self.push(&fate.merged);
        self.push(&fate.kept_apart);
    }

    /// Adds a cell with some values, a space between them.
    fn push(&mut self, values: impl IntoIterator<Item = impl Display>) {
        self.cell.clear();
        for value in values {
            if !self.cell.is_empty() {
                self.cell.push(' ');
            }
            // A text takes whatever is written to it.
            let _ = write!(self.cell, "{value}");
        }
        self.line.push_field(self.cell.as_bytes());
    }

    /// Ends a line, and writes it.
    fn end(&mut self, rest: [&str; 3]) -> io::Result<()> {
        self.line.extend(rest);
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
        Ok(Report { table, last: last - 1, line: record, cell: String::new() })
    }

    fn anew(mut file: File) -> io::Result<Report<File>> {
        file.set_len(0)?;
        file.rewind()?;
        Report::new(file)
    }
}

#[cfg(test)]
mod tests {
    use contact::{CompanyId, ContactId, Outcome};
    use files::Problem;

    use super::*;

    #[test]
    fn a_line_tells_all_of_a_row() {
        let contact = |n| ContactId::nth(CompanyId::new(7).unwrap(), n);
        let (kept, merged, kept_apart) = (contact(1), vec![contact(2), contact(3)], vec![contact(4)]);
        let mut fate = RowResult::open(1, 2);
        fate.settle(Ok(Outcome { contact: Some(kept), merged, kept_apart, ..Outcome::default() }));
        let problem = |column: &str, value: &str, reason: &str| Problem {
            column: column.into(),
            value: value.into(),
            reason: reason.into(),
        };
        let problems = vec![problem("Email", "=1", "Is none."), problem("", "", "Has no handle.")];
        let mut table = Vec::new();
        let mut report = Report::new(&mut table).unwrap();
        report.tell(&[fate, RowResult::refused(2, 3, problems)]).unwrap();
        report.flush().unwrap();
        drop(report);
        let expected = format!(
            "row,line,contact,result,merged,kept apart,column,value,reason\n\
             1,2,{kept},kept apart,{} {},{},,,\n\
             2,3,,refused,,,Email,'=1,Is none.\n\
             2,3,,refused,,,,,Has no handle.\n",
            contact(2),
            contact(3),
            contact(4)
        );
        assert_eq!(String::from_utf8(table).unwrap(), expected);
    }

    #[test]
    fn a_report_goes_on_wherever_it_was_cut_off() {
        let whole = |rows: std::ops::RangeInclusive<u64>, report: &mut Report<File>| {
            let fates: Vec<RowResult> = rows.map(|row| RowResult::before(row, 1, None)).collect();
            report.tell(&fates).unwrap();
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
