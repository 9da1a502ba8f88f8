//! A module, as it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A module, as its file declares it.
#[derive(Debug, Default)]
pub struct Module {
    /// Its path from the root; the root's is empty.
    pub path: Vec<String>,
    pub parent: Option<usize>,
    pub file: PathBuf,
    pub children: BTreeMap<String, usize>,
    /// Names of the items that it defines.
    pub items: BTreeSet<String>,
    /// Identifiers in macro definitions and invocations between its items: macros may define them.
    pub in_macros: BTreeSet<String>,
    pub imports: Vec<Import>,
    pub references: Vec<Reference>,
}

/// One name that a `use` brings into scope.
#[derive(Debug)]
pub struct Import {
    /// The name in this scope; none for a glob.
    pub name: Option<String>,
    /// Whether other modules may take the name from here.
    pub is_reexport: bool,
    pub reference: Reference,
}

/// A path in the code.
#[derive(Clone, Debug)]
pub struct Reference {
    pub path: Vec<String>,
    pub line: usize,
}
