//! Where PostgreSQL's programs are, and who may run them.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The oldest PostgreSQL that Kith works on.
const VERSION_MIN: u32 = 15;

/// The folder of the newest that Debian has installed, or else of the one that is meant by whoever set up the machine.
pub fn find() -> PathBuf {
    let found = installed(Path::new("/usr/lib/postgresql")).or_else(|| configured().filter(|it| is_able(it)));
    let found = found.or_else(|| on_path().filter(|it| is_able(it)));
    found.expect("PostgreSQL 15 or later is missing: install Debian's postgresql (make test does)")
}

fn installed(root: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let versions = folders.filter_map(|path| Some((version(&path)?, path.join("bin"))));
    let able = versions.filter(|(version, programs)| *version >= VERSION_MIN && programs.join("initdb").exists());
    able.max().map(|(_, programs)| programs)
}

fn configured() -> Option<PathBuf> {
    let asked = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8_lossy(&asked.stdout).trim()))
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file())
}

/// Whether a PostgreSQL that nothing else is known of is new enough.
fn is_able(programs: &Path) -> bool {
    let asked = Command::new(programs.join("initdb")).arg("--version").output();
    asked.is_ok_and(|output| version(&String::from_utf8_lossy(&output.stdout)).is_some_and(|it| it >= VERSION_MIN))
}

/// Reads `initdb (PostgreSQL) 17.6 (Debian 17.6-1)`, and `18beta1` as well.
fn version(said: &str) -> Option<u32> {
    let number = said.split("(PostgreSQL) ").nth(1)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn is_root() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("\nUid:\t0\t"))
}

/// PostgreSQL refuses to run as root, so for root it runs as the user that its package has made.
pub fn run_as_owner(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command
}

/// Gives a file or folder to whoever PostgreSQL runs as.
pub fn own(path: &Path) {
    if is_root() {
        finish(Command::new("chown").arg("postgres:postgres").arg(path));
    }
}

/// Runs a command to its good end.
pub fn finish(command: &mut Command) {
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) if error.kind() == ErrorKind::NotFound => panic!("{command:?} is not there"),
        Err(error) => panic!("{command:?}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_that_is_whole_is_found() {
        let root = tempfile::tempdir().unwrap();
        let put = |version: &str| {
            let programs = root.path().join(version).join("bin");
            fs::create_dir_all(&programs).unwrap();
            fs::write(programs.join("initdb"), "").unwrap();
            programs
        };
        put("9");
        put("14");
        put("common");
        assert_eq!(installed(root.path()), None);
        put("15");
        let newest = put("100");
        // Its client alone is no server.
        fs::create_dir_all(root.path().join("101/bin")).unwrap();
        assert_eq!(installed(root.path()), Some(newest));
        assert_eq!(installed(&root.path().join("nowhere")), None);
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(version("initdb (PostgreSQL) 17.6 (Debian 17.6-1.pgdg13+1)\n"), Some(17));
        assert_eq!(version("initdb (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(version("initdb: not found"), None);
    }
}
