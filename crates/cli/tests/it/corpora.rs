//! Files that packages of the registries ship to test readers, through the door of the app: nothing fails there, and nothing hangs.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::{env, fs};

use crate::app_user::{User, location};
use crate::harness::Place;
use crate::http::Login;

/// Crates that have such files, and npm packages.
const CRATES: [&str; 2] = ["calcard", "csv"];
const NPM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/node_modules");
const LOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
const PACKAGES: [&str; 3] = ["csv-spectrum", "papaparse", "vcard-json"];
/// Larger files only have more of the same.
const BYTES_MAX: u64 = 1 << 20;
const THREADS: usize = 4;

#[test]
fn files_of_other_projects_are_imported_or_refused() {
    let files = files();
    assert!(files.len() > 200, "{} files", files.len());
    let place = Place::new();
    let companies: Vec<Login> =
        (0..THREADS).map(|n| Login::printed(&place.says(&["company", "add", &format!("company{n}")]))).collect();
    let server = place.serve();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for login in &companies {
            scope.spawn(|| {
                let user = User::sign_in(server.address, login);
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    import(&user, file);
                }
            });
        }
    });
    drop(server);
    assert!(place.says(&["verify"]).contains("company0: every view matches its journal."));
}

/// Uploads a file, checks it, and imports it unless it is refused. Every answer is a page or leads to one.
fn import(user: &User, file: &Path) {
    let name = file.file_name().unwrap().to_string_lossy();
    let Some(mut next) = location(&user.upload(&name, &fs::read(file).unwrap(), true)) else { return };
    if next.starts_with("/app/settings/import/files/") {
        assert_eq!(user.get(&next).status, 200, "{}", file.display());
        let Some(checked) = location(&user.post(&next, &[("go", "check")])) else { return };
        next = checked;
    }
    if user.ended(&next).is_some() {
        let imported = location(&user.post(&format!("{next}/take"), &[])).unwrap();
        assert!(user.ended(&imported).is_some(), "{} was checked, but not imported", file.display());
    }
}

/// The folder of a crate that Kith depends on, as cargo unpacked it.
fn sources(name: &str) -> PathBuf {
    let lock = fs::read_to_string(LOCK).unwrap();
    let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).unwrap();
    let folder = format!("{name}-{}", rest.split('"').next().unwrap());
    let home = env::var("CARGO_HOME").unwrap_or_else(|_| env::var("HOME").unwrap() + "/.cargo");
    let registries = fs::read_dir(Path::new(&home).join("registry/src")).unwrap();
    let found = registries.map(|registry| registry.unwrap().path().join(&folder)).find(|path| path.is_dir());
    found.unwrap_or_else(|| panic!("{folder} is in no registry of {home}"))
}

fn files() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = CRATES.map(sources).into();
    folders.extend(PACKAGES.map(|package| Path::new(NPM).join(package)));
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
            if path.is_dir() {
                folders.push(path);
            } else if ["vcf", "csv"].contains(&&*extension) && fs::metadata(&path).unwrap().len() <= BYTES_MAX {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
