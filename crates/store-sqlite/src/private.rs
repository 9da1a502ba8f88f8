//! Files that only the owner of the store can read, and what is found otherwise.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::sidecar::{SIDECARS, WITH_LOG, sidecar};

/// The mode of files that Kith creates.
pub const FILE_MODE: u32 = 0o600;
/// The bits of a mode that let others read or write a file.
const OTHERS: u32 = 0o077;
/// The bits of a mode that let others replace the files of a folder.
const OTHERS_WRITE: u32 = 0o022;

/// Creates an empty file before SQLite does, which would let others read it. SQLite gives the mode of a file to its log too.
pub fn prepare(file: &Path) {
    // If this fails, the file exists, or SQLite fails too and says why.
    let _ = create_new(file);
}

/// Creates a new file; an error if it exists.
pub fn create_new(file: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(file)
}

/// Warns of files of a store that others can read, and of a folder whose files others can replace.
pub fn warn(store: &Path) {
    let files = SIDECARS.iter().flat_map(|name| WITH_LOG.map(|ending| sidecar(store, &format!("{name}{ending}"))));
    let open = files.filter_map(|file| mode(&file, OTHERS).map(|mode| (file, mode)));
    let (modes, names): (Vec<String>, Vec<String>) =
        open.map(|(file, mode)| (format!("{} ({mode:o})", file.display()), file.display().to_string())).unzip();
    if !names.is_empty() {
        let cure = format!("chmod 600 {}", names.join(" "));
        tracing::warn!(files = modes.join(", "), "others may read the store or write to it; run: {cure}");
    }
    let folder = store.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Some(mode) = mode(folder, OTHERS_WRITE) {
        let folder = folder.display();
        tracing::warn!(%folder, mode = format!("{mode:o}"), "others may replace the store; run: chmod go-w {folder}");
    }
}

/// The mode of a file, if it has one of some bits.
fn mode(file: &Path, bits: u32) -> Option<u32> {
    let mode = fs::metadata(file).ok()?.permissions().mode() & 0o7777;
    (mode & bits != 0).then_some(mode)
}
