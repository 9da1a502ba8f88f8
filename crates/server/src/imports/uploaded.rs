//! The files that were uploaded in the app and wait to be imported: the latest one of each company.

use std::io::{self, Read as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contact::CompanyId;
use files::{Column, Field, Format};
use tempfile::NamedTempFile;

/// Most files that are kept. Each may take up the largest file size on disk.
const FILES_KEPT_MAX: usize = 100;
/// First bytes of a file, from which its format is recognized.
const FIRST_BYTES: u64 = 4_096;

/// An uploaded file's name, and how to import it.
#[derive(Clone)]
pub struct Upload {
    /// Counts the files on this server, from 1.
    pub number: u64,
    /// The name of the file.
    pub name: String,
    /// Its format.
    pub format: Format,
    /// The chosen fields of columns by position, where they differ from what the names of the columns say.
    pub fields: Vec<(usize, Field)>,
    /// Whether to keep single values that contacts already have.
    pub only_fill_gaps: bool,
    /// Whether to take what is valid of a row.
    pub is_lenient: bool,
}

impl Upload {
    /// Recognizes the format of a file, of which nothing was chosen yet. The number comes from [`UploadedFiles::add`].
    pub fn of(file: &NamedTempFile, name: String, only_fill_gaps: bool, is_lenient: bool) -> io::Result<Upload> {
        let mut first = Vec::new();
        file.reopen()?.take(FIRST_BYTES).read_to_end(&mut first)?;
        let format = Format::of_file_name(&name).unwrap_or_else(|| Format::of_content(&first));
        Ok(Upload { number: 0, name, format, fields: Vec::new(), only_fill_gaps, is_lenient })
    }

    /// The field of a column: the chosen one, or that which its name says. [`Field::Ignore`] if it is left out.
    pub fn field<'a>(&'a self, position: usize, column: &'a Column) -> &'a Field {
        let chosen = self.fields.iter().find(|(chosen, _)| *chosen == position).map(|(_, field)| field);
        chosen.or(column.field.as_ref()).unwrap_or(&Field::Ignore)
    }

    /// Chooses the field of a column.
    pub fn choose(&mut self, position: usize, column: &Column, field: Field) {
        self.fields.retain(|(chosen, _)| *chosen != position);
        if field != *column.field.as_ref().unwrap_or(&Field::Ignore) {
            self.fields.push((position, field));
            self.fields.sort_by_key(|(position, _)| *position);
        }
    }
}

/// The latest file of each company.
#[derive(Default)]
pub struct UploadedFiles(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    added: u64,
    /// The newest last.
    files: Vec<(CompanyId, Upload, Arc<NamedTempFile>)>,
}

impl UploadedFiles {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a file instead of the company's last one, and gives it a number.
    pub fn add(&self, company: CompanyId, mut upload: Upload, file: Arc<NamedTempFile>) -> Upload {
        let mut kept = self.kept();
        kept.added += 1;
        upload.number = kept.added;
        kept.files.retain(|(of, ..)| *of != company);
        if kept.files.len() >= FILES_KEPT_MAX {
            kept.files.remove(0);
        }
        kept.files.push((company, upload.clone(), file));
        upload
    }

    /// The file of a company with this number, if it is still kept.
    pub fn find(&self, company: CompanyId, number: u64) -> Option<(Upload, Arc<NamedTempFile>)> {
        let kept = self.kept();
        let found = kept.files.iter().find(|(of, upload, _)| *of == company && upload.number == number);
        found.map(|(_, upload, file)| (upload.clone(), Arc::clone(file)))
    }

    /// Remembers how to import a file, if it is still kept.
    pub fn change(&self, company: CompanyId, changed: &Upload) {
        let mut kept = self.kept();
        let found = kept.files.iter_mut().find(|(of, upload, _)| *of == company && upload.number == changed.number);
        if let Some((_, upload, _)) = found {
            upload.clone_from(changed);
        }
    }

    /// Forgets a file. It is deleted once nobody reads it.
    pub fn remove(&self, company: CompanyId, number: u64) {
        self.kept().files.retain(|(of, upload, _)| *of != company || upload.number != number);
    }
}
