//! The settings of a company.

use contact::Settings;
use store::{Batch, record};
use tokio_postgres::Row;

use crate::error::Result;
use crate::pipeline::Pipeline;

pub const SETTINGS: &str = "SELECT body FROM settings WHERE company = $1";
pub const SET: &str = "INSERT INTO settings (company, body) VALUES ($1, $2)
     ON CONFLICT (company) DO UPDATE SET body = excluded.body";

/// The settings in a row, or the default ones while none are stored.
pub fn settings(rows: &[Row]) -> Result<Settings> {
    rows.first().map_or_else(|| Ok(Settings::default()), from_row)
}

pub fn from_row(row: &Row) -> Result<Settings> {
    Ok(record::to_settings(row.try_get(0)?)?)
}

/// Adds the statement that stores the settings that a batch changed.
pub async fn append<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) -> Result<()> {
    if batch.changes.settings {
        pipeline.add(SET, vec![Box::new(record::from_settings(&batch.view.settings))]).await?;
    }
    Ok(())
}
