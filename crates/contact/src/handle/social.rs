//! Names in social networks.

use crate::invalid::Invalid;

const HOSTS: [&str; 2] = ["twitter.com", "x.com"];

/// The key of a Twitter name: without `@` or the address of the profile, in lower case.
pub fn twitter_key(text: &str) -> Result<String, Invalid> {
    let name = profile_name(text).unwrap_or(text);
    let name = name.strip_prefix('@').unwrap_or(name);
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if (1..=15).contains(&name.len()) && name.chars().all(plain) {
        Ok(name.to_ascii_lowercase())
    } else {
        Err(Invalid::Twitter)
    }
}

/// The path of a profile address, without query and fragment.
fn profile_name(text: &str) -> Option<&str> {
    let address = ["https://", "http://"].into_iter().find_map(|scheme| strip_prefix(text, scheme)).unwrap_or(text);
    let address = ["www.", "mobile."].into_iter().find_map(|host| strip_prefix(address, host)).unwrap_or(address);
    let path = HOSTS.into_iter().find_map(|host| strip_prefix(address, host))?.strip_prefix('/')?;
    let end = path.find(['?', '#']).unwrap_or(path.len());
    Some(path[..end].trim_end_matches('/'))
}

fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_many_spellings() {
        for text in [
            "batman",
            "@Batman",
            "BATMAN",
            "https://twitter.com/Batman",
            "http://www.x.com/batman/",
            "x.com/Batman",
            "https://mobile.twitter.com/@batman?lang=en",
            "HTTPS://X.COM/Batman#top",
        ] {
            assert_eq!(twitter_key(text).as_deref(), Ok("batman"), "{text}");
        }
    }

    #[test]
    fn what_is_no_name() {
        for text in [
            "",
            "@",
            "@@batman",
            "bat man",
            "bat-man",
            "bätman",
            "sixteen_letters_",
            "https://x.com/",
            "https://x.com",
            "https://example.org/batman",
            "https://x.com/batman/status/1",
            "x.community/batman",
        ] {
            assert_eq!(twitter_key(text), Err(Invalid::Twitter), "{text}");
        }
    }
}
