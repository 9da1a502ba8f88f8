//! Single cases of who is who, each with its expected result.

use std::collections::BTreeSet;

use contact::{
    CONTACT_HANDLES_MAX, Command, ContactId, Guards, Handle, HandleDecision, MERGE_CONTACTS_MAX, NotUsed, Observation,
    Origin, Refused, Region, Seq, Source, Time, View,
};

use crate::{api, company, handle, keep_apart, mark, merge, observed, record_name, regroup, set_guards, split, texts};

#[test]
fn the_merge_limit_names_the_contacts() {
    let email = |n: usize| Handle::parse(Source::Email, &format!("p{n}@example.org"), Region::default()).unwrap();
    let one = |n: usize| Observation { handles: vec![email(n)], ..Observation::from(Origin::Api(None)) };
    let many: Vec<Observation> = (0..=MERGE_CONTACTS_MAX).map(one).collect();
    let mut view = observed(&many);
    let all =
        Observation { handles: (0..=MERGE_CONTACTS_MAX).map(email).collect(), ..Observation::from(Origin::Api(None)) };
    let before = view.clone();
    let refused = view.perform(&Command::from(all.clone()), Time::from_millis(0)).unwrap_err();
    let everyone: BTreeSet<ContactId> = before.records.keys().copied().collect();
    assert_eq!(refused, Refused::TooManyContacts(everyone.into_iter().collect()).into());
    assert_eq!(view, before);
    let fewer = Observation { handles: all.handles[1..].to_vec(), ..all };
    let performed = view.perform(&Command::from(fewer), Time::from_millis(0)).unwrap();
    assert_eq!(performed.outcome.merged.len(), MERGE_CONTACTS_MAX - 1);
}

#[test]
fn a_handle_joins_no_more_contacts_than_an_observation() {
    let email = |n: usize| Handle::parse(Source::Email, &format!("p{n}@example.org"), Region::default()).unwrap();
    let report = |n: usize, name: &str| Observation { handles: vec![handle(0), email(n)], ..named(name, &[]) };
    let mut view = View { guards: Guards { shared_after: None, names_agree: false }, ..View::new(company()) };
    let mut perform =
        |command: Command| view.perform(&command, Time::from_millis(0)).map(|performed| performed.outcome);
    perform(mark(0, HandleDecision::Shared)).unwrap();
    for n in 0..MERGE_CONTACTS_MAX {
        perform(Command::from(report(n, "Ada"))).unwrap();
    }
    assert_eq!(perform(mark(0, HandleDecision::Personal)).unwrap().merged.len(), MERGE_CONTACTS_MAX - 1);
    perform(mark(0, HandleDecision::Shared)).unwrap();
    perform(Command::from(report(MERGE_CONTACTS_MAX, "Bob"))).unwrap();
    let all = (1..).take(MERGE_CONTACTS_MAX + 1).map(|n| ContactId::nth(company(), n)).collect();
    assert_eq!(perform(mark(0, HandleDecision::Personal)), Err(Refused::TooManyContacts(all).into()));
    perform(mark(0, HandleDecision::Blocked)).unwrap();
    // One of them has another name, and would not join.
    perform(set_guards(Guards { shared_after: None, names_agree: true })).unwrap();
    assert_eq!(perform(mark(0, HandleDecision::Personal)).unwrap().merged.len(), MERGE_CONTACTS_MAX - 1);
}

fn named(name: &str, handles: &[usize]) -> Observation {
    Observation { attributes: texts(Some(name), None), ..api(handles) }
}

fn records_of(view: &View) -> BTreeSet<Vec<u64>> {
    let roots: BTreeSet<ContactId> = view.records.values().map(|record| record.contact).collect();
    let numbers = |root: ContactId| {
        let mut parts: Vec<u64> = view.parts(root).into_iter().map(ContactId::count).collect();
        parts.sort_unstable();
        parts
    };
    roots.into_iter().map(numbers).collect()
}

#[test]
fn new_guards_count_as_if_they_had_always_held() {
    let mut view = observed(&[named("Ada", &[0]), named("Bob", &[0, 1]), named("Bob", &[1, 2]), named("Cid", &[3])]);
    let all = BTreeSet::from([vec![1, 2, 3], vec![4]]);
    let apart = BTreeSet::from([vec![1], vec![2, 3], vec![4]]);
    let set = |view: &mut View, shared_after, names_agree| {
        let guards = set_guards(Guards { shared_after, names_agree });
        for command in [guards].into_iter().chain(regroup(view)) {
            view.perform(&command, Time::from_millis(0)).unwrap();
        }
        records_of(view)
    };
    assert_eq!(set(&mut view, None, false), all);
    assert_eq!(set(&mut view, None, true), apart);
    // What is split off leaves alone, and the rest stays together.
    let record = |n| ContactId::nth(company(), n);
    let outcome = view.perform(&split(record(2), vec![record(3)]), Time::from_millis(0)).unwrap().outcome;
    assert_eq!((outcome.split, view.root(record(2))), (vec![record(3)], Some(record(2))));
    view.perform(&merge(vec![record(2), record(3)]), Time::from_millis(0)).unwrap();
    assert_eq!(set(&mut view, None, false), all);
    // Two names and two other handles make the first handle shared.
    view.perform(&Command::from(named("Dan", &[0, 4])), Time::from_millis(0)).unwrap();
    assert_eq!(records_of(&view), BTreeSet::from([vec![1, 2, 3, 5], vec![4]]));
    assert_eq!(set(&mut view, Some(2), false), BTreeSet::from([vec![1], vec![2, 3], vec![4], vec![5]]));
    assert_eq!(view.claims.obstacle(handle(0).key()), Some(NotUsed::SharedByEvidence));
    assert_eq!(set(&mut view, None, false), BTreeSet::from([vec![1, 2, 3, 5], vec![4]]));
    assert_eq!(view.claims.obstacle(handle(0).key()), None);
}

#[test]
fn a_report_that_makes_its_handle_shared_finds_its_record_again() {
    let mut view = View { guards: Guards { shared_after: Some(2), names_agree: false }, ..View::new(company()) };
    let mut perform = |command: Command| {
        view.perform(&command, Time::from_millis(0)).unwrap();
        view.clone()
    };
    perform(Command::from(Observation { record: Some(record_name(0)), ..named("Ada", &[0, 1]) }));
    let parted = perform(Command::from(api(&[0]))).records_made;
    perform(Command::from(api(&[0, 2])));
    perform(split(ContactId::nth(company(), 1), vec![ContactId::nth(company(), parted)]));
    let before = perform(Command::from(named("Bob", &[0])));
    assert_eq!(before.claims.obstacle(handle(0).key()), Some(NotUsed::SharedByEvidence));
    assert_eq!(perform(Command::from(named("Bob", &[0]))), before);
}

#[test]
fn a_new_name_links_and_parts_where_names_must_agree() {
    let guards = Guards { shared_after: None, names_agree: true };
    let mut view = View { guards, ..View::new(company()) };
    let crm = |n, name, handles: &[usize]| Observation { record: Some(record_name(n)), ..named(name, handles) };
    let mut tell = |observation: Observation| {
        view.perform(&Command::from(observation), Time::from_millis(0)).unwrap();
        records_of(&view)
    };
    tell(crm(0, "Ada", &[0]));
    let apart = BTreeSet::from([vec![1], vec![2]]);
    let together = BTreeSet::from([vec![1, 2]]);
    assert_eq!(tell(crm(1, "Bob", &[0, 1])), apart);
    assert_eq!(tell(crm(1, "ada", &[0, 1])), together);
    assert_eq!(tell(crm(1, "Bob", &[0, 1])), apart);
    // A report without a record is not about one of another name.
    assert_eq!(tell(named("Cid", &[0])), BTreeSet::from([vec![1], vec![2], vec![3]]));
    assert_eq!(tell(named("Cid", &[0])).len(), 3);
}

#[test]
fn more_handles_than_a_contact_can_have_stay_shared() {
    let number = |n: usize| Handle::parse(Source::Phone, &format!("+1650555{n:04}"), Region::default()).unwrap();
    let mut view = View { guards: Guards { shared_after: Some(2), names_agree: false }, ..View::new(company()) };
    for n in 0..CONTACT_HANDLES_MAX {
        let handles = vec![handle(0), number(n)];
        let report = Observation { handles, ..named(&format!("Name {n}"), &[0]) };
        view.perform(&Command::from(report), Time::from_millis(0)).unwrap();
    }
    view.perform(&set_guards(Guards { shared_after: None, names_agree: false }), Time::from_millis(0)).unwrap();
    for command in regroup(&view) {
        view.perform(&command, Time::from_millis(0)).unwrap();
    }
    assert_eq!(view.claims.obstacle(handle(0).key()), Some(NotUsed::SharedByEvidence));
}

#[test]
fn a_shared_handle_identifies_nobody() {
    let mut view = observed(&[api(&[0, 1]), api(&[2])]);
    view.perform(&mark(0, HandleDecision::Shared), Time::from_millis(0)).unwrap();
    let [first, second] = [1, 2].map(|n| ContactId::nth(company(), n));
    let third = ContactId::nth(company(), 4);
    let cases =
        [(vec![0, 2], second), (vec![2, 0], second), (vec![0, 1], first), (vec![0, 3], third), (vec![0], first)];
    for (handles, contact) in cases {
        let outcome = view.perform(&Command::from(api(&handles)), Time::from_millis(0)).unwrap().outcome;
        assert_eq!((outcome.contact, outcome.merged), (Some(contact), vec![]), "{handles:?}");
        assert_eq!(outcome.not_used, [(handle(0), NotUsed::Shared)]);
    }
}

#[test]
fn an_observation_across_a_separation_goes_to_the_owner_of_the_first_handle() {
    let mut view = observed(&[api(&[0]), api(&[1]), api(&[1, 0])]);
    view.perform(&split(ContactId::nth(company(), 1), vec![ContactId::nth(company(), 2)]), Time::from_millis(0))
        .unwrap();
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
    assert_eq!(ask(&mut view, keep_apart([first, stranger])), Err(Refused::NoContact(stranger).into()));
    assert_eq!(ask(&mut view, merge(vec![first, second])).unwrap().merged, [second]);
    assert_eq!(ask(&mut view, keep_apart([first, third])), Err(Refused::OnePerson([first, third]).into()));
}

#[test]
fn a_separation_of_a_part_does_not_cover_the_whole() {
    let mut view = observed(&[api(&[0]), api(&[1]), api(&[2])]);
    let [first, second, third] = [1, 2, 3].map(|n| ContactId::nth(company(), n));
    let mut ask = |command| view.perform(&command, Time::from_millis(0)).unwrap().outcome;
    ask(keep_apart([first, third]));
    ask(merge(vec![first, second]));
    ask(keep_apart([second, third]));
    ask(split(first, vec![second]));
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
fn a_split_names_some_of_the_records_but_not_all() {
    let mut view = observed(&[api(&[0]), api(&[1]), api(&[1, 0])]);
    let ids = [1, 2, 3, 4].map(|n| ContactId::nth(company(), n));
    for records in [vec![], vec![ids[0], ids[1], ids[2]], vec![ids[3]]] {
        let refused = view.perform(&split(ids[1], records), Time::from_millis(0)).unwrap_err();
        assert_eq!(refused, Refused::NoSplit(ids[0]).into());
    }
    assert_eq!(view.perform(&split(ids[1], vec![ids[1]]), Time::from_millis(0)).unwrap().outcome.split, [ids[1]]);
}
