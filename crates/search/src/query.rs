//! A search query: what is typed, as terms that must all match, and how well a contact matches them.

use contact::{Contact, Handle, Region, Source, TeammateId};
use thiserror::Error;

use crate::fold::{folded, is_word};
use crate::searchable::SearchableText;
use crate::tier::Tier;
use crate::word::{PART_LETTERS_MIN, Word, query_words};

/// Most characters of a query.
pub const QUERY_CHARS_MAX: usize = 200;
/// Most words of a query.
pub const QUERY_WORDS_MAX: usize = 16;

/// A query is longer than [`QUERY_CHARS_MAX`] or [`QUERY_WORDS_MAX`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("A search has at most {QUERY_CHARS_MAX} characters and {QUERY_WORDS_MAX} words.")]
pub struct QueryTooLong;

/// A parsed search query.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    /// The terms, all of which must match.
    pub(crate) terms: Vec<Term>,
    /// The whole query, compared with whole handles and as a phrase.
    pub(crate) all: Word,
    /// The teammate whose private contacts match too.
    pub(crate) owner: Option<TeammateId>,
}

/// A word, or several adjacent ones that may be one phone number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Term {
    /// The words as typed.
    pub words: Vec<Word>,
    /// The alternative spellings in one piece.
    pub forms: Vec<Word>,
}

impl Query {
    /// Parses what is typed. A phone number without a country code is one of `region`.
    ///
    /// # Errors
    ///
    /// [`QueryTooLong`] past [`QUERY_CHARS_MAX`] or [`QUERY_WORDS_MAX`].
    pub fn parse(text: &str, region: Region) -> Result<Query, QueryTooLong> {
        if text.len() > QUERY_CHARS_MAX && text.chars().count() > QUERY_CHARS_MAX {
            return Err(QueryTooLong);
        }
        let mut terms = Vec::new();
        let mut number = String::new();
        for chunk in text.split_whitespace() {
            let digits = folded(chunk);
            if digits.chars().all(|c| c == ' ' || c.is_ascii_digit()) {
                number.push_str(chunk);
                number.push(' ');
                continue;
            }
            terms.extend(Term::number(&std::mem::take(&mut number), region));
            terms.extend(
                query_words(chunk).into_iter().map(|word| Term { words: vec![word.clone()], forms: vec![word] }),
            );
        }
        terms.extend(Term::number(&number, region));
        if terms.iter().map(|term| term.words.len()).sum::<usize>() > QUERY_WORDS_MAX {
            return Err(QueryTooLong);
        }
        Ok(Query { terms, all: Word(folded(text)), owner: None })
    }

    /// The same query, which also matches a teammate's private contacts.
    #[must_use]
    pub fn with_private_contacts_of(self, owner: Option<TeammateId>) -> Query {
        Query { owner, ..self }
    }

    /// The teammate whose private contacts match too.
    pub fn owner(&self) -> Option<TeammateId> {
        self.owner
    }

    /// The terms, all of which must match.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Whether the query has no letter and no digit. It then matches nothing.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// How well a contact matches; none if it does not.
    pub fn tier(&self, contact: &Contact) -> Option<Tier> {
        self.tier_of(contact.owner, &SearchableText::of(contact))
    }

    /// How well the contact with this owner and stored text matches; none if it does not.
    pub fn tier_of(&self, owner: Option<TeammateId>, text: &SearchableText) -> Option<Tier> {
        if owner.is_some() && owner != self.owner {
            return None;
        }
        let tiers = self.tiers();
        // Most contacts match in no tier, so check the widest first.
        if !tiers.last().is_some_and(|widest| self.is_in(text, *widest)) {
            return None;
        }
        tiers.iter().copied().find(|tier| self.is_in(text, *tier))
    }

    /// The tiers that this query can have, the best first.
    pub fn tiers(&self) -> &'static [Tier] {
        let is_one_word = |term: &Term| term.words.len() == 1;
        let all = &[Tier::Whole, Tier::Name, Tier::Start, Tier::Part, Tier::Apart];
        if self.terms.iter().all(is_one_word) { &all[..4] } else { all }
    }

    pub(crate) fn is_in(&self, text: &SearchableText, tier: Tier) -> bool {
        let words = |matches: &dyn Fn(&Word) -> bool| self.terms.iter().all(|term| term.words.iter().all(matches));
        let terms = |matches: &dyn Fn(&Word) -> bool| self.terms.iter().all(|term| term.forms.iter().any(matches));
        let part = |word: &Word| text.contains(word.widest());
        let has_phrase = || self.phrase().is_some_and(|phrase| text.contains(phrase));
        if self.is_empty() {
            return false;
        }
        match tier {
            Tier::Whole => {
                words(&|word| text.name().contains(word.whole()))
                    || self.handles().any(|whole| text.handles().any(|handle| handle == whole))
            }
            Tier::Name => words(&|word| text.name().contains(word.start())),
            Tier::Start => terms(&|word| text.contains(word.start())),
            Tier::Part => terms(&part) || has_phrase(),
            Tier::Apart => {
                let matches = |term: &Term| term.forms.iter().any(part) || term.words.iter().all(part);
                self.terms.iter().all(matches) || has_phrase()
            }
        }
    }

    /// The handles that the whole query may be, folded.
    pub fn handles(&self) -> impl Iterator<Item = &str> {
        let forms = if let [term] = &self.terms[..] { &term.forms[..] } else { &[] };
        std::iter::once(&self.all).chain(forms).map(Word::whole)
    }

    /// The whole query as one phrase, if its words alone would miss it: it may begin with the last letters of a word.
    pub fn phrase(&self) -> Option<&str> {
        let all = self.all.part();
        let first = all.split(' ').next().filter(|first| first.chars().count() < PART_LETTERS_MIN)?;
        (first.len() < all.len() && !first.starts_with(is_word)).then_some(all)
    }
}

impl Term {
    /// A term of digits; none if the text has no digits.
    fn number(text: &str, region: Region) -> Option<Term> {
        let words = query_words(text);
        let typed: String = words.iter().map(Word::part).collect();
        // Without the zeros dialled before a national or an international number.
        let mut digits = vec![typed.trim_start_matches('0').to_owned(), typed];
        let handle = Handle::parse(Source::Phone, text, region);
        digits.extend(handle.ok().and_then(|handle| Some(handle.key().as_str().strip_prefix('+')?.to_owned())));
        digits.retain(|digits| digits.len() >= PART_LETTERS_MIN);
        digits.sort_unstable();
        digits.dedup();
        let as_typed = Word(folded(text));
        let mut forms: Vec<Word> = digits.into_iter().map(|digits| Word(format!(" {digits} "))).collect();
        forms.extend(Some(as_typed).filter(|as_typed| !forms.contains(as_typed)));
        (!words.is_empty()).then_some(Term { words, forms })
    }
}
