//! Tables: a line of column names, and a person a row (RFC 4180, and how products differ from it).

mod cell;
mod column;
mod delimiter;
mod records;
mod table;
mod write;

pub use cell::quote;
pub use column::Column;
pub use records::COLUMNS_MAX;
pub use table::Table;
pub use write::TableWriter;
