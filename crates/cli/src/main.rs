//! The binary: options, commands, and the wiring of store, hub and server.

mod address;
mod backups;
mod channels;
mod commands;
mod config;
mod copy;
mod demo;
mod export;
mod fields;
mod find;
mod guards;
mod handles;
mod import;
mod log;
mod private;
mod say;
mod serve;
mod status;
mod system;
mod teammates;
mod temporary;
mod tokens;
mod undo;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use config::{ChannelCommand, Command, CompanyCommand, Config, StoreOptions};
use temporary::Temporary;

/// Requests are parsed on one thread and freed on another, which the system's allocator does slowly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    private::restrict();
    let config = Config::parse();
    log::start(&config.log, config.log_format);
    let _temporary = temporary_files(&config.command);
    let done = match config.command {
        Command::Serve(options) => serve::serve(&config.store, options).await,
        Command::Status(options) => status::status(&config.store, options).await,
        Command::Company(command) => company(&config.store, command).await,
        Command::Channel(ChannelCommand::Add(options)) => channels::add(&config.store, options).await,
        Command::Channel(ChannelCommand::List(of)) => channels::list(&config.store, &of.company, of.json).await,
        Command::Token(command) => tokens::run(&config.store, command).await,
        Command::Teammate(command) => teammates::run(&config.store, command).await,
        Command::Field(command) => fields::run(&config.store, command).await,
        Command::Handle(command) => handles::run(&config.store, command).await,
        Command::Undo(options) => undo::run(&config.store, options).await,
        Command::Import(options) => import::import(&config.store, options).await,
        Command::Export(options) => export::export(&config.store, options).await,
        Command::Find(options) => find::find(&config.store, options).await,
        Command::Reindex { company } => find::reindex(&config.store, company.as_ref()).await,
        Command::Migrate => commands::migrate(&config.store).await,
        Command::Copy { from, to } => copy::copy(&from, &to, config.store.limits()).await,
        Command::Verify { quick: true } => commands::check_pages(&config.store).await,
        Command::Verify { quick: false } => commands::verify(&config.store).await,
        Command::Backup { file } => commands::backup(&config.store, &file).await,
        Command::Restore { file, without_log } => commands::restore(&config.store, &file, without_log),
    };
    done.unwrap_or_else(|failure| {
        // If standard error is closed, the exit code still shows the failure.
        let _ = writeln!(std::io::stderr(), "kith: {failure}");
        ExitCode::FAILURE
    })
}

/// The folder for temporary files, of a command that needs some.
fn temporary_files(command: &Command) -> Option<Temporary> {
    if !matches!(command, Command::Serve(_) | Command::Import(_) | Command::Copy { .. } | Command::Verify { .. }) {
        return None;
    }
    // Without it, temporary files go where they go by default. They are as private there.
    let started = Temporary::start();
    started.map_err(|error| tracing::warn!(%error, "there is no folder for temporary files")).ok()
}

async fn company(store: &StoreOptions, command: CompanyCommand) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        CompanyCommand::Add(options) => commands::add_company(store, options).await,
        CompanyCommand::List { json } => commands::list_companies(store, json).await,
        CompanyCommand::Rotate { name, json } => commands::rotate(store, &name, json).await,
        CompanyCommand::Guards(options) => guards::run(store, options).await,
        CompanyCommand::Limit { name, limit } => commands::set_limit(store, &name, limit).await,
    }
}
