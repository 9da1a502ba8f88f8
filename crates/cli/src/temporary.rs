//! The folder of the process's temporary files: scratch stores, uploaded files, reports.
//!
//! The process holds a lock on its folder. A folder without one was left behind by a process that was killed.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use tempfile::TempDir;

/// What the names of these folders begin with.
const PREFIX: &str = "kith-temporary-";
/// How often a new folder may meet a process that takes it for an abandoned one.
const ATTEMPTS_MAX: usize = 8;

/// The folder of the process. Dropping it deletes it.
pub struct Temporary {
    folder: TempDir,
    /// Held until the folder is deleted.
    _lock: File,
}

impl Temporary {
    /// Creates the folder, and deletes those that processes of the same user have left behind. Call it once.
    pub fn start() -> io::Result<Temporary> {
        let temporary = Temporary::new(&std::env::temp_dir())?;
        // Until the process ends, `tempfile` creates everything in this folder.
        tempfile::env::override_temp_dir(temporary.folder.path())
            .map_err(|_| io::Error::other("there is one already"))?;
        Ok(temporary)
    }

    fn new(place: &Path) -> io::Result<Temporary> {
        for _ in 0..ATTEMPTS_MAX {
            let mode = Permissions::from_mode(0o700);
            let folder = tempfile::Builder::new().prefix(PREFIX).permissions(mode).tempdir_in(place)?;
            let lock = File::open(folder.path())?;
            // Another process may have found it without its lock, and delete it.
            if lock.try_lock().is_ok() && is_at(&lock, folder.path()) {
                remove_abandoned(place, lock.metadata()?.uid());
                return Ok(Temporary { folder, _lock: lock });
            }
        }
        Err(io::Error::other("another process deletes its folders"))
    }
}

/// Whether an open folder is the one at a path.
fn is_at(folder: &File, path: &Path) -> bool {
    let id = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let (Ok(open), Ok(there)) = (folder.metadata(), fs::symlink_metadata(path)) else { return false };
    id(open) == id(there)
}

/// Deletes the folders of processes that have ended.
fn remove_abandoned(place: &Path, user: u32) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        let is_named = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        // Of an entry that is a link, this is the link's.
        let is_ours = || entry.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user);
        if !is_named || !is_ours() {
            continue;
        }
        let path = entry.path();
        let Ok(folder) = File::open(&path) else { continue };
        if folder.try_lock().is_err() || !is_at(&folder, &path) {
            continue;
        }
        match fs::remove_dir_all(&path) {
            Ok(()) => tracing::info!(folder = %path.display(), "removed what a process left behind that was killed"),
            Err(error) => tracing::warn!(folder = %path.display(), %error, "an abandoned folder cannot be removed"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_abandoned_folders_are_removed() {
        let place = tempfile::tempdir().unwrap();
        let named = |name: &str| place.path().join(format!("{PREFIX}{name}"));
        let used = Temporary::new(place.path()).unwrap();
        fs::create_dir_all(named("abandoned").join("store")).unwrap();
        fs::write(named("abandoned").join("store/kith.db"), "contacts").unwrap();
        fs::write(named("file"), "").unwrap();
        fs::create_dir(place.path().join("else")).unwrap();
        symlink(place.path().join("else"), named("link")).unwrap();
        let next = Temporary::new(place.path()).unwrap();
        assert!(!named("abandoned").exists());
        assert!(named("file").exists() && named("link").exists() && place.path().join("else").exists());
        let path = used.folder.path().to_owned();
        assert!(path.exists());
        drop(used);
        assert!(!path.exists(), "a dropped folder is deleted");
        assert!(next.folder.path().exists());
        assert_eq!(fs::metadata(next.folder.path()).unwrap().mode() & 0o777, 0o700);
    }
}
