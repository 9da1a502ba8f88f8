//! The laws of who is who, on random histories and against a naive model.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod contacts;
mod handles;
mod naive;

use std::collections::{BTreeMap, BTreeSet};

use contact::{
    Attribute, Attributes, Change, Changes, Command, CompanyId, ContactId, Entry, Handle, HandleKey, Link,
    MERGE_CONTACTS_MAX, Observation, Origin, Outcome, Refused, Region, Seq, Source, Text, Time, View,
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
    let origins = prop_oneof![3 => Just(Origin::Api), 1 => Just(Origin::Message), 1 => Just(Origin::Import)];
    (handles, option::of(names.clone()), option::of(names), subsequence(vec![1, 2, 3], 0..=2), origins).prop_map(
        |(handles, name, description, links, origin)| Observation {
            attributes: texts(name, description),
            handles: handles.into_iter().map(handle).collect(),
            links: links.into_iter().map(link).collect(),
            ..Observation::from(origin)
        },
    )
}

fn link(n: i32) -> Link {
    Link::parse(&format!("https://example.org/{n}")).unwrap()
}

/// A step of a history. Contacts and merges are named by their positions among all so far.
#[derive(Clone, Debug)]
enum Step {
    Observe(Observation),
    /// These contacts. The first is kept if a target is given.
    Merge(Vec<usize>, bool),
    Split(usize),
    KeepApart([usize; 2]),
    Share(usize, bool),
    Remove(usize, Vec<usize>, Vec<i32>),
    Delete(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => observation().prop_map(Step::Observe),
        1 => (vec(0..HANDLES, 2..4), any::<bool>()).prop_map(|(contacts, target)| Step::Merge(contacts, target)),
        3 => (0..HANDLES).prop_map(Step::Split),
        1 => [0..HANDLES, 0..HANDLES].prop_map(Step::KeepApart),
        1 => (0..HANDLES, any::<bool>()).prop_map(|(handle, shared)| Step::Share(handle, shared)),
        1 => (0..HANDLES, vec(0..HANDLES, 0..3), vec(1..4, 0..2)).prop_map(|(c, h, l)| Step::Remove(c, h, l)),
        1 => (0..HANDLES).prop_map(Step::Delete),
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
        Both { view: View::new(company()), naive: Naive::new(company()), journal: Vec::new() }
    }

    fn after(steps: &[Step]) -> Both {
        let mut both = Both::new();
        for step in steps {
            both.perform_step(step);
        }
        both
    }

    fn merges(&self) -> Vec<Seq> {
        let is_merge = |entry: &&Entry| matches!(entry.change, Change::Merged { .. });
        self.journal.iter().filter(is_merge).map(|entry| entry.seq).collect()
    }

    fn perform(&mut self, command: &Command) -> Result<Outcome, Refused> {
        let performed = self.view.perform(command, Time::from_millis(0))?;
        self.journal.extend(performed.changes.entries);
        Ok(performed.outcome)
    }

    fn perform_step(&mut self, step: &Step) {
        let everyone: BTreeSet<ContactId> = self.naive.all_contacts().into_iter().collect();
        assert!(everyone.iter().eq(self.view.members.keys().collect::<BTreeSet<_>>()), "both have the same contacts");
        let everyone: Vec<ContactId> = everyone.into_iter().collect();
        let pick = |n: &usize| everyone.get(n % everyone.len().max(1)).copied();
        let merges = self.merges();
        assert_eq!(merges.len(), self.naive.merges(), "both made the same merges");
        let (command, naive_command) = match step {
            Step::Observe(observation) => same(Command::from(observation.clone())),
            Step::Merge(contacts, has_target) => {
                let contacts: Vec<_> = contacts.iter().filter_map(pick).collect();
                if contacts.iter().collect::<BTreeSet<_>>().len() < 2 {
                    return;
                }
                let target = contacts.first().copied().filter(|_| *has_target);
                same(Command::Merge { contacts, target, by: Origin::Person })
            }
            Step::Split(n) => {
                let Some(place) = n.checked_rem(merges.len()) else { return };
                let split = |merge| Command::Split { merge, by: Origin::Person };
                (split(merges[place]), split(Seq(place as u64)))
            }
            Step::KeepApart(contacts) => {
                let [Some(one), Some(other)] = contacts.each_ref().map(pick) else { return };
                same(keep_apart([one, other]))
            }
            Step::Share(n, shared) => same(Command::Share { handle: handle(*n).key().clone(), shared: *shared }),
            Step::Remove(contact, handles, links) => {
                let Some(contact) = pick(contact) else { return };
                let handles = handles.iter().map(|n| handle(*n).key().clone()).collect();
                let links = links.iter().map(|n| link(*n)).collect();
                same(Command::Remove { contact, handles, links, by: Origin::Person })
            }
            Step::Delete(contact) => {
                let Some(contact) = pick(contact) else { return };
                same(Command::Delete { contact, by: Origin::Person })
            }
        };
        let is_done = self.perform(&command).is_ok();
        assert_eq!(is_done, self.naive.perform(&naive_command).is_ok(), "both perform_step or refuse {command:?}");
    }

    fn contacts_shown(&self) -> Vec<Shown> {
        contacts_shown(&self.view)
    }
}

fn merge(contacts: Vec<ContactId>) -> Command {
    Command::Merge { contacts, target: None, by: Origin::Person }
}

fn split(merge: Seq) -> Command {
    Command::Split { merge, by: Origin::Person }
}

fn keep_apart(contacts: [ContactId; 2]) -> Command {
    Command::KeepApart { contacts, by: Origin::Person }
}

fn same(command: Command) -> (Command, Command) {
    (command.clone(), command)
}

fn contacts_shown(view: &View) -> Vec<Shown> {
    let all: BTreeSet<ContactId> = view.members.keys().copied().collect();
    let roots = all.into_iter().filter(|id| view.root(*id) == Some(*id));
    roots.filter_map(|id| view.contact(id)).map(Shown::from).collect()
}

fn groups(view: &View) -> BTreeSet<BTreeSet<HandleKey>> {
    let mut groups: BTreeMap<ContactId, BTreeSet<HandleKey>> = BTreeMap::new();
    for key in view.claims.keys() {
        groups.entry(view.owner(key).unwrap()).or_default().insert(key.clone());
    }
    groups.into_values().collect()
}

fn observed(observations: &[Observation]) -> View {
    let mut view = View::new(company());
    for observation in observations {
        view.perform(&Command::from(observation.clone()), Time::from_millis(0)).unwrap();
    }
    view
}

fn replayed(journal: &[Entry]) -> View {
    let mut view = View::new(company());
    for entry in journal {
        view.apply(entry, &mut Changes::default());
    }
    view
}

fn api(handles: &[usize]) -> Observation {
    Observation { handles: handles.iter().map(|n| handle(*n)).collect(), ..Observation::from(Origin::Api) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// All contacts and owners are those of the naive model.
    #[test]
    fn the_naive_model_agrees(steps in vec(step(), 1..40)) {
        let mut both = Both::new();
        for step in &steps {
            both.perform_step(step);
            prop_assert_eq!(both.contacts_shown(), both.naive.contacts_shown());
            for n in 0..HANDLES {
                let key = handle(n).key().clone();
                prop_assert_eq!(both.view.owner(&key), both.naive.owner(&key));
            }
        }
    }

    #[test]
    fn law_1_order_does_not_change_who_is_who(
        (observations, shuffled) in vec(observation(), 1..20)
            .prop_flat_map(|observed| (Just(observed.clone()), Just(observed).prop_shuffle()))
    ) {
        prop_assert_eq!(groups(&observed(&observations)), groups(&observed(&shuffled)));
    }

    /// After a merge by a decision and its split, each side is as before, except for reports about it alone.
    #[test]
    fn law_2_split_undoes_merge(
        before in vec(step(), 2..30),
        (left, right) in (0..HANDLES, 0..HANDLES),
        between in vec((0..HANDLES, observation()), 0..6),
    ) {
        let mut both = Both::after(&before);
        let ids: Vec<ContactId> = both.contacts_shown().iter().map(|shown| shown.id).collect();
        prop_assume!(ids.len() >= 2);
        let contacts = vec![ids[left % ids.len()], ids[right % ids.len()]];
        prop_assume!(contacts[0] != contacts[1]);
        let mut alone = both.view.clone();
        both.perform(&merge(contacts)).unwrap();
        let merge = both.journal.last().unwrap().seq;
        for (n, observation) in between {
            // A report about one side only, by one of its own handles.
            let about = Observation { handles: vec![handle(n)], ..observation };
            if both.view.owner(about.handles[0].key()).is_some() {
                alone.perform(&Command::from(about.clone()), Time::from_millis(0)).unwrap();
                both.perform(&Command::from(about)).unwrap();
            }
        }
        both.perform(&split(merge)).unwrap();
        prop_assert_eq!(both.contacts_shown(), contacts_shown(&alone));
    }

    #[test]
    fn law_2_a_split_merge_does_not_come_back(steps in vec(step(), 2..40)) {
        // A handle that was removed and then reported for another contact is a new reason to merge.
        let is_removal = |step: &Step| matches!(step, Step::Remove(..) | Step::Delete(_));
        let steps: Vec<Step> = steps.into_iter().filter(|step| !is_removal(step)).collect();
        let mut both = Both::after(&steps);
        for entry in both.journal.clone() {
            let Change::Merged { because: Some(because), .. } = entry.change else { continue };
            let Change::Observed { handles, .. } = &both.journal[usize::try_from(because.0).unwrap() - 1].change else {
                panic!("a merge names the observation that caused it")
            };
            let again = Observation { handles: handles.clone(), ..Observation::from(Origin::Api) };
            if both.perform(&split(entry.seq)).is_ok() {
                let outcome = both.perform(&Command::from(again)).unwrap();
                prop_assert_eq!(outcome.merged, vec![]);
            }
        }
    }

    #[test]
    fn law_3_every_handle_has_one_owner(steps in vec(step(), 1..40)) {
        let both = Both::after(&steps);
        let mut owned = BTreeSet::new();
        for shown in both.contacts_shown() {
            for text in shown.handles {
                prop_assert!(owned.insert(text.clone()), "{} has two owners", text);
                let key = Handle::parse(Source::Email, &text, Region::default()).unwrap().key().clone();
                prop_assert_eq!(both.view.owner(&key), Some(shown.id));
            }
        }
        let claimed = both.view.claims.clone().into_iter().filter(|(_, claim)| claim.home.is_some()).count();
        prop_assert_eq!(claimed, owned.len());
        for member in both.view.members.values() {
            for (handle, claim) in member.facts.claims(member.id) {
                prop_assert_eq!(both.view.claims.get(handle), Some(claim));
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
    fn law_6_a_repeated_observation_changes_nothing(steps in vec(step(), 0..30), observation in observation()) {
        let mut both = Both::after(&steps);
        let command = Command::from(observation);
        both.perform(&command).unwrap();
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
        let mut view = View::new(company());
        for entry in &both.journal {
            let before = view.clone();
            let mut changes = Changes::default();
            view.apply(entry, &mut changes);
            for id in before.members.keys().chain(view.members.keys()) {
                prop_assert!(before.members.get(id) == view.members.get(id) || changes.members.contains(id));
            }
            let handles = before.claims.keys().chain(view.claims.keys());
            for handle in handles {
                prop_assert!(before.claims.get(handle) == view.claims.get(handle) || changes.claims.contains(handle));
            }
        }
    }
}

#[test]
fn the_merge_limit_names_the_contacts() {
    let email = |n: usize| Handle::parse(Source::Email, &format!("p{n}@example.org"), Region::default()).unwrap();
    let one = |n: usize| Observation { handles: vec![email(n)], ..Observation::from(Origin::Api) };
    let many: Vec<Observation> = (0..=MERGE_CONTACTS_MAX).map(one).collect();
    let mut view = observed(&many);
    let all = Observation { handles: (0..=MERGE_CONTACTS_MAX).map(email).collect(), ..Observation::from(Origin::Api) };
    let before = view.clone();
    let refused = view.perform(&Command::from(all.clone()), Time::from_millis(0)).unwrap_err();
    let everyone: BTreeSet<ContactId> = before.members.keys().copied().collect();
    assert_eq!(refused, Refused::TooManyContacts(everyone.into_iter().collect()));
    assert_eq!(view, before);
    let fewer = Observation { handles: all.handles[1..].to_vec(), ..all };
    let performed = view.perform(&Command::from(fewer), Time::from_millis(0)).unwrap();
    assert_eq!(performed.outcome.merged.len(), MERGE_CONTACTS_MAX - 1);
}

#[test]
fn a_shared_handle_counts_only_without_other_handles() {
    let mut view = observed(&[api(&[0, 1]), api(&[2])]);
    let share = Command::Share { handle: handle(0).key().clone(), shared: true };
    view.perform(&share, Time::from_millis(0)).unwrap();
    let [first, second] = [1, 2].map(|n| ContactId::nth(company(), n));
    for (handles, contact) in [([0, 2], second), ([2, 0], second), ([0, 1], first), ([0, 3], first)] {
        let outcome = view.perform(&Command::from(api(&handles)), Time::from_millis(0)).unwrap().outcome;
        assert_eq!((outcome.contact, outcome.merged), (Some(contact), vec![]), "{handles:?}");
    }
}

#[test]
fn an_observation_across_a_separation_goes_to_the_owner_of_the_first_handle() {
    let mut view = observed(&[api(&[0]), api(&[1]), api(&[1, 0])]);
    view.perform(&split(Seq(4)), Time::from_millis(0)).unwrap();
    let [first, second] = [1, 2].map(|n| ContactId::nth(company(), n));
    let outcome = view.perform(&Command::from(api(&[1, 0, 5])), Time::from_millis(0)).unwrap().outcome;
    assert_eq!((outcome.contact, outcome.merged), (Some(second), vec![]));
    assert_eq!((outcome.kept_apart, outcome.rule), (vec![first], Some(Seq(5))));
    assert_eq!(view.owner(handle(5).key()), Some(second));
    let by_hand = merge(vec![first, second]);
    assert_eq!(view.perform(&by_hand, Time::from_millis(0)).unwrap().outcome.merged, [second]);
}

#[test]
fn separated_contacts_are_merged_only_by_a_decision() {
    let mut view = observed(&[api(&[0]), api(&[1]), api(&[2]), api(&[1, 2])]);
    let [first, second, third] = [1, 2, 3].map(|n| ContactId::nth(company(), n));
    let before = [first, second].map(|id| view.contact(id));
    let ask = |view: &mut View, command| view.perform(&command, Time::from_millis(0)).map(|done| done.outcome);
    let rule = view.head.next();
    let outcome = ask(&mut view, keep_apart([third, first])).unwrap();
    assert_eq!((outcome.contact, outcome.kept_apart, outcome.rule), (Some(second), vec![first], Some(rule)));
    assert_eq!([first, second].map(|id| view.contact(id)), before, "neither shows anything else");
    // The separation covers each part of both, so repeating it changes nothing.
    for contacts in [[first, second], [third, first]] {
        assert_eq!(ask(&mut view, keep_apart(contacts)).unwrap().rule, Some(rule));
    }
    assert_eq!(view.head, rule);
    let outcome = ask(&mut view, Command::from(api(&[2, 0, 5]))).unwrap();
    assert_eq!((outcome.contact, outcome.merged), (Some(second), vec![]));
    assert_eq!((outcome.kept_apart, outcome.rule), (vec![first], Some(rule)));
    let stranger = ContactId::nth(company(), 9);
    assert_eq!(ask(&mut view, keep_apart([first, stranger])), Err(Refused::NoContact(stranger)));
    assert_eq!(ask(&mut view, merge(vec![first, second])).unwrap().merged, [second]);
    assert_eq!(ask(&mut view, keep_apart([first, third])), Err(Refused::OnePerson([first, third])));
}

#[test]
fn a_separation_of_a_part_does_not_cover_the_whole() {
    let mut view = observed(&[api(&[0]), api(&[1]), api(&[2])]);
    let [first, second, third] = [1, 2, 3].map(|n| ContactId::nth(company(), n));
    let mut ask = |command| view.perform(&command, Time::from_millis(0)).unwrap().outcome;
    ask(keep_apart([first, third]));
    ask(merge(vec![first, second]));
    ask(keep_apart([second, third]));
    ask(split(Seq(5)));
    let outcome = ask(Command::from(api(&[1, 2])));
    assert_eq!((outcome.contact, outcome.kept_apart), (Some(second), vec![third]));
}

#[test]
fn a_report_of_a_value_that_a_merge_replaced_is_new() {
    let described = |n, text| Observation { attributes: texts(None, Some(text)), ..api(&[n]) };
    let mut view = observed(&[described(0, "Bob"), described(1, "Ada")]);
    let [first, second] = [1, 2].map(|n| ContactId::nth(company(), n));
    let mut describe = |command| {
        view.perform(&command, Time::from_millis(0)).unwrap();
        view.contact(first).unwrap().description().to_owned()
    };
    assert_eq!(describe(merge(vec![first, second])), "Bob\nAda");
    assert_eq!(describe(Command::from(described(1, "Ada"))), "Ada");
}

#[test]
fn a_merge_is_undone_once() {
    let mut view = observed(&[api(&[0]), api(&[1]), api(&[1, 0])]);
    let split_it = split(Seq(4));
    assert!(view.perform(&split_it, Time::from_millis(0)).is_ok());
    for merge in [Seq(4), Seq(1), Seq(99)] {
        let refused = view.perform(&split(merge), Time::from_millis(0)).unwrap_err();
        assert_eq!(refused, Refused::NoMerge(merge));
    }
}

/// A name and a description.
pub fn texts(name: Option<&str>, description: Option<&str>) -> Attributes<Option<Text>> {
    Attributes::from_fn(|attribute| {
        let text = if attribute == Attribute::Name { name } else { description };
        text.map(|text| attribute.parse(text).unwrap())
    })
}
