//! Options for reading a file.

use contact::{Region, Settings};

use crate::{Encoding, Field, RecordNaming};

/// Options for reading a file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The region of phone numbers without a country code.
    pub region: Region,
    /// The settings of the company: its custom fields, and the teammates that some of them name.
    pub settings: Settings,
    /// The fields of columns, by column name; see [`parse_map`](crate::parse_map). Other columns are recognized by their usual
    /// names.
    pub map: Vec<(String, Field)>,
    /// The fields of columns by position, the first being 0: where they differ from what a [`preview`](crate::preview) shows.
    pub fields: Vec<(usize, Field)>,
    /// The delimiter between the cells of a table. None: detected from the header.
    pub delimiter: Option<u8>,
    /// The encoding of the file. None: detected from its first bytes.
    pub encoding: Option<Encoding>,
    /// Whether a row is kept without its invalid values. Otherwise one invalid value refuses the row.
    pub is_lenient: bool,
    /// How the rows name their records, if each is about a record of one system. None: only the key `record` of a line of
    /// JSON names one.
    pub record: Option<RecordNaming>,
}
