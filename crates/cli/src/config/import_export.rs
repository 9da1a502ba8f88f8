//! The options of imports, their undo, and exports. The comments are the help.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;
use contact::{CompanyName, ImportId, RecordName, Time};
use files::{Dialect, Encoding, Format};

use super::values::{Login, time, token};

/// What to take back.
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

    /// With --import: also withdraw the records that only the import reported to. Contacts that only it brought are gone, and
    /// the same file can be imported again. What it replaced in records of others does not come back.
    #[arg(long, conflicts_with = "token")]
    pub records: bool,

    /// Count, and change nothing.
    #[arg(long)]
    pub dry_run: bool,

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

    /// Keep what is unknown: create a custom field for each unknown column that has values.
    ///
    /// For JSON Lines, create the custom fields that the company does not have.
    #[arg(long)]
    pub keep_unknown: bool,

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

#[derive(Args)]
pub struct ExportOptions {
    /// Name of the company.
    pub company: CompanyName,

    /// Format: csv, jsonl, vcard (version 4.0) or vcard3 (version 3.0).
    #[arg(long, default_value = "csv")]
    pub format: Dialect,

    /// Write CSV for a product: excel (with a byte order mark and semicolons), google or outlook (with their columns).
    #[arg(long = "for", value_name = "PRODUCT", conflicts_with = "format")]
    pub product: Option<Dialect>,

    /// Export only contacts that match these words.
    #[arg(long, value_name = "WORDS")]
    pub search: Option<String>,

    /// New file to write. It appears once it is complete. By default, standard output.
    #[arg(long = "to", value_name = "FILE")]
    pub file: Option<PathBuf>,
}
