//! The formats of files.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::Encoding;

/// The formats in words.
pub(crate) const KNOWN: &str = "CSV, XLSX, ODS, JSON, JSON Lines and vCard";

/// A format of files of contacts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// A table with a header (RFC 4180). A workbook of a spreadsheet is read as the table of its first sheet.
    Csv,
    /// A body of API 1 per line. An array of such bodies is read as well.
    JsonLines,
    /// Cards: vCard 2.1, 3.0 (RFC 2426) or 4.0 (RFC 6350).
    Vcard,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 3] = [Format::Csv, Format::JsonLines, Format::Vcard];

    /// The name that APIs, pages and the command line use.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::JsonLines => "jsonl",
            Format::Vcard => "vcard",
        }
    }

    /// The extension of file names, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::JsonLines => "jsonl",
            Format::Vcard => "vcf",
        }
    }

    /// The media type (RFC 4180, section 3; RFC 6350, section 10.1). JSON Lines has no registered one.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8; header=present",
            Format::JsonLines => "application/jsonl",
            Format::Vcard => "text/vcard; charset=utf-8",
        }
    }

    /// The format by the extension of a file name, if it is known.
    pub fn of_file_name(name: &str) -> Option<Format> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "tab" | "txt" | "xlsx" | "ods" | "xls" => Some(Format::Csv),
            "jsonl" | "ndjson" | "json" => Some(Format::JsonLines),
            "vcf" | "vcard" => Some(Format::Vcard),
            _ => None,
        }
    }

    /// Detects the format from the first bytes of a file; a few dozen are enough. What is neither cards nor JSON is a table.
    pub fn of_content(first: &[u8]) -> Format {
        let text = Encoding::detect(first).decode(first);
        let text = text.trim_start();
        let begins = |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        if begins("BEGIN:VCARD") {
            Format::Vcard
        } else if text.starts_with('{') || is_array(text) {
            Format::JsonLines
        } else {
            Format::Csv
        }
    }
}

/// Whether a text begins an array of JSON objects.
pub(crate) fn is_array(text: &str) -> bool {
    text.trim_start().strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with(['{', ']']))
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of a format is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("Must be csv, jsonl or vcard.")]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Format, UnknownFormat> {
        Format::ALL.into_iter().find(|format| format.name() == name).ok_or(UnknownFormat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_file_name() {
        assert_eq!(Format::of_file_name("people.old.VCF"), Some(Format::Vcard));
        assert_eq!(Format::of_file_name("export.tsv"), Some(Format::Csv));
        assert_eq!(Format::of_file_name("people.ndjson"), Some(Format::JsonLines));
        assert_eq!(Format::of_file_name("people"), None);
        assert_eq!("vcard".parse(), Ok(Format::Vcard));
        assert!("vcf".parse::<Format>().is_err());
    }

    #[test]
    fn formats_are_detected_by_content() {
        assert_eq!(Format::of_content(b"\xef\xbb\xbf\r\nbegin:vcard\r\n"), Format::Vcard);
        assert_eq!(Format::of_content(b"\xff\xfeB\0E\0G\0I\0N\0:\0V\0C\0A\0R\0D\0"), Format::Vcard);
        assert_eq!(Format::of_content(b" {\"name\""), Format::JsonLines);
        assert_eq!(Format::of_content(b"[\n  {\"name\""), Format::JsonLines);
        assert_eq!(Format::of_content(b"[name],email\n"), Format::Csv);
        assert_eq!(Format::of_content(b"name,email\n"), Format::Csv);
        assert_eq!(Format::of_content(b""), Format::Csv);
    }
}
