//! How files are written: a format, or the variant of it that a product reads.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::Format;

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// CSV with all columns that Kith reads, and commas (RFC 4180).
    Csv,
    /// The same for Excel: with a byte order mark, and semicolons that a line `sep=;` declares. Without them, Excel reads UTF-8
    /// as another encoding, and splits at the delimiter of its language.
    Excel,
    /// CSV with the columns of Google Contacts.
    Google,
    /// CSV with the columns of Outlook.
    Outlook,
    /// JSON Lines.
    JsonLines,
    /// Cards of version 3.0 (RFC 2426), which old phones and most address books read.
    Vcard3,
    /// Cards of version 4.0 (RFC 6350).
    Vcard4,
}

impl Dialect {
    /// All dialects.
    pub const ALL: [Dialect; 7] = [
        Dialect::Csv,
        Dialect::Excel,
        Dialect::Google,
        Dialect::Outlook,
        Dialect::JsonLines,
        Dialect::Vcard3,
        Dialect::Vcard4,
    ];

    /// The name that APIs, pages and the command line use.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Csv => "csv",
            Dialect::Excel => "excel",
            Dialect::Google => "google",
            Dialect::Outlook => "outlook",
            Dialect::JsonLines => "jsonl",
            Dialect::Vcard3 => "vcard3",
            Dialect::Vcard4 => "vcard",
        }
    }

    /// The format that it is a variant of.
    pub fn format(self) -> Format {
        match self {
            Dialect::Csv | Dialect::Excel | Dialect::Google | Dialect::Outlook => Format::Csv,
            Dialect::JsonLines => Format::JsonLines,
            Dialect::Vcard3 | Dialect::Vcard4 => Format::Vcard,
        }
    }
}

impl From<Format> for Dialect {
    fn from(format: Format) -> Dialect {
        match format {
            Format::Csv => Dialect::Csv,
            Format::JsonLines => Dialect::JsonLines,
            Format::Vcard => Dialect::Vcard4,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of a dialect is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("Must be csv, excel, google, outlook, jsonl, vcard or vcard3.")]
pub struct UnknownDialect;

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Dialect, UnknownDialect> {
        Dialect::ALL.into_iter().find(|dialect| dialect.name() == name).ok_or(UnknownDialect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_names_all() {
        for dialect in Dialect::ALL {
            assert_eq!(dialect.name().parse(), Ok(dialect));
            assert!(UnknownDialect.to_string().contains(dialect.name()));
        }
        for format in Format::ALL {
            assert_eq!(Dialect::from(format).format(), format);
            assert_eq!(format.name().parse(), Ok(Dialect::from(format)));
        }
    }
}
