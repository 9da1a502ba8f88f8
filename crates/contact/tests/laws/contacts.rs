//! Commands about one contact, and merges that choose between different values.

use std::borrow::Borrow;
use std::collections::HashMap;

use contact::{
    Change, Command, Contact, ContactId, CustomName, CustomType, CustomValue, CustomValues, FieldTarget, Group,
    HandleDecision, Link, ListName, NoteBody, Observation, Origin, Outcome, Picture, Refused, Seq, SettingsChange,
    TeammateId, Text, Time, Undecided, Update, View,
};

use crate::{company, handle, link, mark, split, texts};

/// A view, and a clock that advances with each command.
struct Session {
    view: View,
    now: i64,
    /// The contact and the records that each merge joined.
    joined: HashMap<Seq, (ContactId, Vec<ContactId>)>,
}

impl Session {
    fn new() -> Session {
        let mut session = Session { view: View::new(company()), now: 0, joined: HashMap::new() };
        for name in ["Cape", "Car"] {
            let (name, kind) = (field(name), CustomType::String);
            let settings_change =
                SettingsChange::CreateField { target: FieldTarget::Contact, name, description: String::new(), kind };
            session.perform(Command::ChangeSettings { change: settings_change, by: Origin::Api(None) });
        }
        session
    }

    fn ask(&mut self, command: &Command) -> Result<Outcome, Refused> {
        self.now += 1;
        match self.view.perform(command, Time::from_millis(self.now)) {
            Ok(performed) => Ok(performed.outcome),
            Err(Undecided::Refused(refused)) => Err(refused),
            Err(Undecided::Missing(missing)) => panic!("a whole view lacks {missing:?}"),
        }
    }

    #[track_caller]
    fn perform(&mut self, command: impl Borrow<Command>) -> Outcome {
        self.ask(command.borrow()).unwrap()
    }

    /// Performs a command that is refused, and checks that it changes nothing.
    #[track_caller]
    fn refused(&mut self, command: &Command) -> Refused {
        let before = self.view.clone();
        let refused = self.ask(command).unwrap_err();
        assert_eq!(self.view, before);
        refused
    }

    fn make(&mut self, n: usize, name: &str, description: &str) -> ContactId {
        let observation = Observation { attributes: texts(Some(name), Some(description)), ..observation(&[n]) };
        self.perform(Command::Create { observation: observation.into(), lists: vec![] }).contact.unwrap()
    }

    #[track_caller]
    fn update(&mut self, contact: ContactId, update: Update) {
        self.perform(Command::Update { contact, update: Box::new(update), by: Origin::Api(None) });
    }

    fn merge(&mut self, contacts: &[ContactId], target: Option<ContactId>) -> Seq {
        let parts: HashMap<ContactId, Vec<ContactId>> =
            self.view.records.keys().map(|id| (*id, self.view.parts(*id))).collect();
        let outcome = self.perform(Command::Merge { contacts: contacts.to_vec(), target, by: Origin::Api(None) });
        if let Some(joined) = outcome.merged.last() {
            self.joined.insert(self.view.head, (*joined, parts[joined].clone()));
        }
        self.view.head
    }

    /// Splits off what a merge joined.
    fn split(&mut self, merge: Seq) {
        let (joined, records) = self.joined[&merge].clone();
        let whole = self.view.parts(joined);
        self.perform(split(joined, records.into_iter().filter(|id| whole.contains(id)).collect()));
    }

    fn contact(&self, id: ContactId) -> Contact {
        self.view.contact(id).unwrap()
    }

    fn texts(&self, id: ContactId) -> (String, String) {
        let contact = self.contact(id);
        (contact.name().to_owned(), contact.description().to_owned())
    }
}

fn observation(handles: &[usize]) -> Observation {
    Observation { handles: handles.iter().map(|n| handle(*n)).collect(), ..Observation::from(Origin::Api(None)) }
}

fn field(name: &str) -> CustomName {
    CustomName::parse(name).unwrap()
}

fn values(all: &[(&str, &str)]) -> CustomValues {
    all.iter().map(|(name, value)| (field(name), CustomValue::Text((*value).to_owned()))).collect()
}

fn custom(all: &[(&str, &str)]) -> Update {
    Update { custom: Some(values(all)), ..Update::default() }
}

fn name(text: &str) -> Update {
    Update { attributes: texts(Some(text), None), ..Update::default() }
}

fn face(byte: u8) -> Update {
    let content = [&b"GIF89a"[..], &[byte]].concat();
    Update { picture: Some(Some(Picture::parse(content.into()).unwrap())), ..Update::default() }
}

fn lists(names: &[&str]) -> Vec<ListName> {
    names.iter().map(|name| ListName::parse(name).unwrap()).collect()
}

/// A contact without the time of its last change.
fn visible(contact: Contact) -> Contact {
    Contact { changed: Seq(0), changed_at: Time::from_millis(0), ..contact }
}

#[test]
fn a_merge_keeps_the_name_of_the_target_unless_it_is_empty() {
    for (kept, joined, wanted) in [("Bruce", "Batman", "Bruce"), ("", "Batman", "Batman"), ("Bruce", "", "Bruce")] {
        let mut session = Session::new();
        let [target, other] = [session.make(0, kept, ""), session.make(1, joined, "")];
        session.merge(&[other, target], Some(target));
        assert_eq!(session.texts(other).0, wanted, "{kept:?} and {joined:?}");
        assert_eq!(session.contact(other).id, target);
    }
    // The newer one may be the target. Without a target, the oldest is kept.
    let mut session = Session::new();
    let [old, young] = [session.make(0, "Old", ""), session.make(1, "Young", "")];
    let entry = session.merge(&[old], Some(young));
    assert_eq!((session.contact(old).id, session.texts(old).0.as_str()), (young, "Young"));
    session.split(entry);
    session.merge(&[young, old], None);
    assert_eq!((session.contact(young).id, session.texts(old).0.as_str()), (old, "Old"));
}

#[test]
fn a_merge_joins_descriptions_from_the_target_to_the_newest() {
    let mut session = Session::new();
    let all = [("", "one"), ("", "two"), ("", ""), ("", "four"), ("", "four")];
    let ids: Vec<ContactId> = all.iter().enumerate().map(|(n, (name, text))| session.make(n, name, text)).collect();
    session.merge(&[ids[4], ids[2], ids[0], ids[1], ids[3]], Some(ids[3]));
    // An equal description is not repeated.
    assert_eq!(session.texts(ids[0]).1, "four\none\ntwo\nfour");
    let mut session = Session::new();
    let [one, other] = [session.make(0, "", "same"), session.make(1, "", "same")];
    session.merge(&[one, other], None);
    assert_eq!(session.texts(one).1, "same");
}

#[test]
fn a_merge_takes_other_values_from_the_side_that_changed_last() {
    for kept_is_fresher in [false, true] {
        let mut session = Session::new();
        let [one, two] = [session.make(0, "", ""), session.make(1, "", "")];
        session.update(one, custom(&[("Cape", "black"), ("Car", "fast")]));
        session.update(two, custom(&[("Cape", "blue")]));
        session.update(one, face(1));
        session.update(two, face(2));
        if kept_is_fresher {
            session.update(one, name("Bruce"));
        }
        let pictures = [one, two].map(|id| session.contact(id).picture);
        session.merge(&[one, two], None);
        let merged = session.contact(one);
        let (cape, picture) = if kept_is_fresher { ("black", pictures[0]) } else { ("blue", pictures[1]) };
        assert_eq!(merged.custom, values(&[("Cape", cape), ("Car", "fast")]), "a value that one side has stays");
        assert_eq!(merged.picture, picture);
    }
}

#[test]
fn a_value_that_the_newer_side_cleared_comes_from_the_other_side() {
    let mut session = Session::new();
    let [one, two] = [session.make(0, "", ""), session.make(1, "", "")];
    session.update(one, custom(&[("Cape", "black")]));
    session.update(two, custom(&[("Cape", "blue")]));
    session.update(two, custom(&[]));
    session.merge(&[one, two], None);
    assert_eq!(session.contact(one).custom, values(&[("Cape", "black")]));
}

#[test]
fn a_report_after_a_merge_wins() {
    let mut session = Session::new();
    let [one, two] = [session.make(0, "One", "one"), session.make(1, "Two", "two")];
    let entry = session.merge(&[one, two], None);
    // A report about the joined side, by its own handle.
    let report = Observation { attributes: texts(Some("Reported"), Some("reported")), ..observation(&[1]) };
    session.perform(Command::from(report));
    assert_eq!(session.texts(one), ("Reported".into(), "reported".into()));
    session.update(two, Update { custom: Some(values(&[("Car", "new")])), ..name("Changed") });
    assert_eq!(session.texts(one).0, "Changed");
    assert_eq!(session.contact(one).custom, values(&[("Car", "new")]));
    session.split(entry);
    assert_eq!(session.texts(two), ("Reported".into(), "reported".into()), "a report about one side stays with it");
    assert_eq!(
        session.texts(one),
        ("Changed".into(), "one".into()),
        "what was set by the id of the whole is the whole's"
    );
}

#[test]
fn an_update_to_the_value_that_a_merge_shows_is_recorded() {
    let mut session = Session::new();
    let [one, two] = [session.make(0, "", "one"), session.make(1, "Two", "two")];
    let entry = session.merge(&[one, two], None);
    let head = session.view.head;
    session.update(one, name("Two"));
    assert_eq!(session.view.head, head.next(), "it would be gone with a split");
    session.update(one, name("Two"));
    assert_eq!(session.view.head, head.next(), "it is so already");
    session.split(entry);
    assert_eq!(session.texts(one), ("Two".into(), "one".into()));
}

#[test]
fn a_split_restores_both_sides() {
    let mut session = Session::new();
    let ids: Vec<ContactId> = (0..3).map(|n| session.make(n, &format!("N{n}"), &format!("D{n}"))).collect();
    for (n, byte) in (0..).zip([b'a', b'b', b'c']) {
        let update = Update { links: Some(vec![link(n)]), lists: Some(lists(&["A", &format!("L{n}")])), ..face(byte) };
        session.update(ids[usize::try_from(n).unwrap()], Update { custom: custom(&[("Car", "x")]).custom, ..update });
    }
    let before: Vec<Contact> = ids.iter().map(|id| visible(session.contact(*id))).collect();
    // One joins another, and both join a third. Then the inner or the outer merge is undone.
    for inner_first in [true, false] {
        let inner = session.merge(&[ids[0], ids[1]], Some(ids[1]));
        let pair = visible(session.contact(ids[0]));
        let outer = session.merge(&[ids[0]], Some(ids[2]));
        let whole = session.contact(ids[0]);
        assert_eq!((whole.id, whole.others.len(), whole.handles.len()), (ids[2], 2, 3));
        assert_eq!((whole.name(), whole.description()), ("N2", "D2\nD1\nD0"));
        if inner_first {
            session.split(inner);
            assert_eq!(visible(session.contact(ids[0])), before[0]);
            assert_eq!(session.texts(ids[1]), ("N2".into(), "D2\nD1".into()));
            session.split(outer);
        } else {
            session.split(outer);
            assert_eq!(visible(session.contact(ids[1])), pair);
            session.split(inner);
        }
        let after: Vec<Contact> = ids.iter().map(|id| visible(session.contact(*id))).collect();
        assert_eq!(after, before);
    }
}

#[test]
fn a_merge_needs_two_existing_contacts() {
    let mut session = Session::new();
    let [one, two] = [session.make(0, "", ""), session.make(1, "", "")];
    let stranger = ContactId::nth(company(), 9);
    let merge =
        |contacts: &[ContactId], target| Command::Merge { contacts: contacts.to_vec(), target, by: Origin::Api(None) };
    for nothing in [merge(&[], None), merge(&[one, one], None), merge(&[one], Some(one))] {
        assert_eq!(session.refused(&nothing), Refused::NothingToMerge);
    }
    for missing in [merge(&[one, stranger], None), merge(&[one, two], Some(stranger))] {
        assert_eq!(session.refused(&missing), Refused::NoContact(stranger));
    }
    session.merge(&[one, two], None);
    let head = session.view.head;
    assert_eq!(session.merge(&[two, one], None), head, "those that are one person already stay so");
}

#[test]
fn a_contact_is_created_only_with_free_handles() {
    let mut session = Session::new();
    let one = session.make(0, "", "");
    let create = |observation: Observation| Command::Create { observation: observation.into(), lists: lists(&["New"]) };
    let taken = Refused::HandleTaken(handle(0).key().clone(), one);
    assert_eq!(session.refused(&create(observation(&[1, 0]))), taken);
    assert_eq!(session.refused(&create(observation(&[]))), Refused::NoHandle);
    let stranger = TeammateId::nth(company(), 1);
    let owned = Observation { owner: Some(stranger), ..observation(&[1]) };
    assert_eq!(session.refused(&create(owned)), Refused::NoTeammate(stranger));
    let odd = Observation { custom: vec![(field("Tail"), Some(CustomValue::Bool(true)))], ..observation(&[1]) };
    assert!(matches!(session.refused(&create(odd)), Refused::WrongValue(wrong) if wrong.field == field("Tail")));
    // A repeated handle counts once. A handle that no contact has is free, even if it is shared.
    session.perform(mark(5, HandleDecision::Shared));
    let made = session.perform(create(observation(&[1, 1, 5])));
    assert!(made.created);
    assert_eq!(session.contact(made.contact.unwrap()).handles, [handle(1), handle(5)]);
}

#[test]
fn an_update_replaces_all_lists_links_and_values() {
    let mut session = Session::new();
    let one = session.make(0, "Bruce", "Rich");
    let everything = Update {
        links: Some(vec![link(1), link(2), link(1)]),
        lists: Some(lists(&["A", "B", "A"])),
        custom: Some(values(&[("Cape", "black"), ("Car", "fast")])),
        ..Update::default()
    };
    session.update(one, everything.clone());
    let contact = session.contact(one);
    assert_eq!((contact.links.len(), contact.groups.len(), contact.custom.len()), (2, 2, 2));
    let head = session.view.head;
    session.update(one, everything);
    session.update(
        one,
        Update { attributes: texts(Some(contact.name()), Some(contact.description())), ..Update::default() },
    );
    session.update(one, Update::default());
    assert_eq!(session.view.head, head, "what is so already writes nothing");
    let less = Update {
        links: Some(vec![link(2), link(3)]),
        lists: Some(lists(&["B", "C"])),
        custom: Some(values(&[("Car", "slow")])),
        ..Update::default()
    };
    session.update(one, less);
    let now = session.contact(one);
    let names: Vec<&str> = now.groups.iter().map(|group| list_of(&session.view, group)).collect();
    assert_eq!(
        (now.links.clone(), names, now.custom.clone()),
        (vec![link(2), link(3)], vec!["B", "C"], values(&[("Car", "slow")]))
    );
    assert_eq!(now.name(), "Bruce", "values that are not given stay");
    let none = Update { links: Some(vec![]), lists: Some(vec![]), custom: Some(values(&[])), ..name("") };
    session.update(one, none);
    let now = session.contact(one);
    assert!(now.links.is_empty() && now.groups.is_empty() && now.custom.is_empty() && now.name().is_empty());
}

fn list_of<'a>(view: &'a View, group: &Group) -> &'a str {
    let Group::List(list) = group else { panic!("{group:?} is no list") };
    view.settings.lists[list].name.as_str()
}

#[test]
fn an_update_leaves_teammates_lists_and_accounts_alone() {
    let mut session = Session::new();
    let one = session.make(0, "", "");
    let by = Origin::Api(None);
    let email = handle(9);
    session
        .perform(Command::ChangeSettings { change: SettingsChange::AddTeammate { email, name: Text::default() }, by });
    let owner = Some(TeammateId::nth(company(), 1));
    session.perform(Command::ChangeSettings {
        change: SettingsChange::CreateList { name: lists(&["A"]).remove(0), owner },
        by,
    });
    let own = Group::List(*session.view.settings.lists.keys().next().unwrap());
    session.perform(Command::CreateAccount { facts: Box::default(), by });
    let account = Group::Account(*session.view.accounts.keys().next().unwrap());
    for group in [own, account] {
        session.perform(Command::Group { group, contacts: vec![one], inside: true, by });
    }
    session.update(one, Update { lists: Some(lists(&["A"])), ..Update::default() });
    assert_eq!(session.contact(one).groups.len(), 3, "a list of the company may have the name of a teammate's");
    session.update(one, Update { lists: Some(vec![]), ..Update::default() });
    assert_eq!(session.contact(one).groups, [own, account]);
}

#[test]
fn a_link_is_added_to_the_others() {
    let mut session = Session::new();
    let [one, two] = [session.make(0, "", ""), session.make(1, "", "")];
    let add = |contact, n| Command::AddLink { contact, link: link(n), by: Origin::Api(None) };
    session.perform(add(one, 1));
    session.perform(add(one, 2));
    let head = session.view.head;
    session.perform(add(one, 1));
    assert_eq!(session.view.head, head, "what is so already writes nothing");
    session.update(one, Update { links: Some(vec![link(2)]), ..Update::default() });
    session.perform(add(one, 1));
    assert_eq!(session.contact(one).links, [link(2), link(1)], "one that was taken away comes back");
    let entry = session.merge(&[one, two], None);
    session.perform(add(two, 3));
    assert_eq!(session.contact(two).links, [link(2), link(1), link(3)]);
    session.split(entry);
    assert_eq!(session.contact(two).links, []);
    let unknown = ContactId::nth(one.company(), 9);
    assert_eq!(session.refused(&add(unknown, 1)), Refused::NoContact(unknown));
}

#[test]
fn a_handle_belongs_to_one_contact_and_the_last_one_stays() {
    let mut session = Session::new();
    let [one, two] = [session.make(0, "", ""), session.make(1, "", "")];
    let add = |contact, n| Command::AddHandle { contact, handle: handle(n), by: Origin::Api(None) };
    let remove = |contact, n: usize, force| {
        let handle = handle(n).key().clone();
        Command::RemoveHandle { contact, handle, force, by: Origin::Api(None) }
    };
    assert_eq!(session.refused(&add(two, 0)), Refused::HandleTaken(handle(0).key().clone(), one));
    session.perform(add(one, 2));
    let head = session.view.head;
    session.perform(add(one, 2));
    assert_eq!(session.view.head, head, "what is so already writes nothing");
    assert_eq!(session.refused(&remove(two, 2, true)), Refused::NoHandleThere);
    session.perform(remove(one, 0, true));
    assert_eq!(session.contact(one).handles, [handle(2)], "a handle that is not the last goes alone");
    assert_eq!(session.refused(&remove(one, 2, false)), Refused::LastHandle);
    // A merged contact has all handles, under each of its ids.
    let entry = session.merge(&[one, two], None);
    session.perform(remove(two, 2, false));
    assert_eq!(session.refused(&remove(one, 1, false)), Refused::LastHandle);
    session.split(entry);
    assert_eq!((session.contact(one).handles.len(), session.contact(two).handles.len()), (0, 1));
    assert_eq!(session.perform(remove(two, 1, true)).contact, None);
    assert_eq!(session.refused(&remove(two, 1, true)), Refused::NoContact(two));
}

#[test]
fn a_delete_removes_all_merged_contacts() {
    let mut session = Session::new();
    let ids: Vec<ContactId> = (0..4).map(|n| session.make(n, "", "")).collect();
    session.merge(&ids[..2], None);
    session.merge(&ids[1..3], Some(ids[2]));
    let delete = |contact| Command::Delete { contact, by: Origin::Api(None) };
    session.perform(delete(ids[0]));
    for id in &ids[..3] {
        assert_eq!(session.view.contact(*id), None);
        assert_eq!(session.refused(&delete(*id)), Refused::NoContact(*id));
    }
    assert_eq!(session.refused(&split(ids[0], vec![ids[1]])), Refused::NoContact(ids[0]));
    assert!((0..3).all(|n| session.view.owner(handle(n).key()).is_none()));
    assert_eq!(session.contact(ids[3]).handles, [handle(3)]);
    let again = session.make(0, "", "");
    assert_eq!(again.count(), 5, "an id is never used again");
}

#[test]
fn notes_are_written_by_teammates_about_the_merged_contact() {
    let mut session = Session::new();
    let [one, two] = [session.make(0, "", ""), session.make(1, "", "")];
    let author = TeammateId::nth(company(), 1);
    let body = NoteBody::parse("Hm").unwrap();
    let note = Command::Note { contact: two, author, body, by: Origin::Api(None) };
    assert_eq!(session.refused(&note), Refused::NoTeammate(author));
    let settings_change = SettingsChange::AddTeammate { email: handle(9), name: Text::default() };
    session.perform(Command::ChangeSettings { change: settings_change, by: Origin::Api(None) });
    session.merge(&[one, two], None);
    let noted = session.view.perform(&note, Time::from_millis(9)).unwrap();
    assert_eq!((noted.outcome.contact, noted.outcome.note), (Some(one), Some(session.view.head)));
    assert!(matches!(noted.changes.entries[0].change, Change::Noted { home, .. } if home == one));
    assert_eq!(session.contact(one).changed_at, Time::from_millis(9));
    assert!(NoteBody::parse(" \n").is_err() && Link::parse("x").is_err());
}
