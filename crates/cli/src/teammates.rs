//! Commands for teammates. They work while a server uses the store.

use std::error::Error;
use std::process::ExitCode;

use contact::{Attribute, CompanyName, Handle, Origin, Source, Teammate};
use hub::{Company, Hub, Password};
use serde_json::{Value, json};
use store::Access;

use crate::channels::company_of;
use crate::config::{OfCompany, OneTeammate, StoreOptions, TeammateCommand};
use crate::say::say;
use crate::system;

type Done = Result<ExitCode, Box<dyn Error>>;

pub async fn run(store: &StoreOptions, command: TeammateCommand) -> Done {
    match command {
        TeammateCommand::Add { company, email, name, json } => add(store, &company, &email, &name, json).await,
        TeammateCommand::List(of) => list(store, of).await,
        TeammateCommand::Rotate { who, json } => {
            let hub = system::open(store, Access::Change).await?;
            let (company, teammate) = one(&hub, &who).await?;
            if teammate.is_blocked {
                return Err(format!("{} is blocked. Unblock the teammate first.", who.teammate).into());
            }
            let password = hub.rotate_teammate(company.id, teammate.id).await?;
            show_password(&company, &teammate, &password, json)
        }
        TeammateCommand::Block(who) => {
            let hub = system::open(store, Access::Change).await?;
            let (company, teammate) = one(&hub, &who).await?;
            hub.block_teammate(company.id, teammate.id, Origin::Person).await?;
            say(format_args!("{} is signed out and can no longer sign in.", teammate.email.text()))?;
            Ok(ExitCode::SUCCESS)
        }
        TeammateCommand::Unblock { who, json } => {
            let hub = system::open(store, Access::Change).await?;
            let (company, teammate) = one(&hub, &who).await?;
            if !teammate.is_blocked {
                return Err(format!("{} is not blocked.", who.teammate).into());
            }
            let password = hub.unblock_teammate(company.id, teammate.id, Origin::Person).await?;
            show_password(&company, &Teammate { is_blocked: false, ..teammate }, &password, json)
        }
    }
}

async fn add(store: &StoreOptions, company: &CompanyName, email: &str, name: &str, json: bool) -> Done {
    let hub = system::open(store, Access::Change).await?;
    let company = company_of(&hub, company).await?;
    let email = Handle::parse(Source::Email, email, company.region).map_err(|invalid| format!("--email: {invalid}"))?;
    let name = Attribute::Name.parse(name.trim()).map_err(|invalid| format!("--name: {invalid}"))?;
    let (teammate, password) = hub.add_teammate(company.id, email, name, Origin::Person).await?;
    show_password(&company, &teammate, &password, json)
}

fn show_password(company: &Company, teammate: &Teammate, password: &Password, json: bool) -> Done {
    let (id, email, password) = (teammate.id, teammate.email.text(), password.reveal());
    let said = if json {
        let mut shown = described(teammate);
        shown["password"] = password.into();
        say(shown)
    } else {
        let company = &company.name;
        say(format_args!(
            "company   {company}\nid        {id}\nemail     {email}\npassword  {password}\n\nThe password is shown only this once."
        ))
    };
    let name = &company.name;
    said.map_err(|unwritten| {
        format!("{unwritten} The password is lost. Generate another: kith teammate rotate {name} {id}")
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn list(store: &StoreOptions, OfCompany { company, json }: OfCompany) -> Done {
    let hub = system::open(store, Access::Read).await?;
    let company = company_of(&hub, &company).await?;
    let settings = hub.settings(company.id).await?;
    if json {
        say(settings.teammates.values().map(described).collect::<Value>())?;
    } else if settings.teammates.is_empty() {
        let name = &company.name;
        say(format_args!("No teammate yet. Add one with: kith teammate add {name} --email ADDRESS --name NAME"))?;
    } else {
        for teammate in settings.teammates.values() {
            let Teammate { id, email, name, is_blocked, .. } = teammate;
            let blocked = if *is_blocked { "  blocked" } else { "" };
            say(format_args!("{id:<12} {:<32} {}{blocked}", email.text(), name.as_str()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The teammate with an e-mail address or id.
async fn one(hub: &Hub, who: &OneTeammate) -> Result<(Company, Teammate), Box<dyn Error>> {
    let company = company_of(hub, &who.company).await?;
    let settings = hub.settings(company.id).await?;
    let by_id = who.teammate.parse().ok().and_then(|id| settings.teammates.get(&id));
    let found = by_id.or_else(|| settings.teammate_by_email(&who.teammate)).cloned();
    let teammate = found.ok_or_else(|| format!("{} has no teammate {}.", company.name, who.teammate))?;
    Ok((company, teammate))
}

/// A teammate as JSON, without the password.
fn described(teammate: &Teammate) -> Value {
    let Teammate { id, email, name, is_blocked, .. } = teammate;
    json!({"id": id.to_string(), "email": email.text(), "name": name.as_str(), "is_blocked": is_blocked})
}
