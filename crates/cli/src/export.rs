//! `kith export`: writing contacts to a file.

use std::error::Error;
use std::fs;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use files::{Dialect, Format, Writer};
use hub::{Company, Exported, Hub, Query};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use store::Access;

use crate::channels::company_of;
use crate::config::{ExportOptions, StoreOptions};
use crate::say::say;
use crate::{private, system};

/// The template of the progress bar.
const BAR: &str = "{human_pos} contacts, {per_sec}";

type Failure = Box<dyn Error>;

pub async fn export(store: &StoreOptions, options: ExportOptions) -> Result<ExitCode, Failure> {
    let hub = system::open(store, Access::Read).await?;
    let company = company_of(&hub, &options.company).await?;
    let who = match options.search {
        Some(words) => Exported::Found(Query::parse(&words, company.region)?),
        None => Exported::Everybody,
    };
    let dialect = options.product.unwrap_or(options.format);
    let Some(file) = &options.file else {
        let out = BufWriter::new(io::stdout().lock());
        match write(&hub, &company, &who, dialect, out).await {
            // The reader closed the pipe, such as `head`. That is no error.
            Err(error) if is_broken_pipe(&*error) => {}
            done => drop(done?),
        }
        return Ok(ExitCode::SUCCESS);
    };
    if file.try_exists()? {
        return Err(format!("{} already exists. An export does not replace files.", file.display()).into());
    }
    let unfinished = Unfinished::beside(file);
    let out = BufWriter::new(private::create_new(&unfinished.0).map_err(|error| cannot(file, &error))?);
    let (count, out) = write(&hub, &company, &who, dialect, out).await?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all().map_err(|error| cannot(file, &error))?;
    // A link, unlike a rename, does not replace a file that appeared in the meantime.
    fs::hard_link(&unfinished.0, file).map_err(|error| cannot(file, &error))?;
    say(format_args!("{} has {} contacts.", file.display(), HumanCount(count)))?;
    Ok(ExitCode::SUCCESS)
}

/// The temporary file of an export. It is removed on drop.
struct Unfinished(PathBuf);

impl Unfinished {
    fn beside(file: &Path) -> Unfinished {
        let mut name = file.as_os_str().to_owned();
        name.push("-unfinished");
        let unfinished = Unfinished(name.into());
        // One may be left from an export that was killed. If it cannot be removed, creating the file fails.
        let _ = fs::remove_file(&unfinished.0);
        unfinished
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // If this fails, the next export to the same file replaces it.
        let _ = fs::remove_file(&self.0);
    }
}

async fn write<W: Write>(
    hub: &Hub,
    company: &Company,
    who: &Exported,
    dialect: Dialect,
    out: W,
) -> Result<(u64, W), Failure> {
    let mut export = hub.export(company.id, who, dialect.format() != Format::Csv).await?;
    let mut writer = Writer::new(out, dialect, export.settings())?;
    // A bar on the same terminal would mix with the contacts.
    let bar = if io::stdout().is_terminal() { ProgressBar::hidden() } else { ProgressBar::no_length() };
    bar.set_style(ProgressStyle::with_template(BAR)?);
    let mut count = 0;
    while let Some(person) = export.next().await? {
        writer.write(&person)?;
        count += 1;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok((count, writer.finish()?))
}

fn cannot(file: &Path, error: &io::Error) -> String {
    format!("{} cannot be written: {error}.", file.display())
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
