//! Secrets come from files and from the environment. Arguments are visible to every user of the machine, in `ps`.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use clap::ArgMatches;
use clap::parser::ValueSource;

/// Most bytes of a file with a secret.
const SECRET_BYTES_MAX: u64 = 4_096;
/// The bits of a mode that let others read or write a file.
const OTHERS: u32 = 0o077;

/// Reads a secret from a file, without the line end after it. Warns if others may read the file.
///
/// # Errors
///
/// A sentence that names the file and what is wrong with it.
pub fn read(path: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{} cannot be read: {error}.", path.display());
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    let mode = metadata.permissions().mode() & 0o777;
    if metadata.is_file() && mode & OTHERS != 0 {
        let file = path.display();
        tracing::warn!(%file, mode = format!("{mode:o}"), "others may read this secret; run: chmod 600 {file}");
    }
    let mut text = String::new();
    file.take(SECRET_BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    let secret = secret.strip_suffix('\r').unwrap_or(secret);
    if secret.is_empty() || secret.contains(char::is_control) || text.len() as u64 > SECRET_BYTES_MAX {
        return Err(format!("{} must have one line, of at most {SECRET_BYTES_MAX} bytes.", path.display()));
    }
    Ok(secret.to_owned())
}

/// Refuses a command line with a secret.
///
/// # Errors
///
/// A sentence that says where to put the secret instead. It does not repeat the secret.
pub fn refuse_visible(arguments: impl Iterator<Item = OsString>, matches: &ArgMatches) -> Result<(), String> {
    let visible = "Arguments are visible to every user of this machine.";
    if arguments.into_iter().any(|argument| argument.to_str().is_some_and(has_password)) {
        return Err(format!(
            "An argument has a password in an address. {visible} Set the address in KITH_STORE, give --store-file a file that has \
             it, or leave the password out and set PGPASSWORD."
        ));
    }
    let channel = matches.subcommand_matches("channel").and_then(|channel| channel.subcommand_matches("add"));
    if channel.is_some_and(|add| add.value_source("token") == Some(ValueSource::CommandLine)) {
        return Err(format!(
            "--token has the token as an argument. {visible} Set it in KITH_CHANNEL_TOKEN, or give --token-file a file that has it."
        ));
    }
    Ok(())
}

/// Whether an argument has the address of a database with a password.
pub fn has_password(argument: &str) -> bool {
    let Some((_, rest)) = argument.split_once("://") else { return false };
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = address.split('/').next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || query.split('&').any(|pair| pair.starts_with("password="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_addresses_are_found() {
        for visible in ["postgres://a:b@c/d", "--store=postgres://a:b@c", "postgresql://a:@c", "x://c/d?x=y&password=b"]
        {
            assert!(has_password(visible), "{visible}");
        }
        for fine in [
            "postgres://a@c:5432/d",
            "postgres://c/d?user=a",
            "kith.db",
            "a:b@c",
            "--listen=[::1]:80",
            "http://a/b:c@d",
        ] {
            assert!(!has_password(fine), "{fine}");
        }
    }
}
