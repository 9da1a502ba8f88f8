//! CSV tables: a header, and a contact per row (RFC 4180, and the variants of products).

mod cell;
mod choice;
mod column;
mod delimiter;
mod google;
mod header;
mod outlook;
mod preview;
mod records;
mod table;
mod write;

pub use cell::{in_quotes, quote};
pub use column::Column;
pub use preview::{Preview, SAMPLE_CHARS_MAX, SAMPLES_MAX, preview};
pub use records::COLUMNS_MAX;
pub use table::Table;
pub use write::{Columns, TableWriter};
