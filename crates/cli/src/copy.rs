//! `kith copy`: copying a whole store into another, with a progress bar.

use std::error::Error;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use store::{Access, Progress, Step};
use store_postgres::Limits;
use store_sqlite::TemporaryFiles;

use crate::address::StoreAddress;
use crate::say::say;

/// The template of the progress bar.
const BAR: &str = "{msg}  {wide_bar} {human_pos} of {human_len}, {per_sec}, {eta} left";

pub async fn copy(from: &StoreAddress, to: &StoreAddress, limits: Limits) -> Result<ExitCode, Box<dyn Error>> {
    if from == to {
        return Err("A store cannot be copied into itself.".into());
    }
    let from_store = from.open(Access::Read, limits).await?;
    let to_store = to.open(Access::Make, limits).await?;
    // Drawn only on a terminal.
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(BAR)?);
    let mut show = |Progress { company, step, done, of }: Progress<'_>| {
        let doing = match step {
            Step::Copying => "copying",
            Step::Comparing => "comparing",
            Step::Verifying => "verifying",
        };
        let message = format!("{company}: {doing}");
        if bar.message() != message {
            bar.reset();
            bar.set_message(message);
        }
        bar.set_length(of.0);
        bar.set_position(done.0);
    };
    let copied = store::copy(&*from_store, &*to_store, &TemporaryFiles, &mut show).await;
    bar.finish_and_clear();
    let mut is_right = true;
    for company in copied? {
        let (name, entries, now) = (&company.company, company.entries, company.copied);
        say(format_args!("{name}: {now} entries copied, {entries} compared."))?;
        for (place, wrong) in [(from, company.wrong_before), (to, company.wrong_after)] {
            for difference in wrong {
                is_right = false;
                say(format_args!("{name}: {place}: {difference}"))?;
            }
        }
    }
    if is_right {
        say(format_args!("{to} is a copy of {from}. Every view of both matches its journal."))?;
    }
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
