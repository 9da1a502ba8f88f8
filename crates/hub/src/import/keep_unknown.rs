//! Custom fields for what a file has that is no field yet.

use std::collections::BTreeSet;
use std::io::Read;

use contact::{CompanyId, CustomName, CustomType, FieldTarget, Origin};
use files::{Field, Format, Options};
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
        let fields = unknown.map_err(std::io::Error::other)??;
        self.make_fields(company, fields, options).await
    }

    /// Creates the custom fields that were chosen for columns and that the company does not have, as fields of text.
    ///
    /// # Errors
    ///
    /// [`ImportError::Hub`] if a field is refused.
    pub async fn make_chosen_fields(
        &self,
        company: CompanyId,
        options: &mut Options,
    ) -> Result<Vec<CustomName>, ImportError> {
        let mut names = BTreeSet::new();
        for (_, field) in &options.fields {
            if let Field::Custom(name) = field
                && options.settings.field(FieldTarget::Contact, name).is_none()
            {
                names.insert(name.clone());
            }
        }
        let fields = names.into_iter().map(|name| (name, CustomType::String)).collect();
        self.make_fields(company, fields, options).await
    }

    async fn make_fields(
        &self,
        company: CompanyId,
        fields: Vec<(CustomName, CustomType)>,
        options: &mut Options,
    ) -> Result<Vec<CustomName>, ImportError> {
        let mut names = Vec::new();
        for (name, kind) in fields {
            let by = Origin::Import(None);
            self.make_field(company, FieldTarget::Contact, name.clone(), String::new(), kind, by).await?;
            names.push(name);
        }
        if !names.is_empty() {
            options.settings = self.settings(company).await?;
        }
        Ok(names)
    }
}
