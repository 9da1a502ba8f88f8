//! What of a contact is found by its words, and what a word is: the same for every store.

use contact::{Change, Contact, ContactId};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// All words of a contact that a search looks at, folded.
pub fn words_of(contact: &Contact) -> Vec<String> {
    let mut text = contact.name.as_str().to_owned();
    for handle in &contact.handles {
        text.push(' ');
        text.push_str(handle.text());
        text.push(' ');
        text.push_str(handle.key().as_str());
    }
    text.push(' ');
    text.push_str(contact.description.as_str());
    let mut words = words(&text);
    words.sort_unstable();
    words.dedup();
    words
}

/// The words of a text: what stands between anything that is neither letter nor digit, without case, accents and the
/// many ways to write one character (Unicode Standard Annex 15, form NFKD).
pub fn words(text: &str) -> Vec<String> {
    // By way of the capitals, ß becomes ss, and both small sigmas one.
    let folded =
        text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let folded: String = folded.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The words that are looked for.
pub fn wanted(given: &[String]) -> Vec<String> {
    words(&given.join(" "))
}

/// The contacts that a change may show otherwise.
pub fn touched(change: &Change) -> Vec<ContactId> {
    match change {
        Change::Observed { home, .. } => vec![*home],
        Change::Merged { kept, joined, .. } => vec![*kept, *joined],
        Change::Split { parted, kept, .. } => vec![*parted, *kept],
        Change::Removed { contact, .. } | Change::Deleted { contact, .. } => vec![*contact],
        Change::KeptApart { .. }
        | Change::Shared { .. }
        | Change::Received { .. }
        | Change::Noted { .. }
        | Change::Directory(_)
        | Change::AccountSet { .. }
        | Change::AccountDeleted { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded() {
        assert_eq!(
            words("Zoë  Müller-STRASSE, z.straße@Example.ORG"),
            ["zoe", "muller", "strasse", "z", "strasse", "example", "org"]
        );
        assert_eq!(words("ΟΔΥΣΣΕΥΣ οδυσσευς ﬁn ＡＢＣ İstanbul"), ["οδυσσευσ", "οδυσσευσ", "fin", "abc", "istanbul"]);
        assert_eq!(words("Нью-Йорк 東京"), ["нью", "иорк", "東京"]);
        assert_eq!(words("% _ \" * \\"), [""; 0]);
    }
}
