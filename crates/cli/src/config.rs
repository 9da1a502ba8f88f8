//! All options of the command line and the environment. The comments are the help.

mod values;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{BoolishValueParser, OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use contact::{ChannelType, CompanyName, FieldTarget, ImportId, RecordName, Region, Time};
use files::{Encoding, Format};
use hub::Scope;
use ipnet::IpNet;
use store_postgres::Limits;

use crate::address::StoreAddress;
use crate::log::LogLevels;
use crate::secret;
pub use values::{Login, RateLimit, SharedAfter, Switch};
use values::{domain, interval, network, public_url, time, token};

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

    /// Take back everything that an import or an API token joined.
    ///
    /// Every record that it brought into a contact leaves it, and contacts that it merged come apart. They stay apart when the
    /// same is reported again. To continue after an interruption, run the same command again.
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
pub struct ServeOptions {
    /// Address and port to listen on.
    #[arg(long, env = "KITH_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub listen: SocketAddr,

    /// Address and port to receive e-mail on, by SMTP. Without it, no e-mail is received.
    #[arg(long, env = "KITH_SMTP", value_name = "ADDR")]
    pub smtp: Option<SocketAddr>,

    /// Public URL of this server, for links in responses. Without it, the host of the request.
    #[arg(long, env = "KITH_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<String>,

    /// Address or network of a proxy whose X-Forwarded-For, -Proto and -Host headers count, such as 10.0.0.0/8; repeat it for
    /// several.
    #[arg(long = "trusted-proxy", env = "KITH_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ',',
        value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,

    /// Address and port for metrics in Prometheus's form, at /metrics. Without it, there are none.
    ///
    /// It needs no login, so keep it to the machine or to a private network.
    #[arg(long, env = "KITH_METRICS", value_name = "ADDR")]
    pub metrics: Option<SocketAddr>,

    /// Name companies in the metrics of journals.
    #[arg(long, env = "KITH_METRICS_COMPANIES", value_parser = BoolishValueParser::new())]
    pub metrics_companies: bool,

    /// Create a demo company `wayne` with a dozen contacts and their messages.
    #[arg(long, env = "KITH_DEMO", value_parser = BoolishValueParser::new())]
    pub demo: bool,

    #[command(flatten)]
    pub tls: TlsOptions,

    #[command(flatten)]
    pub backups: BackupOptions,
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

/// Where the server's certificate comes from. Without it, HTTP is not encrypted.
#[derive(Args)]
pub struct TlsOptions {
    /// File with the server's certificate and its chain, in PEM. A changed file is loaded within seconds, or on SIGHUP.
    #[arg(id = "tls_cert", long = "tls-cert", env = "KITH_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub certificate: Option<PathBuf>,

    /// File with the private key of the certificate, in PEM.
    #[arg(id = "tls_key", long = "tls-key", env = "KITH_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub key: Option<PathBuf>,

    /// Domain of the server, to get a certificate for it from Let's Encrypt; repeat it for several. The server must be reachable
    /// there on port 443.
    #[arg(id = "acme_domain", long = "acme-domain", env = "KITH_ACME_DOMAIN", value_name = "DOMAIN",
        value_delimiter = ',', value_parser = domain, conflicts_with = "tls_cert")]
    pub domains: Vec<String>,

    /// E-mail address to which the certificate authority writes about problems; repeat it for several.
    #[arg(
        id = "acme_contact",
        long = "acme-contact",
        env = "KITH_ACME_CONTACT",
        value_name = "MAIL",
        value_delimiter = ',',
        requires = "acme_domain"
    )]
    pub contacts: Vec<String>,

    /// Directory of another certificate authority (ACME, RFC 8555).
    #[arg(id = "acme_directory", long = "acme-directory", env = "KITH_ACME_DIRECTORY", value_name = "URL",
        default_value = server::LETS_ENCRYPT)]
    pub directory: String,

    /// Folder that keeps the certificate and the account. Without it, a folder beside the store.
    #[arg(id = "acme_dir", long = "acme-dir", env = "KITH_ACME_DIR", value_name = "FOLDER", requires = "acme_domain")]
    pub folder: Option<PathBuf>,
}

impl TlsOptions {
    /// Whether HTTP is not encrypted.
    pub fn is_off(&self) -> bool {
        self.certificate.is_none() && self.domains.is_empty()
    }
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

/// Backups that the server makes on its own.
#[derive(Args)]
pub struct BackupOptions {
    /// Folder for regular backups of the store's file. Without it, none are made.
    #[arg(id = "backup_dir", long = "backup-dir", env = "KITH_BACKUP_DIR", value_name = "FOLDER")]
    pub folder: Option<PathBuf>,

    /// Time from one backup to the next, such as 12h or 30m.
    #[arg(id = "backup_every", long = "backup-every", env = "KITH_BACKUP_EVERY", default_value = "24h",
        value_name = "TIME", value_parser = interval)]
    pub every: Duration,

    /// Most backups to keep. The oldest are deleted.
    #[arg(id = "backup_keep", long = "backup-keep", env = "KITH_BACKUP_KEEP", default_value = "7",
        value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    pub keep: u16,
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

#[derive(Subcommand)]
pub enum CompanyCommand {
    /// Add a company. Its password is generated, and shown only this once.
    #[command(after_help = "Example: kith company add wayne --region US")]
    Add(AddOptions),

    /// List companies.
    #[command(after_help = "Example: kith company list --json")]
    List {
        /// Print JSON.
        #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
        json: bool,
    },

    /// Limit the requests per minute of a company's programs, to both APIs together.
    ///
    /// Takes effect on a running server within a second.
    #[command(after_help = "Example: kith company limit wayne 600")]
    Limit {
        /// Name of the company.
        name: CompanyName,
        /// Requests per minute, or off for no limit.
        #[arg(value_name = "REQUESTS_PER_MINUTE|off")]
        limit: RateLimit,
    },

    /// Show or set a company's guards against false merges.
    ///
    /// After a change, all contacts are grouped as if the guards had always been so, and the command says how many came apart
    /// or became part of another. If it is stopped, the same change again does the rest.
    #[command(after_help = "Example: kith company guards wayne --shared-after 10 --names-agree on")]
    Guards(GuardsOptions),

    /// Give a company a new password, shown only this once. The old one stops working.
    #[command(after_help = "Example: kith company rotate wayne")]
    Rotate {
        /// Name of the company.
        name: CompanyName,
        /// Print JSON.
        #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
        json: bool,
    },
}

#[derive(Args)]
pub struct AddOptions {
    /// Name of the company, which is also its login: a-z, 0-9, dot, hyphen and underscore.
    pub name: CompanyName,

    /// Region of phone numbers without a country code: an ISO 3166 code.
    #[arg(long, env = "KITH_REGION", default_value = "US")]
    pub region: Region,

    /// Print JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

#[derive(Args)]
pub struct GuardsOptions {
    /// Name of the company.
    pub name: CompanyName,

    /// How many different names a handle is reported with until it is taken to be shared, or off. At first 5.
    #[arg(long, value_name = "NAMES|off")]
    pub shared_after: Option<SharedAfter>,

    /// Whether contacts with different names merge only when a person merges them. At first off.
    #[arg(long, value_name = "on|off")]
    pub names_agree: Option<Switch>,

    /// Print JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum ChannelCommand {
    /// Add a channel. A running server receives its messages at once.
    #[command(after_help = "Example: kith channel add wayne --type sms --address '+1 650 555 0100'")]
    Add(AddChannelOptions),

    /// List a company's channels.
    #[command(after_help = "Example: kith channel list wayne --json")]
    List(OfCompany),
}

/// The company of a list.
#[derive(Args)]
pub struct OfCompany {
    /// Name of the company.
    pub company: CompanyName,

    /// Print JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

#[derive(Args)]
pub struct AddChannelOptions {
    /// Name of the company.
    pub company: CompanyName,

    /// Type of the channel: email, sms or custom.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: ChannelType,

    /// Address of the channel: an e-mail address, a phone number, or for custom a name of your choice.
    #[arg(long)]
    pub address: String,

    /// Token that signs text messages, such as the auth token of a Twilio account. Only from the environment, because others
    /// can see arguments. Without it, one is generated.
    #[arg(long, env = "KITH_CHANNEL_TOKEN", hide_env_values = true)]
    pub token: Option<String>,

    /// File whose only line is the token.
    #[arg(long, env = "KITH_CHANNEL_TOKEN_FILE", value_name = "FILE", conflicts_with = "token")]
    pub token_file: Option<PathBuf>,

    /// Print JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Add a token. It is shown only this once.
    #[command(after_help = "Example: kith token add wayne --name sync --scope contacts:read --scope contacts:write")]
    Add(AddTokenOptions),

    /// List a company's tokens and their scopes. The secrets are not stored.
    #[command(after_help = "Example: kith token list wayne --json")]
    List(OfCompany),

    /// Revoke a token. It stops working on a running server within a second.
    #[command(after_help = "Example: kith token revoke wayne sync")]
    Revoke {
        /// Name of the company.
        company: CompanyName,
        /// Id of the token, or its name; all tokens with this name are revoked.
        #[arg(value_name = "ID_OR_NAME")]
        token: String,
    },
}

#[derive(Args)]
pub struct AddTokenOptions {
    /// Name of the company.
    pub company: CompanyName,

    /// Name of the token in lists.
    #[arg(long)]
    pub name: String,

    /// Scope of the token, such as contacts:read. Can be repeated. Without it, all scopes.
    #[arg(long = "scope", value_name = "SCOPE")]
    pub scopes: Vec<Scope>,

    /// Print JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum TeammateCommand {
    /// Add a teammate. Their password is generated, and shown only this once.
    #[command(after_help = "Example: kith teammate add wayne --email alfred@wayne.example --name 'Alfred Pennyworth'")]
    Add {
        /// Name of the company.
        company: CompanyName,
        /// E-mail address, for signing in.
        #[arg(long)]
        email: String,
        /// Name of the teammate.
        #[arg(long)]
        name: String,
        /// Print JSON.
        #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
        json: bool,
    },

    /// List a company's teammates, including blocked ones.
    #[command(after_help = "Example: kith teammate list wayne --json")]
    List(OfCompany),

    /// Give a teammate a new password, shown only this once. The old one stops working, and they are signed out.
    #[command(after_help = "Example: kith teammate rotate wayne alfred@wayne.example")]
    Rotate {
        /// The teammate.
        #[command(flatten)]
        who: OneTeammate,
        /// Print JSON.
        #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
        json: bool,
    },

    /// Block a teammate: they are signed out and can no longer sign in. Their notes stay.
    #[command(after_help = "Example: kith teammate block wayne alfred@wayne.example")]
    Block(OneTeammate),

    /// Unblock a teammate: they can sign in again, with a new password, shown only this once.
    #[command(after_help = "Example: kith teammate unblock wayne alfred@wayne.example")]
    Unblock {
        /// The teammate.
        #[command(flatten)]
        who: OneTeammate,
        /// Print JSON.
        #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
        json: bool,
    },
}

#[derive(Args)]
pub struct OneTeammate {
    /// Name of the company.
    pub company: CompanyName,

    /// E-mail address or id of the teammate.
    #[arg(value_name = "EMAIL_OR_ID")]
    pub teammate: String,
}

#[derive(Subcommand)]
pub enum HandleCommand {
    /// Show whether a handle identifies anybody, and how many contacts report it.
    #[command(after_help = "Example: kith handle show wayne phone:+16505550100")]
    Show(OneHandle),

    /// Say that several people share a handle. Contacts that only this handle joined come apart.
    #[command(after_help = "Example: kith handle share wayne phone:+16505550100")]
    Share(OneHandle),

    /// Say that a handle is one person's, even if many people seem to share it. Contacts that report it become one.
    #[command(after_help = "Example: kith handle unshare wayne phone:+16505550100")]
    Unshare(OneHandle),

    /// Say that a handle stands for nobody. It joins no contacts.
    #[command(after_help = "Example: kith handle block wayne email:sales@mall.example")]
    Block(OneHandle),

    /// Say that a handle is one person's, although it looks like a placeholder or was blocked.
    #[command(after_help = "Example: kith handle allow wayne email:test@test.com")]
    Allow(OneHandle),
}

/// Whose joins to take back.
#[derive(Args)]
pub struct UndoOptions {
    /// Name of the company.
    pub company: CompanyName,

    /// The import, as the end of `kith import` and the history of a contact show it.
    #[arg(long, value_name = "ID", required_unless_present = "token", conflicts_with_all = ["token", "since"])]
    pub import: Option<ImportId>,

    /// The token, as `kith token list` shows it, or `login` for the company's own login.
    #[arg(long, value_name = "ID", requires = "since", value_parser = token)]
    pub token: Option<Login>,

    /// With --token: the time of the first report to look at, such as 2026-11-30T02:00:00Z.
    #[arg(long, value_name = "TIME", requires = "token", value_parser = time)]
    pub since: Option<Time>,

    /// Count the joins, and change nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// Print JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

/// A handle of a company.
#[derive(Args)]
pub struct OneHandle {
    /// Name of the company.
    pub company: CompanyName,

    /// The handle: its source and its value.
    #[arg(value_name = "SOURCE:VALUE")]
    pub handle: String,

    /// Print JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum FieldCommand {
    /// Add a custom field.
    #[command(
        after_help = "Example: kith field add wayne --name Plan --type enum --choice Free --choice Gold --on account"
    )]
    Add(AddFieldOptions),

    /// List a company's custom fields.
    #[command(after_help = "Example: kith field list wayne --json")]
    List(OfCompany),

    /// Remove a custom field. Its values are hidden.
    #[command(after_help = "Example: kith field remove wayne Birthday")]
    Remove {
        /// Name of the company.
        company: CompanyName,
        /// Id of the field, or its name.
        #[arg(value_name = "ID_OR_NAME")]
        field: String,
        /// What the field applies to: contact or account.
        #[arg(long, value_name = "TARGET", default_value = "contact")]
        on: FieldTarget,
    },
}

#[derive(Args)]
pub struct AddFieldOptions {
    /// Name of the company.
    pub company: CompanyName,

    /// Name of the field, unique among fields of contacts or of accounts.
    #[arg(long)]
    pub name: String,

    /// Type of the field: string, boolean, datetime, number, teammate, inbox or enum.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: String,

    /// Choice of an enum. Can be repeated.
    #[arg(long = "choice", value_name = "TEXT")]
    pub choices: Vec<String>,

    /// What the field applies to: contact or account.
    #[arg(long, value_name = "TARGET", default_value = "contact")]
    pub on: FieldTarget,

    /// Description of the field.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub description: String,

    /// Print JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

#[expect(clippy::doc_markdown, reason = "the comments are the help")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
#[derive(Args)]
pub struct ImportOptions {
    /// Name of the company.
    pub company: CompanyName,

    /// Files to import, one after the other; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Show what an import would do, without doing it. It runs on a temporary copy of the company.
    #[arg(long)]
    pub dry_run: bool,

    /// Map a column of the header to a field. Can be repeated.
    ///
    /// The field can be name, first_name, middle_name, last_name, description, organization, job_title, nickname, birthday,
    /// address, email, phone, twitter, facebook, intercom, front_chat, custom, link, list, ignore, or a custom field. Other columns are recognized by their usual names.
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    pub maps: Vec<String>,

    /// Format: csv, jsonl or vcard. By default, detected from the file.
    #[arg(long)]
    pub format: Option<Format>,

    /// Delimiter of a CSV file. By default, detected from the first line.
    #[arg(long, value_name = "CHARACTER")]
    pub delimiter: Option<String>,

    /// Encoding, such as utf-8, utf-16le or windows-1252. By default, detected from the file.
    #[arg(long)]
    pub encoding: Option<Encoding>,

    /// Only fill gaps: keep names, descriptions and other single values that contacts already have.
    #[arg(long, conflicts_with = "system")]
    pub fill: bool,

    /// Take what is valid of a row, and list the rest in the report. By default, one invalid value refuses the row.
    #[arg(long)]
    pub lenient: bool,

    #[command(flatten)]
    pub records: RecordOptions,

    /// File of the report, for one imported file. By default, FILE.report.csv; stdin.report.csv for standard input.
    #[arg(long, value_name = "REPORT")]
    pub report: Option<PathBuf>,

    /// Print the result of each file as JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

/// How the rows of imported files name their records.
#[derive(Args)]
pub struct RecordOptions {
    /// System that the rows are about, such as crm: each row replaces what its record there reported before.
    ///
    /// The name has 1 to 64 characters of a-z 0-9 - _ and dots. The ID of a vCard's record is its UID; CSV needs
    /// --record-id.
    #[arg(long, value_name = "SYSTEM", value_parser = |text: &str| RecordName::parse_system(text))]
    pub system: Option<String>,

    /// Column of a CSV file, or key of a line of JSON, that has the IDs of the records.
    #[arg(long, value_name = "COLUMN", requires = "system")]
    pub record_id: Option<String>,

    /// Withdraw the records of the system that the file does not have. Refused if fewer than half would stay.
    #[arg(long, requires = "system")]
    pub snapshot: bool,

    /// Withdraw them even if fewer than half of the records stay.
    #[arg(long, requires = "snapshot")]
    pub replace_all: bool,
}

/// A product that reads exports.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Product {
    /// Microsoft Excel.
    Excel,
}

#[derive(Args)]
pub struct ExportOptions {
    /// Name of the company.
    pub company: CompanyName,

    /// Format: csv, jsonl or vcard.
    #[arg(long, default_value = "csv")]
    pub format: Format,

    /// Write for a product: excel, as CSV with a byte order mark and semicolons.
    #[arg(long = "for", value_name = "PRODUCT", conflicts_with = "format")]
    pub product: Option<Product>,

    /// Export only contacts that match these words.
    #[arg(long, value_name = "WORDS")]
    pub search: Option<String>,

    /// New file to write. It appears once it is complete. By default, standard output.
    #[arg(long = "to", value_name = "FILE")]
    pub file: Option<PathBuf>,
}
