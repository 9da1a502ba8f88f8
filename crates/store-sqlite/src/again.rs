//! What commands come to that were told before, as one reader of the file sees it.

use contact::{Command, CompanyId, Time};
use rusqlite::Connection;

use super::claim_buffer::ClaimBuffer;
use super::load;
use crate::Error;
use crate::again::{Again, Step, Unchanged};
use crate::batch::Needs;

/// What commands come to that change nothing, as of a moment when the claim_buffer and its file agree.
pub fn unchanged(
    connection: &Connection,
    claim_buffer: &ClaimBuffer,
    company: CompanyId,
    commands: &[Command],
    at: Time,
) -> Result<Unchanged, Error> {
    let Some(ends) = load::ends(connection, company)?.filter(|ends| claim_buffer.is_at(company, ends.head)) else {
        return Ok(None);
    };
    let mut again = Again::of(load::nothing(company, &ends), commands);
    while let Some(Step { commands, made_after }) = again.step() {
        if let Some((last, many)) = made_after {
            load::made_after(connection, &mut again.batch.view, last, many)?;
        }
        load::touched(connection, claim_buffer, &mut again.batch, &Needs::of_commands(commands))?;
        if !again.perform(commands, at) {
            return Ok(None);
        }
    }
    Ok(Some(again.end()))
}
