//! Commands for channels. They work while a server uses the store.

use std::error::Error;
use std::process::ExitCode;

use contact::{Channel, ChannelType, CompanyName};
use hub::{Company, Hub};
use serde_json::{Value, json};
use store::Access;

use crate::config::{AddChannelOptions, StoreOptions};
use crate::say::say;
use crate::secret;
use crate::system;

type Done = Result<ExitCode, Box<dyn Error>>;

pub async fn add(store: &StoreOptions, options: AddChannelOptions) -> Done {
    let AddChannelOptions { company, kind, address, token, token_file, json } = options;
    let token = token_file.map_or(Ok(token), |file| secret::read(&file).map(Some))?;
    if token.as_deref().is_some_and(str::is_empty) {
        return Err("KITH_CHANNEL_TOKEN must not be empty.".into());
    }
    let hub = system::open(store, Access::Change).await?;
    let company = company_of(&hub, &company).await?;
    let address =
        Channel::address(kind, &address, company.region).map_err(|invalid| format!("--address: {invalid}"))?;
    // Only deliveries of text messages are signed.
    let token = (kind == ChannelType::Sms).then(|| token.unwrap_or_else(|| hub.channel_token()));
    let channel = hub.add_channel(company.id, kind, address, token.clone()).await?;
    let mut shown = described(&channel);
    if let Some(token) = token {
        shown["token"] = token.into();
    }
    if json {
        say(shown)?;
    } else {
        let width = 8;
        for (key, value) in shown.as_object().into_iter().flatten() {
            say(format_args!("{key:<width$} {}", value.as_str().unwrap_or_default()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn list(store: &StoreOptions, company: &CompanyName, json: bool) -> Done {
    let hub = system::open(store, Access::Read).await?;
    let company = company_of(&hub, company).await?;
    let channels = hub.channels(company.id).await?;
    if json {
        say(channels.iter().map(described).collect::<Value>())?;
    } else if channels.is_empty() {
        let name = &company.name;
        say(format_args!("No channel yet. Add one with: kith channel add {name} --type TYPE --address ADDRESS"))?;
    } else {
        for channel in &channels {
            say(format_args!("{:<12} {:<7} {}", channel.id, channel.kind.name(), channel.address.text()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The company with a name.
pub async fn company_of(hub: &Hub, name: &CompanyName) -> Result<Company, hub::Error> {
    let companies = hub.companies().await?;
    companies.into_iter().find(|company| company.name == *name).ok_or_else(|| hub::Error::NoCompany(name.clone()))
}

/// A channel as JSON, without its token.
fn described(channel: &Channel) -> Value {
    let mut described =
        json!({"id": channel.id.to_string(), "type": channel.kind.name(), "address": channel.address.text()});
    if channel.kind == ChannelType::Sms {
        described["webhook"] = format!("/channels/{}/twilio", channel.id).into();
    }
    described
}
