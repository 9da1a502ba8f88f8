//! The file of the index, beside the store. All that is in it can be made anew from the store.

use std::path::{Path, PathBuf};
use std::time::Duration;

use contact::{CompanyId, ContactId, Seq, TeammateId};
use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};

use search::{SearchableText, tokens};

use crate::error::{Error, Result};
use crate::sidecar;

/// Marks a SQLite file as an index of ours: "Kifi" in ASCII.
const APPLICATION_ID: i64 = 0x4b69_6669;
/// Changes when the tables, or what is kept in them, do. An index of another version is made anew.
const VERSION: i64 = 2;

const TABLES: &str = "
    -- How far each company's journal has been read.
    CREATE TABLE company (
        company INTEGER PRIMARY KEY,
        seq INTEGER NOT NULL,          -- the last entry that is read
        at INTEGER NOT NULL,           -- when that was: the journal of another store has another entry there
        walked INTEGER                 -- while the index is made anew: contacts that this entry or an earlier one changed are in
    ) STRICT;

    -- The contacts that stand for a person, each in the place of its last change.
    CREATE TABLE place (
        place INTEGER PRIMARY KEY,
        contact INTEGER NOT NULL UNIQUE,
        owner INTEGER,                 -- the teammate whose own it is; none: the whole company's
        words TEXT NOT NULL            -- what of it is searched, folded, each text a line
    ) STRICT;

    -- Their tokens, by place.
    CREATE VIRTUAL TABLE token USING fts5 (
        tokens, content = '', contentless_delete = 1, detail = none, tokenize = \"ascii tokenchars '_^~=+'\"
    );
    -- So much is gathered in memory before it is written, in bytes: many contacts in one piece are written and found faster.
    INSERT INTO token (token, rank) VALUES ('hashsize', 33554432);
";

const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of the file readers see in memory without reading it: 2 GiB, the most that SQLite maps.
const MAPPED_MAX: i64 = 0x7fff_0000;
const LOG_PAGES: usize = 8_192;
const STATEMENTS_MAX: usize = 64;

/// Where the index of a store is.
pub fn of(store: &Path) -> PathBuf {
    sidecar::sidecar(store, "-search")
}

/// Opens an index to be read; none if there is none yet.
pub fn read(file: &Path) -> Result<Option<Connection>> {
    sidecar::read(file, |connection| {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        connection.pragma_update(None, "mmap_size", MAPPED_MAX)?;
        Ok(reference(connection)? == (APPLICATION_ID, VERSION))
    })
}

/// Opens an index to be written, and makes it if it is not there or of another version. One that is damaged is made anew.
pub fn write(file: &Path) -> Result<Connection> {
    sidecar::write(file, open, |error| {
        let is_damaged = error.is_damaged();
        if is_damaged {
            tracing::warn!("the search index is damaged and is made anew");
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
    // What a crash loses is read from the journal once more.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -32_768)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unusable)?;
    let is_new = |connection: &Connection| {
        connection.query_row("SELECT count(*) = 0 FROM sqlite_master", [], |row| row.get::<_, bool>(0))
    };
    let (application, version) = reference(&transaction)?;
    if application != APPLICATION_ID && !is_new(&transaction)? {
        let reason = "is no search index of Kith; move it away";
        return Err(Error::unusable(format!("{} {reason}.", file.display())));
    }
    if version != VERSION {
        transaction
            .execute_batch("DROP TABLE IF EXISTS company; DROP TABLE IF EXISTS place; DROP TABLE IF EXISTS token;")?;
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(connection)
}

fn reference(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    let number = |query: &str| connection.query_row(query, [], |row| row.get::<_, i64>(0));
    Ok((number("PRAGMA application_id")?, number("PRAGMA user_version")?))
}

/// How far a company's journal has been read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The last entry that is read.
    pub seq: Seq,
    /// When that was, in milliseconds; 0 before the first.
    pub at: i64,
    /// What there is to do before that is so.
    pub stage: Stage,
}

/// What making an index anew has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// What is left of an earlier one has to be taken out.
    Clearing,
    /// The contacts that an entry up to this one has changed are in.
    Walked(Seq),
    /// It is made.
    Complete,
}

impl Stage {
    const CLEARING: i64 = -1;
}

/// How far a company's journal has been read; none if it is not in the index.
pub fn progress(index: &Connection, company: CompanyId) -> Result<Option<Progress>> {
    let query = "SELECT seq, at, walked FROM company WHERE company = ?1";
    let progress = |row: &rusqlite::Row| {
        let walked: Option<i64> = row.get(2)?;
        let stage = match walked {
            Some(Stage::CLEARING) => Stage::Clearing,
            Some(walked) => Stage::Walked(Seq(walked.unsigned_abs())),
            None => Stage::Complete,
        };
        Ok(Progress { seq: Seq(row.get(0)?), at: row.get(1)?, stage })
    };
    Ok(index.prepare_cached(query)?.query_row([company.number()], progress).optional()?)
}

pub fn set_progress(index: &Connection, company: CompanyId, progress: Progress) -> Result<()> {
    let walked = match progress.stage {
        Stage::Clearing => Some(Stage::CLEARING),
        Stage::Walked(seq) => Some(i64::try_from(seq.0).unwrap_or(i64::MAX)),
        Stage::Complete => None,
    };
    let mut set =
        index.prepare_cached("INSERT OR REPLACE INTO company (company, seq, at, walked) VALUES (?1, ?2, ?3, ?4)")?;
    set.execute(params![company.number(), progress.seq.0, progress.at, walked])?;
    Ok(())
}

const COMPANY_BITS: u32 = 39;

/// The places of a company's contacts, the first and the last. Those of each company are by themselves, and the contact that
/// was changed last comes first, since an index of this kind is read forwards faster than backwards.
pub fn places(company: CompanyId) -> (u64, u64) {
    let first = u64::from(company.number()) << COMPANY_BITS;
    (first, first + (1 << COMPANY_BITS) - 1)
}

/// The first and the last of a company's places that are taken; the last that there is if none are.
pub fn taken(index: &Connection, company: CompanyId) -> Result<(u64, u64)> {
    let (first, last) = places(company);
    let end = |end: &str| {
        let query = format!("SELECT {end}(place) FROM place WHERE place BETWEEN ?1 AND ?2");
        let end: Option<u64> = index.prepare_cached(&query)?.query_row(params![first, last], |row| row.get(0))?;
        Ok::<_, Error>(end.unwrap_or(last))
    };
    Ok((end("min")?, end("max")?))
}

/// Takes contacts out, those that are in.
pub fn take_out(index: &Connection, contacts: impl IntoIterator<Item = u64>) -> Result<()> {
    let mut taken = index.prepare_cached("DELETE FROM place WHERE contact = ?1 RETURNING place")?;
    let mut places: Vec<u64> = Vec::new();
    for contact in contacts {
        places.extend(taken.query_row([contact], |row| row.get::<_, u64>(0)).optional()?);
    }
    // In their order, they are gathered in memory.
    places.sort_unstable();
    let mut delete = index.prepare_cached("DELETE FROM token WHERE rowid = ?1")?;
    for place in places {
        delete.execute([place])?;
    }
    Ok(())
}

/// A contact that is to be put in.
pub struct Put {
    pub contact: ContactId,
    /// The last entry that changed it.
    pub changed: Seq,
    pub owner: Option<TeammateId>,
    pub words: SearchableText<'static>,
}

/// Puts in contacts that are not in.
pub fn put_in(index: &Connection, company: CompanyId, mut contacts: Vec<Put>) -> Result<()> {
    let (_, last) = places(company);
    // In the order of their places, they are gathered in memory.
    contacts.sort_unstable_by_key(|put| std::cmp::Reverse((put.changed, put.contact)));
    let query = "INSERT OR IGNORE INTO place (place, contact, owner, words) VALUES (?1, ?2, ?3, ?4)";
    let mut place = index.prepare_cached(query)?;
    let mut token = index.prepare_cached("INSERT INTO token (rowid, tokens) VALUES (?1, ?2)")?;
    for put in contacts {
        // Both sides of a split are changed by one entry, so there are two places for each.
        let mut at = last - put.changed.0 * 2 - 1;
        let owner = put.owner.map(TeammateId::number);
        if place.execute(params![at, put.contact.number(), owner, put.words.as_str()])? == 0 {
            at += 1;
            place.execute(params![at, put.contact.number(), owner, put.words.as_str()])?;
        }
        token.execute(params![at, tokens::of(&put.words)])?;
    }
    Ok(())
}

/// How many pieces the tokens of contacts are in.
pub fn pieces(index: &Connection) -> Result<u64> {
    Ok(index.query_row("SELECT count(DISTINCT segid) FROM token_idx", [], |row| row.get(0))?)
}

/// Joins some of the pieces that the tokens of contacts are in, and says whether there are more: the fewer there are, the sooner
/// something is found.
pub fn join(index: &Connection) -> Result<bool> {
    let before = index.total_changes();
    index.prepare_cached("INSERT INTO token (token, rank) VALUES ('merge', -2000)")?.execute([])?;
    // FTS5, section 6.8: less than two changes are none.
    Ok(index.total_changes() - before >= 2)
}
