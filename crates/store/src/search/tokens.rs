//! What a text is kept as in the index, so that a part of any length is found by whole tokens.
//!
//! Of each word, the three letters at each place: `bru ruc uce`; what it begins with: `_b _br _bru`; and what it ends with: `ce_`.
//! What has no spaces has pairs of letters too. What the words of a name begin with is there a second time, with `^` before it, and so is
//! each word, with `~`; and what each two of them begin with, in the order of the alphabet, with `+`: many are called Bruce and many Wayne, but
//! few have `+brwa`. A whole handle is one token, with `=` before it.

use std::collections::BTreeSet;

use super::{Query, Searched, Term, Tier, Word, is_word};

/// How much of a whole word or handle is looked at by its token.
const WHOLE_CHARS_MAX: usize = 64;
/// Letters of most tokens.
const LETTERS: usize = 3;

/// All tokens of a contact, with spaces in between.
pub fn of(searched: &Searched) -> String {
    let mut tokens = Vec::with_capacity(256);
    for text in searched.texts() {
        parts(text, Edges::KEPT, NOTHING, &mut |token| tokens.push(token));
    }
    parts(searched.name(), Edges::KEPT, '^', &mut |token| tokens.push(token));
    let beginnings: Vec<_> = beginnings(searched.name().split_whitespace()).into_iter().collect();
    for (n, one) in beginnings.iter().enumerate() {
        tokens.extend(beginnings[n + 1..].iter().map(|other| pair(*one, *other)));
    }
    tokens.sort_unstable();
    tokens.dedup();
    let mut all = String::with_capacity(tokens.len() * 5 + 64);
    let mut add = |token: &mut dyn Iterator<Item = char>| {
        all.extend(token);
        all.push(' ');
    };
    for token in tokens {
        add(&mut letters(token));
    }
    for word in searched.name().split_whitespace() {
        add(&mut whole('~', word));
    }
    for handle in searched.handles() {
        add(&mut whole('=', handle));
    }
    all
}

/// Tokens that a contact must have all of.
pub type All = Vec<String>;

/// What the contacts of a tier have: one of the alternatives of each term; or else one of the rest.
pub struct Wanted {
    pub terms: Vec<Vec<All>>,
    pub or: Vec<All>,
}

/// What the contacts of a tier and of those that are better have, and perhaps others.
pub fn wanted(query: &Query, tier: Tier) -> Wanted {
    match tier {
        Tier::Whole => {
            let names = |term: &Term| vec![pieces(term).map(|word| whole('~', word).collect()).collect()];
            Wanted { terms: query.terms.iter().map(names).chain(pairs(query)).collect(), or: handles(query) }
        }
        Tier::Name => {
            let names = |term: &Term| vec![of_all(term.words.iter().map(Word::start), '^')];
            Wanted { terms: query.terms.iter().map(names).chain(pairs(query)).collect(), or: handles(query) }
        }
        Tier::Start => Wanted { terms: anywhere(query, Word::start, false), or: Vec::new() },
        Tier::Part | Tier::Apart => {
            let terms = anywhere(query, Word::loosest, tier == Tier::Apart);
            Wanted { terms, or: query.phrase().map(|phrase| of_all([phrase], NOTHING)).into_iter().collect() }
        }
    }
}

/// The words of a term, those too that are written without spaces.
fn pieces(term: &Term) -> impl Iterator<Item = &str> {
    term.words.iter().flat_map(|word| word.part().split(' '))
}

/// What the words of a name begin with, together, if all that is looked for are beginnings of words of it.
fn pairs(query: &Query) -> Option<Vec<All>> {
    // Two that begin with other letters are not the beginnings of one word.
    let beginnings: Vec<_> = beginnings(query.terms.iter().flat_map(pieces)).into_iter().collect();
    let pairs: All = beginnings.windows(2).map(|two| letters(pair(two[0], two[1])).collect()).collect();
    (!pairs.is_empty()).then(|| vec![pairs])
}

/// The first two letters of each word that has so many.
fn beginnings<'a>(words: impl Iterator<Item = &'a str>) -> BTreeSet<[char; 2]> {
    words.filter_map(|word| word.chars().next().zip(word.chars().nth(1))).map(<[char; 2]>::from).collect()
}

fn pair([a, b]: [char; 2], [c, d]: [char; 2]) -> Token {
    ['+', a, b, c, d]
}

/// The handles that all of it may be.
fn handles(query: &Query) -> Vec<All> {
    query.handles().map(|handle| vec![whole('=', handle).collect()]).collect()
}

/// The alternatives of each term.
fn anywhere(query: &Query, part: fn(&Word) -> &str, has_words: bool) -> Vec<Vec<All>> {
    let alternatives = |term: &Term| {
        let mut all: Vec<All> = term.forms.iter().map(|form| of_all([part(form)], NOTHING)).collect();
        all.extend(Some(&term.words).filter(|_| has_words).map(|words| of_all(words.iter().map(part), NOTHING)));
        widest(all)
    };
    query.terms.iter().map(alternatives).collect()
}

/// The tokens of what is looked for, each beginning with a space if a word has to begin with it.
fn of_all<'a>(texts: impl IntoIterator<Item = &'a str>, mark: char) -> All {
    let mut all = Vec::new();
    for text in texts {
        let edges = Edges { start: text.starts_with(' '), ..Edges::ASKED };
        parts(text, edges, mark, &mut |token| all.push(letters(token).collect()));
    }
    all
}

/// The same alternatives without those that are in another: who has all of its tokens has all of the other's.
fn widest(alternatives: Vec<All>) -> Vec<All> {
    let mut kept: Vec<All> = Vec::new();
    for all in alternatives {
        if kept.iter().any(|kept| kept.iter().all(|token| all.contains(token))) {
            continue;
        }
        kept.retain(|kept| !all.iter().all(|token| kept.contains(token)));
        kept.push(all);
    }
    kept
}

/// What is known of the words of a text.
#[derive(Clone, Copy)]
struct Edges {
    /// Whether the first begins where the text does.
    start: bool,
    /// Whether the last ends where the text does.
    end: bool,
    /// Whether what words begin with is told in each length, or in the greatest alone.
    each: bool,
}

impl Edges {
    const KEPT: Edges = Edges { start: true, end: true, each: true };
    const ASKED: Edges = Edges { start: false, end: false, each: false };
}

/// A mark, if it has one, and letters; nothing where there are fewer.
type Token = [char; 5];

const NOTHING: char = '\0';

fn letters(token: Token) -> impl Iterator<Item = char> {
    token.into_iter().filter(|c| *c != NOTHING)
}

/// Gives the tokens of a folded text to `put`, with a mark before those of what words begin with.
fn parts(text: &str, edges: Edges, mark: char, put: &mut dyn FnMut(Token)) {
    let mut words = text.split(' ').filter(|word| !word.is_empty()).peekable();
    let (mut is_first, mut before) = (true, None);
    let mut word: Vec<char> = Vec::new();
    while let Some(text) = words.next() {
        word.clear();
        word.extend(text.chars());
        let letter = |n: usize| word.get(n).copied().unwrap_or(NOTHING);
        // Words of one letter are seams, and whole.
        let alone = Some(word[0]).filter(|c| is_word(*c));
        let starts = !is_first || edges.start || alone.is_some();
        if starts {
            let longest = word.len().min(LETTERS);
            let shortest = if edges.each { 1 } else { longest };
            for length in shortest..=longest {
                let second = if length > 1 { word[1] } else { NOTHING };
                put([mark, '_', word[0], second, if length > 2 { word[2] } else { NOTHING }]);
            }
        }
        // What a word begins with has the first three letters in it.
        let inner = usize::from(starts && !edges.each);
        for at in inner..(word.len() + 1).saturating_sub(LETTERS) {
            put([letter(at), letter(at + 1), letter(at + 2), NOTHING, NOTHING]);
        }
        if word.len() > 1 && (words.peek().is_some() || edges.end) {
            put([letter(word.len() - 2), letter(word.len() - 1), '_', NOTHING, NOTHING]);
        }
        if let Some((before, alone)) = before.zip(alone) {
            put([before, alone, NOTHING, NOTHING, NOTHING]);
        }
        (is_first, before) = (false, alone);
    }
}

/// The token of a whole word or handle.
fn whole(mark: char, text: &str) -> impl Iterator<Item = char> {
    let letters = text.trim().chars().take(WHOLE_CHARS_MAX);
    std::iter::once(mark).chain(letters.map(|c| if c == ' ' { '_' } else { c }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, edges: Edges, expected: &str) {
        let mut tokens = Vec::new();
        parts(text, edges, NOTHING, &mut |token| tokens.push(letters(token).collect::<String>()));
        assert_eq!(tokens.join(" "), expected);
    }

    #[test]
    fn words_are_kept_three_letters_at_a_time() {
        check(" bruce x ", Edges::KEPT, "_b _br _bru bru ruc uce ce_ _x");
        check(" 東 京 ", Edges::KEPT, "_東 _京 東京");
    }

    #[test]
    fn names_are_kept_twice() {
        let tokens = of(&Searched::from_stored(" al bo al \n\n"));
        let of_name = "+albo ^_a ^_al ^_b ^_bo al_ bo_ ~al ~bo ~al";
        assert_eq!(tokens.trim_end(), format!("_a _al _b _bo {of_name}"));
        let tokens = of(&Searched::from_stored(" zoe x anna maria \n\n"));
        let pairs: Vec<_> = tokens.split(' ').filter(|token| token.starts_with('+')).collect();
        assert_eq!(pairs, ["+anma", "+anzo", "+mazo"]);
    }

    #[test]
    fn names_of_several_words_are_looked_for_by_what_they_begin_with_together() {
        let asked = |text: &str, tier| {
            let query = Query::parse(text, contact::Region::default()).unwrap();
            wanted(&query, tier).terms.into_iter().map(|ways| ways.concat().join(" ")).collect::<Vec<_>>()
        };
        assert_eq!(asked("wayne Bru", Tier::Name), ["^_way ayn yne", "^_bru", "+brwa"]);
        assert_eq!(asked("wayne bru", Tier::Whole), ["~wayne", "~bru", "+brwa"]);
        assert_eq!(asked("wayne bru", Tier::Start), ["_way ayn yne", "_bru"]);
        assert_eq!(asked("jo john", Tier::Name), ["^_jo", "^_joh ohn"], "John may be both");
        assert_eq!(asked("j wayne", Tier::Name), ["^_j", "^_way ayn yne"]);
        assert_eq!(asked("anna maria zoe", Tier::Name).last().unwrap(), "+anma +mazo");
    }

    #[test]
    fn parts_are_looked_for_by_few_tokens() {
        let asked = |text, expected: &str| assert_eq!(of_all([text], NOTHING).join(" "), expected);
        asked(" bruce", "_bru ruc uce");
        asked(" b", "_b");
        asked("bruce", "bru ruc uce");
        asked("ce wa", "ce_ _wa");
        asked("東 京", "_東 _京 東京");
    }
}
