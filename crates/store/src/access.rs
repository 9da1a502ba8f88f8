//! The purpose of opening a store, and the result of a schema migration.

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

/// What a migration did to the schema of a store.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Migrated {
    /// The schema version before; 0 for a new store.
    pub from: usize,
    /// The schema version now.
    pub to: usize,
    /// Whether the database is a cluster, over which tables can be distributed.
    pub is_distributed: bool,
    /// The tables that this migration distributed over the cluster or copied to every node.
    pub distributed: Vec<String>,
}
