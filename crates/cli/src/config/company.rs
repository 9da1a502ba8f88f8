//! The commands that manage what a company has: its settings, channels, tokens, teammates, handles and fields. The comments are the help.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use contact::{ChannelType, CompanyName, FieldTarget, Region};
use hub::Scope;

use super::values::{RateLimit, SharedAfter, Switch};

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
