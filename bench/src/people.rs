//! Made-up people: the same three handles and a link that `contacts.lua` sends.

use contact::{Command, Description, Handle, Link, Name, Observation, Origin, Region, Source};

/// What is told about the `n`th person.
pub fn told(n: u64) -> Command {
    // Addresses come in no order, as they do from people.
    let mixed = (n * 7919) % 1_000_003 * 1000 + n % 1000;
    let phone = 2_000_000_000 + n;
    let handles = [
        (Source::Email, format!("person.{mixed}@example{}.org", n % 97)),
        (Source::Twitter, format!("@p{mixed}")),
        (Source::Phone, format!("+1{phone}")),
    ];
    let handle = |(source, text): (Source, String)| Handle::parse(source, &text, Region::default()).expect("a handle");
    Command::Observe(Observation {
        name: Some(Name::parse(&format!("Person {n}")).expect("a name")),
        description: Some(Description::parse(&format!("Customer since {}", 1990 + n % 35)).expect("a description")),
        handles: handles.into_iter().map(handle).collect(),
        links: vec![Link::parse(&format!("https://crm.example.org/people/{n}")).expect("a link")],
        ..Observation::from(Origin::Api)
    })
}
