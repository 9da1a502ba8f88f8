//! The changes of a batch as rows of the journal, contacts and history, and as claims.

use std::collections::BTreeSet;

use contact::{Changes, Claim, HandleKey, TeammateId, View};
use rusqlite::{Connection, params};

use store::record;

use crate::error::Result;

/// Rows to write. Encoding them takes about as long as writing them, and can be done on another thread.
pub struct Rows {
    company: u32,
    /// Number, time and body.
    entries: Vec<(u64, i64, String)>,
    /// The number of each contact, and the rest of its row; none if it is deleted.
    contacts: Vec<(u64, Option<Contact>)>,
    /// Contact and entry.
    history: BTreeSet<(u64, u64)>,
    /// The changed claims, in the order of the changes. They go to the claim buffer.
    pub claims: Vec<(HandleKey, Option<Claim>)>,
}

/// The row of a contact, without its number.
struct Contact {
    changed: u64,
    changed_at: i64,
    merged_into: Option<u64>,
    merge: Option<u64>,
    owner: Option<u64>,
    body: String,
}

impl Rows {
    /// Takes these kinds of changes out of `changes` and encodes them.
    pub fn take(view: &View, changes: &mut Changes) -> Rows {
        let entries = std::mem::take(&mut changes.entries);
        let members = std::mem::take(&mut changes.members);
        let history = std::mem::take(&mut changes.history);
        let claims = std::mem::take(&mut changes.claims);
        let contact = |id| {
            let member = view.members.get(id)?;
            Some(Contact {
                changed: member.changed.0,
                changed_at: member.changed_at.millis(),
                merged_into: member.merged_into.map(|merged| merged.contact.number()),
                merge: member.merged_into.map(|merged| merged.merge.0),
                owner: member.owner.map(TeammateId::number),
                body: record::from_member(member),
            })
        };
        Rows {
            company: view.company.number(),
            entries: entries.iter().map(|entry| (entry.seq.0, entry.at.millis(), record::from_entry(entry))).collect(),
            contacts: members.iter().map(|id| (id.number(), contact(id))).collect(),
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
            "INSERT INTO contact (company, contact, changed, changed_at, merged_into, merge, owner, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT DO UPDATE SET changed = excluded.changed, changed_at = excluded.changed_at,
                 merged_into = excluded.merged_into, merge = excluded.merge, body = excluded.body",
        )?;
        let mut delete = connection.prepare_cached("DELETE FROM contact WHERE company = ?1 AND contact = ?2")?;
        for (id, row) in &self.contacts {
            match row {
                Some(Contact { changed, changed_at, merged_into, merge, owner, body }) => {
                    put.execute(params![company, id, changed, changed_at, merged_into, merge, owner, body])?
                }
                None => delete.execute(params![company, id])?,
            };
        }
        let mut insert =
            connection.prepare_cached("INSERT INTO history (company, contact, seq) VALUES (?1, ?2, ?3)")?;
        for (contact, seq) in &self.history {
            insert.execute(params![company, contact, seq])?;
        }
        Ok(())
    }
}
