//! Generated contacts: the same three handles and a link that `contacts.lua` sends.

use contact::{Attribute, Attributes, Command, Handle, Link, Observation, Origin, Region, Source};

/// The e-mail address of the `n`th contact.
pub fn email(n: u64) -> String {
    format!("person.{}@example{}.org", mixed(n), n % 97)
}

/// The digits of the phone number, without the country code.
pub fn phone(n: u64) -> String {
    (2_000_000_000 + n).to_string()
}

/// Addresses are in no order, as in practice.
fn mixed(n: u64) -> u64 {
    (n * 7919) % 1_000_003 * 1000 + n % 1000
}

/// The report of the `n`th contact.
pub fn report(n: u64) -> Command {
    let handles = [
        (Source::Email, email(n)),
        (Source::Twitter, format!("@p{}", mixed(n))),
        (Source::Phone, format!("+1{}", phone(n))),
    ];
    let handle = |(source, text): (Source, String)| Handle::parse(source, &text, Region::default()).expect("a handle");
    Command::from(Observation {
        attributes: Attributes::default()
            .with(Attribute::Name, Attribute::Name.parse(&format!("Person {n}")).expect("a name"))
            .with(
                Attribute::Description,
                Attribute::Description.parse(&format!("Customer since {}", 1990 + n % 35)).expect("a description"),
            ),
        handles: handles.into_iter().map(handle).collect(),
        links: vec![Link::parse(&format!("https://crm.example.org/people/{n}")).expect("a link")],
        ..Observation::from(Origin::Api(None))
    })
}
