//! Commands that do one thing and end. All of them work on a store that a server is using.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use contact::CompanyName;
use hub::Password;
use serde_json::{Value, json};
use store::Access;

use crate::config::AddOptions;
use crate::say::say;
use crate::system;

type Done = Result<ExitCode, Box<dyn Error>>;

pub async fn add_company(store: &Path, options: AddOptions) -> Done {
    let hub = system::open(store, Access::Make)?;
    let (company, password) = hub.add_company(options.name, options.region).await?;
    show_password(&company.name, &password, options.json)
}

pub async fn rotate(store: &Path, name: &CompanyName, json: bool) -> Done {
    let hub = system::open(store, Access::Change)?;
    let password = hub.rotate_password(name).await?;
    show_password(name, &password, json)
}

fn show_password(company: &CompanyName, password: &Password, json: bool) -> Done {
    let password = password.reveal();
    let said = if json {
        say(json!({"company": company.as_str(), "password": password}))
    } else {
        say(format_args!("company   {company}\npassword  {password}\n\nThe password is shown only now."))
    };
    said.map_err(|unheard| format!("{unheard} The password is lost; make another: kith company rotate {company}"))?;
    Ok(ExitCode::SUCCESS)
}

pub async fn list_companies(store: &Path, json: bool) -> Done {
    let companies = system::open(store, Access::Read)?.companies().await?;
    if json {
        let row =
            |company: &hub::Company| json!({"company": company.name.as_str(), "region": company.region.to_string()});
        say(companies.iter().map(row).collect::<Value>())?;
    } else if companies.is_empty() {
        say("There is no company yet. Make one with: kith company add NAME")?;
    } else {
        for company in &companies {
            say(format_args!("{:<32} {}", company.name.as_str(), company.region))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn verify(store: &Path) -> Done {
    let mut is_right = true;
    for (company, found) in system::open(store, Access::Read)?.verify().await? {
        let wrong: Vec<String> = match found {
            Ok(differences) => differences.iter().map(ToString::to_string).collect(),
            Err(error) => vec![error.to_string()],
        };
        if wrong.is_empty() {
            say(format_args!("{company}: every view is what its journal tells."))?;
        }
        for difference in wrong {
            is_right = false;
            say(format_args!("{company}: {difference}"))?;
        }
    }
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub async fn backup(store: &Path, file: &Path) -> Done {
    system::open(store, Access::Read)?.backup(file).await?;
    say(format_args!("{} is a copy of {}.", file.display(), store.display()))?;
    Ok(ExitCode::SUCCESS)
}
