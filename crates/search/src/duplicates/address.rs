//! Whether two e-mail addresses look like the same person's. An address is the key of its handle: folded, with one `@`.

/// Most addresses compared of one contact.
pub const ADDRESSES_MAX: usize = 10;

/// Local parts of shared mailboxes, which identify no person.
const ROLES: [&str; 44] = [
    "abuse",
    "accounting",
    "accounts",
    "admin",
    "administrator",
    "all",
    "billing",
    "bookings",
    "careers",
    "contact",
    "customerservice",
    "enquiries",
    "events",
    "feedback",
    "finance",
    "hello",
    "help",
    "helpdesk",
    "hi",
    "hr",
    "info",
    "inquiries",
    "invoice",
    "invoices",
    "it",
    "jobs",
    "legal",
    "mail",
    "marketing",
    "media",
    "news",
    "newsletter",
    "no-reply",
    "noreply",
    "office",
    "orders",
    "postmaster",
    "press",
    "privacy",
    "sales",
    "service",
    "support",
    "team",
    "webmaster",
];

/// Names of the domains of public mail providers, where anyone can have an address.
const FREE: [&str; 32] = [
    "126",
    "163",
    "aol",
    "arcor",
    "att",
    "comcast",
    "fastmail",
    "free",
    "freenet",
    "gmail",
    "gmx",
    "googlemail",
    "hotmail",
    "icloud",
    "laposte",
    "libero",
    "live",
    "mac",
    "mail",
    "me",
    "msn",
    "orange",
    "outlook",
    "proton",
    "protonmail",
    "qq",
    "t-online",
    "verizon",
    "web",
    "yahoo",
    "yandex",
    "ymail",
];

/// Second-level labels that belong to the suffix, as in `co.uk`.
const SECOND_LEVELS: [&str; 14] =
    ["ac", "co", "com", "edu", "go", "gob", "gov", "ltd", "me", "ne", "net", "nom", "or", "org"];

/// Whether an address is personal: not a shared mailbox, and not at an IP address.
pub fn is_personal(address: &str) -> bool {
    parts(address).is_some_and(|(local, domain)| !ROLES.contains(&local) && !domain.starts_with('['))
}

/// The text that an address shares with the same local part at related domains; none at a public mail provider.
pub fn related(address: &str) -> Option<String> {
    let (local, _) = parts(address)?;
    company(address).map(|name| format!("{local}@{name}"))
}

/// The name of an address's domain; none at a public mail provider.
pub fn company(address: &str) -> Option<&str> {
    let (_, domain) = parts(address)?;
    Some(name(domain)).filter(|name| !FREE.contains(name))
}

/// Whether two contacts have the same local part at different domains with the same name.
///
/// At public mail providers this counts only if the names of the contacts look alike too.
pub fn are_related(some: &[String], others: &[String], names_look_alike: bool) -> bool {
    let is_related = |one: &String, other: &String| {
        let (Some((local, domain)), Some((other_local, other_domain))) = (parts(one), parts(other)) else {
            return false;
        };
        local == other_local
            && domain != other_domain
            && name(domain) == name(other_domain)
            && (names_look_alike || !FREE.contains(&name(domain)))
    };
    some.iter().any(|one| others.iter().any(|other| is_related(one, other)))
}

/// The local part and the domain.
fn parts(address: &str) -> Option<(&str, &str)> {
    address.rsplit_once('@')
}

/// The registered name of a domain: `wayne` of `mail.wayne.co.uk`.
///
/// A heuristic instead of the Public Suffix List, because its results are only suggestions.
fn name(domain: &str) -> &str {
    let labels: Vec<&str> = domain.rsplit('.').collect();
    match labels[..] {
        [country, second, name, ..] if country.len() == 2 && SECOND_LEVELS.contains(&second) => name,
        [_, name, ..] => name,
        _ => domain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_domain_is_its_registered_label() {
        for (domain, expected) in [
            ("wayne.com", "wayne"),
            ("mail.wayne.com", "wayne"),
            ("wayne.co.uk", "wayne"),
            ("a.b.wayne.com.au", "wayne"),
            ("co.uk", "co"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(name(domain), expected, "{domain}");
        }
    }
}
