//! The purpose of opening a store, and the result of a schema migration.

use std::path::PathBuf;

/// The purpose of opening a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// To serve it. Only one process serves a file. A missing store is created.
    Serve,
    /// To write to it, perhaps while another process serves it. A missing store is created.
    Make,
    /// To write to it, perhaps while another process serves it. It must exist.
    Change,
    /// To read it. It must exist, and nothing is written.
    Read,
}

/// What a migration does to the schema of a store.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Migrated {
    /// The schema version before; 0 for a new store.
    pub from: usize,
    /// The schema version after it.
    pub to: usize,
    /// The copy of the store that is made first.
    pub backup: Option<PathBuf>,
    /// Whether the database is a cluster, over which tables can be distributed.
    pub is_distributed: bool,
    /// The tables that it distributes over the cluster or copies to every node.
    pub distributed: Vec<String>,
}
