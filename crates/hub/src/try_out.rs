//! Trying a command out on what is stored, without writing it.

use contact::{Command, CompanyId, ContactId, Missing, Outcome, Undecided, View};

use crate::{Error, Hub};

/// What a command would do.
pub struct Trial {
    /// What it needs, as it is now.
    pub before: View,
    /// The same as it would be.
    pub after: View,
    /// The outcome.
    pub outcome: Outcome,
}

impl Hub {
    /// Tries a command out. These contacts are loaded, and whatever else it needs.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the command would be refused, and [`Error::Store`] if the store does not answer.
    pub(crate) async fn try_out(
        &self,
        company: CompanyId,
        command: &Command,
        contacts: &[ContactId],
    ) -> Result<Trial, Error> {
        let mut missing = Missing { handles: command.handles().cloned().collect(), ..Missing::default() };
        loop {
            let before = self.store.view(company, contacts, &missing).await?;
            let mut after = before.clone();
            match after.perform(command, self.clock.now()) {
                Ok(performed) => return Ok(Trial { before, after, outcome: performed.outcome }),
                Err(Undecided::Refused(refused)) => return Err(refused.into()),
                Err(Undecided::Missing(more)) => missing.add(more),
            }
        }
    }
}
