//! Commands for handles: what is known of one, and whether it identifies anybody. They work while a server uses the store.

use std::error::Error;
use std::process::ExitCode;

use contact::{Handle, HandleDecision, NotUsed, Origin, Source};
use hub::{Company, Hub};
use serde_json::json;
use store::Access;

use crate::channels::company_of;
use crate::config::{HandleCommand, OneHandle, StoreOptions};
use crate::say::say;
use crate::system;

type Done = Result<ExitCode, Box<dyn Error>>;

pub async fn run(store: &StoreOptions, command: HandleCommand) -> Done {
    let (of, decision) = match command {
        HandleCommand::Show(of) => (of, None),
        HandleCommand::Share(of) => (of, Some(HandleDecision::Shared)),
        HandleCommand::Block(of) => (of, Some(HandleDecision::Blocked)),
        HandleCommand::Unshare(of) | HandleCommand::Allow(of) => (of, Some(HandleDecision::Personal)),
    };
    let access = if decision.is_some() { Access::Change } else { Access::Read };
    let hub = system::open(store, access).await?;
    let OneHandle { company, handle, json } = of;
    let company = company_of(&hub, &company).await?;
    let handle = parse(&handle, &company)?;
    if let Some(decision) = decision {
        hub.mark_handle(company.id, handle.key().clone(), decision, Origin::Person).await?;
    }
    show(&hub, &company, &handle, json).await
}

/// Parses a source and a value, separated by a colon.
fn parse(text: &str, company: &Company) -> Result<Handle, String> {
    let (source, value) = text
        .split_once(':')
        .ok_or_else(|| format!("{text} is not a handle. Give a source and a value, such as phone:+16505550100."))?;
    let source: Source = source.parse().map_err(|invalid| format!("{source}: {invalid}"))?;
    Handle::parse(source, value, company.region).map_err(|invalid| format!("{value}: {invalid}"))
}

async fn show(hub: &Hub, company: &Company, handle: &Handle, json: bool) -> Done {
    let key = handle.key();
    let (claim, contacts) = hub.handle(company.id, key).await?;
    let obstacle = claim.status.obstacle(key);
    if json {
        let reason = obstacle.map(NotUsed::name);
        say(json!({
            "source": key.source().name(),
            "handle": key.as_str(),
            "status": claim.status.name(),
            "identifies": obstacle.is_none(),
            "reason": reason,
            "contacts": contacts,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let who = match obstacle {
        Some(obstacle) => format!("identifies nobody: it is {}", obstacle.reason()),
        None => "identifies one person".to_owned(),
    };
    let reported = match contacts {
        0 => "No contact reports it.".to_owned(),
        1 => "1 contact reports it.".to_owned(),
        more => format!("{more} contacts report it."),
    };
    say(format_args!("{} {} {who}. {reported}", key.source(), key.as_str()))?;
    Ok(ExitCode::SUCCESS)
}
