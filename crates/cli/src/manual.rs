//! Manual pages and completions of shells, both made from the options in `config.rs`.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::config::Config;

type Done = Result<ExitCode, Box<dyn Error>>;

/// Prints the script of a shell.
pub fn completions(shell: Shell) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Config::command(), "kith", &mut script);
    io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a page for each command: `kith.1`, `kith-serve.1`, and so on.
pub fn write(folder: &Path) -> Done {
    let failed = |error: io::Error| format!("{} cannot be written: {error}.", folder.display());
    fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(Config::command(), folder).map_err(failed)?;
    Ok(ExitCode::SUCCESS)
}
