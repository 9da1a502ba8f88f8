//! All statements of reads and writes, for `EXPLAIN`.

use ::search::Query;
use contact::{CompanyId, Region};

use crate::{
    accounts, append, channels, companies, contact_lists, contacts, conversations, credentials, duplicates, handles,
    history, journal, journal_reader, scan, search, settings,
};

/// Statements with parameters.
const READS: [&str; 34] = [
    contacts::BY_ID,
    contacts::BY_HANDLE,
    contacts::BY_GROUP,
    contacts::BY_REPORT,
    contacts::BY_NAME,
    contacts::NAMES_OF_SYSTEM,
    handles::CLAIMS,
    handles::OTHERS,
    handles::COUNTED,
    handles::MARKED,
    journal::ENDS,
    journal::LOCK,
    journal::ENTRIES,
    history::HISTORY,
    history::NOTES,
    history::PICTURE,
    contact_lists::STREAM,
    settings::SETTINGS,
    accounts::BY_ID,
    accounts::BY_ALIAS,
    conversations::BY_REFERENCE,
    conversations::BY_ID,
    conversations::LATEST,
    conversations::LATEST_OF,
    conversations::EARLIEST,
    conversations::EARLIEST_OF,
    conversations::MESSAGES,
    conversations::MESSAGE_BY_ID,
    conversations::ATTACHMENT,
    companies::BY_NAME,
    companies::BY_ID,
    channels::CHANNELS,
    channels::CHANNEL,
    channels::MAILBOX,
];

/// All statements, with a search as an example.
pub fn all() -> Vec<String> {
    let reads = READS.into_iter().chain(scan::STATEMENTS).chain(credentials::STATEMENTS);
    let reads = reads.chain(duplicates::statements()).chain(journal_reader::STATEMENTS).map(str::to_owned);
    let company = CompanyId::new(1).expect("1 is a company number");
    let query = Query::parse("ce wayne 650-814", Region::default()).unwrap_or_default();
    let searches = search::statements(company, &query).into_iter().chain(search::index_statements());
    let lists = contact_lists::statements().chain(accounts::list_statements());
    reads.chain(append::statements()).chain(searches).chain(lists).collect()
}
