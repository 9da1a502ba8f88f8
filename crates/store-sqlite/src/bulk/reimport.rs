//! The reimport check, as one reader of the file does it.

use contact::{Command, CompanyId, Time};
use rusqlite::Connection;
use store::reimport::{ROWS_AT_ONCE, Unchanged};
use store::{Batch, Needs};

use crate::claim_buffer::ClaimBuffer;
use crate::error::Result;
use crate::{journal, load};

/// The outcomes of commands that change nothing; none if one does, or if the claim buffer and the file differ.
pub fn unchanged(
    connection: &Connection,
    claim_buffer: &ClaimBuffer,
    company: CompanyId,
    commands: &[Command],
    at: Time,
) -> Result<Unchanged> {
    let Some(ends) = journal::ends(connection, company)?.filter(|ends| claim_buffer.is_at(company, ends.head)) else {
        return Ok(None);
    };
    let mut batch = Batch::new(journal::nothing(company, &ends));
    batch.view.records.reserve(commands.len());
    let mut outcomes = Vec::with_capacity(commands.len());
    for commands in commands.chunks(ROWS_AT_ONCE) {
        load::needed(connection, claim_buffer, &mut batch, &Needs::of_commands(commands))?;
        let mut decided = Vec::with_capacity(commands.len());
        let missing = batch.perform(commands, at, &mut decided);
        outcomes.extend(decided);
        if missing.is_some() || !batch.is_unchanged() {
            return Ok(None);
        }
    }
    Ok(Some((batch.view.head, outcomes)))
}
