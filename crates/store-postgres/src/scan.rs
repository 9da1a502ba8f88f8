//! Reading all that is stored of a company.

use contact::CompanyId;
use futures_util::TryStreamExt as _;
use store::ScanItem;
use tokio::sync::mpsc;
use tokio_postgres::Row;

use crate::connect::Transaction;
use crate::error::Result;
use crate::{accounts, codec, contacts, conversations, groups, handles, history, journal, settings};

/// The statements of a scan, in order.
pub const STATEMENTS: [&str; 13] = [
    journal::ALL,
    contacts::ALL,
    contacts::ALL_NAMES,
    handles::ALL,
    handles::ALL_OTHERS,
    history::ALL,
    history::ALL_NOTES,
    groups::ALL,
    journal::ENDS,
    accounts::ALL,
    settings::SETTINGS,
    conversations::ALL,
    conversations::ALL_REFERENCES,
];

/// Reads an item from a row.
type ReadItem = fn(&Row) -> Result<ScanItem>;

/// The readers of the rows of each statement.
const READERS: [ReadItem; STATEMENTS.len()] = [
    |row| journal::entry(row).map(ScanItem::Entry),
    |row| contacts::record(row).map(ScanItem::Record),
    |row| contacts::name(row).map(|(name, record)| ScanItem::Name(name, record)),
    |row| handles::claim(row).map(|(handle, claim)| ScanItem::Claim(handle, claim)),
    |row| handles::other(row).map(|(handle, record)| ScanItem::Reporter(handle, record)),
    |row| history::position(row).map(|(record, entry)| ScanItem::History(record, entry)),
    |row| history::position(row).map(|(record, entry)| ScanItem::Note(record, entry)),
    |row| groups::membership(row).map(|(group, record)| ScanItem::Membership(group, record)),
    |row| journal::guards(row).map(ScanItem::Guards),
    |row| accounts::account(row).map(ScanItem::Account),
    |row| settings::from_row(row).map(ScanItem::Settings),
    |row| conversations::conversation(row).map(ScanItem::Conversation),
    |row| conversations::reference(row).map(|((channel, text), message)| ScanItem::Reference(channel, text, message)),
];

/// Sends all that is stored of a company, until the receiver is closed.
pub async fn scan(
    transaction: Transaction,
    company: CompanyId,
    send: &mpsc::Sender<Result<ScanItem, store::Error>>,
) -> Result<()> {
    let client = transaction.client();
    // The receiver sets the pace.
    client.batch_execute("SET LOCAL statement_timeout = 0").await?;
    for (sql, read) in STATEMENTS.into_iter().zip(READERS) {
        let statement = client.prepare_cached(sql).await?;
        let mut rows = Box::pin(client.query_raw(&statement, [codec::company(company)]).await?);
        while let Some(row) = rows.try_next().await? {
            if send.send(Ok(read(&row)?)).await.is_err() {
                return Ok(());
            }
        }
    }
    transaction.roll_back().await
}
