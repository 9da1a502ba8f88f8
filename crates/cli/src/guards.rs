//! The guards of a company against false merges. The command works while a server uses the store.

use std::error::Error;
use std::process::ExitCode;

use contact::{Guards, Origin};
use serde_json::json;
use store::Access;

use crate::channels::company_of;
use crate::config::{GuardsOptions, SharedAfter, StoreOptions, Switch};
use crate::say::say;
use crate::system;

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
    if changes {
        hub.set_guards(company.id, then, Origin::Person).await?;
    }
    let Guards { shared_after, names_agree } = then;
    if json {
        say(json!({"company": name.as_str(), "shared_after": shared_after, "names_agree": names_agree}))?;
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
    if changes {
        say(
            "This holds for what is reported from now on. Existing contacts stay, until a report or decision is about them.",
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
