//! Whether pages of a file were found damaged since the store was opened.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

/// What is known about damaged pages of one file. A file that was damaged once is not trusted again.
#[derive(Default)]
pub struct Damage(AtomicBool);

impl Damage {
    /// Notes the error of a read or write, if it is about damaged pages.
    pub fn note(&self, error: &Error) {
        if error.is_malformed {
            self.found(&error.to_string());
        }
    }

    /// Notes damaged pages, and logs the first.
    pub fn found(&self, what: &str) {
        if !self.0.swap(true, Ordering::Relaxed) {
            let cure = "stop the server, keep a copy of the file, and put a backup back with: kith restore BACKUP";
            tracing::error!(what, "pages of the store are damaged; {cure}");
        }
    }

    /// An error if damaged pages were found.
    pub fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Relaxed) { Err(Error::damaged("Pages of the store are damaged.")) } else { Ok(()) }
    }
}
