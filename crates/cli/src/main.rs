//! The binary: options, commands, and the wiring of store, hub and server.

mod address;
mod backups;
mod certificate;
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
mod login_file;
mod manual;
mod private;
mod say;
mod secret;
mod serve;
mod status;
mod system;
mod systemd;
mod teammates;
mod temporary;
mod tokens;
mod undo;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use config::{ChannelCommand, Command, CompanyCommand, Config, StoreOptions};
use temporary::Temporary;

/// Requests are parsed on one thread and freed on another, which the system's allocator does slowly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    private::restrict();
    let matches = Config::command().get_matches();
    let mut config = Config::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    log::start(&config.log, config.log_format);
    let checked = secret::refuse_visible(std::env::args_os(), &matches).and_then(|()| config.store.read_file());
    match checked {
        Ok(()) => run(config).await,
        Err(reason) => Err(reason.into()),
    }
    .unwrap_or_else(|failure| {
        // If standard error is closed, the exit code still shows the failure.
        let _ = writeln!(std::io::stderr(), "kith: {failure}");
        ExitCode::FAILURE
    })
}

/// Runs a command to its end.
async fn run(config: Config) -> Result<ExitCode, Box<dyn Error>> {
    let _temporary = temporary_files(&config.command);
    match config.command {
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
        Command::Completions { shell } => manual::completions(shell),
        Command::Manual { folder } => manual::write(&folder),
        Command::Migrate(options) => commands::migrate(&config.store, options).await,
        Command::Copy { from, to } => copy::copy(&from, &to, config.store.limits()).await,
        Command::Verify { quick: true } => commands::check_pages(&config.store).await,
        Command::Verify { quick: false } => commands::verify(&config.store).await,
        Command::Backup { file } => commands::backup(&config.store, &file).await,
        Command::Restore { file, without_log } => commands::restore(&config.store, &file, without_log),
    }
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
