//! Sidecar files of the store. A view in one may be deleted at any time, and is then rebuilt from the journal.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Result};
use crate::locks::lock;
use crate::private;

/// What the names of a store's files add to the name of the store: itself, its locks, and its sidecar files.
pub const SIDECARS: [&str; 5] = ["", "-serving", "-turn", "-search", "-duplicates"];
/// What the names of the files of a database add to its name: the database, its log, and the index of the log.
pub const WITH_LOG: [&str; 3] = ["", "-wal", "-shm"];

/// Most symbolic links that lead to a file, as on Linux.
const LINKS_MAX: usize = 40;
/// Held while a sidecar is opened, so that no reader opens one that is being replaced.
static OPENING: Mutex<()> = Mutex::new(());

/// The path of a file with an ending added to its name.
pub fn sidecar(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    PathBuf::from(name)
}

/// The file that a path names, beside which the other files of a store are: the end of its symbolic links.
pub fn target(file: &Path) -> PathBuf {
    let mut file = file.to_owned();
    for _ in 0..LINKS_MAX {
        let Ok(link) = fs::read_link(&file) else { break };
        // Replaces the path if the link is absolute.
        file = file.parent().unwrap_or(Path::new("")).join(link);
    }
    file
}

/// Opens a view for reading; none if it does not exist yet or `is_usable` returns false.
pub fn read(file: &Path, is_usable: impl FnOnce(&Connection) -> Result<bool>) -> Result<Option<Connection>> {
    let _opening = lock(&OPENING);
    if !file.exists() {
        return Ok(None);
    }
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    Ok(is_usable(&connection)?.then_some(connection))
}

/// Opens a view for writing. Replaces the file with a new one if `is_unusable` returns true for the error.
pub fn write(
    file: &Path,
    open: impl Fn(&Path) -> Result<Connection>,
    is_unusable: impl FnOnce(&Error) -> bool,
) -> Result<Connection> {
    let _opening = lock(&OPENING);
    let open = |file: &Path| {
        private::prepare(file);
        open(file)
    };
    match open(file) {
        Err(error) if is_unusable(&error) => {
            for ending in WITH_LOG {
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
