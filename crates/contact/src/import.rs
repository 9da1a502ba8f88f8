//! Imports: which files were taken in, and how far.

use std::fmt;

use crate::time::Time;

/// Most imports that are remembered; the one that went on longest ago is forgotten first.
pub const IMPORTS_MAX: usize = 20;

/// What is imported: BLAKE3 of a file's bytes and of how they are read. The same file read in the same way is the same
/// import.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImportId(pub [u8; 32]);

/// Written `imp_` and the beginning of it in base 16.
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

/// A file that is being imported, or was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// What is imported.
    pub id: ImportId,
    /// What the file is called.
    pub name: String,
    /// How many of its rows have been taken in, those among them that were refused; the next follows them.
    pub rows: u64,
    /// Whether those are all.
    pub is_done: bool,
    /// When it was begun.
    pub started_at: Time,
    /// When it last went on.
    pub changed_at: Time,
}
