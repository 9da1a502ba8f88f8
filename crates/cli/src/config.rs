//! All options of the command line and the environment. The comments are the help.

mod company;
mod import_export;
mod serve;
mod values;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{BoolishValueParser, OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use contact::CompanyName;
use store_postgres::Limits;

use crate::address::StoreAddress;
use crate::log::LogLevels;
use crate::secret;

pub use company::{
    AddChannelOptions, AddFieldOptions, AddOptions, AddTokenOptions, ChannelCommand, CompanyCommand, FieldCommand,
    GuardsOptions, HandleCommand, OfCompany, OneHandle, OneTeammate, TeammateCommand, TokenCommand,
};
pub use import_export::{ExportOptions, ImportOptions, UndoOptions};
pub use serve::{BackupOptions, ServeOptions, TlsOptions};
pub use values::{Login, RateLimit, SharedAfter, Switch};

/// Kith keeps one contact per person: other systems report what they know, and Kith works out who is who.
#[derive(Parser)]
#[command(name = "kith", version, next_help_heading = "Store and log", after_help = "Example: kith serve --demo")]
pub struct Config {
    #[command(flatten)]
    pub store: StoreOptions,

    /// Log level: error, warn, info, debug or trace, for everything or per part (such as server=debug).
    #[arg(long, env = "KITH_LOG", default_value = "info", value_name = "LEVEL", global = true)]
    pub log: LogLevels,

    /// Log format.
    #[arg(long, env = "KITH_LOG_FORMAT", default_value = "text", global = true)]
    pub log_format: LogFormat,

    #[command(subcommand)]
    pub command: Command,
}

#[expect(clippy::doc_markdown, reason = "the comments are the help")]
#[derive(Args)]
pub struct StoreOptions {
    /// The store: the path of its file, or the URL of a PostgreSQL database, such as postgres://kith@db/kith.
    #[arg(
        id = "store",
        long = "store",
        env = "KITH_STORE",
        hide_env_values = true,
        default_value = "kith.db",
        value_name = "STORE",
        value_parser = OsStringValueParser::new().map(StoreAddress::from),
        global = true
    )]
    pub address: StoreAddress,

    /// File whose only line is the store: for an address with a password.
    #[arg(
        id = "store_file",
        long = "store-file",
        env = "KITH_STORE_FILE",
        value_name = "FILE",
        conflicts_with = "store",
        global = true
    )]
    pub file: Option<PathBuf>,

    /// Most connections to a database.
    #[arg(long = "store-connections", env = "KITH_STORE_CONNECTIONS", default_value = "16", value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(1..), global = true, hide_short_help = true)]
    pub connections: u16,

    /// Timeout of a database statement, in seconds.
    #[arg(long = "store-timeout", env = "KITH_STORE_TIMEOUT", default_value = "10", value_name = "SECONDS",
        value_parser = clap::value_parser!(u16).range(1..), global = true, hide_short_help = true)]
    pub timeout: u16,

    /// How long to retry connecting to a database at the start, in seconds.
    #[arg(
        long = "store-patience",
        env = "KITH_STORE_PATIENCE",
        default_value = "30",
        value_name = "SECONDS",
        global = true,
        hide_short_help = true
    )]
    pub patience: u16,
}

impl StoreOptions {
    /// Reads the address from its file, if it is in one.
    pub fn read_file(&mut self) -> Result<(), String> {
        if let Some(file) = &self.file {
            self.address = OsString::from(secret::read(file)?).into();
        }
        Ok(())
    }

    /// The limits of a database.
    pub fn limits(&self) -> Limits {
        Limits {
            connections: self.connections.into(),
            statement_time: Duration::from_secs(self.timeout.into()),
            connect_time: Duration::from_secs(self.patience.into()),
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Subcommand)]
pub enum Command {
    /// Run the server: the app, the APIs and channels.
    ///
    /// On an empty store, creates a first company and shows its login. On SIGTERM or Ctrl-C, finishes running requests and
    /// stops.
    #[command(after_help = "Example: kith serve --store /var/lib/kith/kith.db --listen 0.0.0.0:8080")]
    Serve(ServeOptions),

    /// Show on one screen what the server and its store do.
    ///
    /// Reads the metrics of the running server, if it answers at --metrics. Otherwise shows what the store alone knows.
    #[command(after_help = "Example: kith status --metrics 127.0.0.1:9090")]
    Status(StatusOptions),

    /// Manage companies and their passwords.
    #[command(subcommand, after_help = "Example: kith company add wayne")]
    Company(CompanyCommand),

    /// Manage channels: the addresses that people write to.
    #[command(subcommand, after_help = "Example: kith channel add wayne --type email --address support@wayne.example")]
    Channel(ChannelCommand),

    /// Manage tokens: API access for programs, with scopes.
    #[command(subcommand, after_help = "Example: kith token add wayne --name sync --scope contacts:read")]
    Token(TokenCommand),

    /// Manage teammates: people of the company who use the app.
    #[command(subcommand, after_help = "Example: kith teammate add wayne --email alfred@wayne.example --name Alfred")]
    Teammate(TeammateCommand),

    /// Manage custom fields of contacts and accounts.
    #[command(subcommand, after_help = "Example: kith field add wayne --name Birthday --type datetime")]
    Field(FieldCommand),

    /// Show whom a handle identifies, and decide it: shared by several people, blocked, or one person's.
    #[command(subcommand, after_help = "Example: kith handle share wayne phone:+16505550100")]
    Handle(HandleCommand),

    /// Import contacts from files: CSV, XLSX, ODS, JSON, JSON Lines or vCard.
    ///
    /// Rows are imported in order, by the same rules as reports through the API. The result of each row is in a report, a CSV
    /// file next to the imported one. To resume an interrupted import, run the same command again. Importing a file twice
    /// changes nothing.
    #[command(after_help = "Example: kith import wayne crm.csv --map 'Mobile no.=phone' --dry-run")]
    Import(ImportOptions),

    /// Take back everything that an import or an API token joined, or all that an import reported.
    ///
    /// Every record that it brought into a contact leaves it, and contacts that it merged come apart. They stay apart when the
    /// same is reported again. With --records, the records that only an import reported to are withdrawn. To continue after an interruption, run the same command again.
    #[command(after_help = "Example: kith undo wayne --import imp_3f0c52a17be9d004 --dry-run")]
    Undo(UndoOptions),

    /// Export all contacts, or those that a search finds: CSV, JSON Lines or vCard.
    #[command(after_help = "Example: kith export wayne --format vcard --to wayne.vcf")]
    Export(ExportOptions),

    /// Search contacts by any part of a name, e-mail address, phone number, Twitter name, description or link.
    ///
    /// A part has at least three characters; fewer match only the beginning of a word. Accents and case do not matter. The
    /// best match comes first. Exits with 1 if no contact is found.
    #[command(after_help = "Example: kith find wayne bruce 'way'")]
    Find(FindOptions),

    /// Rebuild the search index. A running server goes on; until the index is complete, searches find only some contacts.
    #[command(after_help = "Example: kith reindex --company wayne")]
    Reindex {
        /// Name of the company. Without it, all companies.
        #[arg(long)]
        company: Option<CompanyName>,
    },

    /// Replay the journal and compare it with the stored views. Lists differences, and exits with 1 if there are any.
    #[command(after_help = "Example: kith verify --store kith.db")]
    Verify {
        /// Only check the pages of the file, which takes seconds for a gigabyte.
        #[arg(long)]
        quick: bool,
    },

    /// Migrate the schema of a store. On a database with Citus, distribute the tables over the cluster.
    ///
    /// Every command that writes does this if needed; this one does nothing else. A file is copied first, to a file like
    /// kith.db-schema-1. Migrations cannot be taken back.
    #[command(after_help = "Example: kith migrate --check --store postgres://kith@db.example.org/kith")]
    Migrate(MigrateOptions),

    /// Copy a whole store into another, such as from a file to a database.
    ///
    /// Compares the copy with the original, and verifies both. To resume an interrupted copy or update an earlier one, run
    /// the same command again. Sessions are not copied, so everyone has to sign in again.
    #[command(after_help = "Example: kith copy kith.db postgres://kith@db.example.org/kith")]
    Copy {
        /// The store to copy.
        #[arg(value_parser = OsStringValueParser::new().map(StoreAddress::from))]
        from: StoreAddress,
        /// The target: a new store, or an earlier copy.
        #[arg(value_parser = OsStringValueParser::new().map(StoreAddress::from))]
        to: StoreAddress,
    },

    /// Back up the store into a new file. The store may be in use.
    #[command(after_help = "Example: kith backup kith-2026-11-23.db")]
    Backup {
        /// The new file.
        file: PathBuf,
    },

    /// Print a script that completes commands and options in a shell.
    #[command(after_help = "Example: kith completions bash > ~/.local/share/bash-completion/completions/kith")]
    Completions {
        /// The shell.
        shell: Shell,
    },

    /// Write the manual pages into a folder.
    #[command(hide = true, after_help = "Example: kith manual target/man")]
    Manual {
        /// The folder, which is created.
        folder: PathBuf,
    },

    /// Put a backup in the place of the store. No server may use it.
    ///
    /// The old store keeps its data, in a file whose name ends with -replaced.
    #[command(after_help = "Example: kith restore kith-2026-11-23.db --store /var/lib/kith/kith.db")]
    Restore {
        /// The backup: a file that `kith backup` wrote.
        #[arg(value_name = "BACKUP")]
        file: PathBuf,
        /// Accept a file that was copied without its log. Changes that were only in the log are lost.
        #[arg(long)]
        without_log: bool,
    },
}

#[derive(Args)]
pub struct MigrateOptions {
    /// Say what would happen, and change nothing.
    #[arg(long)]
    pub check: bool,

    /// Do not copy the file first.
    #[arg(long, conflicts_with = "check")]
    pub without_backup: bool,
}

#[derive(Args)]
pub struct StatusOptions {
    /// Address and port of the metrics of the running server.
    #[arg(long, env = "KITH_METRICS", value_name = "ADDR")]
    pub metrics: Option<SocketAddr>,

    /// Print nothing, and exit with 1 unless the server at --listen is ready. For health checks of containers.
    #[arg(long)]
    pub ready: bool,

    /// With --ready: address and port of the server. It must serve plain HTTP.
    #[arg(long, env = "KITH_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub listen: SocketAddr,

    /// Print JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

#[derive(Args)]
pub struct FindOptions {
    /// Name of the company.
    pub company: CompanyName,

    /// Words to search for. All of them must match.
    #[arg(required = true)]
    pub words: Vec<String>,

    /// Most contacts to show.
    #[arg(long, default_value = "20", value_parser = clap::value_parser!(u8).range(1..=hub::FOUND_MAX as i64))]
    pub limit: u8,

    /// Print JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}
