//! What was told before. A file that was imported whole changes nothing when it is imported again: so what its rows come to is found out
//! by reading alone, by several side by side, and nobody who writes waits for it.

use std::ops::Range;
use std::thread;

use contact::{Command, ContactId, Outcome, Refused, Seq, Time, View};
use tokio::task::JoinHandle;

use crate::batch::Batch;
use crate::{Error, Outcomes};

/// From so many commands on they are read before they are written.
const MANY: usize = 1_000;
/// How many commands are looked at together.
const STEP: usize = 50;
/// The same once it is known where the contacts are that they are about: those that several commands are about are loaded once.
const STEP_IN_A_ROW: usize = 1_000;

/// Whether commands are as many, and may well change nothing: those of a file that was imported whole before.
pub fn is_reimport(commands: &[Command]) -> bool {
    let only_fill_gaps =
        |command: &Command| matches!(command, Command::Observe(observation) if observation.only_fill_gaps);
    commands.len() >= MANY && commands.iter().all(only_fill_gaps)
}

/// What commands come to that change nothing, and where the journal ended when that was so; none if one of them changes something.
pub type Unchanged = Option<(Seq, Outcomes)>;

/// What so many commands come to if they change nothing. `read` finds it out for a part of them; at most `most` parts are read side by
/// side.
pub async fn unchanged(
    commands: usize,
    most: usize,
    read: impl Fn(Range<usize>) -> JoinHandle<Result<Unchanged, Error>>,
) -> Result<Option<Outcomes>, Error> {
    let many = thread::available_parallelism().map_or(1, usize::from).min(most);
    let size = commands.div_ceil(many).max(1);
    let parts: Vec<_> = (0..commands).step_by(size).map(|first| read(first..commands.min(first + size))).collect();
    let (mut head, mut outcomes) = (None, Vec::with_capacity(commands));
    for part in parts {
        let read = part.await.map_err(|_| Error::Unavailable("A read was interrupted.".into()))??;
        // What others wrote between two reads may have changed what the first came to.
        let Some((_, part)) = read.filter(|(now, _)| *head.get_or_insert(*now) == *now) else { return Ok(None) };
        outcomes.extend(part);
    }
    Ok(Some(outcomes))
}

/// Commands that may change nothing, of which some are looked at after the other.
pub struct Again<'a> {
    /// What is loaded. It stays: later commands may be about the same contacts, and nothing changes them.
    pub batch: Batch,
    rest: &'a [Command],
    outcomes: Outcomes,
    /// The last of the contacts that those before were about, if they were made one after the other.
    last: Option<ContactId>,
    /// How many contacts those before were about, at most.
    made: u64,
}

/// Commands that are looked at together.
pub struct Step<'a> {
    pub commands: &'a [Command],
    /// They may be about so many contacts, the next that were made after this one.
    pub made_after: Option<(ContactId, u64)>,
}

impl<'a> Again<'a> {
    /// Commands on a company of which nothing is loaded yet.
    pub fn of(nothing: View, commands: &'a [Command]) -> Again<'a> {
        let mut batch = Batch::new(nothing);
        batch.view.members.reserve(commands.len());
        // Room for most: to count the handles would be to look at every command once more.
        batch.view.claims.reserve(3 * commands.len());
        let outcomes = Vec::with_capacity(commands.len());
        Again { batch, rest: commands, outcomes, last: None, made: 0 }
    }

    /// The next of them; none after the last.
    pub fn step(&mut self) -> Option<Step<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let many = if self.last.is_some() { STEP_IN_A_ROW } else { STEP };
        let (commands, rest) = self.rest.split_at(many.min(self.rest.len()));
        self.rest = rest;
        Some(Step { commands, made_after: self.last.map(|last| (last, self.made)) })
    }

    /// Decides on commands, and says whether they changed nothing. What they need must be loaded.
    pub fn perform(&mut self, commands: &[Command], at: Time) -> bool {
        let told = self.batch.perform(commands, at);
        if !self.batch.is_unchanged() {
            return false;
        }
        let now = last_in_a_row(&told);
        // Perhaps as many contacts were made for the next commands as for these, of which some are about earlier ones.
        let made = self.last.zip(now).map(|(last, now)| now.count().saturating_sub(last.count()));
        self.made = made.map_or(STEP_IN_A_ROW as u64, |made| made.min(STEP_IN_A_ROW as u64));
        self.last = now;
        self.outcomes.extend(told);
        true
    }

    /// What they came to.
    pub fn end(self) -> (Seq, Outcomes) {
        (self.batch.view.head, self.outcomes)
    }
}

/// The last of the contacts that some commands were about, if most of them were made one soon after the other, in the order
/// of the file perhaps. Those that the next commands are about may follow it.
fn last_in_a_row(told: &[Result<Outcome, Refused>]) -> Option<ContactId> {
    let contact = |told: &Result<Outcome, Refused>| told.as_ref().ok()?.contact;
    let mut contacts: Vec<ContactId> = told.iter().filter_map(contact).collect();
    contacts.sort_unstable();
    let middle = contacts.get(contacts.len() / 2)?.count();
    let mut near = contacts.iter().filter(|contact| contact.count().abs_diff(middle) <= STEP_IN_A_ROW as u64);
    let last = near.next_back().copied();
    last.filter(|_| 2 * (near.count() + 1) >= contacts.len())
}
