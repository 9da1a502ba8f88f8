//! `kith undo`: takes back what an import or a token did. It works while a server uses the store.

use std::error::Error;
use std::process::ExitCode;

use contact::{Origin, Time};
use hub::{JoinedBy, Undo, UndoRequest};
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
        let (message, length, position) = if now.read < now.entries {
            ("Reading the journal", now.entries, now.read)
        } else if now.found == 0 {
            ("Withdrawing", now.withdrawn, now.withdrawn)
        } else {
            ("Splitting", now.found, now.done)
        };
        bar.set_message(message);
        bar.set_length(length);
        bar.set_position(position);
        true
    };
    let (has_records, is_dry) = (options.records, options.dry_run);
    let done = hub.undo(company.id, UndoRequest { of, has_records, is_dry }, Origin::Person, &mut watch).await;
    bar.finish_and_clear();
    let Undo { withdrawn, kept, found, split, .. } = done?;
    if options.json {
        let mut shown = json!({"joins": found, "split": split, "dry_run": is_dry});
        if has_records {
            shown["records_withdrawn"] = withdrawn.into();
            shown["records_kept"] = kept.into();
        }
        say(shown)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (were, end) = if is_dry { ("would be", " Nothing was changed.") } else { ("were", "") };
    if has_records {
        say(format_args!("{} records {were} withdrawn.", HumanCount(withdrawn)))?;
        if kept > 0 {
            say(format_args!(
                "{} records stay, because others reported to them as well. What the import replaced there does not come back.",
                HumanCount(kept)
            ))?;
        }
    }
    say(format_args!("{} joins {were} taken back.{end}", HumanCount(split)))?;
    if found > split {
        say(format_args!("{} others had come apart before.", HumanCount(found - split)))?;
    }
    Ok(ExitCode::SUCCESS)
}
