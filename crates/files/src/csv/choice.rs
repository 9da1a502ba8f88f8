//! The fields that a person chose for the columns of a table, by their positions.

use super::column::{check_handles, names_of, targets};
use super::header::Header;
use crate::{Error, Field, Options};

/// Gives columns the chosen fields.
pub fn apply(header: Header, options: &Options) -> Result<Header, Error> {
    let Header { delimiter, line, is_named, mut columns, .. } = header;
    for (position, field) in &options.fields {
        let Some(column) = columns.get_mut(*position) else {
            return Err(Error::NoColumn { name: format!("Column {}", position + 1), columns: names_of(&columns) });
        };
        column.field = Some(field.clone()).filter(|field| *field != Field::Ignore);
    }
    let targets = targets(&mut columns, &options.settings);
    check_handles(&columns, &targets)?;
    Ok(Header { delimiter, line, is_named, columns, targets })
}
