//! The report of an import: a table with the result of each row.

use std::fmt::{Display, Write as _};
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use super::RowResult;

const COLUMNS: [&str; 9] = ["row", "line", "contact", "result", "merged", "kept apart", "column", "value", "reason"];

/// A CSV table (RFC 4180) with a line for each row of the file, or for each problem of a row that has several.
pub struct Report<W: Write> {
    table: csv::Writer<W>,
    last: u64,
    /// The line that is being written.
    line: csv::ByteRecord,
    /// The cell that is being written.
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

    /// The last row that it had when it was opened; 0 if none.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Adds the results of rows.
    pub(super) fn add(&mut self, results: &[RowResult]) -> io::Result<()> {
        results.iter().try_for_each(|result| self.write(result))
    }

    fn write(&mut self, result: &RowResult) -> io::Result<()> {
        if result.problems.is_empty() {
            self.begin(result);
            return self.end(["", "", ""]);
        }
        for problem in &result.problems {
            // A value from the file must not act as a formula in a spreadsheet.
            let text = |text: &str| if text.is_empty() { String::new() } else { files::quote(text).into_owned() };
            self.begin(result);
            self.end([&text(&problem.column), &text(&problem.value), &problem.reason])?;
        }
        Ok(())
    }

    /// Begins a line with the result of a row.
    fn begin(&mut self, result: &RowResult) {
        self.line.clear();
        self.push([result.row]);
        self.push([result.line]);
        self.push(result.contact);
        self.line.push_field(result.status.name().as_bytes());
        self.push(&result.merged);
        self.push(&result.kept_apart);
    }

    /// Adds a cell with values, separated by spaces.
    fn push(&mut self, values: impl IntoIterator<Item = impl Display>) {
        self.cell.clear();
        for value in values {
            if !self.cell.is_empty() {
                self.cell.push(' ');
            }
            // Writing to a String cannot fail.
            let _ = write!(self.cell, "{value}");
        }
        self.line.push_field(self.cell.as_bytes());
    }

    /// Ends a line and writes it.
    fn end(&mut self, rest: [&str; 3]) -> io::Result<()> {
        self.line.extend(rest);
        Ok(self.table.write_byte_record(&self.line)?)
    }

    /// Writes what is buffered.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.table.flush()
    }
}

impl Report<File> {
    /// Resumes the report of an interrupted import. The last row in it may be incomplete, so it is written again.
    ///
    /// # Errors
    ///
    /// If the file cannot be read and written.
    pub fn resume(mut file: File) -> io::Result<Report<File>> {
        file.rewind()?;
        let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(io::BufReader::new(&file));
        if !table.headers()?.iter().eq(COLUMNS) {
            return Report::restart(file);
        }
        let mut record = csv::ByteRecord::new();
        // Where the lines of the last row begin, and its number.
        let (mut start, mut last) = (table.position().byte(), 0);
        loop {
            let at = table.position().byte();
            if !table.read_byte_record(&mut record)? {
                break;
            }
            let row = record.get(0).and_then(|row| std::str::from_utf8(row).ok()?.parse::<u64>().ok());
            // A line that cannot be read, or a number out of order, was cut off while it was written.
            match row {
                Some(row) if row == last => {}
                Some(row) if row == last + 1 => (start, last) = (at, row),
                _ => break,
            }
        }
        drop(table);
        if last == 0 {
            return Report::restart(file);
        }
        file.set_len(start)?;
        file.seek(SeekFrom::End(0))?;
        let table = csv::WriterBuilder::new().has_headers(false).from_writer(file);
        Ok(Report { table, last: last - 1, line: record, cell: String::new() })
    }

    fn restart(mut file: File) -> io::Result<Report<File>> {
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
    fn a_line_has_the_whole_result_of_a_row() {
        let contact = |n| ContactId::nth(CompanyId::new(7).unwrap(), n);
        let (kept, merged, kept_apart) = (contact(1), vec![contact(2), contact(3)], vec![contact(4)]);
        let mut result = RowResult::pending(1, 2, Vec::new(), Vec::new());
        result.set_outcome(Ok(Outcome { contact: Some(kept), merged, kept_apart, ..Outcome::default() }));
        let problem = |column: &str, value: &str, reason: &str| Problem {
            column: column.into(),
            value: value.into(),
            reason: reason.into(),
        };
        let problems = vec![problem("Email", "=1", "Is none."), problem("", "", "Has no handle.")];
        let mut table = Vec::new();
        let mut report = Report::new(&mut table).unwrap();
        report.add(&[result, RowResult::refused(2, 3, problems)]).unwrap();
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
    fn a_report_resumes_wherever_it_was_cut_off() {
        let whole = |rows: std::ops::RangeInclusive<u64>, report: &mut Report<File>| {
            let results: Vec<RowResult> = rows.map(|row| RowResult::imported_before(row, 1, None)).collect();
            report.add(&results).unwrap();
            report.flush().unwrap();
        };
        let mut file = tempfile::tempfile().unwrap();
        whole(1..=120, &mut Report::new(file.try_clone().unwrap()).unwrap());
        let length = file.stream_position().unwrap();
        for cut in (0..length).rev() {
            file.set_len(cut).unwrap();
            let mut report = Report::resume(file.try_clone().unwrap()).unwrap();
            whole(report.last() + 1..=120, &mut report);
            file.rewind().unwrap();
            let mut table = csv::Reader::from_reader(&file);
            let rows: Vec<u64> = table.records().map(|record| record.unwrap()[0].parse().unwrap()).collect();
            assert!(rows.into_iter().eq(1..=120), "cut off after {cut} bytes");
        }
    }
}
