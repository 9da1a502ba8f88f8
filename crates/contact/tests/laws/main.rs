//! The laws of who is who, on random histories and against a naive model.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod cases;
mod contacts;
mod handles;
mod naive;
mod why;

use std::collections::{BTreeMap, BTreeSet};

use contact::{
    Attribute, Attributes, CardProperty, Change, Changes, Command, CompanyId, ContactId, Entry, Guards, Handle,
    HandleDecision, HandleKey, HandleStatus, Link, Observation, Origin, Outcome, Record, RecordName, RecordRef, Region,
    SettingsChange, Source, Text, Time, Undecided, View,
};
use naive::{Naive, Shown};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::subsequence;

/// Few enough handles that histories often use the same ones.
const HANDLES: usize = 12;

fn company() -> CompanyId {
    CompanyId::new(7).unwrap()
}

fn handle(n: usize) -> Handle {
    Handle::parse(Source::Email, &format!("H{n}@example.org"), Region::default()).unwrap()
}

fn observation() -> impl Strategy<Value = Observation> {
    let some = |most| subsequence((0..HANDLES).collect::<Vec<_>>(), 1..=most).prop_shuffle();
    let handles = prop_oneof![3 => some(1), 2 => some(2), 1 => some(4)];
    let names = prop_oneof![Just(""), Just("Ada"), Just("Bob")];
    let origins =
        prop_oneof![3 => Just(Origin::Api(None)), 1 => Just(Origin::Message), 1 => Just(Origin::Import(None))];
    let labels = option::weighted(0.3, prop_oneof![Just("work"), Just("home")]);
    let properties = prop_oneof![3 => Just(vec![]), 1 => subsequence(vec![1, 2], 1..=2)];
    let facts = (option::of(names.clone()), option::of(names), subsequence(vec![1, 2, 3], 0..=2), properties);
    (handles, labels, facts, origins).prop_map(|(handles, label, (name, description, links, properties), origin)| {
        let labelled = |n| handle(n).with_label(label.and_then(|label| Handle::parse_label(label).unwrap()));
        Observation {
            attributes: texts(name, description),
            handles: handles.into_iter().map(labelled).collect(),
            links: links.into_iter().map(link).collect(),
            properties: properties.into_iter().map(property).collect(),
            ..Observation::from(origin)
        }
    })
}

/// Few enough names that records are often replaced.
const NAMES: usize = 4;

fn record_name(n: usize) -> RecordName {
    RecordName::parse("crm", &format!("{}", n + 1)).unwrap()
}

/// An observation that may name its record. Messages do not.
fn any_observation() -> impl Strategy<Value = Observation> {
    (observation(), option::weighted(0.4, 0..NAMES)).prop_map(|(observation, record)| {
        let record = record.filter(|_| observation.origin != Origin::Message).map(record_name);
        Observation { record, ..observation }
    })
}

fn decision() -> impl Strategy<Value = HandleDecision> {
    prop_oneof![Just(HandleDecision::Shared), Just(HandleDecision::Blocked), Just(HandleDecision::Personal)]
}

/// A handle is shared by evidence so early that histories often have one.
const GUARDS: Guards = Guards { shared_after: Some(2), names_agree: false };

/// A name and a description.
pub fn texts(name: Option<&str>, description: Option<&str>) -> Attributes<Option<Text>> {
    Attributes::from_fn(|attribute| {
        let text = if attribute == Attribute::Name { name } else { description };
        text.map(|text| attribute.parse(text).unwrap())
    })
}

fn property(n: i32) -> CardProperty {
    CardProperty::parse(&format!("X-N:{n}")).unwrap()
}

fn link(n: i32) -> Link {
    Link::parse(&format!("https://example.org/{n}")).unwrap()
}

/// A step of a history. Contacts and records are named by their positions among all records so far.
#[derive(Clone, Debug)]
enum Step {
    Observe(Box<Observation>),
    Withdraw(usize),
    /// Any record, with a name or without.
    WithdrawById(usize),
    /// These contacts. The first is kept if a target is given.
    Merge(Vec<usize>, bool),
    /// Some records of the contact of a record.
    Split(usize, Vec<usize>),
    KeepApart([usize; 2]),
    Mark(usize, HandleDecision),
    Remove(usize, Vec<usize>, Vec<i32>),
    Delete(usize),
    Guards(Guards),
}

fn guards() -> impl Strategy<Value = Guards> {
    (option::weighted(0.8, 2_u32..5), any::<bool>())
        .prop_map(|(shared_after, names_agree)| Guards { shared_after, names_agree })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => any_observation().prop_map(|observation| Step::Observe(Box::new(observation))),
        1 => (0..NAMES).prop_map(Step::Withdraw),
        1 => (0..HANDLES).prop_map(Step::WithdrawById),
        1 => (vec(0..HANDLES, 2..4), any::<bool>()).prop_map(|(contacts, target)| Step::Merge(contacts, target)),
        2 => (0..HANDLES, vec(0..HANDLES, 1..3)).prop_map(|(contact, records)| Step::Split(contact, records)),
        1 => [0..HANDLES, 0..HANDLES].prop_map(Step::KeepApart),
        1 => (0..HANDLES, decision()).prop_map(|(handle, decision)| Step::Mark(handle, decision)),
        1 => (0..HANDLES, vec(0..HANDLES, 0..3), vec(1..4, 0..2)).prop_map(|(c, h, l)| Step::Remove(c, h, l)),
        1 => (0..HANDLES).prop_map(Step::Delete),
        1 => guards().prop_map(Step::Guards),
    ]
}

/// The rules under test and the naive model, side by side.
struct Both {
    view: View,
    naive: Naive,
    journal: Vec<Entry>,
}

impl Both {
    fn new() -> Both {
        Both::guarded_by(GUARDS)
    }

    fn guarded_by(guards: Guards) -> Both {
        let view = View { guards, ..View::new(company()) };
        Both { view, naive: Naive::new(company(), guards), journal: Vec::new() }
    }

    fn after(steps: &[Step]) -> Both {
        let mut both = Both::new();
        for step in steps {
            both.perform_step(step);
        }
        both
    }

    fn perform(&mut self, command: &Command) -> Result<Outcome, Undecided> {
        let performed = self.view.perform(command, Time::from_millis(0))?;
        self.journal.extend(performed.changes.entries);
        Ok(performed.outcome)
    }

    fn command(&self, step: &Step) -> Option<Command> {
        let everyone: Vec<ContactId> = self.naive.all_records().into_iter().collect();
        let pick = |n: &usize| everyone.get(n % everyone.len().max(1)).copied();
        Some(match step {
            Step::Observe(observation) => Command::Observe(observation.clone()),
            Step::Withdraw(n) => Command::Withdraw { record: record_name(*n).into(), by: Origin::Api(None) },
            Step::WithdrawById(n) => Command::Withdraw { record: RecordRef::Id(pick(n)?), by: Origin::Person },
            Step::Merge(contacts, has_target) => {
                let contacts: Vec<_> = contacts.iter().filter_map(pick).collect();
                if contacts.iter().collect::<BTreeSet<_>>().len() < 2 {
                    return None;
                }
                let target = contacts.first().copied().filter(|_| *has_target);
                Command::Merge { contacts, target, by: Origin::Person }
            }
            Step::Split(contact, records) => {
                let contact = pick(contact)?;
                let parts = self.view.parts(contact);
                let records: BTreeSet<ContactId> = records.iter().map(|n| parts[n % parts.len()]).collect();
                Command::Split { contact, records: records.into_iter().collect(), by: Origin::Person }
            }
            Step::KeepApart(contacts) => {
                let [Some(one), Some(other)] = contacts.each_ref().map(pick) else { return None };
                keep_apart([one, other])
            }
            Step::Mark(n, decision) => mark(*n, *decision),
            Step::Remove(contact, handles, links) => {
                let contact = pick(contact)?;
                let handles = handles.iter().map(|n| handle(*n).key().clone()).collect();
                let links = links.iter().map(|n| link(*n)).collect();
                Command::Remove { contact, handles, links, by: Origin::Person }
            }
            Step::Delete(contact) => Command::Delete { contact: pick(contact)?, by: Origin::Person },
            Step::Guards(guards) => set_guards(*guards),
        })
    }

    fn perform_step(&mut self, step: &Step) {
        let records: BTreeSet<ContactId> = self.view.records.keys().copied().collect();
        assert_eq!(self.naive.all_records(), records, "both have the same records");
        let Some(command) = self.command(step) else { return };
        if let Step::Guards(guards) = step {
            self.perform(&command).unwrap();
            self.naive.set_guards(*guards);
            return self.regroup();
        }
        let is_done = self.perform(&command).is_ok();
        assert_eq!(is_done, self.naive.perform(&command), "both perform or refuse {command:?}");
    }

    /// Groups all records by the guards that hold, a few at a time.
    fn regroup(&mut self) {
        for command in regroup(&self.view) {
            self.perform(&command).unwrap();
        }
    }

    fn contacts_shown(&self) -> Vec<Shown> {
        contacts_shown(&self.view)
    }
}

fn merge(contacts: Vec<ContactId>) -> Command {
    Command::Merge { contacts, target: None, by: Origin::Person }
}

fn split(contact: ContactId, records: Vec<ContactId>) -> Command {
    Command::Split { contact, records, by: Origin::Person }
}

fn set_guards(guards: Guards) -> Command {
    Command::ChangeSettings { change: SettingsChange::SetGuards(guards), by: Origin::Person }
}

/// The commands that group all records by the guards that hold.
fn regroup(view: &View) -> Vec<Command> {
    let claims = view.claims.clone().into_iter();
    let evident = claims.filter(|(_, claim)| claim.status == HandleStatus::SharedByEvidence).map(|(handle, _)| handle);
    let by = Origin::Person;
    let handles = Command::Regroup { records: Vec::new(), handles: evident.collect(), by };
    let records: Vec<ContactId> = (1..=view.records_made).map(|n| ContactId::nth(company(), n)).collect();
    let records = records.chunks(3).map(|some| Command::Regroup { records: some.to_vec(), handles: Vec::new(), by });
    std::iter::once(handles).chain(records).collect()
}

fn mark(n: usize, decision: HandleDecision) -> Command {
    Command::MarkHandle { handle: handle(n).key().clone(), decision, by: Origin::Person }
}

fn keep_apart(contacts: [ContactId; 2]) -> Command {
    Command::KeepApart { contacts, by: Origin::Person }
}

fn contacts_shown(view: &View) -> Vec<Shown> {
    let roots: BTreeSet<ContactId> = view.records.values().map(|record| record.contact).collect();
    roots.into_iter().filter_map(|id| view.contact(id)).map(Shown::from).collect()
}

/// The handles of each contact, without those that identify nobody.
fn groups(view: &View) -> BTreeSet<BTreeSet<HandleKey>> {
    let mut groups: BTreeMap<ContactId, BTreeSet<HandleKey>> = BTreeMap::new();
    for key in view.claims.keys().filter(|key| view.claims.obstacle(key).is_none()) {
        if let Some(owner) = view.owner(key) {
            groups.entry(owner).or_default().insert(key.clone());
        }
    }
    groups.into_values().collect()
}

fn observed(observations: &[Observation]) -> View {
    let mut view = View { guards: GUARDS, ..View::new(company()) };
    for observation in observations {
        view.perform(&Command::from(observation.clone()), Time::from_millis(0)).unwrap();
    }
    view
}

fn replayed(journal: &[Entry]) -> View {
    let mut view = View { guards: GUARDS, ..View::new(company()) };
    for entry in journal {
        view.apply(entry, &mut Changes::default());
    }
    view
}

fn api(handles: &[usize]) -> Observation {
    Observation { handles: handles.iter().map(|n| handle(*n)).collect(), ..Observation::from(Origin::Api(None)) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// All contacts and owners are those of the naive model.
    #[test]
    fn the_naive_model_agrees(steps in vec(step(), 1..40), guards in guards()) {
        let mut both = Both::guarded_by(guards);
        for step in &steps {
            both.perform_step(step);
            prop_assert_eq!(both.contacts_shown(), both.naive.contacts_shown());
            for n in 0..HANDLES {
                let key = handle(n).key().clone();
                prop_assert_eq!(both.view.owner(&key), both.naive.owner(&key));
            }
        }
    }

    /// Commands in between do no harm, and what was done before a walk stopped is not done again.
    #[test]
    fn a_walk_after_new_guards_is_complete(
        (before, between) in (vec(step(), 1..30), vec(step(), 0..10)),
        guards in guards(),
    ) {
        let mut both = Both::after(&before);
        both.perform(&set_guards(guards)).unwrap();
        let is_simple = |step: &&Step| matches!(step, Step::Observe(_) | Step::Withdraw(_) | Step::WithdrawById(_) | Step::Mark(..));
        let mut between = between.iter().filter(is_simple);
        for walk in regroup(&both.view) {
            let command = between.next().and_then(|step| both.command(step));
            drop(command.map(|command| both.perform(&command)));
            both.perform(&walk).unwrap();
        }
        let done = both.view.clone();
        both.regroup();
        prop_assert_eq!(both.view.head, done.head, "another walk changes nothing");
        let records = both.view.records.keys().copied().collect();
        let all = Command::Regroup { records, handles: Vec::new(), by: Origin::Person };
        prop_assert!(!both.perform(&all).unwrap().changed, "nor does one of a single command");
    }

    /// With handles that are shared, blocked or one person's, known at the end or before.
    #[test]
    fn law_1_order_does_not_change_who_is_who(
        (observations, shuffled) in vec(observation(), 1..20)
            .prop_flat_map(|observed| (Just(observed.clone()), Just(observed).prop_shuffle())),
        decisions in vec((0..HANDLES, decision()), 0..3),
    ) {
        let decisions: BTreeMap<usize, HandleDecision> = decisions.into_iter().collect();
        let marks = || decisions.iter().map(|(n, decision)| mark(*n, *decision));
        let reports = |observations: Vec<Observation>| observations.into_iter().map(Command::from);
        // What only stands for nobody is refused when that is known.
        let blocked: Vec<HandleKey> = decisions.iter().filter(|(_, decision)| **decision == HandleDecision::Blocked)
            .map(|(n, _)| handle(*n).key().clone()).collect();
        let is_somebody = |observation: &Observation| observation.handles.iter().any(|handle| !blocked.contains(handle.key()));
        let [observations, shuffled] = [observations, shuffled].map(|all| all.into_iter().filter(is_somebody).collect::<Vec<_>>());
        // Evidence by names depends on the names that are reported last.
        let view = || View { guards: Guards { shared_after: None, ..GUARDS }, ..View::new(company()) };
        let all_of = |commands: Vec<Command>| {
            let mut view = view();
            for command in commands {
                view.perform(&command, Time::from_millis(0)).unwrap();
            }
            groups(&view)
        };
        let at_the_end = all_of(reports(observations).chain(marks()).collect());
        prop_assert_eq!(&at_the_end, &all_of(reports(shuffled.clone()).chain(marks()).collect()));
        prop_assert_eq!(&at_the_end, &all_of(marks().chain(reports(shuffled)).collect()));
    }

    /// A named record that is replaced or withdrawn leaves the groups there would be if its old content had never been
    /// reported.
    #[test]
    fn law_8_replaced_is_as_if_never_reported(
        others in vec(any_observation(), 0..15),
        (old, new) in (observation(), option::of(observation())),
        (first, second) in (0..16_usize, 0..16_usize),
    ) {
        let name = RecordName::parse("shop", "1").unwrap();
        let about = |observation: Observation| {
            let origin = Origin::Api(None);
            Command::from(Observation { record: Some(name.clone()), origin, ..observation })
        };
        let change = new.map_or(Command::Withdraw { record: name.clone().into(), by: Origin::Api(None) }, about);
        let (first, second) = (first.min(others.len()), second.min(others.len()));
        let mut never: Vec<Command> = others.into_iter().map(Command::from).collect();
        if matches!(change, Command::Observe(_)) {
            never.insert(first.max(second), change.clone());
        }
        let mut replaced = never.clone();
        if matches!(change, Command::Withdraw { .. }) {
            replaced.insert(first.max(second), change);
        }
        replaced.insert(first.min(second), about(old));
        let all_of = |commands: &[Command]| {
            let mut view = View { guards: GUARDS, ..View::new(company()) };
            for command in commands {
                view.perform(command, Time::from_millis(0)).unwrap();
            }
            groups(&view)
        };
        prop_assert_eq!(all_of(&replaced), all_of(&never));
    }

    /// The same of a record without a name to which nothing else was reported, by its id.
    #[test]
    fn law_8_a_withdrawn_record_without_a_name_was_never_reported(
        before in vec(any_observation(), 0..8),
        (own, after) in (observation(), vec(any_observation(), 0..8)),
    ) {
        let guards = Guards { shared_after: None, names_agree: false };
        let perform = |view: &mut View, command: Command| view.perform(&command, Time::from_millis(0)).unwrap();
        let mut never = View { guards, ..View::new(company()) };
        for observation in before {
            perform(&mut never, observation.into());
        }
        let mut withdrawn = never.clone();
        let made = withdrawn.records_made;
        perform(&mut withdrawn, own.into());
        if withdrawn.records_made == made {
            return Ok(());
        }
        let record = ContactId::nth(company(), withdrawn.records_made);
        for observation in after {
            let performed = perform(&mut withdrawn, observation.clone().into());
            let observed = performed.changes.entries.iter().find_map(|entry| match entry.change {
                Change::Observed { record, .. } => Some(record),
                _ => None,
            });
            // It may have repeated what the record says, which is not written.
            if observed.is_none_or(|observed| observed == record) {
                return Ok(());
            }
            perform(&mut never, observation.into());
        }
        perform(&mut withdrawn, Command::Withdraw { record: RecordRef::Id(record), by: Origin::Person });
        prop_assert_eq!(groups(&withdrawn), groups(&never));
    }

    /// After a merge by a decision and a split of the same records, each side is as before, except for reports about it alone.
    #[test]
    fn law_2_split_undoes_merge(
        before in vec(step(), 2..30),
        (left, right) in (0..HANDLES, 0..HANDLES),
        between in vec((0..HANDLES, observation()), 0..6),
    ) {
        // A merge ends separations, and what they kept apart from one side can then come to the other.
        let separates = |step: &Step| matches!(step, Step::Split(..) | Step::KeepApart(_));
        let before: Vec<Step> = before.into_iter().filter(|step| !separates(step)).collect();
        let mut both = Both::after(&before);
        let ids: Vec<ContactId> = both.contacts_shown().iter().map(|shown| shown.id).collect();
        if ids.len() < 2 {
            return Ok(());
        }
        let (left, other) = (left % ids.len(), 1 + right % (ids.len() - 1));
        let contacts = vec![ids[left], ids[(left + other) % ids.len()]];
        let mut alone = both.view.clone();
        let outcome = both.perform(&merge(contacts)).unwrap();
        let (kept, joined) = (outcome.contact.unwrap(), outcome.merged[0]);
        for (n, observation) in between {
            // A report about one side only, by one of its own handles.
            let about = Observation { handles: vec![handle(n)], ..observation };
            let key = about.handles[0].key();
            if both.view.owner(key).is_some() && both.view.claims.obstacle(key).is_none() {
                let _ = alone.perform(&Command::from(about.clone()), Time::from_millis(0));
                let _ = both.perform(&Command::from(about));
            }
        }
        if !(alone.root(kept) != alone.root(joined) && alone.parts(joined).iter().any(|id| !alone.records[id].is_withdrawn)) {
            return Ok(());
        }
        let records: Vec<ContactId> = alone.parts(joined).into_iter().filter(|id| !alone.records[id].is_withdrawn).collect();
        if !(records.iter().all(|id| both.view.root(*id) == both.view.root(kept))) {
            return Ok(());
        }
        both.perform(&split(kept, records)).unwrap();
        prop_assert_eq!(both.contacts_shown(), contacts_shown(&alone));
    }

    #[test]
    fn law_2_what_was_split_does_not_come_back(steps in vec(step(), 2..40), (contact, n) in (0..HANDLES, 0..HANDLES)) {
        let mut both = Both::after(&steps);
        let ids: Vec<ContactId> = both.contacts_shown().iter().map(|shown| shown.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let contact = ids[contact % ids.len()];
        let parts = both.view.parts(contact);
        let record = parts[n % parts.len()];
        if both.perform(&split(contact, vec![record])).is_err() {
            return Ok(());
        }
        for record in parts {
            // Each of the records is reported again.
            let Some(Record { facts, name, .. }) = both.view.records.get(&record) else { continue };
            let record = name.clone();
            let values = facts.single.attributes.clone();
            let attributes = Attributes::from_fn(|attribute| values[attribute].as_ref().map(|known| known.value.clone()));
            let handles: Vec<Handle> = facts.handles.iter().map(|known| known.value.clone()).collect();
            if handles.is_empty() {
                continue;
            }
            if let Ok(outcome) = both.perform(&Command::from(Observation { attributes, handles, record, ..Observation::from(Origin::Api(None)) })) {
                prop_assert_eq!(outcome.merged, vec![]);
            }
        }
    }

    #[test]
    fn law_3_every_handle_that_identifies_has_one_owner(steps in vec(step(), 1..40)) {
        let both = Both::after(&steps);
        let mut owned = BTreeSet::new();
        for shown in both.contacts_shown() {
            for labelled in shown.handles {
                let text = labelled.split(' ').next().unwrap().to_owned();
                let key = Handle::parse(Source::Email, &text, Region::default()).unwrap().key().clone();
                let is_first = owned.insert(text.clone());
                if both.view.claims.obstacle(&key).is_none() {
                    prop_assert!(is_first, "{} has two owners", text);
                    prop_assert_eq!(both.view.owner(&key), Some(shown.id));
                }
            }
        }
        let claimed = both.view.claims.clone().into_iter().filter(|(_, claim)| claim.home.is_some()).count();
        prop_assert_eq!(claimed, owned.len());
        for record in both.view.records.values() {
            for (handle, claim) in record.facts.claims(record.id) {
                prop_assert_eq!(both.view.claims.get(handle), Some(claim));
            }
            for handle in record.facts.handles.iter().map(|known| known.value.key()) {
                let mut reporters = both.view.claims.reporters(handle).unwrap();
                prop_assert!(reporters.any(|id| id == record.id));
            }
        }
    }

    #[test]
    fn law_4_the_view_is_the_fold_of_the_journal(steps in vec(step(), 1..40)) {
        let both = Both::after(&steps);
        let numbers: Vec<u64> = both.journal.iter().map(|entry| entry.seq.0).collect();
        prop_assert_eq!(numbers, (1..=both.journal.len() as u64).collect::<Vec<_>>());
        prop_assert_eq!(replayed(&both.journal), both.view);
    }

    #[test]
    fn law_6_a_repeated_observation_changes_nothing(steps in vec(step(), 0..30), observation in any_observation()) {
        let mut both = Both::after(&steps);
        let command = Command::from(observation);
        prop_assume!(both.perform(&command).is_ok());
        let (journal, view) = (both.journal.clone(), both.view.clone());
        let again = both.perform(&command).unwrap();
        prop_assert_eq!(again.merged, vec![]);
        prop_assert_eq!(both.journal, journal);
        prop_assert_eq!(both.view, view);
    }

    /// A change that is not named would not be stored.
    #[test]
    fn changes_name_everything_to_store(steps in vec(step(), 1..40)) {
        let both = Both::after(&steps);
        let mut view = View { guards: GUARDS, ..View::new(company()) };
        for entry in &both.journal {
            let before = view.clone();
            let mut changes = Changes::default();
            view.apply(entry, &mut changes);
            for id in before.records.keys().chain(view.records.keys()) {
                prop_assert!(before.records.get(id) == view.records.get(id) || changes.records.contains(id));
            }
            for name in before.names.keys().chain(view.names.keys()) {
                prop_assert!(before.names.get(name) == view.names.get(name) || changes.names.contains(name));
            }
            let others = |view: &View| -> BTreeSet<(HandleKey, ContactId)> {
                let all = view.claims.all_others();
                all.flat_map(|(handle, ids)| ids.iter().map(|id| (handle.clone(), *id))).collect()
            };
            for other in others(&before).symmetric_difference(&others(&view)) {
                prop_assert!(changes.others.contains_key(other));
            }
            let handles = before.claims.keys().chain(view.claims.keys());
            for handle in handles {
                prop_assert!(before.claims.get(handle) == view.claims.get(handle) || changes.claims.contains(handle));
            }
        }
    }
}
