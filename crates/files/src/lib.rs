//! Files of contacts: reading and writing CSV, JSON Lines and vCard, and reading workbooks of spreadsheets.
//!
//! [`read`] parses a file into [`Row`]s, one at a time: each has an observation or all of its problems. [`Writer`] writes
//! [`Person`]s, and what it writes reads back the same. Nothing here stores anything, knows a store or reads a clock. The
//! memory in use has a limit, however long a file, a line or a quoted cell is.
//!
//! ```
//! use files::{Format, Options, read};
//!
//! let file = "Name;E-mail;Phone\nBruce Wayne;bruce@wayne.inc;650 814 9999\nNobody;;\n";
//! let mut rows = read(file.as_bytes(), Format::Csv, &Options::default()).unwrap();
//! let bruce = rows.next().unwrap().unwrap();
//! assert_eq!(bruce.line, 2);
//! assert_eq!(bruce.parsed.unwrap().observation.handles[1].text(), "+16508149999");
//! let nobody = rows.next().unwrap().unwrap();
//! assert_eq!(nobody.line, 3);
//! assert!(nobody.parsed.unwrap_err()[0].reason.starts_with("Has no handle"));
//! assert!(rows.next().is_none());
//! ```

mod attribute;
pub mod body;
mod csv;
mod custom;
mod dialect;
mod draft;
mod elements;
mod encoding;
mod error;
mod field;
mod format;
mod jsonl;
mod label;
mod lines;
mod name;
mod options;
mod person;
mod record_ids;
mod row;
mod rows;
mod vcard;
mod words;
mod workbook;
mod writer;
mod written;

pub use csv::{COLUMNS_MAX, Column, Preview, SAMPLE_CHARS_MAX, SAMPLES_MAX, quote};
pub use dialect::{Dialect, UnknownDialect};
pub use encoding::{Encoding, UnknownEncoding};
pub use error::Error;
pub use field::{Field, UnknownField, parse_map};
pub use format::{Format, UnknownFormat};
pub use options::Options;
pub use person::Person;
pub use record_ids::{RecordIds, RecordNaming};
pub use row::{IGNORED_MAX, PROBLEMS_MAX, ParsedRow, Problem, ROW_BYTES_MAX, Row, VALUE_CHARS_MAX};
pub use rows::{Rows, preview, read, record_ids, unknown_fields};
pub use vcard::{PHOTO_BYTES_MAX, PROPERTY_BYTES_MAX, is_in_attribute};
pub use workbook::{UNPACKED_BYTES_MAX, WORKBOOK_BYTES_MAX};
pub use writer::Writer;
