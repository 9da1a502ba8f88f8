//! `kith import`: files of contacts, with a bar to look at and a report of every row.

use std::error::Error;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use files::{Column, Format, Options};
use hub::{BatchSizes, Company, Hub, ImportFile, Importing, MERGES_SHOWN, Report};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};
use store::Access;

use crate::channels::company_of;
use crate::config::{ImportOptions, StoreOptions};
use crate::say::say;
use crate::system;

/// What the bar shows.
const BAR: &str = "{msg}  {wide_bar} {bytes} of {total_bytes}, {eta} left";
/// Rows that are written at once, and fewer while a server writes to the same store.
const ROWS_AT_ONCE: usize = 16_000;
const ROWS_BESIDE_SERVER: usize = 300;
/// First bytes of a file that show its format.
const FIRST_BYTES: u64 = 4_096;

type Failure = Box<dyn Error>;

pub async fn import(store: &StoreOptions, options: ImportOptions) -> Result<ExitCode, Failure> {
    if options.report.is_some() && options.files.len() > 1 {
        return Err("--report names the report of one file; these are several.".into());
    }
    let hub = system::open(store, if options.dry_run { Access::Read } else { Access::Change }).await?;
    let company = company_of(&hub, &options.company).await?;
    let hub = if options.dry_run { hub.rehearse(company.id).await? } else { hub };
    let interrupted = Arc::new(AtomicBool::new(false));
    stop_on_ctrl_c(Arc::clone(&interrupted));
    for file in &options.files {
        let done = one(&hub, &company, file, &options, &interrupted).await;
        let done = done.map_err(|error| format!("{}: {error}", file.display()))?;
        if !done {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The first Ctrl-C ends the import after the rows that are being written; another ends it at once.
fn stop_on_ctrl_c(interrupted: Arc<AtomicBool>) {
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.store(true, Ordering::Relaxed);
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    });
}

/// Imports one file, and says whether it is whole.
async fn one(
    hub: &Hub,
    company: &Company,
    path: &Path,
    options: &ImportOptions,
    interrupted: &AtomicBool,
) -> Result<bool, Failure> {
    let mut bytes = File::open(path)?;
    if bytes.metadata()?.is_dir() {
        return Err("is a folder.".into());
    }
    let (format, reading) = reading(hub, company, path, &mut bytes, options).await?;
    let id = hub::identify(File::open(path)?, format, &reading)?;
    let known = hub.import_of(company.id, id).await?;
    let report_path = options.report.clone().unwrap_or_else(|| beside(path, options.dry_run));
    let goes_on = known.is_some_and(|import| !import.is_done && import.rows > 0);
    let mut report = report(&report_path, goes_on).map_err(|error| format!("{}: {error}", report_path.display()))?;
    let pace =
        BatchSizes { rows_at_once: ROWS_AT_ONCE, rows_beside_server: ROWS_BESIDE_SERVER, only_fill_gaps: options.fill };
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();

    // It draws only where somebody looks.
    let bar = ProgressBar::new(bytes.metadata()?.len()).with_style(ProgressStyle::with_template(BAR)?);
    let begun = Instant::now();
    let mut watch = |now: &Importing| {
        bar.set_position(now.bytes);
        let fresh = now.rows.saturating_sub(now.before);
        bar.set_message(format!("{} rows, {} a second", HumanCount(now.rows), HumanCount(rate(fresh, begun))));
        !interrupted.load(Ordering::Relaxed)
    };
    let file = ImportFile { id, name, format, options: reading, bytes };
    let now = hub.import(company, file, pace, &mut report, &mut watch).await;
    bar.finish_and_clear();
    let now = now?;
    if options.json {
        say(described(path, &report_path, &now, options.dry_run))?;
    } else {
        tell(path, &report_path, &now, options.dry_run, rate(now.rows - now.before, begun))?;
    }
    Ok(now.is_done)
}

/// How to read a file. Leaves the file at its beginning.
async fn reading(
    hub: &Hub,
    company: &Company,
    path: &Path,
    file: &mut File,
    options: &ImportOptions,
) -> Result<(Format, Options), Failure> {
    let settings = hub.settings(company.id).await?;
    let map = options.maps.iter().map(|map| files::parse_map(map, &settings)).collect::<Result<_, _>>();
    let map = map.map_err(|unknown| format!("--map: {unknown}"))?;
    let delimiter = match options.delimiter.as_deref() {
        None => None,
        Some("\\t" | "tab") => Some(b'\t'),
        Some(text) => match text.as_bytes() {
            [byte] => Some(*byte),
            _ => return Err("--delimiter: Must be one character of ASCII, or tab.".into()),
        },
    };
    let mut first = Vec::new();
    (&*file).take(FIRST_BYTES).read_to_end(&mut first)?;
    let by_name = || Format::of_file_name(&path.to_string_lossy());
    let format = options.format.or_else(by_name).unwrap_or_else(|| Format::of_content(&first));
    file.rewind()?;
    Ok((format, Options { region: company.region, settings, map, delimiter, encoding: options.encoding }))
}

fn beside(path: &Path, dry_run: bool) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(if dry_run { ".dry-run.csv" } else { ".report.csv" });
    name.into()
}

/// The report, from its beginning or where it was cut off.
fn report(path: &Path, goes_on: bool) -> std::io::Result<Report<File>> {
    if goes_on && path.exists() {
        return Report::go_on(OpenOptions::new().read(true).write(true).open(path)?);
    }
    Report::new(File::create(path)?)
}

/// Rows a second.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is shown")]
fn rate(rows: u64, begun: Instant) -> u64 {
    (rows as f64 / begun.elapsed().as_secs_f64().max(0.001)) as u64
}

fn tell(path: &Path, report: &Path, now: &Importing, dry_run: bool, rate: u64) -> Result<(), Failure> {
    let (file, rows) = (path.display(), HumanCount(now.rows));
    match (dry_run, now.is_done) {
        (true, _) => say(format_args!("{file}: {rows} rows. Nothing was changed; this is what would happen:"))?,
        (false, true) => say(format_args!("{file}: {rows} rows, {} a second.", HumanCount(rate)))?,
        (false, false) => {
            say(format_args!("{file}: interrupted after {rows} rows. The same command again goes on from there."))?;
        }
    }
    if now.before > 0 {
        say(format_args!("{:>12}  taken in by an earlier run", HumanCount(now.before).to_string()))?;
    }
    for (result, count) in now.tally.named() {
        say(format_args!("{:>12}  {result}", HumanCount(count).to_string()))?;
    }
    if now.is_again {
        say("The same file was taken in before, so only gaps were filled.")?;
    }
    let ignored: Vec<&str> = unknown(&now.columns).collect();
    if !ignored.is_empty() {
        say(format_args!("Columns that nobody knows: {}. --map says what they are.", ignored.join(", ")))?;
    }
    if dry_run {
        for (line, kept, merged) in &now.merges {
            let merged: Vec<String> = merged.iter().map(ToString::to_string).collect();
            say(format_args!("Line {line} makes {} part of {kept}.", merged.join(", ")))?;
        }
        if now.merges.len() == MERGES_SHOWN {
            say("The report has all merges.")?;
        }
    }
    say(format_args!("Each row is in {}.", report.display()))?;
    Ok(())
}

/// The columns that are not understood.
fn unknown(columns: &[Column]) -> impl Iterator<Item = &str> {
    columns.iter().filter(|column| column.field.is_none()).map(|column| column.name.as_str())
}

fn described(path: &Path, report: &Path, now: &Importing, dry_run: bool) -> Value {
    let mut said = Map::new();
    said.insert("file".into(), path.to_string_lossy().into());
    said.insert("rows".into(), now.rows.into());
    said.insert("before".into(), now.before.into());
    for (result, count) in now.tally.named() {
        said.insert(result.to_string().replace(' ', "_"), count.into());
    }
    said.insert("ignored_columns".into(), unknown(&now.columns).collect::<Value>());
    said.insert("report".into(), report.to_string_lossy().into());
    said.insert("dry_run".into(), dry_run.into());
    said.insert("done".into(), now.is_done.into());
    json!(said)
}
