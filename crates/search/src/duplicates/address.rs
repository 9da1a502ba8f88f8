//! When two e-mail addresses look like one person's. An address is its key: folded, with one `@`.

/// Most addresses of a contact that are compared.
pub const ADDRESSES_MAX: usize = 10;

/// Names before the `@` that are a desk's and not a person's.
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

/// Names of domains where anybody can have an address.
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

/// What stands before a country and is no name, as in `co.uk`.
const SECOND_LEVELS: [&str; 14] =
    ["ac", "co", "com", "edu", "go", "gob", "gov", "ltd", "me", "ne", "net", "nom", "or", "org"];

/// Whether an address says something of a person.
pub fn is_of_a_person(address: &str) -> bool {
    parts(address).is_some_and(|(local, domain)| !ROLES.contains(&local) && !domain.starts_with('['))
}

/// What an address shares with those that are the same at related domains; nothing at one where anybody can have one.
pub fn related(address: &str) -> Option<String> {
    let (local, _) = parts(address)?;
    company(address).map(|name| format!("{local}@{name}"))
}

/// The name of an address's domain, unless anybody can have an address there.
pub fn company(address: &str) -> Option<&str> {
    let (_, domain) = parts(address)?;
    Some(name(domain)).filter(|name| !FREE.contains(name))
}

/// Whether one of some addresses is the same as one of others, but at another domain of the same name. Where anybody can
/// have an address, that counts only for those who are alike by name.
pub fn are_related(some: &[String], others: &[String], are_alike: bool) -> bool {
    let is_related = |one: &String, other: &String| {
        let (Some((local, domain)), Some((of, there))) = (parts(one), parts(other)) else { return false };
        local == of && domain != there && name(domain) == name(there) && (are_alike || !FREE.contains(&name(domain)))
    };
    some.iter().any(|one| others.iter().any(|other| is_related(one, other)))
}

fn parts(address: &str) -> Option<(&str, &str)> {
    address.rsplit_once('@')
}

/// The name that a domain was registered by: `wayne` of `mail.wayne.co.uk`. It goes by how domains mostly are, not by the
/// list of all suffixes: what comes of it is only shown.
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
    fn domains_have_names() {
        for (domain, wanted) in [
            ("wayne.com", "wayne"),
            ("mail.wayne.com", "wayne"),
            ("wayne.co.uk", "wayne"),
            ("a.b.wayne.com.au", "wayne"),
            ("co.uk", "co"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(name(domain), wanted, "{domain}");
        }
    }
}
