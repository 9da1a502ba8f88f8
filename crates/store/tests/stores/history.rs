//! Random histories, for stores: commands that meet again and again.

use std::sync::Arc;

use contact::{
    ChannelId, Command, CompanyId, ContactId, Description, Handle, Link, Message, Name, Observation, Origin, Region,
    Seq, Source,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// How many handles the histories name.
pub const HANDLES: usize = 12;

pub fn handle(n: usize) -> Handle {
    Handle::parse(Source::Email, &format!("H{n}@example.org"), Region::default()).unwrap()
}

pub fn told(handles: &[usize]) -> Command {
    named(handles, None)
}

pub fn named(handles: &[usize], name: Option<&str>) -> Command {
    Command::Observe(Observation {
        name: name.map(|name| Name::parse(name).unwrap()),
        handles: handles.iter().map(|n| handle(*n)).collect(),
        ..Observation::from(Origin::Api)
    })
}

/// Any command on the first contacts and entries of a company. Many will be refused.
fn command(company: CompanyId) -> impl Strategy<Value = Command> {
    let contact = (1..8_u64).prop_map(move |n| ContactId::nth(company, n));
    let some = |most| subsequence((0..HANDLES).collect::<Vec<_>>(), 1..=most).prop_shuffle();
    let name = option::of(prop_oneof![Just(""), Just("Ada"), Just("Bob \"the\" Ünit\n")]);
    let observe = (prop_oneof![some(1), some(3)], name.clone(), name, option::of(1..4), any::<bool>()).prop_map(
        |(handles, name, description, link, message)| {
            Command::Observe(Observation {
                origin: if message { Origin::Message } else { Origin::Import },
                name: name.map(|name| Name::parse(name).unwrap()),
                description: description.map(|text| Description::parse(text).unwrap()),
                handles: handles.into_iter().map(handle).collect(),
                links: link.iter().map(|n| Link::parse(&format!("https://example.org/{n}")).unwrap()).collect(),
            })
        },
    );
    let remove = (contact.clone(), 0..HANDLES, 1..4).prop_map(|(contact, n, link)| Command::Remove {
        contact,
        handles: vec![handle(n).key().clone()],
        links: vec![Link::parse(&format!("https://example.org/{link}")).unwrap()],
    });
    let receive = (0..HANDLES, option::of(0..4_u8), option::of(0..6_u8), option::of(Just("Ada"))).prop_map(
        move |(sender, thread, uid, name)| {
            let mark = thread.map_or_else(|| format!("from:{sender}"), |thread| format!("ref:{thread}"));
            Command::Receive(Arc::new(Message {
                channel: ChannelId::nth(company, 1),
                sender: handle(sender),
                name: name.map(|name| Name::parse(name).unwrap()),
                subject: format!("Thread {thread:?}"),
                text: format!("Hello from {sender}"),
                html: None,
                attachments: Vec::new(),
                uid: uid.map(|uid: u8| uid.to_string()),
                replies_to: vec![mark.clone()],
                marks: vec![mark],
            }))
        },
    );
    prop_oneof![
        8 => observe,
        3 => receive,
        1 => vec(contact, 2..4).prop_map(|contacts| Command::Merge { contacts }),
        3 => (1..40_u64).prop_map(|seq| Command::Split { merge: Seq(seq) }),
        1 => (0..HANDLES, any::<bool>())
            .prop_map(|(n, shared)| Command::Share { handle: handle(n).key().clone(), shared }),
        1 => remove,
    ]
}

/// `count` histories of 40 commands, the same at every run.
pub fn histories(company: CompanyId, count: usize) -> Vec<Vec<Command>> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let history = vec(command(company), 40..=40);
    (0..count).map(|_| history.new_tree(&mut runner).unwrap().current()).collect()
}
