//! Decisions: which journal entries a command leads to.

mod account;
mod contact;
mod merge;
mod message;
mod new_facts;
mod observe;
mod remove;
mod separation;
mod settings;
mod split;

use crate::command::Command;
use crate::decision::{Decision, Outcome, Refused};
use crate::entry::Entry;
use crate::observation::Observation;
use crate::time::Time;
use crate::view::{Changes, View};

/// Decides on a command, without a change of the view.
///
/// The view must hold all that the command names, and all contacts that are merged with it.
///
/// # Errors
///
/// [`Refused`] says why the command is refused.
pub fn decide(view: &View, command: &Command, at: Time) -> Result<Decision, Refused> {
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
        Command::Split { merge, .. } => split::split(view, *merge),
        Command::KeepApart { contacts, .. } => separation::keep_apart(view, *contacts),
        Command::Share { handle, shared } => Ok(remove::share(view, handle, *shared)),
        Command::Remove { contact, handles, links, .. } => remove::remove(view, *contact, handles, links),
        Command::Note { contact, author, body, .. } => contact::note(view, *contact, *author, body),
        Command::Group { group, contacts, inside: true, .. } => contact::join(view, *group, contacts, &observation()),
        Command::Group { group, contacts, inside: false, .. } => contact::leave(view, *group, contacts),
        Command::ChangeSettings { change, .. } => settings::change(view, change, at),
        Command::CreateAccount { facts, .. } => account::create(view, facts),
        Command::UpdateAccount { account, update, .. } => account::update(view, *account, update),
        Command::DeleteAccount { account, .. } => account::delete(view, *account),
        Command::Receive(message) => message::receive(view, message),
    }
}

impl View {
    /// Decides on a command and applies its changes.
    ///
    /// # Errors
    ///
    /// [`Refused`] says why the command is refused.
    pub fn perform(&mut self, command: &Command, at: Time) -> Result<Performed, Refused> {
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
    /// [`Refused`] says why the command is refused. A refused command adds nothing.
    pub fn perform_next(&mut self, command: &Command, at: Time, changes: &mut Changes) -> Result<Outcome, Refused> {
        let decision = decide(self, command, at)?;
        let mut outcome = decision.outcome;
        outcome.changed = !decision.changes.is_empty();
        for change in decision.changes {
            let entry = Entry { seq: self.head.next(), at, origin: command.origin(), change };
            self.apply(&entry, changes);
            changes.entries.push(entry);
        }
        Ok(outcome)
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
