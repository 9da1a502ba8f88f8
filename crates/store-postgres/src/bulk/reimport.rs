//! The reimport check, as one reader of the database does it.

use contact::{Command, CompanyId, Time};
use store::reimport::{ROWS_AT_ONCE, Unchanged};
use store::{Batch, Needs};

use crate::codec::company;
use crate::connect::{Pool, Transaction, query};
use crate::error::Result;
use crate::{journal, load};

/// The outcomes of commands that change nothing, as of one moment; none if one of them changes something.
///
/// The commands are observations, of which only the handles need to be loaded.
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
    let mut batch = Batch::new(journal::empty_view(id, ends)?);
    batch.view.members.reserve(commands.len());
    let mut outcomes = Vec::with_capacity(commands.len());
    for commands in commands.chunks(ROWS_AT_ONCE) {
        load::add_owners(client, &mut batch.view, &Needs::of_commands(commands).handles).await?;
        outcomes.extend(batch.perform(commands, at));
        if !batch.is_unchanged() {
            return Ok(None);
        }
    }
    Ok(Some((batch.view.head, outcomes)))
}
