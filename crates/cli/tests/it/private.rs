//! What Kith writes is the operator's alone, whatever the umask, and what it writes for a while goes with it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::{Place, Process, Server, finish, until};

/// A `kith` that is started by a shell with this umask.
fn masked(place: &Place, umask: &str, arguments: &str) -> Command {
    place.shell(&format!("umask {umask}; exec kith {arguments}"))
}

/// Everything below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found
}

#[track_caller]
fn are_private(paths: &[PathBuf]) {
    for path in paths {
        let mode = fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, wanted, "{} has mode {mode:o}", path.display());
    }
}

/// Also one that another program copied.
#[test]
fn a_restored_store_is_the_operators_alone() {
    for without_log in [&[][..], &["--without-log"]] {
        let place = Place::new();
        place.says(&["company", "add", "wayne", "--store", "old.db"]);
        fs::set_permissions(place.path("old.db"), Permissions::from_mode(0o644)).unwrap();
        place.says(&[&["restore", "old.db"], without_log].concat());
        are_private(&[place.path("kith.db")]);
    }
}

#[test]
fn files_are_the_operators_alone() {
    for umask in ["000", "022"] {
        let place = Place::new();
        let server = Server::start(&mut masked(&place, umask, "serve --listen 127.0.0.1:0"));
        assert_eq!(server.client().tell(&["ada@example.org"]).unwrap().status, 202);
        fs::write(place.path("people.csv"), "email\nbob@example.org\n").unwrap();
        fs::write(place.path("people.csv.report.csv"), "an old report").unwrap();
        fs::set_permissions(place.path("people.csv.report.csv"), Permissions::from_mode(0o644)).unwrap();
        for arguments in ["import main people.csv", "backup copy.db", "export main --to out.csv", "find main ada"] {
            let done = finish(&mut masked(&place, umask, arguments));
            assert_eq!(done.code, Some(0), "{}", done.err);
        }
        until("the duplicates are looked for", || place.path("kith.db-duplicates").exists().then_some(()));
        fs::remove_file(place.path("people.csv")).unwrap();
        let made = below(&place.path(""));
        let names =
            ["kith.db", "kith.db-wal", "kith.db-shm", "kith.db-serving", "kith.db-search", "copy.db", "out.csv"];
        for name in names.into_iter().chain(["people.csv.report.csv", "kith.db-duplicates"]) {
            assert!(made.contains(&place.path(name)), "{name} was not made: {made:?}");
        }
        are_private(&made);
    }
}

#[test]
fn a_looser_store_is_said_and_left_as_it_is() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    assert_eq!(place.run(&["company", "list"]).err, "", "nothing to warn of");
    fs::set_permissions(place.path("kith.db"), Permissions::from_mode(0o640)).unwrap();
    fs::set_permissions(place.path(""), Permissions::from_mode(0o770)).unwrap();
    let done = place.run(&["company", "list"]);
    for said in ["kith.db (640)", "chmod 600 kith.db", "others may replace the store", "chmod go-w ."] {
        assert!(done.code == Some(0) && done.err.contains(said), "{said}: {}", done.err);
    }
    assert_eq!(fs::metadata(place.path("kith.db")).unwrap().permissions().mode() & 0o777, 0o640);
}

/// Whether a file contains this text.
fn has(path: &Path, text: &str) -> bool {
    path.is_file() && fs::read(path).unwrap().windows(text.len()).any(|part| part == text.as_bytes())
}

/// A dry run works on a copy of its company alone. Its input here never ends, so that it is killed in the middle.
#[test]
fn a_killed_command_leaves_no_contacts_behind() {
    let place = Place::new();
    let temporary = place.path("tmp");
    fs::create_dir(&temporary).unwrap();
    let server = Server::start(place.kith(&["serve", "--listen", "127.0.0.1:0"]).env("TMPDIR", &temporary));
    assert_eq!(server.client().tell(&["ada@example.org"]).unwrap().status, 202);
    fs::write(place.path("others.csv"), "email\nbob@elsewhere.example\n").unwrap();
    place.says(&["company", "add", "other"]);
    place.says(&["import", "other", "others.csv"]);
    let made = finish(&mut place.shell("mkfifo endless.csv"));
    assert_eq!(made.code, Some(0), "{}", made.err);
    let mut dry_run = masked(&place, "000", "import main --dry-run --format csv endless.csv");
    let mut process = Process::start(dry_run.env("TMPDIR", &temporary).stdout(Stdio::null()).stderr(Stdio::null()));
    let is_store = |path: &PathBuf| path.ends_with("kith.db");
    let is_copied = |left: &Vec<PathBuf>| left.iter().any(|path| has(path, "ada@example.org"));
    let left = until("there is a copy", || Some(below(&temporary)).filter(is_copied));
    are_private(&left);
    assert!(!left.iter().any(|path| has(path, "bob@elsewhere.example")), "another company was copied");
    process.kill();
    assert!(below(&temporary).iter().any(is_store), "the copy is left behind");

    place.run(&["verify"]);
    assert!(below(&temporary).iter().any(is_store), "it was left elsewhere");
    let next = finish(place.kith(&["verify"]).env("TMPDIR", &temporary));
    assert_eq!(next.code, Some(0), "{}", next.err);
    let folders: Vec<_> = fs::read_dir(&temporary).unwrap().collect();
    assert_eq!(folders.len(), 1, "only the folder of the server is there: {folders:?}");
    server.stop("TERM");
    assert_eq!(below(&temporary), Vec::<PathBuf>::new(), "a server that ends leaves nothing");
}
