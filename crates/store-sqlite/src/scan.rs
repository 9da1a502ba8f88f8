//! Reads all that is stored of a company, in the order that `ScanItem` names.

use contact::{Claim, CompanyId, HandleKey, RecordId, RecordName, Seq, Settings};
use rusqlite::{Connection, Row};
use store::{ScanItem, record};

use crate::error::{Error, Result};
use crate::{accounts, claim_buffer, contacts, conversations, handles, journal, settings};

const ENTRIES: &str = "SELECT seq, at, body FROM journal WHERE company = ?1 ORDER BY seq";
const NAMES: &str = "SELECT system, id, record FROM record_name WHERE company = ?1 ORDER BY system, id";
const CLAIMS: &str = "SELECT source, key, home, has_more, status FROM handle WHERE company = ?1 ORDER BY source, key";
const REPORTERS: &str = "SELECT source, key, record FROM reporter WHERE company = ?1 ORDER BY source, key, record";
const HISTORY: &str = "SELECT record, seq FROM history WHERE company = ?1 ORDER BY record, seq";
const NOTES: &str = "SELECT record, seq FROM note WHERE company = ?1 ORDER BY record, seq";
const MEMBERSHIPS: &str =
    r#"SELECT kind, "group", record FROM membership WHERE company = ?1 ORDER BY kind, "group", record"#;
const ACCOUNTS: &str = "SELECT account, changed, body FROM account WHERE company = ?1 ORDER BY account";
const CONVERSATIONS: &str =
    "SELECT conversation, home, changed, body FROM conversation WHERE company = ?1 ORDER BY conversation";
const REFERENCES: &str = "SELECT channel, reference, conversation, message FROM message_reference WHERE company = ?1
     ORDER BY channel, reference";

/// Calls `visit` with all that is stored of a company until it returns false.
pub fn scan(connection: &Connection, company: CompanyId, visit: &mut dyn FnMut(ScanItem) -> bool) -> Result<()> {
    let mut scan = Scan { connection, company, visit, is_wanted: true };
    scan.rows(ENTRIES, |row| Ok(ScanItem::Entry(journal::entry(row)?)))?;
    scan.rows(contacts::ALL_RECORDS, |row| Ok(ScanItem::Record(contacts::record(row)?)))?;
    scan.rows(NAMES, |row| {
        Ok(ScanItem::Name(RecordName::from_stored(row.get(0)?, row.get(1)?), record::contact_id(row.get(2)?)?))
    })?;
    scan.claims()?;
    scan.rows(REPORTERS, |row| Ok(ScanItem::Reporter(handle(row)?, record::contact_id(row.get(2)?)?)))?;
    scan.rows(HISTORY, |row| position(row).map(|(record, entry)| ScanItem::History(record, entry)))?;
    scan.rows(NOTES, |row| position(row).map(|(record, entry)| ScanItem::Note(record, entry)))?;
    scan.rows(MEMBERSHIPS, |row| {
        let kind: String = row.get(0)?;
        Ok(ScanItem::Membership(record::to_group(&kind, row.get(1)?)?, record::contact_id(row.get(2)?)?))
    })?;
    let guards = journal::ends(connection, company)?.map(|ends| ends.guards).unwrap_or_default();
    scan.item(ScanItem::Guards(guards));
    scan.rows(ACCOUNTS, |row| Ok(ScanItem::Account(accounts::to_account(row)?)))?;
    let settings = settings::settings(connection, company)?;
    if settings != Settings::default() {
        scan.item(ScanItem::Settings(settings));
    }
    scan.rows(CONVERSATIONS, |row| Ok(ScanItem::Conversation(conversations::to_conversation(row)?)))?;
    scan.rows(REFERENCES, |row| {
        let channel = record::channel_id(row.get(0)?)?;
        Ok(ScanItem::Reference(channel, row.get(1)?, conversations::to_message_ref(row)?))
    })
}

struct Scan<'a> {
    connection: &'a Connection,
    company: CompanyId,
    visit: &'a mut dyn FnMut(ScanItem) -> bool,
    /// Whether `visit` wants more.
    is_wanted: bool,
}

impl Scan<'_> {
    fn item(&mut self, item: ScanItem) {
        self.is_wanted = self.is_wanted && (self.visit)(item);
    }

    /// Visits the rows of a statement.
    fn rows(&mut self, sql: &str, read: impl Fn(&Row) -> Result<ScanItem>) -> Result<()> {
        if !self.is_wanted {
            return Ok(());
        }
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([self.company.number()])?;
        while self.is_wanted
            && let Some(row) = rows.next()?
        {
            self.item(read(row)?);
        }
        Ok(())
    }

    /// Visits the claims: those of the table, with those that are not flushed in their places.
    fn claims(&mut self) -> Result<()> {
        if !self.is_wanted {
            return Ok(());
        }
        let unflushed = claim_buffer::unflushed(self.connection, self.company)?;
        let mut unflushed: Vec<(HandleKey, Option<Claim>)> = unflushed.into_iter().collect();
        unflushed.sort_unstable_by(|(one, _), (other, _)| order(one).cmp(&order(other)));
        let mut unflushed = unflushed.into_iter().peekable();
        let mut statement = self.connection.prepare(CLAIMS)?;
        let mut rows = statement.query([self.company.number()])?;
        while let Some(row) = rows.next()? {
            let flushed = handle(row)?;
            let mut claim = Some(handles::to_claim(row.get(2)?, row.get(3)?, row.get(4)?)?);
            while let Some((handle, now)) = unflushed.next_if(|(handle, _)| order(handle) <= order(&flushed)) {
                if handle == flushed {
                    claim = now;
                } else {
                    self.claim(handle, now);
                }
            }
            self.claim(flushed, claim);
            if !self.is_wanted {
                return Ok(());
            }
        }
        unflushed.for_each(|(handle, now)| self.claim(handle, now));
        Ok(())
    }

    fn claim(&mut self, handle: HandleKey, claim: Option<Claim>) {
        if let Some(claim) = claim {
            self.item(ScanItem::Claim(handle, claim));
        }
    }
}

/// What handles are ordered by.
fn order(handle: &HandleKey) -> (&str, &str) {
    (handle.source().name(), handle.as_str())
}

fn handle(row: &Row) -> Result<HandleKey> {
    let (source, key): (String, String) = (row.get(0)?, row.get(1)?);
    Ok::<_, Error>(HandleKey::from_stored(record::source(&source)?, &key))
}

/// A record, and an entry about it.
fn position(row: &Row) -> Result<(RecordId, Seq)> {
    Ok((record::contact_id(row.get(0)?)?, Seq(row.get(1)?)))
}
