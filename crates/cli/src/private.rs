//! Files that only the operator can read, with any umask of the shell.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::Mode;

/// The mode of files that Kith creates.
const FILE_MODE: u32 = 0o600;

/// Makes every file and folder that the process creates its owner's alone, those of SQLite among them.
pub fn restrict() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Creates a file; an error if it exists.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)
}

/// Creates a file, or empties an existing one and takes it from others. A pipe or a device keeps its mode.
pub fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(path)?;
    if file.metadata()?.is_file() {
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    }
    Ok(file)
}
