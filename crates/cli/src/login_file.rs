//! The file with the login of a new company. What is printed where no person reads it ends up in logs, which others read.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use contact::CompanyName;
use hub::Password;

use crate::address::StoreAddress;
use crate::private;

/// A file for a login, which is deleted unless the login is written to it.
pub struct LoginFile {
    path: PathBuf,
    file: File,
    is_written: bool,
}

impl LoginFile {
    /// Creates the file beside the store. An existing file stays as it is.
    ///
    /// # Errors
    ///
    /// A sentence that says why there is no file, and what to do.
    pub fn create(store: &StoreAddress) -> Result<LoginFile, String> {
        let path = store.beside("login");
        let file = private::create_new(&path).map_err(|error| {
            let cure = "Or add the first company yourself, with: kith company add NAME";
            format!("The login of the first company is written to {}: {error}. {cure}", path.display())
        })?;
        Ok(LoginFile { path, file, is_written: false })
    }

    /// Writes a login, in the form that curl takes with `--netrc-file`. Returns the name of the file.
    ///
    /// # Errors
    ///
    /// A sentence, if the file cannot be written. The password is lost then.
    pub fn write(mut self, url: &str, company: &CompanyName, password: &Password) -> Result<PathBuf, String> {
        let line = format!("machine {} login {company} password {}\n", host(url), password.reveal());
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_all());
        written.map_err(|error| {
            let cure = format!("Generate another password with: kith company rotate {company}");
            format!("{} cannot be written: {error}. {cure}", self.path.display())
        })?;
        self.is_written = true;
        Ok(self.path.clone())
    }
}

impl Drop for LoginFile {
    fn drop(&mut self) {
        if !self.is_written {
            // It is empty. If it stays, the next start names it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The host of a URL, without its port.
fn host(url: &str) -> &str {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split(':').next().unwrap_or_default(),
    }
}
