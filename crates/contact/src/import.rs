//! Imports: the files that were imported, and their progress.

use std::fmt;

use crate::time::Time;

/// Most imports that are remembered. The one that progressed longest ago is forgotten first.
pub const IMPORTS_MAX: usize = 20;

/// The id of an import: BLAKE3 of the bytes of the file and of the options that it is read with.
///
/// The same file read with the same options is the same import.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImportId(pub [u8; 32]);

/// `imp_` and the first 8 bytes in base 16.
impl fmt::Display for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("imp_")?;
        self.0[..8].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
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
