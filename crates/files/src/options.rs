//! What has to be known to read a file.

use contact::{Region, Settings};

use crate::{Encoding, Field};

/// What has to be known to read a file, beside the file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The region of phone numbers without a country code.
    pub region: Region,
    /// What the company has set up: its custom fields of contacts, and the teammates that some of them name.
    pub settings: Settings,
    /// What columns of a table are to be understood as, by their names; see [`parse_map`](crate::parse_map). The
    /// others are understood by their usual names.
    pub map: Vec<(String, Field)>,
    /// What stands between the cells of a table; otherwise the line of names shows it.
    pub delimiter: Option<u8>,
    /// The encoding of the file; otherwise its first bytes show it.
    pub encoding: Option<Encoding>,
}
