//! Importing a file that is larger than memory.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use crate::million::{kith, made_company, size_of, timed};

/// Contacts in the file, each in many rows.
const PEOPLE: u64 = 1_000_000;
/// The size of an additional column of activities, which Kith ignores.
const NOTE_BYTES: usize = 1_000;

/// Measures with the binary beside this one, and writes the result to `results`.
pub async fn run(gigabytes: u64, results: &Path) {
    let folder = tempfile::tempdir_in("target").expect("a folder");
    let table = folder.path().join("activities.csv");
    let rows = activities(&table, gigabytes * 1_000_000_000);
    let bytes = fs::metadata(&table).expect("a file").len();
    let store = folder.path().join("kith.db");
    let store = store.to_str().expect("a path");
    made_company(store);
    let import = || timed(&mut kith(&["import", "main", table.to_str().expect("a path")], store));
    let ((first_s, first_mib), (again_s, again_mib)) = (import(), import());
    let text = format!(
        "# A file of {:.1} GB\n\n\
         {rows} rows of activities of {PEOPLE} people, each with a name, an e-mail address, a phone number and {NOTE_BYTES} bytes that nobody\n\
         wants, imported into a file. `make bench-stream` makes this.\n\n\
         | | seconds | most memory, MiB |\n|---|---:|---:|\n\
         | the first time | {first_s:.0} | {first_mib} |\n| again | {again_s:.0} | {again_mib} |\n\n\
         The store then had {} MiB. Memory counts what of the store's file is mapped, once for each of the readers; the system takes that back.\n",
        as_gigabytes(bytes),
        size_of(store).await
    );
    print!("{text}");
    fs::write(results, text).expect("a written table");
}

/// Writes a table of at least so many bytes, and returns its number of rows.
fn activities(path: &Path, bytes: u64) -> u64 {
    let mut table = BufWriter::with_capacity(1 << 20, File::create(path).expect("a file"));
    writeln!(table, "Name,Email,Phone,Activity").expect("a line");
    let note = "Opened the newsletter of spring. ".repeat(NOTE_BYTES / 32);
    let (mut written, mut rows) = (0, 0);
    while written < bytes {
        let n = rows % PEOPLE;
        let row =
            format!("Person {n},person.{n}@example{}.org,+1{},{rows}: {note}\n", n % 97, 2_000_000_000 + n * 7_919);
        table.write_all(row.as_bytes()).expect("a row");
        written += row.len() as u64;
        rows += 1;
    }
    table.flush().expect("a whole file");
    rows
}

#[expect(clippy::cast_precision_loss, reason = "sizes are small")]
fn as_gigabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}
