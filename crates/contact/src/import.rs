//! Imports: the files that were imported, and their progress.

use std::fmt;
use std::str::FromStr;

use crate::id::hexadecimal;
use crate::invalid::Invalid;
use crate::time::Time;

/// Most imports that are remembered. The one that progressed longest ago is forgotten first.
pub const IMPORTS_MAX: usize = 20;

/// The id of an import: the first 8 bytes of BLAKE3 of the file and of the options that it is read with.
///
/// The same file read with the same options is the same import.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImportId(pub u64);

impl ImportId {
    const PREFIX: &str = "imp_";
}

/// `imp_` and 16 digits of base 16.
impl fmt::Display for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:016x}", ImportId::PREFIX, self.0)
    }
}

impl fmt::Debug for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ImportId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<ImportId, Invalid> {
        hexadecimal(text, ImportId::PREFIX, 16).map(ImportId).ok_or(Invalid::Id(ImportId::PREFIX))
    }
}

/// The progress of an import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The id.
    pub id: ImportId,
    /// The name of the file.
    pub name: String,
    /// How many rows were read, counting those that were refused.
    pub rows: u64,
    /// Whether these are all rows.
    pub is_done: bool,
    /// When it started.
    pub started_at: Time,
    /// When it last progressed.
    pub changed_at: Time,
}
