//! The imports started in the app: those that run, and the results of recent ones.

mod reading;
mod run;
mod uploaded;

use std::sync::Arc;

use contact::ImportId;
use hub::Importing;
use tempfile::NamedTempFile;

pub use uploaded::{Upload, UploadedFiles};

use crate::jobs::{Job, Jobs};
use crate::shares::{Limits, Shares};

/// Most files that are uploaded at once. A company uploads one. Each may take up the largest file size on disk.
const UPLOADS_MAX: u32 = 8;
const UPLOADS: Limits = Limits { what: "uploads", total: UPLOADS_MAX, company: 1, address: 0, reserve: 0, little: 0 };

/// The imports of all companies.
pub struct Imports {
    pub jobs: Jobs<Import>,
    /// The files that arrive.
    pub uploads: Shares,
    /// The files that arrived and are not imported yet.
    pub files: UploadedFiles,
}

impl Default for Imports {
    fn default() -> Imports {
        Imports { jobs: Jobs::new("imports"), uploads: Shares::new(UPLOADS), files: UploadedFiles::default() }
    }
}

/// An import in the app.
pub type ImportJob = Job<Import>;

/// What an import does.
#[derive(Clone)]
pub struct Import {
    /// The id, once it is known.
    pub id: Option<ImportId>,
    /// How to import the file.
    pub upload: Upload,
    /// Whether to report what would happen, and change nothing.
    pub is_dry: bool,
    /// The size of the file.
    pub bytes: u64,
    /// Its progress.
    pub progress: Importing,
    /// Its report, a line for each row.
    pub report: Arc<NamedTempFile>,
}
