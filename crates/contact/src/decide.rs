//! Decisions: which journal entries a command leads to.

mod account;
mod contact;
mod handle;
mod implicit;
mod merge;
mod message;
mod new_facts;
mod observe;
mod regroup;
mod separation;
mod settings;
mod split;
mod withdraw;

use std::collections::BTreeSet;

use crate::command::Command;
use crate::decision::{Decision, Outcome, Undecided};
use crate::entry::{Change, Entry, Released};
use crate::grouping::regrouped;
use crate::handle::HandleKey;
use crate::id::ContactId;
use crate::observation::Observation;
use crate::record_name::RecordId;
use crate::time::Time;
use crate::view::{Changes, View};

/// Decides on a command, without a change of the view.
///
/// The view must hold all that the command names, and all contacts that are merged with it.
///
/// # Errors
///
/// [`Undecided`] says why the command is refused, or what the view lacks.
pub fn decide(view: &View, command: &Command, at: Time) -> Result<Decision, Undecided> {
    let observation = || Observation::from(command.origin());
    match command {
        Command::Observe(observation) => observe::observe(view, observation),
        Command::Create { observation, lists } => contact::create(view, observation, lists, at),
        Command::Update { contact, update, .. } => contact::update(view, *contact, update, &observation(), at),
        Command::AddHandle { contact, handle, .. } => contact::add_handle(view, *contact, handle, &observation()),
        Command::AddLink { contact, link, .. } => contact::add_link(view, *contact, link, observation()),
        Command::RemoveHandle { contact, handle, force, .. } => contact::remove_handle(view, *contact, handle, *force),
        Command::Delete { contact, .. } => contact::delete(view, *contact),
        Command::Merge { contacts, target, .. } => merge::merge(view, contacts, *target),
        Command::Withdraw { record, .. } => withdraw::withdraw(view, record),
        Command::Split { contact, records, .. } => split::split(view, *contact, records),
        Command::KeepApart { contacts, .. } => Ok(separation::keep_apart(view, *contacts)?),
        Command::MarkHandle { handle, decision, .. } => handle::mark(view, handle, (*decision).into()),
        Command::Regroup { records, handles, .. } => regroup::regroup(view, records, handles),
        Command::Remove { contact, handles, links, .. } => handle::remove(view, *contact, handles, links),
        Command::Note { contact, author, body, .. } => contact::note(view, *contact, *author, body),
        Command::Group { group, contacts, inside: true, .. } => contact::join(view, *group, contacts, &observation()),
        Command::Group { group, contacts, inside: false, .. } => contact::leave(view, *group, contacts),
        Command::ChangeSettings { change, .. } => Ok(settings::change(view, change, at)?),
        Command::CreateAccount { facts, .. } => Ok(account::create(view, facts)?),
        Command::UpdateAccount { account, update, .. } => Ok(account::update(view, *account, update)?),
        Command::DeleteAccount { account, .. } => Ok(account::delete(view, *account)?),
        Command::Receive(message) => message::receive(view, message),
    }
}

impl View {
    /// Decides on a command and applies its changes.
    ///
    /// # Errors
    ///
    /// [`Undecided`] says why the command is refused, or what the view lacks.
    pub fn perform(&mut self, command: &Command, at: Time) -> Result<Performed, Undecided> {
        let mut changes = Changes::default();
        let outcome = self.perform_next(command, at, &mut changes)?;
        Ok(Performed { outcome, changes })
    }

    /// Decides on one of several commands and applies its changes.
    ///
    /// `changes` collects what has to be stored for all of them.
    ///
    /// # Errors
    ///
    /// [`Undecided`] says why the command is refused, or what the view lacks. Then nothing is changed.
    pub fn perform_next(&mut self, command: &Command, at: Time, changes: &mut Changes) -> Result<Outcome, Undecided> {
        let Decision { changes: decided, mut outcome, concerned } = decide(self, command, at)?;
        outcome.changed = !decided.is_empty();
        let before = self.contacts_of(&concerned);
        let mut append = |view: &mut View, change: Change| {
            let entry = Entry { seq: view.head.next(), at, origin: command.origin(), change };
            view.apply(&entry, changes);
            changes.entries.push(entry);
        };
        let record = decided.iter().find_map(observed_record);
        let shows_others = self.shows_others(&decided);
        for change in decided {
            append(self, change);
        }
        if concerned.is_empty() {
            return Ok(outcome);
        }
        let mut contacts = regrouped(self, &concerned);
        for contact in shows_others.into_iter().filter_map(|contact| self.root(contact)) {
            let is_same =
                |(regrouped, records): &(ContactId, Vec<RecordId>)| *regrouped == contact || records.contains(&contact);
            if !contacts.iter().any(is_same) {
                contacts.push((contact, self.parts(contact)));
            }
        }
        outcome.changed |= !contacts.is_empty();
        let before_all: Vec<Vec<ContactId>> = contacts.iter().map(|(_, records)| self.roots(records)).collect();
        for ((contact, records), before) in contacts.into_iter().zip(before_all) {
            append(self, Change::Regrouped { contact, records, before });
        }
        outcome.contact = record.or(outcome.contact).and_then(|record| self.root(record));
        let after = self.contacts_of(&concerned);
        let is_kept = |root: ContactId| outcome.contact.is_none_or(|contact| contact == root);
        let is_merged = |contact: &&ContactId| !after.contains(contact) && self.root(**contact).is_some_and(is_kept);
        outcome.merged = before.iter().filter(is_merged).copied().collect();
        let is_new =
            |contact: &&ContactId| !(before.contains(contact) || outcome.created && outcome.contact == Some(**contact));
        outcome.split = after.iter().filter(is_new).copied().collect();
        Ok(outcome)
    }

    /// The contacts that show other handles after these changes, although they keep their records.
    fn shows_others(&self, changes: &[Change]) -> BTreeSet<ContactId> {
        let owner = |handle: &HandleKey| self.owner(handle);
        let mut contacts = BTreeSet::new();
        for change in changes {
            if let Change::HandleMarked { handle, contacts: reporting, .. } = change {
                contacts.extend(reporting.iter().filter(|contact| Some(**contact) != owner(handle)));
            }
            for Released { handle, next } in change.released() {
                let next = next.and_then(|next| self.root(next));
                contacts.extend(next.filter(|next| Some(*next) != owner(handle)));
            }
        }
        contacts
    }

    /// The contacts of records, each once.
    fn roots(&self, records: &[RecordId]) -> Vec<ContactId> {
        let roots: BTreeSet<ContactId> = records.iter().filter_map(|record| self.root(*record)).collect();
        roots.into_iter().collect()
    }

    fn contacts_of(&self, records: &BTreeSet<RecordId>) -> BTreeSet<ContactId> {
        records.iter().filter_map(|record| self.root(*record)).collect()
    }
}

/// The record that a change observes.
fn observed_record(change: &Change) -> Option<RecordId> {
    match change {
        Change::Observed { record, .. } => Some(*record),
        _ => None,
    }
}

/// The result of a command, and what has to be stored for it.
#[derive(Debug)]
pub struct Performed {
    /// The result for the caller.
    pub outcome: Outcome,
    /// What has to be stored; empty if nothing changed.
    pub changes: Changes,
}
