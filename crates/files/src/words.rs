//! What the words of a column's name mean, in the languages of `words.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The phrases and their meanings: `meaning: phrase, phrase`.
const WORDS: &str = include_str!("words.txt");

/// What a phrase in a column's name says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// It may stand beside any other.
    Neutral,
    Email,
    /// An address, of any kind: `E-mail address`, `Home address`.
    Address,
    Phone,
    Twitter,
    Name,
    FirstName,
    MiddleName,
    LastName,
    Description,
    Link,
    List,
    /// Which one of several values it is, such as a fax number.
    Label,
    Organization,
    JobTitle,
    Nickname,
    Birthday,
}

impl Meaning {
    fn of(key: &str) -> Option<Meaning> {
        Some(match key {
            "neutral" => Meaning::Neutral,
            "email" => Meaning::Email,
            "address" => Meaning::Address,
            "phone" => Meaning::Phone,
            "twitter" => Meaning::Twitter,
            "name" => Meaning::Name,
            "first" => Meaning::FirstName,
            "middle" => Meaning::MiddleName,
            "last" => Meaning::LastName,
            "description" => Meaning::Description,
            "link" => Meaning::Link,
            "list" => Meaning::List,
            "label" => Meaning::Label,
            "organization" => Meaning::Organization,
            "job_title" => Meaning::JobTitle,
            "nickname" => Meaning::Nickname,
            "birthday" => Meaning::Birthday,
            _ => return None,
        })
    }
}

/// The phrases of all languages, folded, with a space between words.
static PHRASES: LazyLock<HashMap<String, Meaning>> = LazyLock::new(|| {
    let lines = WORDS.lines().filter_map(|line| line.split_once(": "));
    let lines = lines.filter_map(|(key, phrases)| Some((Meaning::of(key)?, phrases)));
    lines
        .flat_map(|(meaning, phrases)| phrases.split(',').map(move |phrase| (words(phrase).join(" "), meaning)))
        .collect()
});
/// Most words of a phrase.
static WORDS_MAX: LazyLock<usize> =
    LazyLock::new(|| PHRASES.keys().map(|phrase| phrase.split(' ').count()).max().unwrap_or_default());

/// The meaning of a whole name: of its longest phrases, one after the other, without numbers and repetitions. None if a word
/// has none.
pub fn meanings(name: &str) -> Option<Vec<Meaning>> {
    let words = words(name);
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let longest = (words.len() - at).min(*WORDS_MAX);
        let phrase = (1..=longest).rev().find_map(|count| {
            let meaning = PHRASES.get(&words[at..at + count].join(" "))?;
            Some((*meaning, count))
        });
        match phrase {
            Some((meaning, count)) => {
                add(&mut found, meaning);
                at += count;
            }
            None if words[at].bytes().all(|byte| byte.is_ascii_digit()) => at += 1,
            None => {
                without_spaces(&words[at], &mut found)?;
                at += 1;
            }
        }
    }
    Some(found)
}

/// Adds the meanings of a word of several phrases, as in a script that is written without spaces.
fn without_spaces(word: &str, found: &mut Vec<Meaning>) -> Option<()> {
    if word.is_ascii() {
        return None;
    }
    let chars: Vec<char> = word.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let phrase = (at + 1..=chars.len()).rev().find_map(|end| {
            let phrase: String = chars[at..end].iter().collect();
            Some((*PHRASES.get(&phrase)?, end))
        });
        let (meaning, end) = phrase?;
        add(found, meaning);
        at = end;
    }
    Some(())
}

fn add(found: &mut Vec<Meaning>, meaning: Meaning) {
    if meaning != Meaning::Neutral && !found.contains(&meaning) {
        found.push(meaning);
    }
}

/// The words of a text, without case, accents and punctuation: `E-Mail 2: Adresse`, `mobilePhone`.
pub fn words(text: &str) -> Vec<String> {
    #[derive(PartialEq, Clone, Copy)]
    enum Kind {
        Other,
        Digit,
        Lower,
        Upper,
    }
    let (mut words, mut word, mut before) = (Vec::new(), String::new(), Kind::Other);
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        let kind = match c {
            c if c.is_numeric() => Kind::Digit,
            c if c.is_uppercase() => Kind::Upper,
            c if c.is_alphabetic() => Kind::Lower,
            _ => Kind::Other,
        };
        let is_border = match (before, kind) {
            (_, Kind::Other) | (Kind::Lower, Kind::Upper) => true,
            (before, kind) => (before == Kind::Digit) != (kind == Kind::Digit),
        };
        if is_border && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if kind != Kind::Other {
            match c {
                'ß' => word.push_str("ss"),
                'ł' | 'Ł' => word.push('l'),
                'ø' | 'Ø' => word.push('o'),
                c => word.extend(c.to_lowercase()),
            }
        }
        before = kind;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        assert_eq!(words("E-Mail 2: Adresse"), ["e", "mail", "2", "adresse"]);
        assert_eq!(words("contactList3"), ["contact", "list", "3"]);
        assert_eq!(words("Straße geschäftlich"), ["strasse", "geschaftlich"]);
        assert_eq!(words("Numéro_de téléphone"), ["numero", "de", "telephone"]);
        assert_eq!(words("FNAME"), ["fname"]);
        assert_eq!(words(" - "), Vec::<String>::new());
    }

    #[test]
    fn every_phrase_has_one_meaning() {
        let mut known = HashMap::new();
        for (key, phrases) in WORDS.lines().filter_map(|line| line.split_once(": ")).filter(|(key, _)| *key != "#") {
            if key.starts_with('#') {
                continue;
            }
            assert!(Meaning::of(key).is_some(), "{key}");
            for phrase in phrases.split(',') {
                let folded = words(phrase).join(" ");
                assert!(!folded.is_empty(), "{key}: {phrases}");
                assert_eq!(known.insert(folded, key), None, "{phrase}");
            }
        }
    }

    #[test]
    fn a_name_is_understood_as_a_whole() {
        use Meaning::{Address, Email, FirstName, Label, Name, Phone};
        for (name, meaning) in [
            ("Person - Email - Work", &[Email][..]),
            ("E-Mail 2: Adresse", &[Email, Address]),
            ("Numéro de téléphone", &[Phone]),
            ("携帯電話番号", &[Phone]),
            ("Мобильный телефон", &[Phone]),
            ("名", &[FirstName]),
            ("E-mail Display Name", &[Email, Name]),
            ("Phone 1 - Label", &[Phone, Label]),
        ] {
            assert_eq!(meanings(name).as_deref(), Some(meaning), "{name}");
        }
        for name in
            ["Email Opt In", "Business Fax", "Owner Email", "Assistant's Phone", "Last Email Sent", "会社代表電話"]
        {
            assert_eq!(meanings(name), None, "{name}");
        }
    }
}
