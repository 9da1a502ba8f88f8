//! How an uploaded file is read.

use std::io;

use files::{Options, Preview};
use hub::{Company, Error};
use tempfile::NamedTempFile;

use super::Upload;
use crate::App;

impl App {
    /// The options to read an uploaded file.
    pub(crate) async fn options_of(&self, company: &Company, upload: &Upload) -> Result<Options, Error> {
        let settings = self.hub.settings(company.id).await?;
        let (fields, is_lenient) = (upload.fields.clone(), upload.is_lenient);
        Ok(Options { region: company.region, settings, fields, is_lenient, ..Options::default() })
    }

    /// Reads the columns of an uploaded table.
    pub(crate) async fn preview_of(
        &self,
        company: &Company,
        upload: &Upload,
        file: &NamedTempFile,
    ) -> Result<Result<Preview, files::Error>, Error> {
        let options = self.options_of(company, upload).await?;
        let opened = file.reopen();
        let reading = tokio::task::spawn_blocking(move || files::preview(opened?, &options));
        Ok(reading.await.map_err(io::Error::other).map_err(files::Error::Read).flatten())
    }
}
