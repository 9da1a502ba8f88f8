//! The bulk path of imports.

pub mod reimport;
