//! Why two records are one contact: chains of links that count.

use contact::{
    Attribute, ChainLink, Command, ContactId, HandleDecision, HandleKey, LinkReason, Observation, Origin, Record, Seq,
    Time, View,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::{Both, GUARDS, api, company, handle, keep_apart, mark, merge, observed, record_name, split, step, texts};

/// Whether nobody has decided that two records are different people.
fn are_together(one: &Record, other: &Record) -> bool {
    let is_facing =
        |(entry, side): &(Seq, _)| other.separations.iter().any(|(known, theirs)| known == entry && theirs != side);
    !one.separations.iter().any(is_facing)
}

/// Whether the guards let a handle link two records.
fn do_agree(view: &View, one: &Record, other: &Record) -> bool {
    let name = |record: &Record| {
        let single = &record.facts.single;
        let names = [&single.attributes[Attribute::Name], &single.message_name];
        names.into_iter().flatten().map(|name| name.value.as_str().to_owned()).find(|name| !name.is_empty())
    };
    !view.guards.names_agree || name(one).is_none_or(|one| name(other).is_none_or(|other| one == other))
}

/// Whether a link holds, by what its two records say.
fn counts(view: &View, link: &ChainLink) -> bool {
    let (from, to) = (&view.records[&link.from], &view.records[&link.to]);
    let joins =
        from.joins.iter().filter(|join| join.to == to.id).chain(to.joins.iter().filter(|join| join.to == from.id));
    let mut joins = joins.filter(|join| join.entry == link.entry);
    match &link.because {
        LinkReason::Handle { handle, reports } => {
            let at = |record: &Record| {
                record.facts.handles.iter().find(|known| known.value.key() == handle.key()).map(|known| known.seq)
            };
            let is_reported = [at(from), at(to)] == reports.map(Some) && reports.iter().max() == Some(&link.entry);
            let is_linked = are_together(from, to) && do_agree(view, from, to);
            is_reported && view.claims.obstacle(handle.key()).is_none() && is_linked
        }
        LinkReason::Merge => joins.any(|join| join.choice.is_some()),
        LinkReason::Added | LinkReason::Withdrawn => joins.any(|join| join.choice.is_none()),
    }
}

/// The least number of links, by trying all handles and decisions.
fn distance(view: &View, from: ContactId, to: ContactId) -> Option<usize> {
    let are_linked = |one: &Record, other: &Record| {
        let is_joined = |one: &Record, other: &Record| one.joins.iter().any(|join| join.to == other.id);
        let is_shown = |key: &HandleKey| view.claims.obstacle(key).is_none();
        let handles = |record: &Record| -> Vec<HandleKey> {
            record.facts.handles.iter().map(|known| known.value.key().clone()).filter(is_shown).collect()
        };
        let is_shared = handles(one).iter().any(|key| handles(other).contains(key)) && are_together(one, other);
        is_joined(one, other) || is_joined(other, one) || is_shared
    };
    let mut found = vec![from];
    for steps in 0.. {
        if found.contains(&to) {
            return Some(steps);
        }
        let known: Vec<&Record> = found.iter().map(|id| &view.records[id]).collect();
        let is_next = |record: &&Record| {
            record.contact == view.records[&from].contact
                && !found.contains(&record.id)
                && known.iter().any(|known| are_linked(known, record))
        };
        let next: Vec<ContactId> = view.records.values().filter(is_next).map(|record| record.id).collect();
        if next.is_empty() {
            return None;
        }
        found.extend(next);
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Between every two records of a contact there is a chain of links that count, and none between two contacts.
    #[test]
    fn records_are_one_contact_by_a_chain_of_links(steps in vec(step(), 1..40)) {
        let both = Both::after(&steps);
        for from in both.view.records.values() {
            let chains = both.view.chains(from.id);
            for to in both.view.records.values() {
                let chain = chains.to(to.id);
                prop_assert_eq!(chain.is_some(), from.contact == to.contact, "{} and {}", from.id, to.id);
                let Some(chain) = chain else { continue };
                let mut at = from.id;
                for link in &chain {
                    prop_assert_eq!(link.from, at);
                    prop_assert!(counts(&both.view, link), "{link:?}");
                    at = link.to;
                }
                prop_assert_eq!(at, to.id);
                let least = distance(&both.view, from.id, to.id).unwrap();
                // A shorter one has a link that a separation or another name passed over.
                let is_passed_over = both.view.guards.names_agree
                    || both.view.records.values().any(|record| !record.separations.is_empty());
                prop_assert!(least == chain.len() || is_passed_over);
            }
        }
    }
}

fn id(n: u64) -> ContactId {
    ContactId::nth(company(), n)
}

fn perform(view: &mut View, command: impl Into<Command>) {
    view.perform(&command.into(), Time::from_millis(0)).unwrap();
}

/// The chain between two records: where each link leads, and why.
fn chain(view: &View, from: u64, to: u64) -> Option<Vec<(u64, String)>> {
    let why = |link: &ChainLink| match &link.because {
        LinkReason::Handle { handle, .. } => handle.text().to_owned(),
        other => format!("{other:?}"),
    };
    Some(view.chains(id(from)).to(id(to))?.iter().map(|link| (link.to.count(), why(link))).collect())
}

fn by_handle(to: u64, n: usize) -> (u64, String) {
    (to, handle(n).text().to_owned())
}

#[test]
fn a_chain_has_the_fewest_links() {
    let view = observed(&[api(&[0, 1]), api(&[1, 2]), api(&[2, 3]), api(&[3, 0, 4])]);
    assert_eq!(chain(&view, 1, 4), Some(vec![by_handle(4, 0)]));
    assert_eq!(chain(&view, 4, 2), Some(vec![by_handle(1, 0), by_handle(2, 1)]), "the older of two links as short");
    assert_eq!(chain(&view, 1, 1), Some(vec![]));
    assert_eq!(chain(&view, 1, 9), None);
}

#[test]
fn the_oldest_of_several_links_is_shown() {
    let report = |n, handles: &[usize]| Observation { record: Some(record_name(n)), ..api(handles) };
    let view = observed(&[report(0, &[0]), report(1, &[1, 0]), report(0, &[0, 1])]);
    let because = LinkReason::Handle { handle: handle(0), reports: [Seq(1), Seq(2)] };
    let link = ChainLink { from: id(1), to: id(2), entry: Seq(2), because };
    assert_eq!(view.chains(id(1)).to(id(2)), Some(vec![link]));
}

#[test]
fn records_that_report_a_handle_are_linked_without_the_first_reporter() {
    let view = observed(&[api(&[0]), api(&[0, 1]), api(&[0, 2])]);
    assert_eq!(chain(&view, 2, 3), Some(vec![by_handle(3, 0)]));
}

#[test]
fn a_merge_by_a_person_outranks_a_link_that_a_separation_passes_over() {
    let mut view = observed(&[api(&[0, 1]), api(&[1, 2])]);
    perform(&mut view, split(id(1), vec![id(2)]));
    assert_eq!(chain(&view, 1, 2), None);
    perform(&mut view, merge(vec![id(1), id(2)]));
    assert_eq!(chain(&view, 1, 2), Some(vec![(2, "Merge".into())]));
    assert_eq!(chain(&view, 2, 1), Some(vec![(1, "Merge".into())]));
    let mut view = observed(&[api(&[0]), api(&[1])]);
    perform(&mut view, keep_apart([id(1), id(2)]));
    perform(&mut view, api(&[0, 1]));
    assert_eq!(chain(&view, 1, 3), Some(vec![by_handle(3, 0)]));
    assert_eq!(chain(&view, 2, 3), None);
}

#[test]
fn a_handle_that_identifies_nobody_is_no_link() {
    let mut view = observed(&[api(&[0, 1]), api(&[1, 0, 2])]);
    assert_eq!(chain(&view, 1, 2), Some(vec![by_handle(2, 0)]));
    perform(&mut view, mark(0, HandleDecision::Shared));
    assert_eq!(chain(&view, 1, 2), Some(vec![by_handle(2, 1)]));
    perform(&mut view, mark(1, HandleDecision::Blocked));
    assert_eq!(chain(&view, 1, 2), None);
}

#[test]
fn decisions_join_records_too() {
    let mut view = observed(&[api(&[0])]);
    perform(&mut view, Command::AddHandle { contact: id(1), handle: handle(1), by: Origin::Person });
    assert_eq!(chain(&view, 1, 2), Some(vec![(2, "Added".into())]));
    let named = Observation { record: Some(record_name(0)), ..api(&[0, 1]) };
    perform(&mut view, named);
    perform(&mut view, Command::Withdraw { record: record_name(0).into(), by: Origin::Api(None) });
    assert_eq!(chain(&view, 3, 2), Some(vec![(1, "Withdrawn".into()), (2, "Added".into())]));
}

#[test]
fn contacts_from_before_a_guard_keep_their_reasons() {
    let named = |name, handles: &[usize]| Observation { attributes: texts(Some(name), None), ..api(handles) };
    let mut view = observed(&[named("Ada", &[0]), named("Bob", &[0, 1])]);
    view.guards = contact::Guards { names_agree: true, ..GUARDS };
    assert_eq!(chain(&view, 1, 2), Some(vec![by_handle(2, 0)]));
}
