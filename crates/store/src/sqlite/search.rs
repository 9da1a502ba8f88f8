//! The words of contacts: a reader of the journal that may lag.

use std::collections::BTreeSet;

use contact::{CompanyId, Contact, ContactId, Seq, View};
use rusqlite::{Connection, OptionalExtension, params};

use super::load;
use crate::{Error, record, search};

/// Most entries that are read in one transaction: a write waits no longer than these take.
const ENTRIES_MAX: u64 = 200;

/// Brings the index along by some entries, and says whether there are more.
pub fn catch_up(connection: &Connection) -> Result<bool, Error> {
    let query = "SELECT company, searched, entries FROM company WHERE entries > searched LIMIT 1";
    let behind = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let found: Option<(u32, u64, u64)> = connection.prepare_cached(query)?.query_row([], behind).optional()?;
    let Some((number, searched, entries)) = found else { return Ok(false) };
    let company = record::company_id(number)?;
    let to = entries.min(searched + ENTRIES_MAX);
    let mut touched = BTreeSet::new();
    load::changes(connection, company, Seq(searched), Seq(to), &mut |change| {
        touched.extend(search::touched(&change));
    })?;
    let mut view = View::new(company);
    for contact in touched {
        load::whole(connection, &mut view, contact)?;
        // One that was merged away is found as what it is part of now, one that was deleted no more.
        delete(connection, contact)?;
        let Some(shown) = view.contact(contact) else { continue };
        for part in &shown.merged {
            delete(connection, *part)?;
        }
        insert(connection, company, &shown)?;
    }
    connection.prepare_cached("UPDATE company SET searched = ?2 WHERE company = ?1")?.execute(params![number, to])?;
    Ok(true)
}

fn delete(connection: &Connection, contact: ContactId) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([contact.number()])?;
    Ok(())
}

fn insert(connection: &Connection, company: CompanyId, contact: &Contact) -> Result<(), Error> {
    delete(connection, contact.id)?;
    connection.prepare_cached("INSERT INTO search (rowid, company, words) VALUES (?1, ?2, ?3)")?.execute(params![
        contact.id.number(),
        token(company),
        search::words_of(contact).join(" ")
    ])?;
    Ok(())
}

/// The word that stands for a company.
fn token(company: CompanyId) -> String {
    format!("c{}", company.number())
}

/// The contacts with words that begin with all of these, the latest made first.
pub fn find(
    connection: &Connection,
    company: CompanyId,
    words: &[String],
    limit: usize,
) -> Result<Vec<ContactId>, Error> {
    let words = search::wanted(words);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    // Folded words are letters and digits, so there is nothing in them to escape.
    let begins = words.iter().map(|word| format!("words : \"{word}\" *"));
    let query = format!("company : {} AND {}", token(company), begins.collect::<Vec<_>>().join(" AND "));
    let mut statement =
        connection.prepare_cached("SELECT rowid FROM search WHERE search MATCH ?1 ORDER BY rowid DESC LIMIT ?2")?;
    let rows = statement.query_map(params![query, limit], |row| row.get(0))?;
    rows.map(|number| record::contact_id(number?)).collect()
}
