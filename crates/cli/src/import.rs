//! `kith import`: importing files of contacts, with a progress bar and a report of every row.

use std::error::Error;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use contact::{CustomName, ImportId, RecordName};
use files::{Column, Encoding, Format, Options, RecordNaming};
use hub::{
    Company, HANDLES_COMPARED_MAX, Hub, ImportError, ImportFile, ImportMode, Importing, JOINS_SHOWN, Join, Joins,
    MERGES_SHOWN, Report, Tally,
};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};
use store::Access;
use tempfile::NamedTempFile;

use crate::channels::company_of;
use crate::config::{ImportOptions, StoreOptions};
use crate::say::say;
use crate::{private, system};

/// The template of the progress bar.
const BAR: &str = "{msg}  {wide_bar} {bytes} of {total_bytes}, {eta} left";
/// Most rows per write.
const ROWS_AT_ONCE: usize = 16_000;
/// The name that stands for standard input.
const STANDARD_INPUT: &str = "-";
/// Bytes of a file from which its format is detected.
const FIRST_BYTES: u64 = 4_096;

type Failure = Box<dyn Error>;

pub async fn import(store: &StoreOptions, options: ImportOptions) -> Result<ExitCode, Failure> {
    if options.report.is_some() && options.files.len() > 1 {
        return Err("--report works with one file only.".into());
    }
    if options.records.snapshot && options.files.len() > 1 {
        return Err("--snapshot works with one file only, which has all records of the system.".into());
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

/// Imports a file, and returns whether it was imported completely.
async fn one(
    hub: &Hub,
    company: &Company,
    path: &Path,
    options: &ImportOptions,
    interrupted: &AtomicBool,
) -> Result<bool, Failure> {
    let spooled = if path == Path::new(STANDARD_INPUT) { Some(spool().await?) } else { None };
    let (content, path) = match &spooled {
        Some(spooled) => (spooled.path(), Path::new("stdin")),
        None => (path, path),
    };
    let mut bytes = File::open(content)?;
    if bytes.metadata()?.is_dir() {
        return Err("is a folder.".into());
    }
    let (format, mut reading) = reading(hub, company, path, &mut bytes, options).await?;
    let created = if options.keep_unknown {
        hub.keep_unknown(company.id, File::open(content)?, format, &mut reading).await?
    } else {
        Vec::new()
    };
    let id = hub::identify(File::open(content)?, format, &reading)?;
    let withdraw = if options.records.snapshot {
        missing(hub, company, content, format, &reading, options).await?
    } else {
        Vec::new()
    };
    let known = hub.import_of(company.id, id).await?;
    let report_path = options.report.clone().unwrap_or_else(|| default_report_path(path, options.dry_run));
    let resumes = known.is_some_and(|import| !import.is_done && import.rows > 0);
    let mut report = report(&report_path, resumes).map_err(|error| format!("{}: {error}", report_path.display()))?;
    let mode = ImportMode { rows_at_once: ROWS_AT_ONCE, only_fill_gaps: options.fill };
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();

    // Drawn only on a terminal.
    let bar = ProgressBar::new(bytes.metadata()?.len()).with_style(ProgressStyle::with_template(BAR)?);
    let started = Instant::now();
    let mut watch = |now: &Importing| {
        bar.set_position(now.bytes);
        let new = now.rows.saturating_sub(now.before);
        bar.set_message(format!("{} rows, {} per second", HumanCount(now.rows), HumanCount(rate(new, started))));
        !interrupted.load(Ordering::Relaxed)
    };
    let file = ImportFile { id, name, format, options: reading, bytes, withdraw };
    let now = hub.import(company, file, mode, &mut report, &mut watch).await;
    bar.finish_and_clear();
    let now = now?;
    if options.json {
        say(described(path, id, &report_path, &now, &created, options.dry_run))?;
    } else {
        show(path, &report_path, &now, options, rate(now.rows - now.before, started))?;
        if !created.is_empty() {
            let names: Vec<&str> = created.iter().map(CustomName::as_str).collect();
            say(format_args!("New custom fields: {}.", names.join(", ")))?;
        }
        let Tally { new, changed, merged, kept_apart, .. } = now.tally;
        if !options.dry_run && new + changed + merged + kept_apart > 0 {
            say(format_args!("To take it back: kith undo {} --import {id} --records", company.name))?;
        }
        if !options.dry_run && !now.merges.is_empty() {
            say(format_args!("To take back only what it joined: kith undo {} --import {id}", company.name))?;
        }
    }
    Ok(now.is_done)
}

/// Copies standard input to a private temporary file, because an import reads its file more than once.
async fn spool() -> std::io::Result<NamedTempFile> {
    let copy = || {
        let mut file = NamedTempFile::new()?;
        std::io::copy(&mut std::io::stdin().lock(), file.as_file_mut())?;
        Ok(file)
    };
    tokio::task::spawn_blocking(copy).await.map_err(std::io::Error::other)?
}

/// The records to withdraw because the file, a snapshot, does not have them.
async fn missing(
    hub: &Hub,
    company: &Company,
    path: &Path,
    format: Format,
    reading: &Options,
    options: &ImportOptions,
) -> Result<Vec<RecordName>, Failure> {
    let file = File::open(path)?;
    match hub.records_missing_in_file(company.id, file, format, reading.clone(), options.records.replace_all).await {
        Err(ImportError::Hub(hub::Error::SnapshotTooSmall { system, existing, staying })) => Err(format!(
            "Only {staying} of {existing} records of {system} would stay, and {} be withdrawn. If the file has all records, add --replace-all.",
            existing - staying
        )
        .into()),
        missing => Ok(missing?),
    }
}

/// The format of a file, and the options to read it. Rewinds the file.
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
            _ => return Err("--delimiter: Must be one ASCII character, or tab.".into()),
        },
    };
    let mut first = Vec::new();
    (&*file).take(FIRST_BYTES).read_to_end(&mut first)?;
    let by_name = || Format::of_file_name(&path.to_string_lossy());
    let format = options.format.or_else(by_name).unwrap_or_else(|| Format::of_content(&first));
    file.rewind()?;
    let (system, id) = (options.records.system.clone(), options.records.record_id.clone());
    let record = system.map(|system| RecordNaming { system, id });
    let (region, encoding, is_lenient) = (company.region, options.encoding, options.lenient);
    let fields = Vec::new();
    Ok((format, Options { region, settings, map, fields, delimiter, encoding, is_lenient, record }))
}

fn default_report_path(path: &Path, dry_run: bool) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(if dry_run { ".dry-run.csv" } else { ".report.csv" });
    name.into()
}

/// Opens the report: a new one, or the one of an interrupted import.
fn report(path: &Path, resumes: bool) -> std::io::Result<Report<File>> {
    if resumes && path.exists() {
        return Report::resume(OpenOptions::new().read(true).write(true).open(path)?);
    }
    Report::new(private::create(path)?)
}

/// Rows per second.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "only shown")]
fn rate(rows: u64, started: Instant) -> u64 {
    (rows as f64 / started.elapsed().as_secs_f64().max(0.001)) as u64
}

fn show(path: &Path, report: &Path, now: &Importing, options: &ImportOptions, rate: u64) -> Result<(), Failure> {
    let dry_run = options.dry_run;
    let (file, rows) = (path.display(), HumanCount(now.rows));
    let rows = format!("{rows} {}", if now.rows == 1 { "row" } else { "rows" });
    show_joins(path, &now.joins)?;
    match (dry_run, now.is_done) {
        (true, _) => say(format_args!("{file}: {rows}. Nothing was changed. An import would give:"))?,
        (false, true) => say(format_args!("{file}: {rows}, {} per second.", HumanCount(rate)))?,
        (false, false) => {
            say(format_args!("{file}: interrupted after {rows}. Run the same command again to resume."))?;
        }
    }
    if now.before > 0 {
        say(format_args!("{:>12}  imported by an earlier run", HumanCount(now.before).to_string()))?;
    }
    for (result, count) in now.tally.named() {
        say(format_args!("{:>12}  {result}", HumanCount(count).to_string()))?;
    }
    if options.records.snapshot {
        say(format_args!("{:>12}  withdrawn", HumanCount(now.withdrawn).to_string()))?;
    }
    if now.is_again && options.records.system.is_none() {
        say("The same file was imported before, so only gaps were filled.")?;
    }
    if dry_run {
        show_people(now)?;
    }
    let ignored: Vec<&str> = unknown(&now.columns).collect();
    if !ignored.is_empty() {
        say(format_args!(
            "Unknown columns: {}. Map them with --map, or keep them with --keep-unknown.",
            ignored.join(", ")
        ))?;
    }
    if !now.left_out.is_empty() {
        let mut named: Vec<String> =
            now.left_out.named().into_iter().map(|(name, count)| format!("{name} {}", HumanCount(count))).collect();
        if now.left_out.others() > 0 {
            named.push(format!("others {}", HumanCount(now.left_out.others())));
        }
        say(format_args!("Left out: {}.", named.join(", ")))?;
    }
    if dry_run {
        for (line, kept, merged) in &now.merges {
            let merged: Vec<String> = merged.iter().map(ToString::to_string).collect();
            say(format_args!("Line {line} merges {} into {kept}.", merged.join(", ")))?;
        }
        if now.merges.len() == MERGES_SHOWN {
            say("The report has all merges.")?;
        }
    }
    say(format_args!("The report of each row is {}.", report.display()))?;
    Ok(())
}

/// What shows whether the encoding is right: its name, and the first people.
fn show_people(now: &Importing) -> Result<(), Failure> {
    let mut shown = Vec::new();
    if let Some(encoding) = now.encoding.filter(|encoding| *encoding != Encoding::UTF_8) {
        shown.push(format!("Encoding: {}.", encoding.name().to_lowercase()));
    }
    if !now.first_people.is_empty() {
        let people: Vec<String> = now.first_people.iter().map(|name| name.replace(char::is_control, " ")).collect();
        shown.push(format!("The first people: {}.", people.join(", ")));
    }
    if !shown.is_empty() {
        say(shown.join(" "))?;
    }
    Ok(())
}

/// Rows that became one person with rows of another name.
fn show_joins(path: &Path, joins: &Joins) -> Result<(), Failure> {
    if joins.rows > 0 {
        let (rows, join) = (HumanCount(joins.rows), if joins.rows == 1 { "row joins" } else { "rows join" });
        say(format_args!("{}: {rows} {join} an earlier row of another name.", path.display()))?;
    }
    for Join { handle, lines } in &joins.first {
        let (last, others) = lines.split_last().ok_or("a join without lines")?;
        let others: Vec<String> = others.iter().map(u64::to_string).collect();
        let more = if lines.len() == JOINS_SHOWN { " and more" } else { "" };
        say(format_args!("Lines {} and {last}{more} become one person by {handle}; names differ.", others.join(", ")))?;
    }
    if joins.first.len() == JOINS_SHOWN {
        say("The report has all of them.")?;
    }
    if let Some(line) = joins.compared_until {
        say(format_args!(
            "Only the first {} handles were compared for this, up to line {line}.",
            HumanCount(HANDLES_COMPARED_MAX as u64)
        ))?;
    }
    Ok(())
}

/// The names of unknown columns.
fn unknown(columns: &[Column]) -> impl Iterator<Item = &str> {
    columns.iter().filter(|column| column.is_ignored()).map(|column| column.name.as_str())
}

fn described(
    path: &Path,
    id: ImportId,
    report: &Path,
    now: &Importing,
    created: &[CustomName],
    dry_run: bool,
) -> Value {
    let mut shown = Map::new();
    shown.insert("file".into(), path.to_string_lossy().into());
    shown.insert("import".into(), id.to_string().into());
    shown.insert("rows".into(), now.rows.into());
    shown.insert("before".into(), now.before.into());
    for (result, count) in now.tally.named() {
        shown.insert(result.to_string().replace(' ', "_"), count.into());
    }
    shown.insert("withdrawn".into(), now.withdrawn.into());
    shown.insert("ignored_columns".into(), unknown(&now.columns).collect::<Value>());
    shown.insert("created_fields".into(), created.iter().map(CustomName::as_str).collect::<Value>());
    let left_out = now.left_out.named().into_iter().map(|(name, count)| (name.to_owned(), count.into()));
    shown.insert("left_out".into(), Value::Object(left_out.collect()));
    shown.insert("left_out_others".into(), now.left_out.others().into());
    let joins = now.joins.first.iter().map(|join| json!({ "handle": join.handle, "lines": join.lines }));
    shown.insert("rows_of_other_names".into(), now.joins.rows.into());
    shown.insert("joins".into(), joins.collect());
    shown.insert("joins_compared_until".into(), now.joins.compared_until.into());
    shown.insert("encoding".into(), now.encoding.map(Encoding::name).into());
    shown.insert("first_people".into(), now.first_people.clone().into());
    shown.insert("report".into(), report.to_string_lossy().into());
    shown.insert("dry_run".into(), dry_run.into());
    shown.insert("done".into(), now.is_done.into());
    json!(shown)
}
