//! The reimport check, as one reader of the database does it.

use contact::{Command, CompanyId, Time};
use store::Needs;
use store::reimport::{ROWS_AT_ONCE, Unchanged};

use crate::codec::company;
use crate::connect::{Pool, Transaction, query};
use crate::error::Result;
use crate::journal;
use crate::load::Loaded;

/// The outcomes of commands that change nothing, as of one moment; none if one of them changes something.
pub async fn unchanged(pool: &Pool, id: CompanyId, commands: &[Command], at: Time) -> Result<Unchanged> {
    let transaction = Transaction::read_only(pool.get().await?).await?;
    let unchanged = decide(&transaction, id, commands, at).await?;
    transaction.roll_back().await?;
    Ok(unchanged)
}

async fn decide(transaction: &Transaction, id: CompanyId, commands: &[Command], at: Time) -> Result<Unchanged> {
    let client = transaction.client();
    let ends = query(client, journal::ENDS, &[&company(id)]).await?;
    let Some(ends) = ends.first() else { return Ok(None) };
    let mut loaded = Loaded::new(journal::empty_view(id, ends)?);
    loaded.batch.view.records.reserve(commands.len());
    let mut outcomes = Vec::with_capacity(commands.len());
    for commands in commands.chunks(ROWS_AT_ONCE) {
        loaded.load(client, &Needs::of_commands(commands)).await?;
        let mut decided = Vec::with_capacity(commands.len());
        let missing = loaded.batch.perform(commands, at, &mut decided);
        outcomes.extend(decided);
        if missing.is_some() || !loaded.batch.is_unchanged() {
            return Ok(None);
        }
    }
    Ok(Some((loaded.batch.view.head, outcomes)))
}
