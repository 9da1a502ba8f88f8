//! Searching contacts, and rebuilding the search index. Both work while a server uses the store.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use contact::{CompanyId, CompanyName, Contact};
use hub::{Found, Hub, Query};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use store::Access;

use crate::channels::company_of;
use crate::config::{FindOptions, StoreOptions};
use crate::say::say;
use crate::system;

const BAR: &str = "{msg:32} {wide_bar} {human_pos} of {human_len}";
/// How long to leave what another is working on.
const PAUSE: Duration = Duration::from_millis(100);

type Done = Result<ExitCode, Box<dyn Error>>;

/// `kith find`.
pub async fn find(store: &StoreOptions, options: FindOptions) -> Done {
    let FindOptions { company, words, limit, json } = options;
    let hub = system::open(store, Access::Read).await?;
    let company = company_of(&hub, &company).await?;
    let query = Query::parse(&words.join(" "), company.region)?;
    // Nobody may be serving the store, and then nobody has read what was written since.
    if let Err(error) = catch_up(&hub, company.id, company.name.as_str()).await {
        tracing::warn!(%error, "some contacts may not be found: the search index could not be updated");
    }
    let Found { contacts, .. } = hub.search(company.id, &query, limit.into()).await?;
    if json {
        say(contacts.iter().map(described).collect::<Value>())?;
    } else {
        for contact in &contacts {
            let handles: Vec<&str> = contact.handles.iter().map(contact::Handle::text).collect();
            say(format_args!("{:<14} {:<32} {}", contact.id.to_string(), contact.name(), handles.join(", ")))?;
        }
    }
    Ok(if contacts.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// `kith reindex`.
pub async fn reindex(store: &StoreOptions, only: Option<&CompanyName>) -> Done {
    let hub = system::open(store, Access::Change).await?;
    let companies = match only {
        Some(name) => vec![company_of(&hub, name).await?],
        None => hub.companies().await?,
    };
    for company in companies {
        hub.reindex(company.id).await?;
        let entries = catch_up(&hub, company.id, company.name.as_str()).await?;
        say(format_args!("{}: the search index was rebuilt, up to entry {entries}.", company.name))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Updates the search index to the end of the journal, and returns the last entry.
async fn catch_up(hub: &Hub, company: CompanyId, name: &str) -> Result<contact::Seq, Box<dyn Error>> {
    // Drawn only on a terminal.
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(BAR)?);
    bar.set_message(name.to_owned());
    let mut before = None;
    loop {
        let indexed = hub.index(company).await?;
        bar.set_length(indexed.of.0);
        bar.set_position(indexed.done.0);
        if !indexed.is_behind() {
            bar.finish_and_clear();
            return Ok(indexed.done);
        }
        if before == Some(indexed) {
            tokio::time::sleep(PAUSE).await;
        }
        before = Some(indexed);
    }
}

/// A contact as JSON.
fn described(contact: &Contact) -> Value {
    let handle = |handle: &contact::Handle| json!({"source": handle.key().source().name(), "handle": handle.text()});
    let handles: Vec<Value> = contact.handles.iter().map(handle).collect();
    json!({"id": contact.id.to_string(), "name": contact.name(), "handles": handles})
}
