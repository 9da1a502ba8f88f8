//! The conformance tests of settings, and of contacts that are created, updated and deleted by id.

use std::sync::Arc;

use contact::{
    Attribute, Command, CompanyId, Contact, ContactId, CreatedItem, CustomName, CustomType, CustomValue, Domain,
    FieldTarget, Group, ListId, NoteBody, Observation, Origin, Outcome, Refused, Seq, SettingsChange, TeammateId, Text,
    Time, Update,
};
use store::{Error, InMemory, ListRequest, Order, SecretHash, Session, SortBy, Store, Token, verify};

use crate::conformance::{Fresh, at, company, with_wayne};
use crate::history::{handle, list_name, merge, named, observed, picture, settings_change, split, texts};
use crate::search;

/// How often writes are sent concurrently, so that some of them share a batch.
const ROUNDS: usize = 60;

pub async fn ask(store: &dyn Store, company: CompanyId, command: Command) -> Result<Outcome, Refused> {
    store.write(company, at(1), vec![command]).await.unwrap().remove(0)
}

async fn done(store: &dyn Store, company: CompanyId, command: Command) -> Outcome {
    ask(store, company, command).await.unwrap()
}

pub fn create(handles: &[usize]) -> Observation {
    Observation { handles: handles.iter().map(|n| handle(*n)).collect(), ..Observation::from(Origin::Api(None)) }
}

async fn made(store: &dyn Store, company: CompanyId, handles: &[usize], lists: &[&str]) -> ContactId {
    let lists = lists.iter().map(|name| list_name(name)).collect();
    done(store, company, Command::Create { observation: create(handles).into(), lists }).await.contact.unwrap()
}

fn delete(contact: ContactId) -> Command {
    Command::Delete { contact, by: Origin::Api(None) }
}

fn grouped(group: Group, contacts: &[ContactId], inside: bool) -> Command {
    Command::Group { group, contacts: contacts.to_vec(), inside, by: Origin::Api(None) }
}

fn note(contact: ContactId, author: TeammateId, text: &str) -> Command {
    Command::Note { contact, author, body: NoteBody::parse(text).unwrap(), by: Origin::Teammate(author) }
}

pub async fn teammate(store: &dyn Store, company: CompanyId, email: usize) -> TeammateId {
    let add = SettingsChange::AddTeammate { email: handle(email), name: Attribute::Name.parse("Alfred").unwrap() };
    match done(store, company, settings_change(add)).await.created_item {
        Some(CreatedItem::Teammate(teammate)) => teammate,
        other => panic!("not a teammate: {other:?}"),
    }
}

async fn shown(store: &dyn Store, company: CompanyId, id: ContactId) -> Option<Contact> {
    store.contact(company, id).await.unwrap()
}

async fn list(store: &dyn Store, company: CompanyId, name: &str) -> Group {
    Group::List(store.settings(company).await.unwrap().list(None, &list_name(name)).unwrap().id)
}

/// All contacts of a group, read in pages of some size.
async fn members(store: &dyn Store, company: CompanyId, group: Group, size: usize) -> Vec<ContactId> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = store.members(company, group, before, size).await.unwrap();
        assert!(page.len() <= size);
        let Some((last, _)) = page.last() else { return all };
        before = Some(*last);
        all.extend(page.into_iter().filter_map(|(_, contact)| Some(contact?.id)));
    }
}

pub async fn a_contact_is_created_updated_and_deleted(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let field = CustomName::parse("Cape").unwrap();
    let kind = CustomType::Boolean;
    let field_made = SettingsChange::CreateField {
        target: FieldTarget::Contact,
        name: field.clone(),
        description: String::new(),
        kind,
    };
    done(store, wayne, settings_change(field_made)).await;
    let bruce = made(store, wayne, &[1, 2], &["Heroes", "Gotham", "Heroes"]).await;
    let taken = Command::Create { observation: create(&[3, 2]).into(), lists: vec![list_name("Unmade")] };
    assert_eq!(ask(store, wayne, taken).await, Err(Refused::HandleTaken(handle(2).key().clone(), bruce)));
    let settings = store.settings(wayne).await.unwrap();
    assert_eq!(settings.lists.values().map(|list| list.name.as_str()).collect::<Vec<_>>(), ["Heroes", "Gotham"]);
    let cape = CustomValue::Bool(true);
    let update = Update {
        attributes: texts(Some("Bruce"), None),
        lists: Some(vec![list_name("Gotham"), list_name("New")]),
        custom: Some([(field.clone(), cape.clone())].into()),
        ..Update::default()
    };
    let change = |update| Command::Update { contact: bruce, update: Box::new(update), by: Origin::Api(None) };
    done(store, wayne, change(update.clone())).await;
    let head = store.head(wayne).await.unwrap();
    done(store, wayne, change(update)).await;
    assert_eq!(store.head(wayne).await.unwrap(), head, "an update without changes writes nothing");
    let [gotham, new] = [list(store, wayne, "Gotham").await, list(store, wayne, "New").await];
    let contact = shown(store, wayne, bruce).await.unwrap();
    assert_eq!((contact.name(), &contact.groups[..]), ("Bruce", &[gotham, new][..]));
    assert_eq!(contact.custom, [(field, cape)].into());
    assert_eq!(members(store, wayne, list(store, wayne, "Heroes").await, 9).await, []);
    assert_eq!(members(store, wayne, new, 9).await, [bruce]);
    assert_eq!(search::found(store, wayne, "bruce").await[0].id, bruce);

    let unforced = |n: usize, force| Command::RemoveHandle {
        contact: bruce,
        handle: handle(n).key().clone(),
        force,
        by: Origin::Api(None),
    };
    done(store, wayne, unforced(2, false)).await;
    assert_eq!(ask(store, wayne, unforced(1, false)).await, Err(Refused::LastHandle));
    assert_eq!(ask(store, wayne, unforced(2, true)).await, Err(Refused::NoHandleThere));
    let selina = made(store, wayne, &[2], &[]).await;
    done(store, wayne, unforced(1, true)).await;
    assert_eq!(shown(store, wayne, bruce).await, None);
    assert_eq!(store.owner(wayne, handle(1).key().clone()).await.unwrap(), None);
    assert_eq!(members(store, wayne, new, 9).await, []);
    assert_eq!(store.history(wayne, bruce, None, 9).await.unwrap(), []);
    assert_eq!(search::found(store, wayne, "bruce").await, []);
    assert_eq!(ask(store, wayne, delete(bruce)).await, Err(Refused::NoContact(bruce)));
    let other = made(store, wayne, &[1], &[]).await;
    assert_eq!((selina.count(), other.count()), (2, 3), "an id is never used again");
    assert_eq!(verify(store, &InMemory, wayne).await.unwrap(), []);
}

pub async fn deleting_a_contact_deletes_all_merged_into_it(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let channel = contact::ChannelId::nth(wayne, 1);
    let message = contact::Message {
        channel,
        sender: handle(1),
        name: None,
        subject: String::new(),
        text: "Hello".into(),
        html: None,
        attachments: Vec::new(),
        uid: None,
        replies_to: vec!["a".into()],
        references: vec!["a".into()],
    };
    let receive = || Command::Receive(Arc::new(message.clone()));
    let [one, two] = [made(store, wayne, &[1], &["A"]).await, made(store, wayne, &[2], &["A", "B"]).await];
    let talk = done(store, wayne, receive()).await.message.unwrap().conversation;
    let joined =
        done(store, wayne, Command::Merge { contacts: vec![one, two], target: Some(two), by: Origin::Api(None) });
    assert_eq!(joined.await.contact, Some(two));
    let group = list(store, wayne, "A").await;
    assert_eq!(members(store, wayne, group, 1).await, [two]);
    done(store, wayne, delete(one)).await;
    for id in [one, two] {
        assert_eq!(shown(store, wayne, id).await, None);
        assert_eq!(store.conversations(wayne, Some(id), false, None, 9).await.unwrap(), []);
    }
    assert_eq!(members(store, wayne, group, 1).await, []);
    assert_eq!(ask(store, wayne, split(one)).await, Err(Refused::NoContact(one)));
    let all = store.conversations(wayne, None, false, None, 9).await.unwrap();
    assert_eq!(all.iter().map(|talk| (talk.id, talk.home)).collect::<Vec<_>>(), [(talk, one)], "conversations stay");
    let again = done(store, wayne, receive()).await;
    assert_eq!((again.message.unwrap().conversation, again.created), (talk, true));
    assert_eq!(store.messages(wayne, talk, None, 9).await.unwrap().len(), 2);
    assert_eq!(verify(store, &InMemory, wayne).await.unwrap(), []);
}

/// A command sees what an earlier one of its batch deleted, although the tables still have it.
pub async fn handles_removed_in_a_batch_are_free_for_its_later_commands(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    for round in 0..ROUNDS {
        let n = round * 4;
        let [one, two] = [made(store, wayne, &[n, n + 1], &["A"]).await, made(store, wayne, &[n + 2], &[]).await];
        let remove =
            Command::RemoveHandle { contact: one, handle: handle(n).key().clone(), force: true, by: Origin::Api(None) };
        let add = |contact, n| Command::AddHandle { contact, handle: handle(n), by: Origin::Api(None) };
        let recreate = Command::Create { observation: create(&[n + 2, n + 3]).into(), lists: vec![list_name("A")] };
        let write = |command| store.write(wayne, at(1), vec![command]);
        // Sent in this order, so that each sees the effects of the previous one.
        let (removed, added, deleted, created, observed) = tokio::join!(
            write(remove),
            write(add(two, n)),
            write(delete(two)),
            write(recreate),
            write(named(&[n, n + 2], Some("Robin")))
        );
        let [removed, added, deleted, created, observed] =
            [removed, added, deleted, created, observed].map(|outcomes| outcomes.unwrap().remove(0));
        assert!(removed.is_ok());
        let owner = async |n: usize| store.owner(wayne, handle(n).key().clone()).await.unwrap().map(|owner| owner.id);
        // Stores with several connections may execute them in another order.
        if let (Ok(_), Ok(_), Ok(created)) = (added, deleted, created) {
            let third = created.contact.unwrap();
            assert_eq!(observed.unwrap().contact.map(|contact| contact >= third), Some(true));
            assert_eq!(owner(n + 3).await, Some(third));
        }
        assert_eq!(owner(n + 1).await, Some(one), "round {round}");
        assert_ne!(owner(n).await, Some(one), "round {round}");
        assert_eq!(shown(store, wayne, two).await, None, "round {round}");
    }
    assert_eq!(verify(store, &InMemory, wayne).await.unwrap(), []);
}

/// Writes that free handles, concurrent with writes that need them.
pub async fn handles_freed_by_a_write_are_free_for_queued_writes(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    for round in 0..ROUNDS {
        let n = round * 2;
        let [one, two] = [made(store, wayne, &[n], &["A"]).await, made(store, wayne, &[n + 1], &["A"]).await];
        let commands = [
            delete(one),
            Command::AddHandle { contact: two, handle: handle(n), by: Origin::Api(None) },
            Command::Merge { contacts: vec![one, two], target: None, by: Origin::Api(None) },
            delete(two),
            observed(&[n + 1]),
            Command::Create { observation: create(&[n]).into(), lists: vec![list_name("A")] },
        ];
        // Split into two writes, which may share a batch.
        let (first, second) = commands.split_at(round % commands.len());
        let (first, second) =
            tokio::join!(store.write(wayne, at(1), first.to_vec()), store.write(wayne, at(1), second.to_vec()));
        let outcomes = [first.unwrap(), second.unwrap()].concat();
        let is_in_order = outcomes[0].is_ok() && outcomes[1].is_ok() && outcomes[3].is_ok();
        if is_in_order && outcomes[5].is_ok() {
            assert_eq!(outcomes[2], Err(Refused::NoContact(one)));
            assert!(outcomes[4].as_ref().unwrap().created, "round {round}");
            let group = list(store, wayne, "A").await;
            let inside = members(store, wayne, group, 2).await;
            assert!(inside.contains(&outcomes[5].as_ref().unwrap().contact.unwrap()) && !inside.contains(&one));
        }
        assert_eq!(shown(store, wayne, one).await, None, "round {round}");
    }
    assert_eq!(verify(store, &InMemory, wayne).await.unwrap(), []);
}

/// All orders and bounds, with all page sizes.
pub async fn contacts_are_listed_in_every_order(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let author = teammate(store, wayne, 90).await;
    for n in 0..7_usize {
        let owner = (n == 3 || n == 5).then_some(author);
        let observation = Observation { owner, ..create(&[n]) }.into();
        let time = at(10 * i64::try_from(n).unwrap());
        store.write(wayne, time, vec![Command::Create { observation, lists: vec![] }]).await.unwrap();
    }
    // The second is changed last, the first joins the fifth, and both sides of a split change by one entry.
    let ids = [1, 5, 7].map(|n| ContactId::nth(wayne, n));
    let last = vec![named(&[1], Some("Ada")), merge(vec![ids[0], ids[1]]), merge(vec![ids[1], ids[2]])];
    store.write(wayne, at(100), last).await.unwrap();
    store.write(wayne, at(200), vec![split(ids[2])]).await.unwrap();
    let by = |by, ascending| Order { by, ascending };
    let changed = [3, 2, 1, 7];
    let cases = [
        (by(SortBy::Created, true), None, None, false, vec![1, 2, 3, 7]),
        (by(SortBy::Created, false), None, None, false, vec![7, 3, 2, 1]),
        (by(SortBy::Changed, true), None, None, false, changed.to_vec()),
        (by(SortBy::Changed, false), None, None, false, changed.iter().rev().copied().collect()),
        (by(SortBy::Changed, true), Some(20), None, false, vec![2, 1, 7]),
        (by(SortBy::Changed, false), Some(19), Some(101), false, vec![2, 3]),
        (by(SortBy::Created, false), None, Some(100), false, vec![3]),
        (by(SortBy::Created, true), Some(20), Some(200), false, vec![2]),
        (by(SortBy::Changed, false), Some(29), None, true, vec![6, 4]),
    ];
    for (order, changed_after, changed_before, is_owned, expected) in cases {
        for size in 1..=5 {
            let (mut seen, mut after) = (Vec::<u64>::new(), None);
            loop {
                let owner = is_owned.then_some(author);
                let bounds = [changed_after, changed_before].map(|bound| bound.map(Time::from_millis));
                let [changed_after, changed_before] = bounds;
                let listing = ListRequest { order, after, changed_after, changed_before, owner };
                let page = store.contacts(wayne, listing, size).await.unwrap();
                assert!(page.len() <= size);
                let Some(last) = page.last() else { break };
                after = Some((last.changed, last.id));
                seen.extend(page.iter().map(|contact| contact.id.count()));
            }
            assert_eq!(seen, expected, "{order:?} {changed_after:?} {changed_before:?} in pages of {size}");
        }
    }
}

/// A merged contact that is in a list several times is listed once, at its youngest member.
pub async fn a_merged_contact_is_in_a_list_once(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let mut ids = Vec::new();
    for n in 0..8 {
        ids.push(made(store, wayne, &[n], if n == 4 { &[] } else { &["A"] }).await);
    }
    let group = list(store, wayne, "A").await;
    // The first, the third and the last; the second and the fifth, which is not in the list.
    done(store, wayne, merge(vec![ids[0], ids[2], ids[7]])).await;
    let second = Command::Merge { contacts: vec![ids[1], ids[4]], target: Some(ids[4]), by: Origin::Api(None) };
    done(store, wayne, second).await;
    for size in 1..=9 {
        let inside = members(store, wayne, group, size).await;
        assert_eq!(inside, [ids[0], ids[6], ids[5], ids[3], ids[4]], "in pages of {size}");
    }
    // Removing a contact removes all contacts merged into it, and a split does not restore the membership.
    done(store, wayne, grouped(group, &[ids[2], ids[5]], false)).await;
    assert_eq!(members(store, wayne, group, 2).await, [ids[6], ids[3], ids[4]]);
    done(store, wayne, split(ids[1])).await;
    assert_eq!(members(store, wayne, group, 2).await, [ids[6], ids[3], ids[1]]);
    done(store, wayne, grouped(group, &[ids[4], ids[1], ids[0], ids[0]], true)).await;
    assert_eq!(members(store, wayne, group, 2).await, [ids[6], ids[4], ids[3], ids[1], ids[0]]);
    let unknown = ContactId::nth(wayne, 99);
    assert_eq!(ask(store, wayne, grouped(group, &[ids[5], unknown], true)).await, Err(Refused::NoContact(unknown)));
    assert!(!members(store, wayne, group, 2).await.contains(&ids[5]), "a refused command changes nothing");
    let Group::List(id) = group else { panic!("not a list") };
    done(store, wayne, settings_change(SettingsChange::DeleteList(id))).await;
    assert_eq!(ask(store, wayne, grouped(group, &[ids[5]], true)).await, Err(Refused::NoList(id)));
    assert!(shown(store, wayne, ids[3]).await.unwrap().groups.contains(&group));
    assert_eq!(verify(store, &InMemory, wayne).await.unwrap(), []);
}

pub async fn notes_and_pictures_follow_merges_and_splits(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let author = teammate(store, wayne, 90).await;
    let [one, two] = [made(store, wayne, &[1], &[]).await, made(store, wayne, &[2], &[]).await];
    let texts = async |id| {
        let notes = store.notes(wayne, id, 9).await.unwrap();
        notes.into_iter().map(|note| note.body.as_str().to_owned()).collect::<Vec<_>>()
    };
    let seq = done(store, wayne, note(one, author, "of one")).await.note.unwrap();
    done(store, wayne, note(two, author, "of two\n'\"")).await;
    let kept = store.notes(wayne, one, 9).await.unwrap();
    assert_eq!((kept[0].seq, kept[0].at, kept[0].author), (seq, at(1), author));
    let stranger = TeammateId::nth(wayne, 9);
    assert_eq!(ask(store, wayne, note(one, stranger, "x")).await, Err(Refused::NoTeammate(stranger)));
    let face = picture(&[0, 255, 7]);
    let set = |contact, picture| {
        let update = Box::new(Update { picture: Some(picture), ..Update::default() });
        Command::Update { contact, update, by: Origin::Api(None) }
    };
    done(store, wayne, set(two, Some(face.clone()))).await;
    let joined = done(store, wayne, merge(vec![one, two])).await;
    assert_eq!(joined.contact, Some(one));
    done(store, wayne, note(two, author, "of both")).await;
    assert_eq!(texts(two).await, ["of both", "of two\n'\"", "of one"]);
    assert_eq!(store.notes(wayne, one, 1).await.unwrap().len(), 1);
    let info = shown(store, wayne, one).await.unwrap().picture.unwrap();
    assert_eq!(store.picture(wayne, info.entry).await.unwrap(), Some(face));
    assert_eq!(store.picture(wayne, Seq(1)).await.unwrap(), None);
    assert_eq!(store.picture(wayne, Seq(u64::MAX)).await.unwrap(), None);
    done(store, wayne, split(two)).await;
    assert_eq!(
        (texts(one).await, texts(two).await),
        (vec!["of both".into(), "of one".into()], vec!["of two\n'\"".into()])
    );
    assert_eq!(shown(store, wayne, one).await.unwrap().picture, None);
    assert_eq!(shown(store, wayne, two).await.unwrap().picture, Some(info));
    done(store, wayne, set(two, None)).await;
    assert_eq!(shown(store, wayne, two).await.unwrap().picture, None);
    let head = store.head(wayne).await.unwrap();
    done(store, wayne, set(two, None)).await;
    assert_eq!(store.head(wayne).await.unwrap(), head);
    assert_eq!(verify(store, &InMemory, wayne).await.unwrap(), []);
}

pub async fn settings_are_read_back(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    assert_eq!(store.settings(wayne).await.unwrap(), contact::Settings::default());
    let alfred = teammate(store, wayne, 1).await;
    let again = SettingsChange::AddTeammate { email: handle(1), name: Text::default() };
    assert!(matches!(ask(store, wayne, settings_change(again)).await, Err(Refused::TeammateTaken(_))));
    let make_list =
        |owner| settings_change(SettingsChange::CreateList { name: list_name("Ünsung \"Heroes\""), owner });
    let shared = done(store, wayne, make_list(None)).await.created_item;
    let own = done(store, wayne, make_list(Some(alfred))).await.created_item;
    assert_eq!(done(store, wayne, make_list(None)).await.created_item, shared, "creating an existing list returns it");
    assert_ne!(own, shared);
    let name = CustomName::parse("Pläne").unwrap();
    let kinds = ["string", "boolean", "datetime", "number", "teammate", "inbox"];
    let mut kinds: Vec<_> = kinds.iter().map(|kind| CustomType::parse(kind, vec![]).unwrap()).collect();
    kinds.push(CustomType::parse("enum", vec!["A \\ b".into(), "ö".into()]).unwrap());
    for (n, kind) in kinds.iter().cloned().enumerate() {
        let name = CustomName::parse(&format!("{name} {n}")).unwrap();
        let make =
            SettingsChange::CreateField { target: FieldTarget::Account, name, description: "Why\n".into(), kind };
        done(store, wayne, settings_change(make.clone())).await;
        assert!(matches!(ask(store, wayne, settings_change(make)).await, Err(Refused::FieldTaken(_))));
    }
    let settings = store.settings(wayne).await.unwrap();
    assert_eq!(settings.fields.values().map(|field| field.kind.clone()).collect::<Vec<_>>(), kinds);
    let last = settings.fields.last_key_value().unwrap().1.clone();
    assert_eq!((last.description.as_str(), last.created_at), ("Why\n", at(1)));
    assert_eq!((settings.lists.len(), settings.lists_made), (2, 2));
    assert_eq!(settings.teammates[&alfred].email, handle(1));
    done(store, wayne, settings_change(SettingsChange::BlockTeammate { teammate: alfred, is_blocked: true })).await;
    done(store, wayne, settings_change(SettingsChange::DeleteField(last.id))).await;
    assert_eq!(
        ask(store, wayne, settings_change(SettingsChange::DeleteField(last.id))).await,
        Err(Refused::NoField(last.id))
    );
    let first = settings.lists.keys().next().copied().unwrap();
    done(store, wayne, settings_change(SettingsChange::DeleteList(first))).await;
    let made_again = done(store, wayne, make_list(None)).await.created_item;
    assert_eq!(made_again, Some(CreatedItem::List(ListId::nth(wayne, 3))), "an id is never used again");
    let settings = store.settings(wayne).await.unwrap();
    assert!(settings.teammates[&alfred].is_blocked && !settings.fields.contains_key(&last.id));
    assert_eq!(verify(store, &InMemory, wayne).await.unwrap(), []);
}

pub async fn tokens_and_rate_limits_are_stored(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let token = |byte: u8, time: i64| Token {
        hash: SecretHash([byte; 32]),
        name: format!("Nämé {byte}"),
        scopes: "contacts:read x".into(),
        created_at: at(time),
    };
    for (byte, time) in [(3, 9), (1, 5), (2, 5)] {
        store.add_token(wayne, token(byte, time)).await.unwrap();
    }
    assert!(store.tokens(wayne).await.unwrap() == [token(1, 5), token(2, 5), token(3, 9)]);
    assert!(store.token(wayne, SecretHash([2; 32])).await.unwrap() == Some(token(2, 5)));
    assert!(store.remove_token(wayne, SecretHash([2; 32])).await.unwrap());
    assert!(!store.remove_token(wayne, SecretHash([2; 32])).await.unwrap());
    assert!(store.token(wayne, SecretHash([2; 32])).await.unwrap().is_none());
    let unknown = CompanyId::new(99).unwrap();
    assert!(matches!(store.add_token(unknown, token(1, 1)).await, Err(Error::NoCompany)));
    assert!(store.tokens(unknown).await.unwrap().is_empty());
    for limit in [Some(1), Some(1 << 30), None] {
        assert!(store.set_rate_limit(wayne, limit).await.unwrap());
        assert_eq!(store.company_by_id(wayne).await.unwrap().unwrap().rate_limit, limit);
        assert_eq!(store.companies().await.unwrap()[0].rate_limit, limit);
    }
    assert!(!store.set_rate_limit(unknown, None).await.unwrap());
    let limited = store::Company { rate_limit: Some(7), ..company(8, "kent") };
    store.add_company(limited.clone()).await.unwrap();
    assert!(store.company(&limited.name).await.unwrap() == Some(limited));
}

pub async fn teammates_have_their_own_sign_ins(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let [alfred, robin] = [1, 2].map(|n| TeammateId::nth(wayne, n));
    let hash = |byte: u8| SecretHash([byte; 32]);
    for (teammate, byte) in [(robin, 2), (alfred, 3), (alfred, 1)] {
        store.set_teammate_secret(wayne, teammate, Some(hash(byte))).await.unwrap();
    }
    assert!(store.teammate_secrets(wayne).await.unwrap() == [(alfred, hash(1)), (robin, hash(2))]);
    let unknown = CompanyId::new(99).unwrap();
    assert!(matches!(store.set_teammate_secret(unknown, alfred, None).await, Err(Error::NoCompany)));
    let session = |byte, teammate| Session { token: hash(byte), teammate, expires_at: at(99) };
    let sessions = [session(11, Some(alfred)), session(12, Some(robin)), session(13, None)];
    let sign_in = async || {
        for session in &sessions {
            store.remove_session(wayne, session.token).await.unwrap();
            store.add_session(wayne, session.clone(), at(1)).await.unwrap();
        }
    };
    let signed_in = async || {
        let mut signed_in = Vec::new();
        for session in &sessions {
            let found = store.session(wayne, session.token).await.unwrap();
            assert!(found.is_none() || found.as_ref() == Some(session));
            signed_in.push(found.is_some());
        }
        signed_in
    };
    sign_in().await;
    assert_eq!(signed_in().await, [true, true, true]);
    store.set_secret(wayne, hash(9)).await.unwrap();
    assert_eq!(signed_in().await, [true, true, false], "a new password of the company ends only its own sign-ins");
    sign_in().await;
    store.set_teammate_secret(wayne, alfred, Some(hash(4))).await.unwrap();
    assert_eq!(signed_in().await, [false, true, true]);
    sign_in().await;
    store.set_teammate_secret(wayne, robin, None).await.unwrap();
    assert_eq!(signed_in().await, [true, false, true]);
    assert!(store.teammate_secrets(wayne).await.unwrap() == [(alfred, hash(4))]);
}

/// Law 7 for settings and all other data of a company.
pub async fn companies_share_no_settings(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    store.add_company(company(8, "kent")).await.unwrap();
    let kent = CompanyId::new(8).unwrap();
    let author = teammate(store, wayne, 1).await;
    let bruce = made(store, wayne, &[1], &["A"]).await;
    let group = list(store, wayne, "A").await;
    done(store, wayne, note(bruce, author, "secret")).await;
    let account = crate::accounts::made(store, wayne, &["wayne.example"], None).await;
    let face = Update { picture: Some(Some(picture(&[1]))), ..Update::default() };
    done(store, wayne, Command::Update { contact: bruce, update: Box::new(face), by: Origin::Api(None) }).await;
    let entry = shown(store, wayne, bruce).await.unwrap().picture.unwrap().entry;
    let hash = SecretHash([1; 32]);
    let token = Token { hash, name: "a".into(), scopes: String::new(), created_at: at(1) };
    store.add_token(wayne, token).await.unwrap();
    store.set_teammate_secret(wayne, author, Some(hash)).await.unwrap();

    assert_eq!(store.settings(kent).await.unwrap(), contact::Settings::default());
    assert_eq!(store.members(kent, group, None, 9).await.unwrap(), []);
    assert_eq!(store.notes(kent, bruce, 9).await.unwrap(), []);
    assert_eq!(store.picture(kent, entry).await.unwrap(), None);
    assert_eq!(store.account(kent, account).await.unwrap(), None);
    let alias = contact::AccountAlias::Domain(Domain::parse("wayne.example").unwrap());
    assert_eq!(store.account_called(kent, &alias).await.unwrap(), None);
    assert!(store.token(kent, hash).await.unwrap().is_none());
    assert!(!store.remove_token(kent, hash).await.unwrap());
    assert!(store.tokens(kent).await.unwrap().is_empty() && store.teammate_secrets(kent).await.unwrap().is_empty());
    // Ids of one company do not exist in another.
    let clark = made(store, kent, &[1], &[]).await;
    let Group::List(id) = group else { panic!("not a list") };
    assert_eq!(ask(store, kent, grouped(group, &[clark], true)).await, Err(Refused::NoList(id)));
    let into = grouped(Group::Account(account), &[clark], true);
    assert_eq!(ask(store, kent, into).await, Err(Refused::NoAccount(account)));
    assert_eq!(ask(store, kent, delete(bruce)).await, Err(Refused::NoContact(bruce)));
    assert_eq!(ask(store, kent, note(clark, author, "x")).await, Err(Refused::NoTeammate(author)));
    assert_eq!(crate::accounts::made(store, kent, &["wayne.example"], None).await.company(), kent);
    assert!(shown(store, wayne, bruce).await.is_some());
}
