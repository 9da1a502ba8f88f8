//! The rows of settings, and of the groups, notes and pictures of contacts.

use contact::{Changes, CompanyId, ContactId, Group, Picture, Seq, Settings, View};
use rusqlite::{Connection, OptionalExtension, Row, params};

use store::{Content, Note, record};

use crate::error::{Error, Result};
use crate::journal;

/// The settings of a company.
pub fn settings(connection: &Connection, company: CompanyId) -> Result<Settings> {
    let mut statement = connection.prepare_cached("SELECT body FROM settings WHERE company = ?1")?;
    let body: Option<String> = statement.query_row([company.number()], |row| row.get(0)).optional()?;
    Ok(body.map(|body| record::to_settings(&body)).transpose()?.unwrap_or_default())
}

/// Writes the settings, memberships, notes and pictures that a batch has changed.
pub fn store(connection: &Connection, view: &View, changes: &Changes, contents: &[Content]) -> Result<()> {
    let company = view.company.number();
    if changes.settings {
        let put = "INSERT INTO settings (company, body) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET body = excluded.body";
        connection.prepare_cached(put)?.execute(params![company, record::from_settings(&view.settings)])?;
    }
    for (group, record) in &changes.memberships {
        let (kind, number) = store::record::from_group(*group);
        let groups = view.records.get(record).map(|record| &record.facts.groups[..]).unwrap_or_default();
        let change = if groups.iter().any(|stamped| stamped.value == *group) {
            r#"INSERT INTO membership (company, kind, "group", record) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING"#
        } else {
            r#"DELETE FROM membership WHERE company = ?1 AND kind = ?2 AND "group" = ?3 AND record = ?4"#
        };
        connection.prepare_cached(change)?.execute(params![company, kind, number, record.number()])?;
    }
    for (record, seq) in &changes.notes {
        let put = "INSERT INTO note (company, record, seq) VALUES (?1, ?2, ?3)";
        connection.prepare_cached(put)?.execute(params![company, record.number(), seq.0])?;
    }
    for content in contents {
        if let Content::Picture { entry, picture } = content {
            let put = "INSERT INTO picture (company, seq, media_type, content) VALUES (?1, ?2, ?3, ?4)";
            let media_type = picture.kind.media_type();
            connection.prepare_cached(put)?.execute(params![company, entry.0, media_type, &picture.content[..]])?;
        }
    }
    Ok(())
}

/// The contacts in a group, the youngest first.
pub fn members(
    connection: &Connection,
    company: CompanyId,
    group: Group,
    before: Option<ContactId>,
    limit: usize,
) -> Result<Vec<ContactId>> {
    let mut statement = connection.prepare_cached(
        r#"SELECT record FROM membership WHERE company = ?1 AND kind = ?2 AND "group" = ?3 AND record < ?4
           ORDER BY record DESC LIMIT ?5"#,
    )?;
    let (kind, number) = record::from_group(group);
    let before = before.map_or(i64::MAX as u64, ContactId::number);
    let rows = statement.query_map(params![company.number(), kind, number, before, limit], |row| row.get(0))?;
    rows.map(|number| Ok(record::contact_id(number?)?)).collect()
}

/// The last notes about some contacts, the newest first.
pub fn notes(connection: &Connection, company: CompanyId, contacts: &[ContactId], limit: usize) -> Result<Vec<Note>> {
    let mut statement = connection.prepare_cached(
        "SELECT journal.seq, at, body FROM note JOIN journal USING (company, seq)
         WHERE note.company = ?1 AND record = ?2 ORDER BY note.seq DESC LIMIT ?3",
    )?;
    let mut notes = Vec::new();
    for contact in contacts {
        for entry in statement.query_and_then(params![company.number(), contact.number(), limit], journal::entry)? {
            notes.extend(record::note(entry?));
        }
    }
    notes.sort_by_key(|note| std::cmp::Reverse(note.seq));
    notes.truncate(limit);
    Ok(notes)
}

/// The picture that an entry set.
pub fn picture(connection: &Connection, company: CompanyId, entry: Seq) -> Result<Option<Picture>> {
    let mut statement =
        connection.prepare_cached("SELECT media_type, content FROM picture WHERE company = ?1 AND seq = ?2")?;
    let picture = |row: &Row| {
        let (media_type, content): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        Ok::<_, Error>(Picture { kind: record::to_picture_type(&media_type)?, content: content.into() })
    };
    // No entry has a number that the column cannot hold.
    let Ok(seq) = i64::try_from(entry.0) else { return Ok(None) };
    statement.query_and_then(params![company.number(), seq], picture)?.next().transpose()
}
