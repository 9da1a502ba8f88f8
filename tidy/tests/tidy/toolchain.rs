//! The declared Rust version is enough for every dependency. That it is enough for Kith, the lint `incompatible_msrv` checks, and
//! `make msrv`.

use std::process::Command;

use tidy::files;

/// The numbers of a version such as `1.88` or `1.88.0`.
fn numbers(version: &str) -> Vec<u32> {
    let mut numbers: Vec<u32> = version.split('.').map(|number| number.parse().unwrap()).collect();
    numbers.resize(3, 0);
    numbers
}

#[test]
fn no_dependency_needs_a_later_rust_than_the_declared_one() {
    let manifest = files::read(&files::root().join("Cargo.toml"));
    let declared = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"')).unwrap();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"];
    let output = Command::new(cargo).args(arguments).current_dir(files::root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata = String::from_utf8(output.stdout).unwrap();
    let mut count = 0;
    // Of each package, the manifest's path comes before the version.
    for package in metadata.split("\"manifest_path\":\"").skip(1) {
        let (path, _) = package.split_once('"').unwrap();
        let version = package.split_once("\"rust_version\":\"").and_then(|(_, rest)| rest.split_once('"'));
        if let Some((version, _)) = version {
            assert!(numbers(version) <= numbers(declared), "{path} needs Rust {version}, Kith declares {declared}");
            count += 1;
        }
    }
    assert!(count > 100, "only {count} packages with a version were found");
}
