//! The sidecar file of the search index. It can be rebuilt from the store at any time.

use std::path::{Path, PathBuf};
use std::time::Duration;

use contact::{CompanyId, ContactId, Seq, TeammateId};
use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};

use search::{SearchableText, tokens};

use crate::error::{Error, Result};
use crate::sidecar;

/// The application id of a search index: "Kifi" in ASCII.
const APPLICATION_ID: i64 = 0x4b69_6669;
/// The version of the tables and their contents. An index of another version is rebuilt.
const VERSION: i64 = 3;

const TABLES: &str = "
    -- The progress of the index in each company's journal.
    CREATE TABLE company (
        company INTEGER PRIMARY KEY,
        seq INTEGER NOT NULL,          -- the last entry that is indexed
        at INTEGER NOT NULL,           -- the time of that entry, to detect the journal of another store
        built_to INTEGER               -- during a rebuild: contacts changed up to this entry are indexed; -1: still clearing
    ) STRICT;

    -- The contacts that are not merged into another, each in the slot of its last change.
    CREATE TABLE indexed (
        slot INTEGER PRIMARY KEY,
        contact INTEGER NOT NULL UNIQUE,
        owner INTEGER,                 -- the teammate whose private contact it is; none: the whole company's
        words TEXT NOT NULL            -- the searchable texts, folded, one a line
    ) STRICT;

    -- Their tokens, by slot.
    CREATE VIRTUAL TABLE token USING fts5 (
        tokens, content = '', contentless_delete = 1, detail = none, tokenize = \"ascii tokenchars '_^~=+'\"
    );
    -- Bytes collected in memory before a segment is written: large segments are written and searched faster.
    INSERT INTO token (token, rank) VALUES ('hashsize', 33554432);
";

const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of the file that readers map into memory: 2 GiB, the most that SQLite supports.
const MAPPED_MAX: i64 = 0x7fff_0000;
const LOG_PAGES: usize = 8_192;
const STATEMENTS_MAX: usize = 64;

/// The path of a store's index.
pub fn of(store: &Path) -> PathBuf {
    sidecar::sidecar(store, "-search")
}

/// Opens an index for reading; none if it does not exist yet.
pub fn read(file: &Path) -> Result<Option<Connection>> {
    sidecar::read(file, |connection| {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        connection.pragma_update(None, "mmap_size", MAPPED_MAX)?;
        Ok(versions(connection)? == (APPLICATION_ID, VERSION))
    })
}

/// Opens an index for writing. Creates it if it is missing, damaged or of another version.
pub fn write(file: &Path) -> Result<Connection> {
    sidecar::write(file, open, |error| {
        let is_damaged = error.is_damaged();
        if is_damaged {
            tracing::warn!("the search index is damaged and will be rebuilt");
        }
        is_damaged
    })
}

fn open(file: &Path) -> Result<Connection> {
    let unusable = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly) => {
            Error::unusable(format!("The search index {} cannot be written: {error}.", file.display()))
        }
        _ => error.into(),
    };
    let mut connection = Connection::open(file).map_err(unusable)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.pragma_update(None, "journal_mode", "WAL").map_err(unusable)?;
    // Writes lost in a crash are read from the journal again.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -32_768)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unusable)?;
    let is_new = |connection: &Connection| {
        connection.query_row("SELECT count(*) = 0 FROM sqlite_master", [], |row| row.get::<_, bool>(0))
    };
    let (application, version) = versions(&transaction)?;
    if application != APPLICATION_ID && !is_new(&transaction)? {
        let reason = "is not a search index of Kith; move it away";
        return Err(Error::unusable(format!("{} {reason}.", file.display())));
    }
    if version != VERSION {
        transaction
            .execute_batch("DROP TABLE IF EXISTS company; DROP TABLE IF EXISTS indexed; DROP TABLE IF EXISTS token;")?;
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(connection)
}

/// The application id and the version of a file.
fn versions(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    let number = |query: &str| connection.query_row(query, [], |row| row.get::<_, i64>(0));
    Ok((number("PRAGMA application_id")?, number("PRAGMA user_version")?))
}

/// The progress of the index in a company's journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The last entry that is indexed, or will be after the rebuild.
    pub seq: Seq,
    /// The time of that entry, in milliseconds; 0 before the first.
    pub at: i64,
    /// The stage of the rebuild.
    pub stage: Stage,
}

/// The stage of a rebuild.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Removing the contacts of the previous index.
    Clearing,
    /// Adding contacts; those last changed up to this entry are in.
    Building(Seq),
    /// The index is built.
    Complete,
}

impl Stage {
    const CLEARING: i64 = -1;
}

/// Returns the progress of the index for a company; none if the company is not indexed.
pub fn progress(index: &Connection, company: CompanyId) -> Result<Option<Progress>> {
    let query = "SELECT seq, at, built_to FROM company WHERE company = ?1";
    let progress = |row: &rusqlite::Row| {
        let built_to: Option<i64> = row.get(2)?;
        let stage = match built_to {
            Some(Stage::CLEARING) => Stage::Clearing,
            Some(built_to) => Stage::Building(Seq(built_to.unsigned_abs())),
            None => Stage::Complete,
        };
        Ok(Progress { seq: Seq(row.get(0)?), at: row.get(1)?, stage })
    };
    Ok(index.prepare_cached(query)?.query_row([company.number()], progress).optional()?)
}

/// Stores the progress of the index for a company.
pub fn set_progress(index: &Connection, company: CompanyId, progress: Progress) -> Result<()> {
    let built_to = match progress.stage {
        Stage::Clearing => Some(Stage::CLEARING),
        Stage::Building(seq) => Some(i64::try_from(seq.0).unwrap_or(i64::MAX)),
        Stage::Complete => None,
    };
    let mut set =
        index.prepare_cached("INSERT OR REPLACE INTO company (company, seq, at, built_to) VALUES (?1, ?2, ?3, ?4)")?;
    set.execute(params![company.number(), progress.seq.0, progress.at, built_to])?;
    Ok(())
}

/// The bits of a slot below the company's number.
const COMPANY_BITS: u32 = 39;

/// The first and the last slot of a company.
///
/// The contact changed last has the lowest slot, because FTS5 reads an index faster forwards than backwards.
pub fn slots(company: CompanyId) -> (u64, u64) {
    let first = u64::from(company.number()) << COMPANY_BITS;
    (first, first + (1 << COMPANY_BITS) - 1)
}

/// The first and the last used slot of a company; its last slot if none is used.
pub fn used_slots(index: &Connection, company: CompanyId) -> Result<(u64, u64)> {
    let (first, last) = slots(company);
    let end = |end: &str| {
        let query = format!("SELECT {end}(slot) FROM indexed WHERE slot BETWEEN ?1 AND ?2");
        let end: Option<u64> = index.prepare_cached(&query)?.query_row(params![first, last], |row| row.get(0))?;
        Ok::<_, Error>(end.unwrap_or(last))
    };
    Ok((end("min")?, end("max")?))
}

/// Removes contacts from the index. Contacts that are not in it are ignored.
pub fn remove(index: &Connection, contacts: impl IntoIterator<Item = u64>) -> Result<()> {
    let mut delete_contact = index.prepare_cached("DELETE FROM indexed WHERE contact = ?1 RETURNING slot")?;
    let mut slots: Vec<u64> = Vec::new();
    for contact in contacts {
        slots.extend(delete_contact.query_row([contact], |row| row.get::<_, u64>(0)).optional()?);
    }
    // In order of the slots, FTS5 collects the changes in memory.
    slots.sort_unstable();
    let mut delete = index.prepare_cached("DELETE FROM token WHERE rowid = ?1")?;
    for slot in slots {
        delete.execute([slot])?;
    }
    Ok(())
}

/// A contact to insert into the index.
pub struct IndexedContact {
    /// Its id.
    pub contact: ContactId,
    /// The last entry that changed it.
    pub changed: Seq,
    /// The teammate whose private contact it is; none for the whole company's.
    pub owner: Option<TeammateId>,
    /// The searchable texts.
    pub words: SearchableText<'static>,
}

/// Inserts contacts that are not in the index.
pub fn insert(index: &Connection, company: CompanyId, mut contacts: Vec<IndexedContact>) -> Result<()> {
    let (_, last) = slots(company);
    // In order of the slots, FTS5 collects the changes in memory.
    contacts.sort_unstable_by_key(|contact| std::cmp::Reverse((contact.changed, contact.contact)));
    let query = "INSERT OR IGNORE INTO indexed (slot, contact, owner, words) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = index.prepare_cached(query)?;
    let mut insert_tokens = index.prepare_cached("INSERT INTO token (rowid, tokens) VALUES (?1, ?2)")?;
    for IndexedContact { contact, changed, owner, words } in contacts {
        // One entry changes both sides of a split, so each entry has two slots.
        let mut slot = last - changed.0 * 2 - 1;
        let owner = owner.map(TeammateId::number);
        if insert.execute(params![slot, contact.number(), owner, words.as_str()])? == 0 {
            slot += 1;
            insert.execute(params![slot, contact.number(), owner, words.as_str()])?;
        }
        insert_tokens.execute(params![slot, tokens::of(&words)])?;
    }
    Ok(())
}

/// How many segments the token index has.
pub fn segments(index: &Connection) -> Result<u64> {
    Ok(index.query_row("SELECT count(DISTINCT segid) FROM token_idx", [], |row| row.get(0))?)
}

/// Merges some segments of the token index, which speeds up searches. Returns whether more can be merged.
pub fn merge(index: &Connection) -> Result<bool> {
    let before = index.total_changes();
    index.prepare_cached("INSERT INTO token (token, rank) VALUES ('merge', -2000)")?.execute([])?;
    // FTS5, section 6.8: fewer than two changes mean that nothing was merged.
    Ok(index.total_changes() - before >= 2)
}
