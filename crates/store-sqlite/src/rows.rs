//! The changes of a batch as rows of the journal, records and history, and as claims.

use std::collections::BTreeSet;

use contact::{Changes, Claim, HandleKey, RecordName, TeammateId, View};
use rusqlite::{Connection, params};

use store::record;

use crate::error::Result;
use crate::handles;

/// Rows to write. Encoding them takes about as long as writing them, and can be done on another thread.
pub struct Rows {
    company: u32,
    /// Number, time and body.
    entries: Vec<(u64, i64, String)>,
    /// The number of each record, and the rest of its row; none if it is forgotten.
    records: Vec<(u64, Option<Record>)>,
    /// The names of records, with their numbers; none of one that is forgotten.
    names: Vec<(RecordName, Option<u64>)>,
    /// The records that report a handle besides its home, or no longer do.
    others: Vec<(HandleKey, u64, bool)>,
    /// Record and entry.
    history: BTreeSet<(u64, u64)>,
    /// The changed claims, in the order of the changes. They go to the claim buffer.
    pub claims: Vec<(HandleKey, Option<Claim>)>,
}

/// The row of a record, without its number.
struct Record {
    contact: u64,
    changed: u64,
    changed_at: i64,
    owner: Option<u64>,
    body: String,
}

impl Rows {
    /// Takes these kinds of changes out of `changes` and encodes them.
    pub fn take(view: &View, changes: &mut Changes) -> Rows {
        let entries = std::mem::take(&mut changes.entries);
        let records = std::mem::take(&mut changes.records);
        let names = std::mem::take(&mut changes.names);
        let others = std::mem::take(&mut changes.others);
        let history = std::mem::take(&mut changes.history);
        let claims = std::mem::take(&mut changes.claims);
        let row = |id| {
            let record = view.records.get(id)?;
            Some(Record {
                contact: record.contact.number(),
                changed: record.changed.0,
                changed_at: record.changed_at.millis(),
                owner: record.owner.map(TeammateId::number),
                body: record::from_record(record),
            })
        };
        let with_record = |name: RecordName| {
            let record = view.names.get(&name).map(|record| record.number());
            (name, record)
        };
        Rows {
            company: view.company.number(),
            entries: entries.iter().map(|entry| (entry.seq.0, entry.at.millis(), record::from_entry(entry))).collect(),
            records: records.iter().map(|id| (id.number(), row(id))).collect(),
            names: names.into_iter().map(with_record).collect(),
            others: others.into_iter().map(|((handle, record), is_one)| (handle, record.number(), is_one)).collect(),
            history: history.iter().map(|(id, seq)| (id.number(), seq.0)).collect(),
            claims: claims
                .into_iter()
                .map(|handle| {
                    let now = view.claims.get(&handle);
                    (handle, now)
                })
                .collect(),
        }
    }

    /// Writes the rows, except the claims.
    pub fn store(&self, connection: &Connection) -> Result<()> {
        let company = self.company;
        let mut append =
            connection.prepare_cached("INSERT INTO journal (company, seq, at, body) VALUES (?1, ?2, ?3, ?4)")?;
        for (seq, at, body) in &self.entries {
            append.execute(params![company, seq, at, body])?;
        }
        let mut put = connection.prepare_cached(
            "INSERT INTO record (company, record, contact, changed, changed_at, owner, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET contact = excluded.contact, changed = excluded.changed,
                 changed_at = excluded.changed_at, body = excluded.body",
        )?;
        let mut delete = connection.prepare_cached("DELETE FROM record WHERE company = ?1 AND record = ?2")?;
        for (id, row) in &self.records {
            match row {
                Some(Record { contact, changed, changed_at, owner, body }) => {
                    put.execute(params![company, id, contact, changed, changed_at, owner, body])?
                }
                None => delete.execute(params![company, id])?,
            };
        }
        let mut put = connection.prepare_cached(
            "INSERT INTO record_name (company, system, id, record) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET record = excluded.record",
        )?;
        let mut delete =
            connection.prepare_cached("DELETE FROM record_name WHERE company = ?1 AND system = ?2 AND id = ?3")?;
        for (name, record) in &self.names {
            match record {
                Some(record) => put.execute(params![company, name.system(), name.id(), record])?,
                None => delete.execute(params![company, name.system(), name.id()])?,
            };
        }
        handles::store_others(connection, company, &self.others)?;
        let mut insert = connection.prepare_cached("INSERT INTO history (company, record, seq) VALUES (?1, ?2, ?3)")?;
        for (record, seq) in &self.history {
            insert.execute(params![company, record, seq])?;
        }
        Ok(())
    }
}
