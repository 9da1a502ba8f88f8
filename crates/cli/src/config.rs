//! Every option, from the command line or the environment. The comments are the help.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{BoolishValueParser, OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use contact::{ChannelType, CompanyName, FieldTarget, Region};
use files::{Encoding, Format};
use hub::Scope;
use store_postgres::Limits;

use crate::address::StoreAddress;
use tracing_subscriber::EnvFilter;

/// Kith keeps one record a person: other systems tell it what they know, and it works out who is who.
#[derive(Parser)]
#[command(name = "kith", version, after_help = "Example: kith serve --demo")]
pub struct Config {
    #[command(flatten)]
    pub store: StoreOptions,

    /// How much is logged: error, warn, info, debug or trace, for all or by part (such as server=debug).
    #[arg(long, env = "KITH_LOG", default_value = "info", value_name = "LEVEL", global = true)]
    pub log: EnvFilter,

    /// How a line of the log is written.
    #[arg(long, env = "KITH_LOG_FORMAT", default_value = "text", global = true)]
    pub log_format: LogFormat,

    #[command(subcommand)]
    pub command: Command,
}

#[expect(clippy::doc_markdown, reason = "the comments are the help")]
#[derive(Args)]
pub struct StoreOptions {
    /// The store: the path of its file, or the address of a PostgreSQL database, such as postgres://kith@db/kith.
    #[arg(
        long = "store",
        env = "KITH_STORE",
        hide_env_values = true,
        default_value = "kith.db",
        value_name = "STORE",
        value_parser = OsStringValueParser::new().map(StoreAddress::from),
        global = true
    )]
    pub address: StoreAddress,

    /// Most connections to a database at once.
    #[arg(long = "store-connections", env = "KITH_STORE_CONNECTIONS", default_value = "16", value_name = "COUNT",
        value_parser = clap::value_parser!(u16).range(1..), global = true, hide_short_help = true)]
    pub connections: u16,

    /// How many seconds a statement may take in a database.
    #[arg(long = "store-timeout", env = "KITH_STORE_TIMEOUT", default_value = "10", value_name = "SECONDS",
        value_parser = clap::value_parser!(u16).range(1..), global = true, hide_short_help = true)]
    pub timeout: u16,

    /// How many seconds to try to reach a database at the start, with growing pauses.
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
    /// How a database is used.
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
    /// Serve the contact API.
    ///
    /// On an empty store a first company is made, and its login is shown. Stops on SIGTERM or Ctrl-C, when
    /// all that was taken in is answered.
    #[command(after_help = "Example: kith serve --store /var/lib/kith/kith.db --listen 0.0.0.0:8080")]
    Serve(ServeOptions),

    /// Companies and their passwords.
    #[command(subcommand, after_help = "Example: kith company add wayne")]
    Company(CompanyCommand),

    /// Channels: the addresses that people write to.
    #[command(subcommand, after_help = "Example: kith channel add wayne --type email --address support@wayne.example")]
    Channel(ChannelCommand),

    /// Tokens: what programs ask API 2 with, and what each of them may do.
    #[command(subcommand, after_help = "Example: kith token add wayne --name sync --scope contacts:read")]
    Token(TokenCommand),

    /// Teammates: who works at a company, with a password for the app.
    #[command(subcommand, after_help = "Example: kith teammate add wayne --email alfred@wayne.example --name Alfred")]
    Teammate(TeammateCommand),

    /// Custom fields: what a company keeps of its contacts and accounts beside what everybody keeps.
    #[command(subcommand, after_help = "Example: kith field add wayne --name Birthday --type datetime")]
    Field(FieldCommand),

    /// Take in contacts from files: CSV, JSON Lines or vCard.
    ///
    /// Rows are imported in order, by the rules of the API. A report, a CSV file beside the file, has the result of each row.
    /// Run the same command again to resume an interrupted import. Importing a file twice changes nothing.
    #[command(after_help = "Example: kith import wayne crm.csv --map 'Mobile no.=phone' --dry-run")]
    Import(ImportOptions),

    /// Write all contacts, or those that a search finds, to a file: CSV, JSON Lines or vCard.
    #[command(after_help = "Example: kith export wayne --format vcard --to wayne.vcf")]
    Export(ExportOptions),

    /// Find people by any part of a name, e-mail address, phone number, Twitter name, description or link.
    ///
    /// A part has three characters or more; fewer are found where a word begins. Accents and case do not count. The best
    /// match comes first. Exits with 1 if nobody is found.
    #[command(after_help = "Example: kith find wayne bruce 'way'")]
    Find(FindOptions),

    /// Rebuild the search index. A server goes on; until the index is complete, searches find only some contacts.
    #[command(after_help = "Example: kith reindex --company wayne")]
    Reindex {
        /// The company's name. Without it, all companies.
        #[arg(long)]
        company: Option<CompanyName>,
    },

    /// Replay the journal and compare the result with what is stored. Exits with 1 and a list if anything differs.
    #[command(after_help = "Example: kith verify --store kith.db")]
    Verify,

    /// Bring a store's schema up to date. On a database with Citus, spread it over the machines of the cluster.
    ///
    /// Every command that writes does this where it is needed; this one does nothing else.
    #[command(after_help = "Example: kith migrate --store postgres://kith@db.example.org/kith")]
    Migrate,

    /// Copy a whole store into another, from a file to a database, back, or between two of a kind.
    ///
    /// The copy is compared with what it was made from, and both are verified. The same command again goes on where one
    /// was interrupted, and brings a copy along. Who is signed in has to sign in again.
    #[command(after_help = "Example: kith copy kith.db postgres://kith@db.example.org/kith")]
    Copy {
        /// The store to copy.
        #[arg(value_parser = OsStringValueParser::new().map(StoreAddress::from))]
        from: StoreAddress,
        /// Where to: nothing yet, or an earlier copy.
        #[arg(value_parser = OsStringValueParser::new().map(StoreAddress::from))]
        to: StoreAddress,
    },

    /// Copy the store, as it is at this moment, into a new file. The store may be in use.
    #[command(after_help = "Example: kith backup kith-2026-11-23.db")]
    Backup {
        /// The new file.
        file: PathBuf,
    },
}

#[derive(Args)]
pub struct ServeOptions {
    /// The address and port to listen on.
    #[arg(long, env = "KITH_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub listen: SocketAddr,

    /// The address and port to take in e-mail on, by SMTP. Without it, none is taken in.
    #[arg(long, env = "KITH_SMTP", value_name = "ADDR")]
    pub smtp: Option<SocketAddr>,

    /// What this server is called from outside, for links in answers. Without it, the host that was asked.
    #[arg(long, env = "KITH_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<String>,

    /// Make a company `wayne` to look at, with a dozen contacts and what they wrote.
    #[arg(long, env = "KITH_DEMO", value_parser = BoolishValueParser::new())]
    pub demo: bool,
}

#[derive(Args)]
pub struct FindOptions {
    /// The company's name.
    pub company: CompanyName,

    /// What to look for. All of it must be found.
    #[arg(required = true)]
    pub words: Vec<String>,

    /// Most people to show.
    #[arg(long, default_value = "20", value_parser = clap::value_parser!(u8).range(1..=hub::FOUND_MAX as i64))]
    pub limit: u8,

    /// As JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum CompanyCommand {
    /// Add a company. Its password is generated, and shown only now.
    #[command(after_help = "Example: kith company add wayne --region US")]
    Add(AddOptions),

    /// List the companies.
    #[command(after_help = "Example: kith company list --json")]
    List {
        /// As JSON.
        #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
        json: bool,
    },

    /// Set how many requests a minute a company's programs may make of API 2.
    ///
    /// A running server heeds it within a second.
    #[command(after_help = "Example: kith company limit wayne 600")]
    Limit {
        /// The company's name.
        name: CompanyName,
        /// How many requests a minute, or off for no limit.
        #[arg(value_name = "REQUESTS_PER_MINUTE|off")]
        limit: RateLimit,
    },

    /// Give a company a new password, shown only now. The old one stops working.
    #[command(after_help = "Example: kith company rotate wayne")]
    Rotate {
        /// The company's name.
        name: CompanyName,
        /// As JSON.
        #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
        json: bool,
    },
}

#[derive(Args)]
pub struct AddOptions {
    /// Its name, which is also its login: a-z, 0-9, dot, hyphen and underscore.
    pub name: CompanyName,

    /// Where its phone numbers without a country code are dialled: an ISO 3166 code.
    #[arg(long, env = "KITH_REGION", default_value = "US")]
    pub region: Region,

    /// As JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum ChannelCommand {
    /// Add a channel. A running server takes its messages in from now on.
    #[command(after_help = "Example: kith channel add wayne --type sms --address '+1 650 555 0100'")]
    Add(AddChannelOptions),

    /// List a company's channels.
    #[command(after_help = "Example: kith channel list wayne --json")]
    List(OfCompany),
}

/// Whose something is that is listed.
#[derive(Args)]
pub struct OfCompany {
    /// The company's name.
    pub company: CompanyName,

    /// As JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

#[derive(Args)]
pub struct AddChannelOptions {
    /// The company's name.
    pub company: CompanyName,

    /// What comes in through it: email, sms or custom.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: ChannelType,

    /// Its address: an e-mail address, a phone number, or for custom a name of your choice.
    #[arg(long)]
    pub address: String,

    /// What signs text messages, such as the auth token of a Twilio account. Without it, one is generated.
    #[arg(long, env = "KITH_CHANNEL_TOKEN", hide_env_values = true)]
    pub token: Option<String>,

    /// As JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

/// A limit of requests a minute; none for no limit.
#[derive(Clone, Copy)]
pub struct RateLimit(pub Option<u32>);

impl FromStr for RateLimit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<RateLimit, &'static str> {
        match text.parse() {
            _ if text == "off" => Ok(RateLimit(None)),
            Ok(limit @ 1..=1_000_000) => Ok(RateLimit(Some(limit))),
            _ => Err("Must be a number from 1 to 1000000, or off"),
        }
    }
}

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Add a token. It is shown only now.
    #[command(after_help = "Example: kith token add wayne --name sync --scope contacts:read --scope contacts:write")]
    Add(AddTokenOptions),

    /// List a company's tokens, and what they may do. The tokens themselves are not kept.
    #[command(after_help = "Example: kith token list wayne --json")]
    List(OfCompany),

    /// Revoke a token. A running server refuses it within a second.
    #[command(after_help = "Example: kith token revoke wayne sync")]
    Revoke {
        /// The company's name.
        company: CompanyName,
        /// The id of the token, or its name; all that have this name are revoked.
        #[arg(value_name = "ID_OR_NAME")]
        token: String,
    },
}

#[derive(Args)]
pub struct AddTokenOptions {
    /// The company's name.
    pub company: CompanyName,

    /// What the token is called in lists.
    #[arg(long)]
    pub name: String,

    /// What it may do, such as contacts:read. Can be given many times. Without it, everything.
    #[arg(long = "scope", value_name = "SCOPE")]
    pub scopes: Vec<Scope>,

    /// As JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum TeammateCommand {
    /// Add a teammate. Their password is generated, and shown only now.
    #[command(after_help = "Example: kith teammate add wayne --email alfred@wayne.example --name 'Alfred Pennyworth'")]
    Add {
        /// The company's name.
        company: CompanyName,
        /// Their e-mail address, with which they sign in.
        #[arg(long)]
        email: String,
        /// What they are called.
        #[arg(long)]
        name: String,
        /// As JSON.
        #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
        json: bool,
    },

    /// List a company's teammates, also those that are blocked.
    #[command(after_help = "Example: kith teammate list wayne --json")]
    List(OfCompany),

    /// Give a teammate a new password, shown only now. The old one stops working, and they are signed out.
    #[command(after_help = "Example: kith teammate rotate wayne alfred@wayne.example")]
    Rotate {
        /// Who.
        #[command(flatten)]
        who: OneTeammate,
        /// As JSON.
        #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
        json: bool,
    },

    /// Block a teammate: they are signed out and can sign in no more. What they wrote stays.
    #[command(after_help = "Example: kith teammate block wayne alfred@wayne.example")]
    Block(OneTeammate),

    /// Take a block back: a teammate can sign in again, with a new password, shown only now.
    #[command(after_help = "Example: kith teammate unblock wayne alfred@wayne.example")]
    Unblock {
        /// Who.
        #[command(flatten)]
        who: OneTeammate,
        /// As JSON.
        #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
        json: bool,
    },
}

#[derive(Args)]
pub struct OneTeammate {
    /// The company's name.
    pub company: CompanyName,

    /// The teammate's e-mail address or id.
    #[arg(value_name = "EMAIL_OR_ID")]
    pub teammate: String,
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

    /// Remove a custom field. Its values are shown no more.
    #[command(after_help = "Example: kith field remove wayne Birthday")]
    Remove {
        /// The company's name.
        company: CompanyName,
        /// The id of the field, or its name.
        #[arg(value_name = "ID_OR_NAME")]
        field: String,
        /// What has the field of this name: contact or account.
        #[arg(long, value_name = "HOLDER", default_value = "contact")]
        on: FieldTarget,
    },
}

#[derive(Args)]
pub struct AddFieldOptions {
    /// The company's name.
    pub company: CompanyName,

    /// What it is called; no other of the same target is.
    #[arg(long)]
    pub name: String,

    /// What it holds: string, boolean, datetime, number, teammate, inbox or enum.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: String,

    /// What can be chosen from, for an enum. Can be given many times.
    #[arg(long = "choice", value_name = "TEXT")]
    pub choices: Vec<String>,

    /// What has it: contact or account.
    #[arg(long, value_name = "HOLDER", default_value = "contact")]
    pub on: FieldTarget,

    /// What it is for.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub description: String,

    /// As JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

#[expect(clippy::doc_markdown, reason = "the comments are the help")]
#[derive(Args)]
pub struct ImportOptions {
    /// The company's name.
    pub company: CompanyName,

    /// The files. They are taken in one after the other.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Tell what would happen, and do nothing. It happens to a copy, which takes as much space as the store.
    #[arg(long)]
    pub dry_run: bool,

    /// The meaning of a column, by its name in the first line. Can be given several times.
    ///
    /// It can be name, first_name, middle_name, last_name, description, email, phone, twitter, facebook, intercom, front_chat,
    /// custom, link, list, ignore, or a custom field. What is not given is understood by its usual name.
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    pub maps: Vec<String>,

    /// The format: csv, jsonl or vcard. Otherwise the file's name and its beginning say it.
    #[arg(long)]
    pub format: Option<Format>,

    /// What stands between the cells of a CSV file. Otherwise its first line shows it.
    #[arg(long, value_name = "CHARACTER")]
    pub delimiter: Option<String>,

    /// The encoding, such as utf-8, utf-16le or windows-1252. Otherwise the beginning of the file shows it.
    #[arg(long)]
    pub encoding: Option<Encoding>,

    /// Keep names, descriptions and other single values that contacts already have.
    #[arg(long)]
    pub fill: bool,

    /// Where the report goes; of one file. Otherwise beside each file, as FILE.report.csv.
    #[arg(long, value_name = "REPORT")]
    pub report: Option<PathBuf>,

    /// What came of each file, as JSON.
    #[arg(long, env = "KITH_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

#[derive(Args)]
pub struct ExportOptions {
    /// The company's name.
    pub company: CompanyName,

    /// The format: csv, jsonl or vcard.
    #[arg(long, default_value = "csv")]
    pub format: Format,

    /// Only those that a search for these words finds.
    #[arg(long, value_name = "WORDS")]
    pub search: Option<String>,

    /// The file to write. It appears when it is whole, and replaces none. Otherwise all goes to standard output.
    #[arg(long = "to", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

fn public_url(text: &str) -> Result<String, String> {
    match contact::Link::parse(text) {
        Ok(url) if !url.as_str().contains(['?', '#']) => Ok(url.as_str().to_owned()),
        Ok(_) => Err("must have no query and no fragment".into()),
        Err(invalid) => Err(invalid.to_string()),
    }
}

/// Sends the log to standard error, so that what a command answers stands alone on standard output.
pub fn start_log(filter: EnvFilter, format: LogFormat) {
    let is_terminal = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(is_terminal);
    // A line that cannot be logged would be complained of where it could not be written, and that is a panic: a closed
    // pipe or a full disk under the log would end the thread that writes the store.
    let log = log.log_internal_errors(false);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
