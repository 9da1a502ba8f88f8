//! The guards of a company against false merges, and grouping its contacts by them.

use contact::{
    Command, CompanyId, ContactId, Guards, HandleKey, HandleStatus, Missing, Origin, RecordId, SettingsChange,
};

use crate::{Error, Hub};

/// Records that are grouped in one write. Other writes wait for at most these.
const RECORDS_AT_ONCE: u64 = 250;
/// Shared handles that are looked at in one write.
const HANDLES_AT_ONCE: usize = 20;

/// The progress of grouping a company's contacts by its guards. All is done when every record was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Regrouping {
    /// The records that the company has, or had.
    pub records: u64,
    /// Those that were looked at, the oldest first.
    pub done: u64,
    /// The contacts that came apart from another.
    pub split: u64,
    /// The contacts that became part of another.
    pub merged: u64,
}

impl Hub {
    /// The guards of a company against false merges.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn guards(&self, company: CompanyId) -> Result<Guards, Error> {
        Ok(self.store.view(company, &[], &Missing::default()).await?.guards)
    }

    /// Sets the guards of a company against false merges. [`regroup`](Hub::regroup) then groups existing contacts by them.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not accept it.
    pub async fn set_guards(&self, company: CompanyId, guards: Guards, by: Origin) -> Result<(), Error> {
        self.settings_change(company, SettingsChange::SetGuards(guards), by).await.map(drop)
    }

    /// Groups all contacts of a company by its guards, as if these had always held.
    ///
    /// Written in several batches; doing it again after a failure completes it. What is as it should be is only read. After
    /// each batch, `watch` gets the progress and returns whether to go on.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn regroup(
        &self,
        company: CompanyId,
        by: Origin,
        watch: &mut (dyn FnMut(&Regrouping) -> bool + Send),
    ) -> Result<Regrouping, Error> {
        let made = self.store.view(company, &[], &Missing::default()).await?.records_made;
        let mut now = Regrouping { records: made, ..Regrouping::default() };
        let mut after = None;
        // What is shared by evidence first: each such handle may concern very many records, but only once.
        loop {
            let marked = self.marked_handles(company, HandleStatus::SharedByEvidence, after, HANDLES_AT_ONCE).await?;
            let handles: Vec<HandleKey> = marked.items.into_iter().map(|(handle, _)| handle).collect();
            self.regroup_some(company, (Vec::new(), handles), by, &mut now).await?;
            after = marked.next;
            if !watch(&now) {
                return Ok(now);
            }
            if after.is_none() {
                break;
            }
        }
        // Later records are grouped by the new guards already. The ids of records count them.
        while now.done < made {
            let to = made.min(now.done + RECORDS_AT_ONCE);
            let records = (now.done + 1..=to).map(|n| ContactId::nth(company, n)).collect();
            self.regroup_some(company, (records, Vec::new()), by, &mut now).await?;
            now.done = to;
            if !watch(&now) {
                break;
            }
        }
        Ok(now)
    }

    /// Groups some records, and looks at some handles. Writes nothing if that changes nothing.
    async fn regroup_some(
        &self,
        company: CompanyId,
        (records, handles): (Vec<RecordId>, Vec<HandleKey>),
        by: Origin,
        now: &mut Regrouping,
    ) -> Result<(), Error> {
        let command = Command::Regroup { records, handles, by };
        if self.try_out(company, &command, command.contacts()).await?.outcome.changed {
            let outcome = self.perform(company, command).await?;
            now.split += outcome.split.len() as u64;
            now.merged += outcome.merged.len() as u64;
        }
        Ok(())
    }
}
