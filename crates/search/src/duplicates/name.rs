//! Whether two names look like the same person's. A name is its words, folded and sorted.

use std::collections::BTreeMap;

use super::DuplicateReason;

/// Most words of a name that is compared by initials and letters.
const WORDS_MAX: usize = 6;
/// Fewest letters of a name in which one letter may differ.
const LETTERS_MIN: usize = 6;
/// Fewest letters of the words in which one letter may differ; the longer of the two has more.
const WORD_MIN: usize = 3;

/// The words of a name as one text, without initials if two words are left; none if the name is empty.
pub fn whole(words: &[String]) -> Option<String> {
    let full: Vec<&str> = full_words(words);
    let all: Vec<&str> = words.iter().map(String::as_str).collect();
    let text = if full.len() < 2 { all.join(" ") } else { full.join(" ") };
    Some(text).filter(|text| !text.is_empty())
}

/// Each word with the initials of the others: the texts that a name shares with abbreviated forms of it.
pub fn with_initials(words: &[String]) -> Vec<String> {
    let firsts = |others: &[&str]| {
        let mut firsts: Vec<char> = others.iter().filter_map(|word| word.chars().next()).collect();
        firsts.sort_unstable();
        firsts.into_iter().collect::<String>()
    };
    let text = |(word, others): (&str, Vec<&str>)| (!is_initial(word)).then(|| format!("{word} {}", firsts(&others)));
    each_with_others(words).filter_map(text).collect()
}

/// All words but one, with either end of that one: the texts that a name shares with misspellings of it.
///
/// An edit of one letter leaves one end of the word intact, except a swap in the middle of four letters.
pub fn with_word_ends(words: &[String]) -> Vec<String> {
    let mut texts = Vec::new();
    if letters(words) < LETTERS_MIN {
        return texts;
    }
    for (word, others) in each_with_others(words) {
        let word: Vec<char> = word.chars().collect();
        if word.len() < WORD_MIN || others.iter().all(|other| is_initial(other)) {
            continue;
        }
        let others = others.join(" ");
        let [first, second, .., last_but_one, last] = [word[0], word[1], word[word.len() - 2], word[word.len() - 1]];
        texts.push(format!("{others} {first}{second}…"));
        texts.push(format!("{others} …{last_but_one}{last}"));
        if word.len() == 4 {
            texts.push(format!("{others} {first}…{last}"));
        }
    }
    texts
}

/// Why two names look alike; none if they do not.
pub fn reason(one: &[String], other: &[String]) -> Option<DuplicateReason> {
    if one == other {
        return (!one.is_empty()).then_some(DuplicateReason::SameName);
    }
    if differ_by_extra_initials(one, other) {
        return Some(DuplicateReason::Initial);
    }
    if one.len() != other.len() || !is_comparable(one) || !is_comparable(other) {
        return None;
    }
    let (shared, [one_rest, other_rest]) = split_shared(one, other);
    if shared.iter().all(|word| is_initial(word)) {
        return None;
    }
    if match_by_initials(&one_rest, &other_rest) {
        return Some(DuplicateReason::Initial);
    }
    let are_long = letters(one) >= LETTERS_MIN && letters(other) >= LETTERS_MIN;
    match (&one_rest[..], &other_rest[..]) {
        ([one], [other]) if are_long && is_one_edit(one, other) => Some(DuplicateReason::OneLetter),
        _ => None,
    }
}

/// Whether a word is a single letter.
fn is_initial(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
}

/// The words of more than one letter.
fn full_words(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).filter(|word| !is_initial(word)).collect()
}

/// How many letters the words have.
fn letters(words: &[String]) -> usize {
    words.iter().map(|word| word.chars().count()).sum()
}

/// Whether a name is two to [`WORDS_MAX`] words of letters only. Numbers that differ in one digit are different.
fn is_comparable(words: &[String]) -> bool {
    (2..=WORDS_MAX).contains(&words.len()) && words.iter().all(|word| word.chars().all(char::is_alphabetic))
}

/// Each word with the other words; empty if the name is not comparable by letters.
fn each_with_others(words: &[String]) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let count = if is_comparable(words) { words.len() } else { 0 };
    (0..count).map(move |n| {
        let others = words.iter().enumerate().filter(|(other, _)| *other != n).map(|(_, word)| word.as_str());
        (words[n].as_str(), others.collect())
    })
}

/// Whether two names have the same full words, at least two, and only one of them has more initials.
fn differ_by_extra_initials(one: &[String], other: &[String]) -> bool {
    let words = full_words(one);
    let (_, [one_rest, other_rest]) = split_shared(one, other);
    words.len() >= 2 && words == full_words(other) && (one_rest.is_empty() || other_rest.is_empty())
}

/// The words that two sorted lists share, and the rest of each.
fn split_shared<'a>(one: &'a [String], other: &'a [String]) -> (Vec<&'a str>, [Vec<&'a str>; 2]) {
    let (mut shared, mut one_rest, mut other_rest) = (Vec::new(), Vec::new(), Vec::new());
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    while let (Some(left), Some(right)) = (one.peek(), other.peek()) {
        match left.cmp(right) {
            std::cmp::Ordering::Less => one_rest.extend(one.next()),
            std::cmp::Ordering::Greater => other_rest.extend(other.next()),
            std::cmp::Ordering::Equal => {
                shared.extend(one.next());
                other.next();
            }
        }
    }
    one_rest.extend(one);
    other_rest.extend(other);
    let texts = |words: Vec<&'a String>| words.into_iter().map(String::as_str).collect();
    (texts(shared), [texts(one_rest), texts(other_rest)])
}

/// Whether the words can be paired off so that in each pair one word is the initial of the other.
fn match_by_initials(one: &[&str], other: &[&str]) -> bool {
    // By first letter: how many words each side has, and how many of these are full. An initial fits every word with its
    // letter, so comparing the counts is enough.
    let mut counts: BTreeMap<Option<char>, [(usize, usize); 2]> = BTreeMap::new();
    for (side, words) in [one, other].into_iter().enumerate() {
        for word in words {
            let (all, full) = &mut counts.entry(word.chars().next()).or_default()[side];
            *all += 1;
            *full += usize::from(!is_initial(word));
        }
    }
    counts.values().all(|[one, other]| one.0 == other.0 && one.1 + other.1 <= one.0)
}

/// Whether two words differ by one letter inserted, deleted or replaced, or by two adjacent letters swapped.
fn is_one_edit(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if short.len() < WORD_MIN || long.len() <= WORD_MIN || long.len() - short.len() > 1 {
        return false;
    }
    // Skip the common prefix.
    let start = short.iter().zip(&long).take_while(|(left, right)| left == right).count();
    let (short, long) = (&short[start..], &long[start..]);
    match short.len() == long.len() {
        false => short == &long[1..],
        true if short.is_empty() => false,
        true => short[1..] == long[1..] || is_swapped(short, long),
    }
}

/// Whether the words differ only in that their first two letters are swapped.
fn is_swapped(one: &[char], other: &[char]) -> bool {
    matches!((one, other), ([a, b, rest @ ..], [c, d, others @ ..]) if a == d && b == c && rest == others)
}
