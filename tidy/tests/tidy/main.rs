//! The rules that the repository sets itself.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod circles;
mod crates;
mod documents;
mod lines;
mod sleeps;
mod toolchain;
mod words;

use std::path::PathBuf;

use tidy::files;

/// The packages of the workspace, each with its name and its folder.
fn packages() -> Vec<(String, PathBuf)> {
    let root = files::root();
    let manifests = files::below(&root, "toml").into_iter().filter(|path| path.ends_with("Cargo.toml"));
    let folders = manifests.map(|path| path.parent().unwrap().to_owned());
    let name = |folder: &PathBuf| folder.file_name().unwrap().to_str().unwrap().to_owned();
    folders.filter(|folder| *folder != root).map(|folder| (name(&folder), folder)).collect()
}

/// The documents, each with its path in the repository.
fn documents() -> Vec<(String, String)> {
    named(files::below(&files::root(), "md"))
}

/// The Rust files of the repository, each with its path there.
fn sources() -> Vec<(String, String)> {
    named(files::below(&files::root(), "rs"))
}

fn named(paths: Vec<PathBuf>) -> Vec<(String, String)> {
    let root = files::root();
    let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    paths.into_iter().map(|path| (name(&path), files::read(&path))).collect()
}

/// Fails with a list of what was found, one a line.
#[track_caller]
fn none(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}\n\n{}\n\n{} in all.", found.join("\n"), found.len());
}
