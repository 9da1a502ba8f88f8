//! Commands for custom fields. They work while a server uses the store.

use std::error::Error;
use std::process::ExitCode;

use contact::{Attribute, CompanyName, CustomField, CustomName, CustomType, FieldTarget, Origin};
use serde_json::{Value, json};
use store::Access;

use crate::channels::company_of;
use crate::config::{AddFieldOptions, FieldCommand, OfCompany, StoreOptions};
use crate::say::say;
use crate::system;

type Done = Result<ExitCode, Box<dyn Error>>;

pub async fn run(store: &StoreOptions, command: FieldCommand) -> Done {
    match command {
        FieldCommand::Add(options) => add(store, options).await,
        FieldCommand::List(of) => list(store, of).await,
        FieldCommand::Remove { company, field, on } => remove(store, &company, &field, on).await,
    }
}

async fn add(store: &StoreOptions, options: AddFieldOptions) -> Done {
    let AddFieldOptions { company, name, kind, choices, on, description, json } = options;
    let name = CustomName::parse(&name).map_err(|invalid| format!("--name: {invalid}"))?;
    let option = if CustomType::parse(&kind, Vec::new()).is_ok() || kind == "enum" { "--choice" } else { "--type" };
    let kind = CustomType::parse(&kind, choices).map_err(|invalid| format!("{option}: {invalid}"))?;
    let description =
        Attribute::Description.parse(&description).map_err(|invalid| format!("--description: {invalid}"))?;
    let hub = system::open(store, Access::Change).await?;
    let company = company_of(&hub, &company).await?;
    let description = description.as_str().to_owned();
    let field = hub.make_field(company.id, on, name, description, kind, Origin::Person).await?;
    if json {
        say(described(&field))?;
    } else {
        say(line(&field))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(store: &StoreOptions, OfCompany { company, json }: OfCompany) -> Done {
    let hub = system::open(store, Access::Read).await?;
    let company = company_of(&hub, &company).await?;
    let settings = hub.settings(company.id).await?;
    if json {
        say(settings.fields.values().map(described).collect::<Value>())?;
    } else if settings.fields.is_empty() {
        let name = &company.name;
        say(format_args!("There is no custom field yet. Add one with: kith field add {name} --name NAME --type TYPE"))?;
    } else {
        for field in settings.fields.values() {
            say(line(field))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn remove(store: &StoreOptions, company: &CompanyName, named: &str, on: FieldTarget) -> Done {
    let hub = system::open(store, Access::Change).await?;
    let company = company_of(&hub, company).await?;
    let settings = hub.settings(company.id).await?;
    let by_id = named.parse().ok().and_then(|id| settings.fields.get(&id));
    let by_name = || settings.field(on, &CustomName::parse(named).ok()?);
    let no_field = || format!("{} has no custom field {named} of its {}s.", company.name, on.name());
    let field = by_id.or_else(by_name).ok_or_else(no_field)?;
    hub.delete_field(company.id, field.id, Origin::Person).await?;
    say(format_args!("The custom field {} is there no more.", field.name))?;
    Ok(ExitCode::SUCCESS)
}

/// A custom field for people.
fn line(field: &CustomField) -> String {
    let choices = match &field.kind {
        CustomType::Enum(choices) => format!(": {}", choices.join(", ")),
        _ => String::new(),
    };
    format!("{:<12} {:<8} {:<24} {}{choices}", field.id.to_string(), field.target.name(), field.name, field.kind.name())
}

/// A custom field as JSON.
fn described(field: &CustomField) -> Value {
    let mut described = json!({
        "id": field.id.to_string(),
        "on": field.target.name(),
        "name": field.name.as_str(),
        "type": field.kind.name(),
        "description": field.description,
    });
    if let CustomType::Enum(choices) = &field.kind {
        described["choices"] = choices.as_slice().into();
    }
    described
}
