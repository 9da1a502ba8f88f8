//! How many cells an ODS has once its repeated rows and cells are written out, as its parser does.

use memchr::memchr_iter;

/// The number of cells up to the last one with a value, in the largest table of a document's content.
///
/// Tables, rows and cells are recognized by the names that all programs give them. What is no XML has few cells.
pub fn cells(content: &[u8]) -> u64 {
    let (mut most, mut table, mut row) = (0, Table::default(), None);
    for begin in memchr_iter(b'<', content) {
        let tag = &content[begin + 1..];
        let tag = &tag[..memchr::memchr(b'>', tag).unwrap_or(tag.len())];
        if tag.starts_with(b"table:table-row") {
            table.end(row.take());
            row = Some(Row { repeated: repeated(tag, b"table:number-rows-repeated=\""), ..Row::default() });
        } else if tag.starts_with(b"table:table-cell") || tag.starts_with(b"table:covered-table-cell") {
            if let Some(row) = &mut row {
                row.columns += repeated(tag, b"table:number-columns-repeated=\"");
                // Texts and notes are inside of a cell.
                if !tag.ends_with(b"/") || find(tag, b"office:value-type=").is_some() {
                    row.filled = row.columns;
                }
            }
        } else if tag.starts_with(b"/table:table") && !tag.starts_with(b"/table:table-") {
            table.end(row.take());
            most = most.max(std::mem::take(&mut table).cells());
        }
    }
    table.end(row);
    most.max(table.cells())
}

#[derive(Default)]
struct Table {
    /// Rows up to the last one with a value, and those after it.
    rows: u64,
    empty: u64,
    /// The last column with a value in any row.
    columns: u64,
}

#[derive(Default, Clone, Copy)]
struct Row {
    repeated: u64,
    columns: u64,
    /// The last column with a value.
    filled: u64,
}

impl Table {
    fn end(&mut self, row: Option<Row>) {
        let Some(Row { repeated, filled, columns: _ }) = row else { return };
        self.empty = self.empty.saturating_add(repeated);
        if filled > 0 {
            self.rows = self.rows.saturating_add(std::mem::take(&mut self.empty));
            self.columns = self.columns.max(filled);
        }
    }

    fn cells(self) -> u64 {
        self.rows.saturating_mul(self.columns)
    }
}

/// The number after the begin of an attribute; 1 without it.
fn repeated(tag: &[u8], attribute: &[u8]) -> u64 {
    let Some(at) = find(tag, attribute) else { return 1 };
    let digits = tag[at + attribute.len()..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0_u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_count() {
        for (content, expected) in [
            ("", 0),
            (
                "<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell></table:table-row></table:table>",
                1,
            ),
            // What programs write after the last row and column.
            (
                "<table:table><table:table-row><table:table-cell office:value-type=\"float\"/>\
                 <table:table-cell table:number-columns-repeated=\"16383\"/></table:table-row>\
                 <table:table-row table:number-rows-repeated=\"1048575\"><table:table-cell/></table:table-row></table:table>",
                1,
            ),
            (
                "<table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell/></table:table-row>\
                 <table:table-row><table:table-cell table:number-columns-repeated=\"100\"/>\
                 <table:table-cell office:value-type=\"float\"/></table:table-row>",
                1_000_001 * 101,
            ),
            (
                "<table:table-row table:number-rows-repeated=\"99999999999999999999999\"><table:table-cell office:value-type=\"float\"/>",
                u64::MAX,
            ),
        ] {
            assert_eq!(cells(content.as_bytes()), expected, "{content}");
        }
    }
}
