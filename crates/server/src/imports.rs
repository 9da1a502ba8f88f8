//! The imports started in the app: those that run, and the results of recent ones.

mod run;

use std::sync::Arc;

use files::Field;
use hub::Importing;
use tempfile::NamedTempFile;

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
}

impl Default for Imports {
    fn default() -> Imports {
        Imports { jobs: Jobs::new("imports"), uploads: Shares::new(UPLOADS) }
    }
}

/// An import in the app.
pub type ImportJob = Job<Import>;

/// What an import does.
#[derive(Clone)]
pub struct Import {
    /// How to import the file.
    pub upload: Upload,
    /// The file after a dry run, kept for the real import until the company's next upload.
    pub file: Option<Arc<NamedTempFile>>,
    /// The size of the file.
    pub bytes: u64,
    /// Its progress.
    pub progress: Importing,
    /// Its report, a line for each row.
    pub report: Arc<NamedTempFile>,
}

/// An uploaded file's name and import options.
#[derive(Clone)]
pub struct Upload {
    /// The name of the file.
    pub name: String,
    /// Which field each renamed column holds.
    pub map: Vec<(String, Field)>,
    /// Whether to report what would happen, and change nothing.
    pub is_dry: bool,
    /// Whether to keep single values that contacts already have.
    pub only_fill_gaps: bool,
}
