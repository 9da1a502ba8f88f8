//! Files beside the store. A view in one may be deleted at any time: it is made anew from the journal.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Result};
use crate::locks::lock;

/// A view that is made anew would be taken from under whoever opens it at the same moment.
static OPENING: Mutex<()> = Mutex::new(());

/// Where a file beside another is.
pub fn sidecar(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    PathBuf::from(name)
}

/// Opens a view to be read; none if it is not there yet, or not what is wanted.
pub fn read(file: &Path, is_wanted: impl FnOnce(&Connection) -> Result<bool>) -> Result<Option<Connection>> {
    let _opening = lock(&OPENING);
    if !file.exists() {
        return Ok(None);
    }
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    Ok(is_wanted(&connection)?.then_some(connection))
}

/// Opens a view to be written, anew in place of one that is of no use.
pub fn write(
    file: &Path,
    open: impl Fn(&Path) -> Result<Connection>,
    is_of_no_use: impl FnOnce(&Error) -> bool,
) -> Result<Connection> {
    let _opening = lock(&OPENING);
    match open(file) {
        Err(error) if is_of_no_use(&error) => {
            for ending in ["", "-wal", "-shm"] {
                match fs::remove_file(sidecar(file, ending)) {
                    Err(error) if error.kind() != ErrorKind::NotFound => {
                        return Err(Error::unusable(format!("{} cannot be removed: {error}.", file.display())));
                    }
                    _ => {}
                }
            }
            open(file)
        }
        opened => opened,
    }
}
