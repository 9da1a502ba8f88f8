//! The guards of a company against false merges. The command works while a server uses the store.

use std::error::Error;
use std::process::ExitCode;

use contact::{CompanyId, Guards, Origin};
use hub::{Hub, Regrouping};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde_json::json;
use store::Access;

use crate::channels::company_of;
use crate::config::{GuardsOptions, SharedAfter, StoreOptions, Switch};
use crate::say::say;
use crate::system;

/// The template of the progress bar.
const BAR: &str = "Grouping contacts  {wide_bar} {human_pos} of {human_len} records, {eta} left";

pub async fn run(store: &StoreOptions, options: GuardsOptions) -> Result<ExitCode, Box<dyn Error>> {
    let GuardsOptions { name, shared_after, names_agree, json } = options;
    let changes = shared_after.is_some() || names_agree.is_some();
    let hub = system::open(store, if changes { Access::Change } else { Access::Read }).await?;
    let company = company_of(&hub, &name).await?;
    let now = hub.guards(company.id).await?;
    let then = Guards {
        shared_after: shared_after.map_or(now.shared_after, |SharedAfter(number)| number),
        names_agree: names_agree.map_or(now.names_agree, |Switch(is_on)| is_on),
    };
    let regrouped = if changes { Some(set(&hub, company.id, then).await?) } else { None };
    let Guards { shared_after, names_agree } = then;
    if json {
        let mut shown = json!({"company": name.as_str(), "shared_after": shared_after, "names_agree": names_agree});
        if let Some(Regrouping { split, merged, .. }) = regrouped {
            shown["split"] = json!(split);
            shown["merged"] = json!(merged);
        }
        say(shown)?;
        return Ok(ExitCode::SUCCESS);
    }
    match shared_after {
        Some(number) => say(format_args!(
            "A handle is taken to be shared when it is reported with {number} different names, and as many other handles."
        ))?,
        None => say("No handle is taken to be shared, however many names it is reported with.")?,
    }
    say(if names_agree {
        "Contacts with different names are merged only by a person."
    } else {
        "Contacts with different names merge when they are reported with a common handle."
    })?;
    if let Some(Regrouping { split, merged, .. }) = regrouped {
        let (split, merged) = (HumanCount(split), HumanCount(merged));
        say(format_args!("Contacts that came apart from another: {split}. That became part of another: {merged}."))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Sets the guards, and groups all contacts by them.
async fn set(hub: &Hub, company: CompanyId, guards: Guards) -> Result<Regrouping, Box<dyn Error>> {
    hub.set_guards(company, guards, Origin::Person).await?;
    // Drawn only on a terminal.
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(BAR)?);
    let mut watch = |now: &Regrouping| {
        bar.set_length(now.records);
        bar.set_position(now.done);
        true
    };
    let done = hub.regroup(company, Origin::Person, &mut watch).await;
    bar.finish_and_clear();
    Ok(done?)
}
