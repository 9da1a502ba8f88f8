//! Commands for tokens. They work while a server uses the store.

use std::error::Error;
use std::process::ExitCode;

use hub::{Scope, Scopes, TokenInfo};
use serde_json::{Value, json};
use store::Access;

use crate::channels::company_of;
use crate::config::{AddTokenOptions, OfCompany, StoreOptions, TokenCommand};
use crate::say::{moment, say};
use crate::system;

type Done = Result<ExitCode, Box<dyn Error>>;

pub async fn run(store: &StoreOptions, command: TokenCommand) -> Done {
    match command {
        TokenCommand::Add(options) => add(store, options).await,
        TokenCommand::List(of) => list(store, of).await,
        TokenCommand::Revoke { company, token } => {
            let hub = system::open(store, Access::Change).await?;
            let company = company_of(&hub, &company).await?;
            if !hub.revoke_token(company.id, &token).await? {
                return Err(format!("{} has no token {token}.", company.name).into());
            }
            say(format_args!("Token {token} of {} is revoked.", company.name))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn add(store: &StoreOptions, options: AddTokenOptions) -> Done {
    let AddTokenOptions { company, name, scopes, json } = options;
    let hub = system::open(store, Access::Change).await?;
    let company = company_of(&hub, &company).await?;
    let scopes = if scopes.is_empty() { Scopes::all() } else { scopes.into_iter().collect() };
    let (info, token) = hub.add_token(company.id, &name, scopes).await?;
    let token = token.reveal();
    let said = if json {
        let mut shown = described(&info);
        shown["token"] = token.into();
        say(shown)
    } else {
        let (id, scopes) = (&info.id, words(&info));
        say(format_args!("id      {id}\nscopes  {scopes}\ntoken   {token}\n\nThe token is shown only this once."))
    };
    let lost =
        |unwritten| format!("{unwritten} The token is lost. Revoke it: kith token revoke {} {}", company.name, info.id);
    said.map_err(lost)?;
    Ok(ExitCode::SUCCESS)
}

async fn list(store: &StoreOptions, OfCompany { company, json }: OfCompany) -> Done {
    let hub = system::open(store, Access::Read).await?;
    let company = company_of(&hub, &company).await?;
    let tokens = hub.tokens(company.id).await?;
    if json {
        say(tokens.iter().map(described).collect::<Value>())?;
    } else if tokens.is_empty() {
        say(format_args!("No token yet. Add one with: kith token add {} --name NAME", company.name))?;
    } else {
        for token in &tokens {
            say(format_args!("{}  {}  {:<24} {}", token.id, moment(token.created_at), token.name, words(token)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The scopes of a token as text.
fn words(token: &TokenInfo) -> String {
    if token.scopes == Scopes::all() {
        return "everything".into();
    }
    token.scopes.iter().map(Scope::name).collect::<Vec<_>>().join(" ")
}

/// A token as JSON, without its secret.
fn described(token: &TokenInfo) -> Value {
    let scopes: Vec<&str> = token.scopes.iter().map(Scope::name).collect();
    json!({"id": token.id.to_string(), "name": token.name, "scopes": scopes, "created_at": moment(token.created_at)})
}
