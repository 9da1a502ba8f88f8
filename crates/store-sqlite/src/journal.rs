//! The journals of companies: where each ends, and its entries.

use contact::{Change, CompanyId, Entry, Guards, Seq, Time, View};
use rusqlite::{Connection, OptionalExtension, Row, params};
use store::record;

use crate::error::{Error, Result};

/// Where a company's journal and its views end.
pub struct Ends {
    pub head: Seq,
    pub records_made: u64,
    pub conversations_made: u64,
    pub messages_made: u64,
    /// The last entry of which all claims are in the table of handles.
    pub flushed: Seq,
    pub guards: Guards,
}

/// Where a company's journal and its views end, if there is such a company.
pub fn ends(connection: &Connection, company: CompanyId) -> Result<Option<Ends>> {
    let query =
        "SELECT entries, records_made, conversations_made, messages_made, handles_flushed, shared_after, names_agree
         FROM company WHERE company = ?1";
    let ends = |row: &Row| {
        Ok(Ends {
            head: Seq(row.get(0)?),
            records_made: row.get(1)?,
            conversations_made: row.get(2)?,
            messages_made: row.get(3)?,
            flushed: Seq(row.get(4)?),
            guards: Guards { shared_after: row.get(5)?, names_agree: row.get(6)? },
        })
    };
    Ok(connection.prepare_cached(query)?.query_row([company.number()], ends).optional()?)
}

/// A company's view of which nothing is loaded yet.
pub fn nothing(company: CompanyId, ends: &Ends) -> View {
    View {
        head: ends.head,
        records_made: ends.records_made,
        conversations_made: ends.conversations_made,
        messages_made: ends.messages_made,
        guards: ends.guards,
        ..View::new(company)
    }
}

/// The companies of which not all claims are in the table of handles.
pub fn unflushed(connection: &Connection) -> Result<Vec<CompanyId>> {
    let mut statement = connection.prepare_cached("SELECT company FROM company WHERE entries > handles_flushed")?;
    let companies = statement.query_map([], |row| row.get::<_, u32>(0))?;
    companies.map(|number| Ok(record::company_id(number?)?)).collect()
}

/// The entries after one, in order.
pub fn entries(connection: &Connection, company: CompanyId, after: Seq, limit: usize) -> Result<Vec<Entry>> {
    let query = "SELECT seq, at, body FROM journal WHERE company = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    let mut statement = connection.prepare_cached(query)?;
    statement.query_and_then(params![company.number(), after.0, limit], entry)?.collect()
}

/// Gives what some entries changed to `visit`: those after one, up to another.
pub fn changes(
    connection: &Connection,
    company: CompanyId,
    after: Seq,
    to: Seq,
    visit: &mut dyn FnMut(Change),
) -> Result<()> {
    if after >= to {
        return Ok(());
    }
    let query = "SELECT seq, at, body FROM journal WHERE company = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq";
    let mut statement = connection.prepare_cached(query)?;
    for entry in statement.query_and_then(params![company.number(), after.0, to.0], entry)? {
        visit(entry?.change);
    }
    Ok(())
}

/// The entry of a row of its number, time and body.
pub fn entry(row: &Row) -> Result<Entry> {
    let body = row.get_ref(2)?.as_str().map_err(Error::damaged)?;
    Ok(record::to_entry(Seq(row.get(0)?), Time::from_millis(row.get(1)?), body)?)
}
