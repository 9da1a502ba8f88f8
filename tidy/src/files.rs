//! The files of the repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold what was built, downloaded or generated.
const SKIPPED: [&str; 6] = ["target", "node_modules", ".venv", ".git", "corpus", "artifacts"];

/// The root of the repository: the nearest folder with a `Cargo.lock`, from the working directory upwards.
///
/// # Panics
///
/// Panics outside a repository.
pub fn root() -> PathBuf {
    let here = std::env::current_dir().expect("the working directory is readable");
    let root = here.ancestors().find(|folder| folder.join("Cargo.lock").exists());
    root.expect("a Cargo.lock in the working directory or above").to_owned()
}

/// Returns every file below `folder` whose name ends in `extension`, sorted by path.
///
/// # Panics
///
/// Panics if a folder cannot be read.
pub fn below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries {
            let path = entry.expect("a folder entry is readable").path();
            if path.is_dir() {
                if !path.file_name().is_some_and(|name| SKIPPED.iter().any(|skipped| name == *skipped)) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Reads a text file.
///
/// # Panics
///
/// Panics if the file cannot be read.
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the Rust files below `folder`, by path relative to it.
pub fn sources(folder: &Path) -> BTreeMap<PathBuf, String> {
    let paths = below(folder, "rs");
    paths.into_iter().map(|path| (path.strip_prefix(folder).unwrap_or(&path).to_owned(), read(&path))).collect()
}
