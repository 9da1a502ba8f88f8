//! The entries, notes and pictures of a contact.

use std::collections::BTreeSet;

use contact::{Picture, RecordId, Seq};
use store::{Batch, Content, record};
use tokio_postgres::Row;

use crate::codec::{contact_id, number, stored};
use crate::error::Result;
use crate::pipeline::{Insert, Pipeline, Value};

pub const HISTORY: &str = "SELECT entry.* FROM (
         SELECT seq FROM unnest($2::bigint[]) AS first (seq)
         UNION
         SELECT later.seq FROM unnest($3::bigint[]) AS part (record), LATERAL (
             SELECT seq FROM history WHERE company = $1 AND record = part.record AND seq < $4
             ORDER BY seq DESC LIMIT $5
         ) AS later
         ORDER BY seq DESC LIMIT $5
     ) AS latest, LATERAL (
         SELECT seq, at, body FROM journal WHERE company = $1 AND seq = latest.seq OFFSET 0
     ) AS entry ORDER BY seq DESC";
pub const NOTES: &str = "SELECT entry.* FROM (
         SELECT about.seq FROM unnest($2::bigint[]) AS part (record), LATERAL (
             SELECT seq FROM note WHERE company = $1 AND record = part.record ORDER BY seq DESC LIMIT $3
         ) AS about
         ORDER BY seq DESC LIMIT $3
     ) AS latest, LATERAL (
         SELECT seq, at, body FROM journal WHERE company = $1 AND seq = latest.seq OFFSET 0
     ) AS entry ORDER BY seq DESC";
pub const PICTURE: &str = "SELECT media_type, content FROM picture WHERE company = $1 AND seq = $2";
pub const ADD_PICTURE: &str = "INSERT INTO picture (company, seq, media_type, content) VALUES ($1, $2, $3, $4)";
pub const ALL: &str = "SELECT record, seq FROM history WHERE company = $1 ORDER BY record, seq";
pub const ALL_NOTES: &str = "SELECT record, seq FROM note WHERE company = $1 ORDER BY record, seq";
pub static ENTRY: Insert = Insert::new("history (company, record, seq)", 2, "");
pub static NOTE: Insert = Insert::new("note (company, record, seq)", 2, "");

/// A record, and an entry about it.
pub fn position(row: &Row) -> Result<(RecordId, Seq)> {
    Ok((contact_id(row, 0)?, Seq(number(row, 1)?)))
}

pub fn picture(row: &Row) -> Result<Picture> {
    let content: &[u8] = row.try_get(1)?;
    Ok(Picture { kind: record::to_picture_type(row.try_get(0)?)?, content: content.into() })
}

/// Adds the statements that store which entries and notes of a batch are about which record.
pub async fn append<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) -> Result<()> {
    let changes = &batch.changes;
    let row = |(record, seq)| -> Vec<Value> { vec![Box::new(stored(record)), Box::new(stored(seq))] };
    let entries: BTreeSet<(u64, u64)> = changes.history.iter().map(|(id, seq)| (id.number(), seq.0)).collect();
    pipeline.insert(&ENTRY, entries.into_iter().map(row).collect()).await?;
    let notes = changes.notes.iter().map(|(id, seq)| row((id.number(), seq.0)));
    pipeline.insert(&NOTE, notes.collect()).await
}

/// Adds the statements that store the pictures of a batch.
pub async fn append_pictures<'a>(pipeline: &mut Pipeline<'a>, contents: &'a [Content]) -> Result<()> {
    for content in contents {
        if let Content::Picture { entry, picture } = content {
            let kind = picture.kind.media_type();
            let values: Vec<Value> = vec![Box::new(stored(entry.0)), Box::new(kind), Box::new(&picture.content[..])];
            pipeline.add(ADD_PICTURE, values).await?;
        }
    }
    Ok(())
}
