//! The bulk path of an import: decide, load and store side by side, and read only what changes nothing.

pub mod pipeline;
pub mod reimport;
