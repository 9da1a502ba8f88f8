//! The index tokens of a contact and of a query. They let an index of whole tokens find a part of any length.
//!
//! | of | tokens | example |
//! |---|---|---|
//! | each word | its trigrams | `bru ruc uce` |
//! | | its first one, two and three letters | `_b _br _bru` |
//! | | its last two letters | `ce_` |
//! | a script without spaces | pairs of letters | `東京` |
//! | each word of a name | its first letters again | `^_b ^_br ^_bru` |
//! | | the whole word | `~bruce` |
//! | each two words of a name | their first two letters, in alphabetical order | `+brwa` |
//! | a handle | the whole handle | `=bruce@wayne.inc` |
//!
//! Many contacts have the word Bruce and many Wayne, but few have `+brwa`.

use std::collections::BTreeSet;

use crate::fold::is_word;
use crate::query::{Query, Term};
use crate::searchable::SearchableText;
use crate::tier::Tier;
use crate::word::Word;

/// Most characters in the token of a whole word or handle.
const WHOLE_CHARS_MAX: usize = 64;
/// Letters of a trigram.
const LETTERS: usize = 3;

/// The index tokens of a contact, separated by spaces.
pub fn of(searched: &SearchableText) -> String {
    let mut tokens = Vec::with_capacity(256);
    for text in searched.texts() {
        parts(text, Edges::STORED, NOTHING, &mut |token| tokens.push(token));
    }
    parts(searched.name(), Edges::STORED, '^', &mut |token| tokens.push(token));
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

/// Tokens that a contact must all have.
pub type TokenSet = Vec<String>;

/// The index query of a tier: a contact matches one alternative of each term, or one of `or`.
pub struct TokenQuery {
    /// For each term, its alternatives.
    pub terms: Vec<Vec<TokenSet>>,
    /// The alternatives to all terms together.
    pub or: Vec<TokenSet>,
}

/// The index query of a tier. It returns every contact of this tier and the better ones, and perhaps others.
pub fn token_query(query: &Query, tier: Tier) -> TokenQuery {
    match tier {
        Tier::Whole => {
            let names = |term: &Term| vec![pieces(term).map(|word| whole('~', word).collect()).collect()];
            TokenQuery { terms: query.terms.iter().map(names).chain(pairs(query)).collect(), or: handles(query) }
        }
        Tier::Name => {
            let names = |term: &Term| vec![tokens_of_all(term.words.iter().map(Word::start), '^')];
            TokenQuery { terms: query.terms.iter().map(names).chain(pairs(query)).collect(), or: handles(query) }
        }
        Tier::Start => TokenQuery { terms: anywhere(query, Word::start, false), or: Vec::new() },
        Tier::Part | Tier::Apart => {
            let terms = anywhere(query, Word::widest, tier == Tier::Apart);
            TokenQuery {
                terms,
                or: query.phrase().map(|phrase| tokens_of_all([phrase], NOTHING)).into_iter().collect(),
            }
        }
    }
}

/// The words of a term, also those written without spaces.
fn pieces(term: &Term) -> impl Iterator<Item = &str> {
    term.words.iter().flat_map(|word| word.part().split(' '))
}

/// The pair tokens of a query whose terms all begin words of a name.
fn pairs(query: &Query) -> Option<Vec<TokenSet>> {
    // Two terms with different first letters never begin the same word.
    let beginnings: Vec<_> = beginnings(query.terms.iter().flat_map(pieces)).into_iter().collect();
    let pairs: TokenSet = beginnings.windows(2).map(|two| letters(pair(two[0], two[1])).collect()).collect();
    (!pairs.is_empty()).then(|| vec![pairs])
}

/// The first two letters of each word of two or more.
fn beginnings<'a>(words: impl Iterator<Item = &'a str>) -> BTreeSet<[char; 2]> {
    words.filter_map(|word| word.chars().next().zip(word.chars().nth(1))).map(<[char; 2]>::from).collect()
}

fn pair([a, b]: [char; 2], [c, d]: [char; 2]) -> Token {
    ['+', a, b, c, d]
}

/// The tokens of the handles that the whole query may be.
fn handles(query: &Query) -> Vec<TokenSet> {
    query.handles().map(|handle| vec![whole('=', handle).collect()]).collect()
}

/// The alternatives of each term.
fn anywhere(query: &Query, part: fn(&Word) -> &str, has_words: bool) -> Vec<Vec<TokenSet>> {
    let alternatives = |term: &Term| {
        let mut all: Vec<TokenSet> = term.forms.iter().map(|form| tokens_of_all([part(form)], NOTHING)).collect();
        all.extend(Some(&term.words).filter(|_| has_words).map(|words| tokens_of_all(words.iter().map(part), NOTHING)));
        widest(all)
    };
    query.terms.iter().map(alternatives).collect()
}

/// The tokens of some texts. A text that begins with a space must begin a word.
fn tokens_of_all<'a>(texts: impl IntoIterator<Item = &'a str>, prefix: char) -> TokenSet {
    let mut all = Vec::new();
    for text in texts {
        let edges = Edges { start: text.starts_with(' '), ..Edges::QUERIED };
        parts(text, edges, prefix, &mut |token| all.push(letters(token).collect()));
    }
    all
}

/// Drops alternatives whose tokens include all tokens of another one.
fn widest(alternatives: Vec<TokenSet>) -> Vec<TokenSet> {
    let mut kept: Vec<TokenSet> = Vec::new();
    for all in alternatives {
        if kept.iter().any(|kept| kept.iter().all(|token| all.contains(token))) {
            continue;
        }
        kept.retain(|kept| !all.iter().all(|token| kept.contains(token)));
        kept.push(all);
    }
    kept
}

/// Which tokens the edges of a text get.
#[derive(Clone, Copy)]
struct Edges {
    /// Whether the first word begins where the text does.
    start: bool,
    /// Whether the last word ends where the text does.
    end: bool,
    /// Whether to emit the first letters of a word in each length, not only in the greatest.
    each: bool,
}

impl Edges {
    const STORED: Edges = Edges { start: true, end: true, each: true };
    const QUERIED: Edges = Edges { start: false, end: false, each: false };
}

/// An optional prefix and letters, padded with [`NOTHING`].
type Token = [char; 5];

const NOTHING: char = '\0';

fn letters(token: Token) -> impl Iterator<Item = char> {
    token.into_iter().filter(|c| *c != NOTHING)
}

/// Emits the tokens of a folded text, with `prefix` before the first letters of words.
fn parts(text: &str, edges: Edges, prefix: char, emit: &mut dyn FnMut(Token)) {
    let mut words = text.split(' ').filter(|word| !word.is_empty()).peekable();
    let (mut is_first, mut before) = (true, None);
    let mut word: Vec<char> = Vec::new();
    while let Some(text) = words.next() {
        word.clear();
        word.extend(text.chars());
        let letter = |n: usize| word.get(n).copied().unwrap_or(NOTHING);
        // A letter of a script without spaces is a whole word.
        let alone = Some(word[0]).filter(|c| is_word(*c));
        let starts = !is_first || edges.start || alone.is_some();
        if starts {
            let longest = word.len().min(LETTERS);
            let shortest = if edges.each { 1 } else { longest };
            for length in shortest..=longest {
                let second = if length > 1 { word[1] } else { NOTHING };
                emit([prefix, '_', word[0], second, if length > 2 { word[2] } else { NOTHING }]);
            }
        }
        // The first letters cover the first trigram.
        let inner = usize::from(starts && !edges.each);
        for at in inner..(word.len() + 1).saturating_sub(LETTERS) {
            emit([letter(at), letter(at + 1), letter(at + 2), NOTHING, NOTHING]);
        }
        if word.len() > 1 && (words.peek().is_some() || edges.end) {
            emit([letter(word.len() - 2), letter(word.len() - 1), '_', NOTHING, NOTHING]);
        }
        if let Some((before, alone)) = before.zip(alone) {
            emit([before, alone, NOTHING, NOTHING, NOTHING]);
        }
        (is_first, before) = (false, alone);
    }
}

/// The token of a whole word or handle.
fn whole(prefix: char, text: &str) -> impl Iterator<Item = char> {
    let letters = text.trim().chars().take(WHOLE_CHARS_MAX);
    std::iter::once(prefix).chain(letters.map(|c| if c == ' ' { '_' } else { c }))
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
    fn words_become_trigrams() {
        check(" bruce x ", Edges::STORED, "_b _br _bru bru ruc uce ce_ _x");
        check(" 東 京 ", Edges::STORED, "_東 _京 東京");
    }

    #[test]
    fn a_name_has_tokens_for_its_whole_words_and_word_pairs() {
        let tokens = of(&SearchableText::from_stored(" al bo al \n\n"));
        let of_name = "+albo ^_a ^_al ^_b ^_bo al_ bo_ ~al ~bo ~al";
        assert_eq!(tokens.trim_end(), format!("_a _al _b _bo {of_name}"));
        let tokens = of(&SearchableText::from_stored(" zoe x anna maria \n\n"));
        let pairs: Vec<_> = tokens.split(' ').filter(|token| token.starts_with('+')).collect();
        assert_eq!(pairs, ["+anma", "+anzo", "+mazo"]);
    }

    #[test]
    fn several_words_of_a_name_share_a_pair_token() {
        let queried = |text: &str, tier| {
            let query = Query::parse(text, contact::Region::default()).unwrap();
            token_query(&query, tier).terms.into_iter().map(|ways| ways.concat().join(" ")).collect::<Vec<_>>()
        };
        assert_eq!(queried("wayne Bru", Tier::Name), ["^_way ayn yne", "^_bru", "+brwa"]);
        assert_eq!(queried("wayne bru", Tier::Whole), ["~wayne", "~bru", "+brwa"]);
        assert_eq!(queried("wayne bru", Tier::Start), ["_way ayn yne", "_bru"]);
        assert_eq!(queried("jo john", Tier::Name), ["^_jo", "^_joh ohn"], "John may be both");
        assert_eq!(queried("j wayne", Tier::Name), ["^_j", "^_way ayn yne"]);
        assert_eq!(queried("anna maria zoe", Tier::Name).last().unwrap(), "+anma +mazo");
    }

    #[test]
    fn a_part_of_a_word_needs_few_tokens() {
        let queried = |text, expected: &str| assert_eq!(tokens_of_all([text], NOTHING).join(" "), expected);
        queried(" bruce", "_bru ruc uce");
        queried(" b", "_b");
        queried("bruce", "bru ruc uce");
        queried("ce wa", "ce_ _wa");
        queried("東 京", "_東 _京 東京");
    }
}
