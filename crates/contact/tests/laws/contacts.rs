//! What is asked of one contact by its id, and merges that settle what conflicts.

use std::borrow::Borrow;

use contact::{
    Change, Command, Contact, ContactId, CustomName, CustomType, CustomValue, CustomValues, FieldTarget, Group, Link,
    ListName, NoteBody, Observation, Origin, Outcome, Picture, Refused, Seq, SettingsChange, TeammateId, Text, Time,
    Update, View,
};

use crate::{company, handle, link, split, texts};

/// A view, and a clock that goes on by each command.
struct Desk {
    view: View,
    now: i64,
}

impl Desk {
    fn new() -> Desk {
        let mut desk = Desk { view: View::new(company()), now: 0 };
        for name in ["Cape", "Car"] {
            let (name, kind) = (field(name), CustomType::String);
            let settings_change =
                SettingsChange::MakeField { target: FieldTarget::Contact, name, description: String::new(), kind };
            desk.perform(Command::SettingsChange { settings_change, by: Origin::Api });
        }
        desk
    }

    fn ask(&mut self, command: &Command) -> Result<Outcome, Refused> {
        self.now += 1;
        self.view.perform(command, Time::from_millis(self.now)).map(|performed| performed.outcome)
    }

    #[track_caller]
    fn perform(&mut self, command: impl Borrow<Command>) -> Outcome {
        self.ask(command.borrow()).unwrap()
    }

    /// What a command is refused with, which changes nothing.
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
        self.perform(Command::Update { contact, update: Box::new(update), by: Origin::Api });
    }

    fn merge(&mut self, contacts: &[ContactId], target: Option<ContactId>) -> Seq {
        self.perform(Command::Merge { contacts: contacts.to_vec(), target, by: Origin::Api });
        self.view.head
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
    Observation { handles: handles.iter().map(|n| handle(*n)).collect(), ..Observation::from(Origin::Api) }
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

/// What is visible of a person, but for when it was changed.
fn visible(contact: Contact) -> Contact {
    Contact { changed: Seq(0), changed_at: Time::from_millis(0), ..contact }
}

#[test]
fn the_name_of_who_is_kept_stands_unless_it_is_empty() {
    for (kept, joined, wanted) in [("Bruce", "Batman", "Bruce"), ("", "Batman", "Batman"), ("Bruce", "", "Bruce")] {
        let mut desk = Desk::new();
        let [target, other] = [desk.make(0, kept, ""), desk.make(1, joined, "")];
        desk.merge(&[other, target], Some(target));
        assert_eq!(desk.texts(other).0, wanted, "{kept:?} and {joined:?}");
        assert_eq!(desk.contact(other).id, target);
    }
    // The younger one may be kept, and without a target the oldest is.
    let mut desk = Desk::new();
    let [old, young] = [desk.make(0, "Old", ""), desk.make(1, "Young", "")];
    let entry = desk.merge(&[old], Some(young));
    assert_eq!((desk.contact(old).id, desk.texts(old).0.as_str()), (young, "Young"));
    desk.perform(split(entry));
    desk.merge(&[young, old], None);
    assert_eq!((desk.contact(young).id, desk.texts(old).0.as_str()), (old, "Old"));
}

#[test]
fn descriptions_are_joined_from_the_target_on_to_the_newest() {
    let mut desk = Desk::new();
    let all = [("", "one"), ("", "two"), ("", ""), ("", "four"), ("", "four")];
    let ids: Vec<ContactId> = all.iter().enumerate().map(|(n, (name, text))| desk.make(n, name, text)).collect();
    desk.merge(&[ids[4], ids[2], ids[0], ids[1], ids[3]], Some(ids[3]));
    // What is the same as what stands there is not said twice.
    assert_eq!(desk.texts(ids[0]).1, "four\none\ntwo\nfour");
    let mut desk = Desk::new();
    let [one, other] = [desk.make(0, "", "same"), desk.make(1, "", "same")];
    desk.merge(&[one, other], None);
    assert_eq!(desk.texts(one).1, "same");
}

#[test]
fn of_all_else_the_side_that_was_changed_last_counts() {
    for kept_is_fresher in [false, true] {
        let mut desk = Desk::new();
        let [one, two] = [desk.make(0, "", ""), desk.make(1, "", "")];
        desk.update(one, custom(&[("Cape", "black"), ("Car", "fast")]));
        desk.update(two, custom(&[("Cape", "blue")]));
        desk.update(one, face(1));
        desk.update(two, face(2));
        if kept_is_fresher {
            desk.update(one, name("Bruce"));
        }
        let pictures = [one, two].map(|id| desk.contact(id).picture);
        desk.merge(&[one, two], None);
        let merged = desk.contact(one);
        let (cape, picture) = if kept_is_fresher { ("black", pictures[0]) } else { ("blue", pictures[1]) };
        assert_eq!(merged.custom, values(&[("Cape", cape), ("Car", "fast")]), "a value that one side has stays");
        assert_eq!(merged.picture, picture);
    }
}

#[test]
fn a_value_that_the_fresher_side_has_taken_away_is_the_others() {
    let mut desk = Desk::new();
    let [one, two] = [desk.make(0, "", ""), desk.make(1, "", "")];
    desk.update(one, custom(&[("Cape", "black")]));
    desk.update(two, custom(&[("Cape", "blue")]));
    desk.update(two, custom(&[]));
    desk.merge(&[one, two], None);
    assert_eq!(desk.contact(one).custom, values(&[("Cape", "black")]));
}

#[test]
fn what_is_told_after_a_merge_counts() {
    let mut desk = Desk::new();
    let [one, two] = [desk.make(0, "One", "one"), desk.make(1, "Two", "two")];
    let entry = desk.merge(&[one, two], None);
    // Told about the side that joined, by its own handle.
    let told = Observation { attributes: texts(Some("Told"), Some("told")), ..observation(&[1]) };
    desk.perform(Command::from(told));
    assert_eq!(desk.texts(one), ("Told".into(), "told".into()));
    desk.update(two, Update { custom: Some(values(&[("Car", "new")])), ..name("Changed") });
    assert_eq!(desk.texts(one).0, "Changed");
    assert_eq!(desk.contact(one).custom, values(&[("Car", "new")]));
    desk.perform(split(entry));
    assert_eq!(desk.texts(two), ("Told".into(), "told".into()), "what was told of one side stays with it");
    assert_eq!(desk.texts(one), ("Changed".into(), "one".into()), "what was set by the id of the whole is the whole's");
}

#[test]
fn what_is_set_to_what_a_merge_shows_is_set() {
    let mut desk = Desk::new();
    let [one, two] = [desk.make(0, "", "one"), desk.make(1, "Two", "two")];
    let entry = desk.merge(&[one, two], None);
    let head = desk.view.head;
    desk.update(one, name("Two"));
    assert_eq!(desk.view.head, head.next(), "it would be gone with a split");
    desk.update(one, name("Two"));
    assert_eq!(desk.view.head, head.next(), "it is so already");
    desk.perform(split(entry));
    assert_eq!(desk.texts(one), ("Two".into(), "one".into()));
}

#[test]
fn a_split_gives_everything_back() {
    let mut desk = Desk::new();
    let ids: Vec<ContactId> = (0..3).map(|n| desk.make(n, &format!("N{n}"), &format!("D{n}"))).collect();
    for (n, byte) in (0..).zip([b'a', b'b', b'c']) {
        let update = Update { links: Some(vec![link(n)]), lists: Some(lists(&["A", &format!("L{n}")])), ..face(byte) };
        desk.update(ids[usize::try_from(n).unwrap()], Update { custom: custom(&[("Car", "x")]).custom, ..update });
    }
    let before: Vec<Contact> = ids.iter().map(|id| visible(desk.contact(*id))).collect();
    // One joins another and the two join a third; then the inner is taken back, or the outer.
    for inner_first in [true, false] {
        let inner = desk.merge(&[ids[0], ids[1]], Some(ids[1]));
        let pair = visible(desk.contact(ids[0]));
        let outer = desk.merge(&[ids[0]], Some(ids[2]));
        let whole = desk.contact(ids[0]);
        assert_eq!((whole.id, whole.merged.len(), whole.handles.len()), (ids[2], 2, 3));
        assert_eq!((whole.name(), whole.description()), ("N2", "D2\nD1\nD0"));
        if inner_first {
            desk.perform(split(inner));
            assert_eq!(visible(desk.contact(ids[0])), before[0]);
            assert_eq!(desk.texts(ids[1]), ("N2".into(), "D2\nD1".into()));
            desk.perform(split(outer));
        } else {
            desk.perform(split(outer));
            assert_eq!(visible(desk.contact(ids[1])), pair);
            desk.perform(split(inner));
        }
        let after: Vec<Contact> = ids.iter().map(|id| visible(desk.contact(*id))).collect();
        assert_eq!(after, before);
    }
}

#[test]
fn a_merge_needs_two_contacts_that_are_there() {
    let mut desk = Desk::new();
    let [one, two] = [desk.make(0, "", ""), desk.make(1, "", "")];
    let stranger = ContactId::nth(company(), 9);
    let merge =
        |contacts: &[ContactId], target| Command::Merge { contacts: contacts.to_vec(), target, by: Origin::Api };
    for nothing in [merge(&[], None), merge(&[one, one], None), merge(&[one], Some(one))] {
        assert_eq!(desk.refused(&nothing), Refused::NothingToMerge);
    }
    for missing in [merge(&[one, stranger], None), merge(&[one, two], Some(stranger))] {
        assert_eq!(desk.refused(&missing), Refused::NoContact(stranger));
    }
    desk.merge(&[one, two], None);
    let head = desk.view.head;
    assert_eq!(desk.merge(&[two, one], None), head, "those that are one person already stay so");
}

#[test]
fn a_contact_is_made_only_of_what_is_free() {
    let mut desk = Desk::new();
    let one = desk.make(0, "", "");
    let create = |observation: Observation| Command::Create { observation: observation.into(), lists: lists(&["New"]) };
    let taken = Refused::HandleTaken(handle(0).key().clone(), one);
    assert_eq!(desk.refused(&create(observation(&[1, 0]))), taken);
    assert_eq!(desk.refused(&create(observation(&[]))), Refused::NoHandle);
    let stranger = TeammateId::nth(company(), 1);
    let owned = Observation { owner: Some(stranger), ..observation(&[1]) };
    assert_eq!(desk.refused(&create(owned)), Refused::NoTeammate(stranger));
    let odd = Observation { custom: vec![(field("Tail"), Some(CustomValue::Bool(true)))], ..observation(&[1]) };
    assert!(matches!(desk.refused(&create(odd)), Refused::WrongValue(wrong) if wrong.field == field("Tail")));
    // A handle that is told twice is one, and one that nobody has any more is free even if it is shared.
    let share = Command::Share { handle: handle(5).key().clone(), shared: true };
    desk.perform(share);
    let made = desk.perform(create(observation(&[1, 1, 5])));
    assert!(made.created);
    assert_eq!(desk.contact(made.contact.unwrap()).handles, [handle(1), handle(5)]);
}

#[test]
fn an_update_replaces_lists_links_and_values_whole() {
    let mut desk = Desk::new();
    let one = desk.make(0, "Bruce", "Rich");
    let everything = Update {
        links: Some(vec![link(1), link(2), link(1)]),
        lists: Some(lists(&["A", "B", "A"])),
        custom: Some(values(&[("Cape", "black"), ("Car", "fast")])),
        ..Update::default()
    };
    desk.update(one, everything.clone());
    let contact = desk.contact(one);
    assert_eq!((contact.links.len(), contact.groups.len(), contact.custom.len()), (2, 2, 2));
    let head = desk.view.head;
    desk.update(one, everything);
    desk.update(
        one,
        Update { attributes: texts(Some(contact.name()), Some(contact.description())), ..Update::default() },
    );
    desk.update(one, Update::default());
    assert_eq!(desk.view.head, head, "what is so already writes nothing");
    let less = Update {
        links: Some(vec![link(2), link(3)]),
        lists: Some(lists(&["B", "C"])),
        custom: Some(values(&[("Car", "slow")])),
        ..Update::default()
    };
    desk.update(one, less);
    let now = desk.contact(one);
    let names: Vec<&str> = now.groups.iter().map(|group| list_of(&desk.view, group)).collect();
    assert_eq!(
        (now.links.clone(), names, now.custom.clone()),
        (vec![link(2), link(3)], vec!["B", "C"], values(&[("Car", "slow")]))
    );
    assert_eq!(now.name(), "Bruce", "what is not told of stays");
    let none = Update { links: Some(vec![]), lists: Some(vec![]), custom: Some(values(&[])), ..name("") };
    desk.update(one, none);
    let now = desk.contact(one);
    assert!(now.links.is_empty() && now.groups.is_empty() && now.custom.is_empty() && now.name().is_empty());
}

fn list_of<'a>(view: &'a View, group: &Group) -> &'a str {
    let Group::List(list) = group else { panic!("{group:?} is no list") };
    view.settings.lists[list].name.as_str()
}

#[test]
fn an_update_leaves_teammates_lists_and_accounts_alone() {
    let mut desk = Desk::new();
    let one = desk.make(0, "", "");
    let by = Origin::Api;
    let email = handle(9);
    desk.perform(Command::SettingsChange {
        settings_change: SettingsChange::AddTeammate { email, name: Text::default() },
        by,
    });
    let owner = Some(TeammateId::nth(company(), 1));
    desk.perform(Command::SettingsChange {
        settings_change: SettingsChange::MakeList { name: lists(&["A"]).remove(0), owner },
        by,
    });
    let own = Group::List(*desk.view.settings.lists.keys().next().unwrap());
    desk.perform(Command::MakeAccount { facts: Box::default(), by });
    let account = Group::Account(*desk.view.accounts.keys().next().unwrap());
    for group in [own, account] {
        desk.perform(Command::Group { group, contacts: vec![one], inside: true, by });
    }
    desk.update(one, Update { lists: Some(lists(&["A"])), ..Update::default() });
    assert_eq!(desk.contact(one).groups.len(), 3, "a list of the company may have the name of a teammate's");
    desk.update(one, Update { lists: Some(vec![]), ..Update::default() });
    assert_eq!(desk.contact(one).groups, [own, account]);
}

#[test]
fn a_link_is_given_beside_others() {
    let mut desk = Desk::new();
    let [one, two] = [desk.make(0, "", ""), desk.make(1, "", "")];
    let add = |contact, n| Command::AddLink { contact, link: link(n), by: Origin::Api };
    desk.perform(add(one, 1));
    desk.perform(add(one, 2));
    let head = desk.view.head;
    desk.perform(add(one, 1));
    assert_eq!(desk.view.head, head, "what is so already writes nothing");
    desk.update(one, Update { links: Some(vec![link(2)]), ..Update::default() });
    desk.perform(add(one, 1));
    assert_eq!(desk.contact(one).links, [link(2), link(1)], "one that was taken away comes back");
    let entry = desk.merge(&[one, two], None);
    desk.perform(add(two, 3));
    assert_eq!(desk.contact(two).links, [link(2), link(1), link(3)]);
    desk.perform(split(entry));
    assert_eq!(desk.contact(two).links, []);
    let nobody = ContactId::nth(one.company(), 9);
    assert_eq!(desk.refused(&add(nobody, 1)), Refused::NoContact(nobody));
}

#[test]
fn a_handle_is_given_to_one_contact_and_the_last_one_stays() {
    let mut desk = Desk::new();
    let [one, two] = [desk.make(0, "", ""), desk.make(1, "", "")];
    let add = |contact, n| Command::AddHandle { contact, handle: handle(n), by: Origin::Api };
    let remove = |contact, n: usize, force| {
        let handle = handle(n).key().clone();
        Command::RemoveHandle { contact, handle, force, by: Origin::Api }
    };
    assert_eq!(desk.refused(&add(two, 0)), Refused::HandleTaken(handle(0).key().clone(), one));
    desk.perform(add(one, 2));
    let head = desk.view.head;
    desk.perform(add(one, 2));
    assert_eq!(desk.view.head, head, "what is so already writes nothing");
    assert_eq!(desk.refused(&remove(two, 2, true)), Refused::NoHandleThere);
    desk.perform(remove(one, 0, true));
    assert_eq!(desk.contact(one).handles, [handle(2)], "a handle that is not the last goes alone");
    assert_eq!(desk.refused(&remove(one, 2, false)), Refused::LastHandle);
    // What is one person has all their handles, whichever id it is asked by.
    let entry = desk.merge(&[one, two], None);
    desk.perform(remove(two, 2, false));
    assert_eq!(desk.refused(&remove(one, 1, false)), Refused::LastHandle);
    desk.perform(split(entry));
    assert_eq!((desk.contact(one).handles.len(), desk.contact(two).handles.len()), (0, 1));
    assert_eq!(desk.perform(remove(two, 1, true)).contact, None);
    assert_eq!(desk.refused(&remove(two, 1, true)), Refused::NoContact(two));
}

#[test]
fn who_is_deleted_is_deleted_with_every_part() {
    let mut desk = Desk::new();
    let ids: Vec<ContactId> = (0..4).map(|n| desk.make(n, "", "")).collect();
    let inner = desk.merge(&ids[..2], None);
    desk.merge(&ids[1..3], Some(ids[2]));
    let delete = |contact| Command::Delete { contact, by: Origin::Api };
    desk.perform(delete(ids[0]));
    for id in &ids[..3] {
        assert_eq!(desk.view.contact(*id), None);
        assert_eq!(desk.refused(&delete(*id)), Refused::NoContact(*id));
    }
    assert_eq!(desk.refused(&split(inner)), Refused::NoMerge(inner));
    assert!((0..3).all(|n| desk.view.owner(handle(n).key()).is_none()));
    assert_eq!(desk.contact(ids[3]).handles, [handle(3)]);
    let again = desk.make(0, "", "");
    assert_eq!(again.count(), 5, "an id is never used again");
}

#[test]
fn notes_are_written_by_teammates_about_the_whole_person() {
    let mut desk = Desk::new();
    let [one, two] = [desk.make(0, "", ""), desk.make(1, "", "")];
    let author = TeammateId::nth(company(), 1);
    let body = NoteBody::parse("Hm").unwrap();
    let note = Command::Note { contact: two, author, body, by: Origin::Api };
    assert_eq!(desk.refused(&note), Refused::NoTeammate(author));
    let settings_change = SettingsChange::AddTeammate { email: handle(9), name: Text::default() };
    desk.perform(Command::SettingsChange { settings_change, by: Origin::Api });
    desk.merge(&[one, two], None);
    let noted = desk.view.perform(&note, Time::from_millis(9)).unwrap();
    assert_eq!((noted.outcome.contact, noted.outcome.note), (Some(one), Some(desk.view.head)));
    assert!(matches!(noted.changes.entries[0].change, Change::Noted { home, .. } if home == one));
    assert_eq!(desk.contact(one).changed_at, Time::from_millis(9));
    assert!(NoteBody::parse(" \n").is_err() && Link::parse("x").is_err());
}
