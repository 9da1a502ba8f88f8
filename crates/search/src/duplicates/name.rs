//! When two names look like one person's. A name is its words, folded and sorted.

use std::collections::BTreeMap;

use super::DuplicateReason;

/// Most words of a name that is compared letter by letter.
const WORDS_MAX: usize = 6;
/// Fewest letters of a name of which one may be another.
const LETTERS_MIN: usize = 6;
/// Fewest letters of a word of which one may be another; of the two words, one has one more.
const WORD_MIN: usize = 3;

/// What a name with one letter for a word, or without it, shares with the whole: its words, but for such letters where that
/// leaves two.
pub fn whole(words: &[String]) -> Option<String> {
    let full: Vec<&str> = full(words);
    let all: Vec<&str> = words.iter().map(String::as_str).collect();
    let text = if full.len() < 2 { all.join(" ") } else { full.join(" ") };
    Some(text).filter(|text| !text.is_empty())
}

/// What a name shares with those that have a letter for one of its words: each word with the first letters of the others.
pub fn with_initials(words: &[String]) -> Vec<String> {
    let firsts = |others: &[&str]| {
        let mut firsts: Vec<char> = others.iter().filter_map(|word| word.chars().next()).collect();
        firsts.sort_unstable();
        firsts.into_iter().collect::<String>()
    };
    let one = |(word, others): (&str, Vec<&str>)| (!is_initial(word)).then(|| format!("{word} {}", firsts(&others)));
    each_with_others(words).filter_map(one).collect()
}

/// What a name shares with those that have another letter somewhere: all of its words but one, and of that either end. An
/// edit leaves one end alone, but for a swap in the middle of four letters.
pub fn with_an_end(words: &[String]) -> Vec<String> {
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

/// Why two names look alike, if they do.
pub fn alike(one: &[String], other: &[String]) -> Option<DuplicateReason> {
    if one == other {
        return (!one.is_empty()).then_some(DuplicateReason::SameName);
    }
    if leaves_out_initials(one, other) {
        return Some(DuplicateReason::Initial);
    }
    if one.len() != other.len() || !is_spelt(one) || !is_spelt(other) {
        return None;
    }
    let (shared, [one_rest, other_rest]) = compared(one, other);
    if shared.iter().all(|word| is_initial(word)) {
        return None;
    }
    if has_initials_for(&one_rest, &other_rest) {
        return Some(DuplicateReason::Initial);
    }
    let are_long = letters(one) >= LETTERS_MIN && letters(other) >= LETTERS_MIN;
    match (&one_rest[..], &other_rest[..]) {
        ([one], [other]) if are_long && is_one_edit(one, other) => Some(DuplicateReason::OneLetter),
        _ => None,
    }
}

/// Whether a word is one letter.
fn is_initial(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
}

/// The words that are more than one letter.
fn full(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).filter(|word| !is_initial(word)).collect()
}

fn letters(words: &[String]) -> usize {
    words.iter().map(|word| word.chars().count()).sum()
}

/// Whether it is some words of letters alone: numbers that differ in one digit are others.
fn is_spelt(words: &[String]) -> bool {
    (2..=WORDS_MAX).contains(&words.len()) && words.iter().all(|word| word.chars().all(char::is_alphabetic))
}

/// Each word of a name that is compared letter by letter, with the others.
fn each_with_others(words: &[String]) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let count = if is_spelt(words) { words.len() } else { 0 };
    (0..count).map(move |n| {
        let others = words.iter().enumerate().filter(|(other, _)| *other != n).map(|(_, word)| word.as_str());
        (words[n].as_str(), others.collect())
    })
}

/// Whether two names have the same two words or more, and one has single letters beside them that the other has not.
fn leaves_out_initials(one: &[String], other: &[String]) -> bool {
    let words = full(one);
    let (_, [one_rest, other_rest]) = compared(one, other);
    words.len() >= 2 && words == full(other) && (one_rest.is_empty() || other_rest.is_empty())
}

/// The words that two sorted lists share, and what else each has.
fn compared<'a>(one: &'a [String], other: &'a [String]) -> (Vec<&'a str>, [Vec<&'a str>; 2]) {
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

/// Whether each of some words has one on the other side of which one is the first letter of the other.
fn has_initials_for(one: &[&str], other: &[&str]) -> bool {
    // By their first letter: how many words each side has, and how many of them are full. Any initial goes with any word
    // of its letter, so it is enough that there are so many.
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

/// Whether one word becomes another by adding, taking or changing a letter, or by swapping two.
fn is_one_edit(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if short.len() < WORD_MIN || long.len() <= WORD_MIN || long.len() - short.len() > 1 {
        return false;
    }
    // What is the same from the start on, and from there to the end.
    let start = short.iter().zip(&long).take_while(|(left, right)| left == right).count();
    let (short, long) = (&short[start..], &long[start..]);
    match short.len() == long.len() {
        false => short == &long[1..],
        true if short.is_empty() => false,
        true => short[1..] == long[1..] || is_swapped(short, long),
    }
}

fn is_swapped(one: &[char], other: &[char]) -> bool {
    matches!((one, other), ([a, b, rest @ ..], [c, d, others @ ..]) if a == d && b == c && rest == others)
}
