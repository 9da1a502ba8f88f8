//! Commands that do one thing and end. All of them work while a server uses the store.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use contact::CompanyName;
use hub::Password;
use serde_json::{Value, json};
use store::{Access, Migrated};
use store_sqlite::FirstCopy;

use crate::config::{AddOptions, MigrateOptions, RateLimit, StoreOptions};
use crate::say::say;
use crate::system;

type Done = Result<ExitCode, Box<dyn Error>>;

pub async fn add_company(store: &StoreOptions, options: AddOptions) -> Done {
    let hub = system::open(store, Access::Make).await?;
    let (company, password) = hub.add_company(options.name, options.region).await?;
    show_password(&company.name, &password, options.json)
}

pub async fn rotate(store: &StoreOptions, name: &CompanyName, json: bool) -> Done {
    let hub = system::open(store, Access::Change).await?;
    let password = hub.rotate_password(name).await?;
    show_password(name, &password, json)
}

fn show_password(company: &CompanyName, password: &Password, json: bool) -> Done {
    let password = password.reveal();
    let said = if json {
        say(json!({"company": company.as_str(), "password": password}))
    } else {
        say(format_args!("company   {company}\npassword  {password}\n\nThe password is shown only this once."))
    };
    said.map_err(|unwritten| {
        format!("{unwritten} The password is lost. Generate another: kith company rotate {company}")
    })?;
    Ok(ExitCode::SUCCESS)
}

pub async fn list_companies(store: &StoreOptions, json: bool) -> Done {
    let companies = system::open(store, Access::Read).await?.companies().await?;
    if json {
        let row = |company: &hub::Company| {
            let (region, limit) = (company.region.to_string(), company.rate_limit);
            json!({"company": company.name.as_str(), "region": region, "requests_per_minute": limit})
        };
        say(companies.iter().map(row).collect::<Value>())?;
    } else if companies.is_empty() {
        say("No company yet. Add one with: kith company add NAME")?;
    } else {
        for company in &companies {
            let limit = company.rate_limit.map_or_else(String::new, |limit| format!("  {limit} requests per minute"));
            say(format_args!("{:<32} {}{limit}", company.name.as_str(), company.region))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn set_limit(store: &StoreOptions, name: &CompanyName, RateLimit(limit): RateLimit) -> Done {
    system::open(store, Access::Change).await?.set_rate_limit(name, limit).await?;
    match limit {
        Some(limit) => say(format_args!("Programs of {name} may make {limit} requests per minute."))?,
        None => say(format_args!("Programs of {name} may make any number of requests."))?,
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn verify(store: &StoreOptions) -> Done {
    let mut is_right = true;
    for (company, found) in system::open(store, Access::Read).await?.verify().await? {
        let wrong: Vec<String> = match found {
            Ok(differences) => differences.iter().map(ToString::to_string).collect(),
            Err(error) => vec![error.to_string()],
        };
        if wrong.is_empty() {
            say(format_args!("{company}: every view matches its journal."))?;
        }
        for difference in wrong {
            is_right = false;
            say(format_args!("{company}: {difference}"))?;
        }
    }
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub async fn check_pages(store: &StoreOptions) -> Done {
    let found = system::open(store, Access::Read).await?.check_pages().await?;
    if found.is_empty() {
        say(format_args!("{}: no damaged page was found.", store.address))?;
        return Ok(ExitCode::SUCCESS);
    }
    for finding in found {
        say(format_args!("{}: {finding}", store.address))?;
    }
    Ok(ExitCode::FAILURE)
}

pub async fn backup(store: &StoreOptions, file: &Path) -> Done {
    system::open(store, Access::Read).await?.backup(file).await?;
    say(format_args!("{} is a copy of {}.", file.display(), store.address))?;
    Ok(ExitCode::SUCCESS)
}

pub fn restore(store: &StoreOptions, backup: &Path, without_log: bool) -> Done {
    let old = store.address.restore(backup, without_log)?;
    say(format_args!("{} is a copy of {} now.", store.address, backup.display()))?;
    if let Some(old) = old {
        say(format_args!("The store that it replaces is {}.", old.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn migrate(store: &StoreOptions, options: MigrateOptions) -> Done {
    if options.check {
        return check_migration(store).await;
    }
    let copy = if options.without_backup { FirstCopy::Omitted } else { FirstCopy::Made };
    let migrated = store.address.migrate(store.limits(), copy).await?;
    let Migrated { from, to, backup, is_distributed, distributed } = migrated;
    match from {
        0 => say(format_args!("{} is a new store, with schema {to}.", store.address))?,
        from if from < to => say(format_args!("{} was migrated from schema {from} to {to}.", store.address))?,
        _ => say(format_args!("{} has the newest schema, {to}.", store.address))?,
    }
    if let Some(backup) = backup {
        say(format_args!("The store before is {}. Delete it when you no longer need it.", backup.display()))?;
    }
    if is_distributed {
        let tables = if distributed.is_empty() { "nothing was left to do".into() } else { distributed.join(", ") };
        say(format_args!("Distributed over the cluster: {tables}."))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what a migration would do.
async fn check_migration(store: &StoreOptions) -> Done {
    let migrated = store.address.check_migration(store.limits()).await?;
    let Migrated { from, to, backup, distributed, .. } = migrated;
    match from {
        0 => say(format_args!("{} would be a new store, with schema {to}.", store.address))?,
        from if from < to => say(format_args!("{} would be migrated from schema {from} to {to}.", store.address))?,
        _ => say(format_args!("{} has the newest schema, {to}.", store.address))?,
    }
    if let Some(backup) = backup {
        say(format_args!("First, it would be copied to {}.", backup.display()))?;
    } else if 0 < from && from < to {
        say("Make a backup of the database first. All changes are made in one transaction.")?;
    }
    if !distributed.is_empty() {
        say(format_args!("These tables would be distributed over the cluster: {}.", distributed.join(", ")))?;
    }
    say("Nothing was changed.")?;
    Ok(ExitCode::SUCCESS)
}
