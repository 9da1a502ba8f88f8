//! The settings page of import and export: uploading a file, choosing its columns, the progress and the report.

mod columns;
mod field_choice;
mod job;
mod page;
mod start;
pub mod undo;
mod upload;

pub use columns::{choose, page as columns};
pub use job::{job, report};
pub use page::{export, page};
pub use start::{start, take};
