//! Custom fields for what a file has that is no field yet.

use std::io::Read;

use contact::{CompanyId, CustomName, FieldTarget, Origin};
use files::{Format, Options};
use tokio::task::spawn_blocking;

use super::ImportError;
use crate::Hub;

impl Hub {
    /// Creates a custom field for each unknown column of a table that has values, and for each unknown custom field of JSON
    /// Lines. Sets the settings of `options`, so that the file is read with them. Returns the names of the new fields.
    ///
    /// # Errors
    ///
    /// [`ImportError::File`] if the file cannot be read; [`ImportError::Hub`] if a field is refused, such as one too many.
    pub async fn keep_unknown(
        &self,
        company: CompanyId,
        file: impl Read + Send + 'static,
        format: Format,
        options: &mut Options,
    ) -> Result<Vec<CustomName>, ImportError> {
        let reading = options.clone();
        let unknown = spawn_blocking(move || files::unknown_fields(file, format, &reading)).await;
        let mut names = Vec::new();
        for (name, kind) in unknown.map_err(std::io::Error::other)?? {
            let by = Origin::Import(None);
            self.make_field(company, FieldTarget::Contact, name.clone(), String::new(), kind, by).await?;
            names.push(name);
        }
        options.settings = self.settings(company).await?;
        Ok(names)
    }
}
