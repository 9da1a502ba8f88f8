//! Random histories of commands on a few contacts, for comparing stores.

use std::sync::Arc;

use contact::{
    AccountId, AccountUpdate, Attribute, Attributes, CardProperty, ChannelId, Command, CompanyId, ContactId,
    CustomName, CustomType, CustomValue, CustomValues, Domain, ExternalId, FieldId, FieldTarget, Group, Guards, Handle,
    HandleDecision, ImportId, Link, ListId, ListName, Message, NoteBody, Observation, Origin, Picture, RecordName,
    RecordRef, Region, SettingsChange, Source, TeammateId, Text, Update,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// How many handles the histories use.
pub const HANDLES: usize = 12;
/// How many commands a history has.
pub const STEPS: usize = 60;
/// How many of a company's first contacts the histories use.
const CONTACTS: u64 = 10;

pub fn handle(n: usize) -> Handle {
    Handle::parse(Source::Email, &format!("H{n}@example.org"), Region::default()).unwrap()
}

pub fn link(n: usize) -> Link {
    Link::parse(&format!("https://example.org/{n}")).unwrap()
}

pub fn observed(handles: &[usize]) -> Command {
    named(handles, None)
}

pub fn named(handles: &[usize], name: Option<&str>) -> Command {
    Command::from(Observation {
        attributes: texts(name, None),
        handles: handles.iter().map(|n| handle(*n)).collect(),
        ..Observation::from(Origin::Api(None))
    })
}

pub fn merge(contacts: Vec<ContactId>) -> Command {
    Command::Merge { contacts, target: None, by: Origin::Api(None) }
}

/// Splits one record off its contact.
pub fn split(record: ContactId) -> Command {
    Command::Split { contact: record, records: vec![record], by: Origin::Person }
}

pub fn mark(n: usize, decision: HandleDecision) -> Command {
    Command::MarkHandle { handle: handle(n).key().clone(), decision, by: Origin::Person }
}

pub fn record_name(n: usize) -> RecordName {
    RecordName::parse("crm", &n.to_string()).unwrap()
}

pub fn keep_apart(contacts: [ContactId; 2]) -> Command {
    Command::KeepApart { contacts, by: Origin::Person }
}

pub fn settings_change(settings_change: SettingsChange) -> Command {
    Command::ChangeSettings { change: settings_change, by: Origin::Api(None) }
}

pub fn list_name(name: &str) -> ListName {
    ListName::parse(name).unwrap()
}

pub fn picture(bytes: &[u8]) -> Picture {
    Picture::parse([&b"\x89PNG\r\n\x1a\n"[..], bytes].concat().into()).unwrap()
}

fn field_name(n: usize) -> CustomName {
    CustomName::parse(&format!("Field {n}")).unwrap()
}

fn contact(company: CompanyId) -> impl Strategy<Value = ContactId> + Clone {
    (1..=CONTACTS).prop_map(move |n| ContactId::nth(company, n))
}

fn some(most: usize) -> impl Strategy<Value = Vec<usize>> {
    subsequence((0..HANDLES).collect::<Vec<_>>(), 1..=most).prop_shuffle()
}

/// A name and a description.
pub fn texts(name: Option<&str>, description: Option<&str>) -> Attributes<Option<Text>> {
    Attributes::from_fn(|attribute| {
        let text = if attribute == Attribute::Name { name } else { description };
        text.map(|text| attribute.parse(text).unwrap())
    })
}

/// Any values of all attributes.
fn attributes() -> impl Strategy<Value = Attributes<Option<Text>>> {
    let text = option::of(select(vec!["", "Ada", "Bob \"the\" Ünit\n", "Two\nlines"]));
    vec(text, Attribute::ALL.len()).prop_map(|texts| {
        Attributes::from_fn(|attribute| texts[attribute as usize].map(|text| attribute.parse(text).unwrap()))
    })
}

fn links() -> impl Strategy<Value = Vec<Link>> {
    vec((0..4_usize).prop_map(link), 0..3)
}

fn properties() -> impl Strategy<Value = Vec<CardProperty>> {
    let lines = select(vec!["X-A;X=\"b:c\":é", "item1.X-B:c\nitem1.X-ABLabel:d"]);
    vec(lines.prop_map(|line| CardProperty::parse(line).unwrap()), 0..2)
}

fn pictures() -> impl Strategy<Value = Option<Option<Picture>>> {
    option::of(option::of(vec(any::<u8>(), 0..4).prop_map(|bytes| picture(&bytes))))
}

fn list_names() -> impl Strategy<Value = Vec<ListName>> {
    vec((0..3).prop_map(|n| list_name(&format!("List {n}"))), 0..3)
}

fn values() -> impl Strategy<Value = CustomValues> {
    let value = select(vec![
        CustomValue::Text("Füll".into()),
        CustomValue::Text("h1@example.org".into()),
        CustomValue::Bool(true),
        CustomValue::Number("1000.0".into()),
    ]);
    vec((0..3_usize, value), 0..3)
        .prop_map(|values| values.into_iter().map(|(n, value)| (field_name(n), value)).collect())
}

fn origin(company: CompanyId) -> impl Strategy<Value = Origin> {
    select(vec![Origin::Api(None), Origin::Import(None), Origin::Person, Origin::Teammate(TeammateId::nth(company, 1))])
}

fn group(company: CompanyId) -> impl Strategy<Value = Group> {
    prop_oneof![
        (1..5_u64).prop_map(move |n| Group::List(ListId::nth(company, n))),
        (1..4_u64).prop_map(move |n| Group::Account(AccountId::nth(company, n))),
    ]
}

fn observe() -> impl Strategy<Value = Command> {
    let record = option::weighted(0.3, (0..4_usize).prop_map(record_name));
    let facts = (attributes(), links(), properties(), option::weighted(0.3, select(vec!["work", "=\"Büro\""])));
    (prop_oneof![some(1), some(3)], facts, any::<bool>(), record).prop_map(
        |(handles, (attributes, links, properties, label), message, record)| {
            let label = label.and_then(|label| Handle::parse_label(label).unwrap());
            Command::from(Observation {
                record: record.filter(|_| !message),
                attributes,
                handles: handles.into_iter().map(|n| handle(n).with_label(label.clone())).collect(),
                links,
                properties,
                ..Observation::from(if message { Origin::Message } else { Origin::Import(None) })
            })
        },
    )
}

fn receive(company: CompanyId) -> impl Strategy<Value = Command> {
    (0..HANDLES, option::of(0..4_u8), option::of(0..6_u8), option::of(Just("Ada"))).prop_map(
        move |(sender, thread, uid, name)| {
            let reference = thread.map_or_else(|| format!("from:{sender}"), |thread| format!("ref:{thread}"));
            Command::Receive(Arc::new(Message {
                channel: ChannelId::nth(company, 1),
                sender: handle(sender),
                name: name.map(|name| Attribute::Name.parse(name).unwrap()),
                subject: format!("Thread {thread:?}"),
                text: format!("Hello from {sender}"),
                html: None,
                attachments: Vec::new(),
                uid: uid.map(|uid: u8| uid.to_string()),
                replies_to: vec![reference.clone()],
                references: vec![reference],
            }))
        },
    )
}

/// Commands that merge, split and keep apart contacts.
fn merges(company: CompanyId) -> BoxedStrategy<Command> {
    let merged =
        (vec(contact(company), 2..4), any::<bool>(), origin(company)).prop_map(|(contacts, has_target, by)| {
            let target = contacts.first().copied().filter(|_| has_target);
            Command::Merge { contacts, target, by }
        });
    let split_off = (contact(company), vec(contact(company), 1..3), origin(company))
        .prop_map(|(contact, records, by)| Command::Split { contact, records, by });
    let split_off = prop_oneof![contact(company).prop_map(split), split_off];
    let decision = select(vec![HandleDecision::Shared, HandleDecision::Blocked, HandleDecision::Personal]);
    let share = (0..HANDLES, decision).prop_map(|(n, decision)| mark(n, decision));
    let named = (0..4_usize).prop_map(|n| RecordRef::Named(record_name(n)));
    let any_record = prop_oneof![named, contact(company).prop_map(RecordRef::Id)];
    let withdraw = (any_record, origin(company)).prop_map(|(record, by)| Command::Withdraw { record, by });
    let remove = (contact(company), 0..HANDLES, links(), origin(company)).prop_map(|(contact, n, links, by)| {
        Command::Remove { contact, handles: vec![handle(n).key().clone()], links, by }
    });
    let apart = [contact(company), contact(company)].prop_map(keep_apart);
    let regroup =
        (vec(contact(company), 0..4), vec(0..HANDLES, 0..3), origin(company)).prop_map(|(records, handles, by)| {
            let handles = handles.into_iter().map(|n| handle(n).key().clone()).collect();
            Command::Regroup { records, handles, by }
        });
    let rare = prop_oneof![share, remove, apart, withdraw, regroup];
    prop_oneof![8 => observe(), 3 => receive(company), 2 => merged, 3 => split_off, 4 => rare].boxed()
}

/// Commands about one contact by its id.
fn one_contact(company: CompanyId) -> BoxedStrategy<Command> {
    let facts = (some(2), attributes(), links(), values(), pictures());
    let create = (facts, list_names(), option::of(1..4_u64), origin(company)).prop_map(
        move |((handles, attributes, links, values, picture), lists, owner, by)| {
            let observation = Observation {
                attributes,
                handles: handles.into_iter().map(handle).collect(),
                links,
                custom: values.into_iter().map(|(name, value)| (name, Some(value))).collect(),
                picture,
                owner: owner.map(|n| TeammateId::nth(company, n)),
                ..Observation::from(by)
            };
            Command::Create { observation: Box::new(observation), lists }
        },
    );
    let changed = (attributes(), option::of(links()), option::of(list_names()), option::of(values()), pictures());
    let update = (contact(company), changed, origin(company)).prop_map(
        |(contact, (attributes, links, lists, custom, picture), by)| {
            let update = Box::new(Update { attributes, links, lists, custom, picture });
            Command::Update { contact, update, by }
        },
    );
    let add = (contact(company), 0..HANDLES, origin(company)).prop_map(|(contact, n, by)| Command::AddHandle {
        contact,
        handle: handle(n),
        by,
    });
    let add_link = (contact(company), 0..4_usize, origin(company)).prop_map(|(contact, n, by)| Command::AddLink {
        contact,
        link: link(n),
        by,
    });
    let remove = (contact(company), 0..HANDLES, any::<bool>(), origin(company)).prop_map(|(contact, n, force, by)| {
        Command::RemoveHandle { contact, handle: handle(n).key().clone(), force, by }
    });
    let delete = (contact(company), origin(company)).prop_map(|(contact, by)| Command::Delete { contact, by });
    let note = (contact(company), 1..4_u64, 0..9_u8, origin(company)).prop_map(move |(contact, author, n, by)| {
        let body = NoteBody::parse(&format!("Note {n}")).unwrap();
        Command::Note { contact, author: TeammateId::nth(company, author), body, by }
    });
    prop_oneof![4 => create, 4 => update, 2 => add, 1 => add_link, 2 => remove, 2 => delete, 2 => note].boxed()
}

/// Commands that change settings and memberships.
fn settings(company: CompanyId) -> BoxedStrategy<Command> {
    let list = (0..3, option::of(1..3_u64)).prop_map(move |(n, owner)| SettingsChange::CreateList {
        name: list_name(&format!("List {n}")),
        owner: owner.map(|n| TeammateId::nth(company, n)),
    });
    let kinds = select(vec![
        CustomType::String,
        CustomType::Boolean,
        CustomType::DateTime,
        CustomType::Number,
        CustomType::Teammate,
        CustomType::Inbox,
        CustomType::Enum(vec!["Füll".into(), "Empty".into()]),
    ]);
    let field =
        (0..3_usize, select(vec![FieldTarget::Contact, FieldTarget::Account]), kinds).prop_map(|(n, target, kind)| {
            SettingsChange::CreateField { target, name: field_name(n), description: format!("Number {n}"), kind }
        });
    let teammate = (0..4_usize).prop_map(|n| SettingsChange::AddTeammate { email: handle(n), name: Text::default() });
    let block = (1..4_u64, any::<bool>()).prop_map(move |(n, is_blocked)| SettingsChange::BlockTeammate {
        teammate: TeammateId::nth(company, n),
        is_blocked,
    });
    let import = (0..3_u8, 0..9_u64, any::<bool>()).prop_map(|(n, rows, is_done)| SettingsChange::RecordImport {
        id: ImportId(n.into()),
        name: format!("contacts {n}.csv"),
        rows,
        is_done,
    });
    let guards = (option::of(select(vec![1, 2, 5])), any::<bool>())
        .prop_map(|(shared_after, names_agree)| SettingsChange::SetGuards(Guards { shared_after, names_agree }));
    let made = prop_oneof![
        1 => import,
        2 => guards,
        3 => list,
        4 => field,
        3 => teammate,
        1 => block,
        1 => (1..5_u64).prop_map(move |n| SettingsChange::DeleteList(ListId::nth(company, n))),
        1 => (1..5_u64).prop_map(move |n| SettingsChange::DeleteField(FieldId::nth(company, n))),
    ];
    let made = (made, origin(company))
        .prop_map(|(settings_change, by)| Command::ChangeSettings { change: settings_change, by });
    let grouped = (group(company), vec(contact(company), 1..3), any::<bool>(), origin(company))
        .prop_map(|(group, contacts, inside, by)| Command::Group { group, contacts, inside, by });
    prop_oneof![1 => made, 1 => grouped].boxed()
}

/// Commands about accounts with conflicting domains and ids.
fn accounts(company: CompanyId) -> BoxedStrategy<Command> {
    let domains = option::of(vec((0..4).prop_map(|n| Domain::parse(&format!("d{n}.example")).unwrap()), 0..3));
    let external = option::of(option::of((0..3).prop_map(|n| ExternalId::parse(&format!("x{n}")).unwrap())));
    let text = option::of(select(vec![String::new(), "Wayne \"Inc\"".to_owned()]));
    let logo = option::of(option::of((0..3_usize).prop_map(link)));
    let facts = (text.clone(), option::of(text), logo, domains, external, option::of(values())).prop_map(
        |(name, description, logo_url, domains, external_id, custom)| {
            Box::new(AccountUpdate { name, description, logo_url, domains, external_id, custom })
        },
    );
    let facts = facts.boxed();
    let account = (1..5_u64).prop_map(move |n| AccountId::nth(company, n));
    let make = (facts.clone(), origin(company)).prop_map(|(facts, by)| Command::CreateAccount { facts, by });
    let update = (account.clone(), facts, origin(company)).prop_map(|(account, update, by)| Command::UpdateAccount {
        account,
        update,
        by,
    });
    let delete = (account, origin(company)).prop_map(|(account, by)| Command::DeleteAccount { account, by });
    prop_oneof![3 => make, 3 => update, 1 => delete].boxed()
}

/// Any command on the first contacts and entries of a company. Many are refused.
fn command(company: CompanyId) -> impl Strategy<Value = Command> {
    prop_oneof![
        18 => merges(company),
        14 => one_contact(company),
        8 => settings(company),
        4 => accounts(company),
    ]
}

/// `count` histories of [`STEPS`] commands, the same at every run.
pub fn histories(company: CompanyId, count: usize) -> Vec<Vec<Command>> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let history = vec(command(company), STEPS..=STEPS);
    (0..count).map(|_| history.new_tree(&mut runner).unwrap().current()).collect()
}

/// Replaces the ids of one company with those of another.
struct Mover(CompanyId);

impl Mover {
    fn contact(&self, id: &mut ContactId) {
        *id = ContactId::nth(self.0, id.count());
    }

    fn contacts<'a>(&self, ids: impl IntoIterator<Item = &'a mut ContactId>) {
        ids.into_iter().for_each(|id| self.contact(id));
    }

    fn teammate(&self, id: &mut TeammateId) {
        *id = TeammateId::nth(self.0, id.count());
    }

    fn account(&self, id: &mut AccountId) {
        *id = AccountId::nth(self.0, id.count());
    }

    fn origin(&self, origin: &mut Origin) {
        if let Origin::Teammate(teammate) = origin {
            self.teammate(teammate);
        }
    }

    fn group(&self, group: &mut Group) {
        match group {
            Group::List(list) => *list = ListId::nth(self.0, list.count()),
            Group::Account(account) => self.account(account),
        }
    }

    fn observation(&self, observation: &mut Observation) {
        self.origin(&mut observation.origin);
        observation.groups.iter_mut().for_each(|group| self.group(group));
        observation.owner.iter_mut().for_each(|owner| self.teammate(owner));
    }

    fn settings_change(&self, settings_change: &mut SettingsChange) {
        match settings_change {
            SettingsChange::CreateList { owner, .. } => owner.iter_mut().for_each(|owner| self.teammate(owner)),
            SettingsChange::DeleteList(list) => *list = ListId::nth(self.0, list.count()),
            SettingsChange::DeleteField(field) => *field = FieldId::nth(self.0, field.count()),
            SettingsChange::BlockTeammate { teammate, .. } => self.teammate(teammate),
            SettingsChange::CreateField { .. }
            | SettingsChange::AddTeammate { .. }
            | SettingsChange::SetGuards(_)
            | SettingsChange::RecordImport { .. } => {}
        }
    }

    fn command(&self, command: &mut Command) {
        match command {
            Command::Observe(observation) | Command::Create { observation, .. } => self.observation(observation),
            Command::Update { contact, by, .. }
            | Command::AddHandle { contact, by, .. }
            | Command::AddLink { contact, by, .. }
            | Command::RemoveHandle { contact, by, .. }
            | Command::Delete { contact, by }
            | Command::Remove { contact, by, .. } => {
                self.contact(contact);
                self.origin(by);
            }
            Command::Merge { contacts, target, by } => {
                self.contacts(contacts.iter_mut().chain(target));
                self.origin(by);
            }
            Command::KeepApart { contacts, by } => {
                self.contacts(contacts);
                self.origin(by);
            }
            Command::Note { contact, author, by, .. } => {
                self.contact(contact);
                self.teammate(author);
                self.origin(by);
            }
            Command::Group { group, contacts, by, .. } => {
                self.group(group);
                self.contacts(contacts);
                self.origin(by);
            }
            Command::ChangeSettings { change: settings_change, by } => {
                self.settings_change(settings_change);
                self.origin(by);
            }
            Command::UpdateAccount { account, by, .. } | Command::DeleteAccount { account, by } => {
                self.account(account);
                self.origin(by);
            }
            Command::Split { contact, records, by } => {
                self.contacts(records.iter_mut().chain([contact]));
                self.origin(by);
            }
            Command::Regroup { records, by, .. } => {
                self.contacts(records);
                self.origin(by);
            }
            Command::CreateAccount { by, .. } | Command::Withdraw { by, .. } | Command::MarkHandle { by, .. } => {
                self.origin(by);
            }
            Command::Receive(_) => {}
        }
    }
}

/// The same command in another company.
pub fn moved(command: &Command, company: CompanyId) -> Command {
    let mut command = command.clone();
    Mover(company).command(&mut command);
    command
}
