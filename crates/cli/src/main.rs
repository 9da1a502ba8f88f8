//! The binary: options, commands, and the wiring of store, hub and server.

mod channels;
mod commands;
mod config;
mod copy;
mod demo;
mod say;
mod serve;
mod system;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use config::{ChannelCommand, Command, CompanyCommand, Config};

/// Requests are taken apart on one thread and freed on another, which the system's allocator does slowly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let config = Config::parse();
    config::start_log(config.log, config.log_format);
    let done = match config.command {
        Command::Serve(options) => serve::serve(&config.store, options).await,
        Command::Company(CompanyCommand::Add(options)) => commands::add_company(&config.store, options).await,
        Command::Company(CompanyCommand::List { json }) => commands::list_companies(&config.store, json).await,
        Command::Company(CompanyCommand::Rotate { name, json }) => commands::rotate(&config.store, &name, json).await,
        Command::Channel(ChannelCommand::Add(options)) => channels::add(&config.store, options).await,
        Command::Channel(ChannelCommand::List { company, json }) => channels::list(&config.store, &company, json).await,
        Command::Migrate => commands::migrate(&config.store).await,
        Command::Copy { from, to } => copy::copy(&from, &to, config.store.limits()).await,
        Command::Verify => commands::verify(&config.store).await,
        Command::Backup { file } => commands::backup(&config.store, &file).await,
    };
    done.unwrap_or_else(|failure| {
        // If nobody hears it, the exit code still tells.
        let _ = writeln!(std::io::stderr(), "kith: {failure}");
        ExitCode::FAILURE
    })
}
