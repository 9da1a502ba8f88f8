//! `kith undo`: takes back what an import or a token joined. It works while a server uses the store.

use std::error::Error;
use std::process::ExitCode;

use contact::{Origin, Time};
use hub::{JoinedBy, Undo};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde_json::json;
use store::Access;

use crate::channels::company_of;
use crate::config::{Login, StoreOptions, UndoOptions};
use crate::say::say;
use crate::system;

/// The template of the progress bar.
const BAR: &str = "{msg}  {wide_bar} {human_pos} of {human_len}, {eta} left";

pub async fn run(store: &StoreOptions, options: UndoOptions) -> Result<ExitCode, Box<dyn Error>> {
    let hub = system::open(store, if options.dry_run { Access::Read } else { Access::Change }).await?;
    let company = company_of(&hub, &options.company).await?;
    let since = options.since.unwrap_or(Time::from_millis(0));
    let of = match (options.import, options.token) {
        (Some(import), _) => JoinedBy::Import(import),
        (None, Some(Login::Token(token))) => JoinedBy::Api { token: Some(token), since },
        (None, _) => JoinedBy::Api { token: None, since },
    };
    // Drawn only on a terminal.
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(BAR)?);
    let mut watch = |now: &Undo| {
        let is_reading = now.read < now.entries;
        bar.set_message(if is_reading { "Reading the journal" } else { "Splitting" });
        bar.set_length(if is_reading { now.entries } else { now.found });
        bar.set_position(if is_reading { now.read } else { now.done });
        true
    };
    let done = hub.undo(company.id, of, Origin::Person, options.dry_run, &mut watch).await;
    bar.finish_and_clear();
    let Undo { found, split, .. } = done?;
    if options.json {
        say(json!({"joins": found, "split": split, "dry_run": options.dry_run}))?;
        return Ok(ExitCode::SUCCESS);
    }
    let (joins, gone) = (HumanCount(split), HumanCount(found - split));
    if options.dry_run {
        say(format_args!("{joins} joins would be taken back. Nothing was changed."))?;
    } else {
        say(format_args!("{joins} joins were taken back."))?;
    }
    if found > split {
        say(format_args!("{gone} others had come apart before."))?;
    }
    Ok(ExitCode::SUCCESS)
}
