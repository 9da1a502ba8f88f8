//! CSV tables: a header, and a contact per row (RFC 4180, and the variants of products).

mod cell;
mod column;
mod delimiter;
mod google;
mod header;
mod outlook;
mod records;
mod table;
mod write;

pub use cell::{in_quotes, quote};
pub use column::Column;
pub use records::COLUMNS_MAX;
pub use table::Table;
pub use write::{Columns, TableWriter};
