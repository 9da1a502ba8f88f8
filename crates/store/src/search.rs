//! Searching: what of a contact is found by what is typed, in which order, and where it shows. The same for every store.

mod best;
mod fold;
pub mod tokens;

use std::borrow::Cow;
use std::ops::Range;

use contact::{Attribute, Change, Contact, ContactId, Handle, Region, Seq, Source, TeammateId};
use thiserror::Error;

pub use best::Best;
pub use fold::is_word;
use fold::{Piece, fold, folded};

/// Most characters of what is looked for.
pub const QUERY_CHARS_MAX: usize = 200;
/// Most words of what is looked for.
pub const QUERY_WORDS_MAX: usize = 16;
/// With more entries than these to read, what is searched is rather made anew than a moment behind.
const LAG_MAX: u64 = 10_000;
/// From so many letters on, a word is found anywhere in another. A shorter one is found where a word begins.
pub const PART_LETTERS_MIN: usize = 3;

/// What is looked for is too long.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("At most {QUERY_CHARS_MAX} characters and {QUERY_WORDS_MAX} words can be looked for.")]
pub struct QueryTooLong;

/// What is looked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    /// All of these must be found.
    pub(crate) terms: Vec<Term>,
    /// All of it, to be compared with whole handles, or to be found as it stands.
    pub(crate) all: Word,
    /// The teammate whose own contacts are found too; those of all others never are.
    pub(crate) owner: Option<TeammateId>,
}

/// A word, or several next to each other that may be one number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Term {
    pub words: Vec<Word>,
    /// Each way that it may be written in one piece.
    pub forms: Vec<Word>,
}

/// A word, folded, with a space before and after it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Word(String);

impl Word {
    /// As it is found where it is a word.
    pub fn whole(&self) -> &str {
        &self.0
    }

    /// As it is found where a word begins with it.
    pub fn start(&self) -> &str {
        self.0.strip_suffix(' ').unwrap_or_default()
    }

    /// As it is found in the middle of a word.
    pub fn part(&self) -> &str {
        self.0.trim()
    }

    /// How it is found in the last place: in the middle of a word if it is long enough.
    pub fn loosest(&self) -> &str {
        if self.part().chars().count() >= PART_LETTERS_MIN { self.part() } else { self.start() }
    }
}

/// How well a contact is what was looked for, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Tier {
    /// Each word is a word of the name, or all of it is a handle.
    Whole,
    /// Each word begins a word of the name.
    Name,
    /// Each term begins a word of something.
    Start,
    /// Each term is somewhere.
    Part,
    /// Each word is somewhere, also those of a number.
    Apart,
}

/// What of a contact is searched, folded, each text a line: first the name; with `@` before it, a handle; the description and
/// the links.
pub(crate) struct Searched<'a>(Cow<'a, str>);

impl Searched<'_> {
    pub fn of(contact: &Contact) -> Searched<'static> {
        let mut all = folded(contact.name());
        let mut add = |mark: &str, text: &str| {
            all.push('\n');
            all.push_str(mark);
            all.push_str(text);
        };
        for handle in &contact.handles {
            let (text, key) = (folded(handle.text()), folded(handle.key().as_str()));
            add("@", &text);
            // A domain of another script has a second spelling.
            if key != text {
                add("@", &key);
            }
        }
        for (_, text) in contact.attributes.iter().filter(|(attribute, _)| *attribute != Attribute::Name) {
            add("", &folded(text.as_str()));
        }
        contact.links.iter().for_each(|link| add("", &folded(link.as_str())));
        Searched(Cow::Owned(all))
    }

    /// As it was kept.
    pub fn from_stored(text: &str) -> Searched<'_> {
        Searched(Cow::Borrowed(text))
    }

    /// All of it, to be kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn name(&self) -> &str {
        self.0.split('\n').next().unwrap_or_default()
    }

    pub fn handles(&self) -> impl Iterator<Item = &str> {
        self.0.split('\n').filter_map(|line| line.strip_prefix('@'))
    }

    /// All texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.split('\n').map(|line| line.strip_prefix('@').unwrap_or(line))
    }

    fn has(&self, part: &str) -> bool {
        self.0.contains(part)
    }
}

/// What a search has found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The people, the best first.
    pub people: Vec<Contact>,
    /// Whether all contacts were looked at but for what was written within the last second or so. They are not while an index is
    /// made anew.
    pub is_complete: bool,
}

/// How far a company's journal has been read by what is searched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IndexProgress {
    /// The entry that it has come to.
    pub done: Seq,
    /// The last entry of the journal.
    pub of: Seq,
    /// Whether no earlier entry is left out.
    pub is_made: bool,
}

impl IndexProgress {
    /// Whether there is more to read.
    pub fn is_behind(&self) -> bool {
        !self.is_made || self.done < self.of
    }

    /// Whether nearly everything is found.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_made && self.of.0.saturating_sub(self.done.0) <= LAG_MAX
    }
}

impl Query {
    /// Reads what was typed. A phone number without a country code is one of `region`.
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
                words_wanted(chunk).into_iter().map(|word| Term { words: vec![word.clone()], forms: vec![word] }),
            );
        }
        terms.extend(Term::number(&number, region));
        if terms.iter().map(|term| term.words.len()).sum::<usize>() > QUERY_WORDS_MAX {
            return Err(QueryTooLong);
        }
        Ok(Query { terms, all: Word(folded(text)), owner: None })
    }

    /// The same, among a teammate's own contacts as well.
    #[must_use]
    pub fn with_own_of(self, owner: Option<TeammateId>) -> Query {
        Query { owner, ..self }
    }

    /// Whether there is nothing to look for: no letter and no digit.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// How well a contact is what is looked for; none if it is not.
    pub(crate) fn tier(&self, contact: &Contact) -> Option<Tier> {
        self.tier_of(contact.owner, &Searched::of(contact))
    }

    /// The same, of what is kept of a contact.
    pub(crate) fn tier_of(&self, owner: Option<TeammateId>, searched: &Searched) -> Option<Tier> {
        if owner.is_some() && owner != self.owner {
            return None;
        }
        let tiers = self.tiers();
        // Most are none, and that the last one tells.
        if !tiers.last().is_some_and(|last| self.is_in(searched, *last)) {
            return None;
        }
        tiers.iter().copied().find(|tier| self.is_in(searched, *tier))
    }

    /// How well a contact may be what is looked for. Whoever is so well is in the last tier too.
    pub(crate) fn tiers(&self) -> &'static [Tier] {
        let is_one = |term: &Term| term.words.len() == 1;
        let all = &[Tier::Whole, Tier::Name, Tier::Start, Tier::Part, Tier::Apart];
        if self.terms.iter().all(is_one) { &all[..4] } else { all }
    }

    fn is_in(&self, searched: &Searched, tier: Tier) -> bool {
        let name = |found: &dyn Fn(&Word) -> bool| self.terms.iter().all(|term| term.words.iter().all(found));
        let terms = |found: &dyn Fn(&Word) -> bool| self.terms.iter().all(|term| term.forms.iter().any(found));
        let part = |word: &Word| searched.has(word.loosest());
        let has_phrase = || self.phrase().is_some_and(|phrase| searched.has(phrase));
        if self.is_empty() {
            return false;
        }
        match tier {
            Tier::Whole => {
                name(&|word| searched.name().contains(word.whole()))
                    || self.handles().any(|whole| searched.handles().any(|handle| handle == whole))
            }
            Tier::Name => name(&|word| searched.name().contains(word.start())),
            Tier::Start => terms(&|word| searched.has(word.start())),
            Tier::Part => terms(&part) || has_phrase(),
            Tier::Apart => {
                let is_in = |term: &Term| term.forms.iter().any(part) || term.words.iter().all(part);
                self.terms.iter().all(is_in) || has_phrase()
            }
        }
    }

    /// The handles that all of it may be.
    pub(crate) fn handles(&self) -> impl Iterator<Item = &str> {
        let forms = if let [term] = &self.terms[..] { &term.forms[..] } else { &[] };
        std::iter::once(&self.all).chain(forms).map(Word::whole)
    }

    /// All of it as it stands, if that is found where its words are not: it may begin with the last letters of a word.
    pub(crate) fn phrase(&self) -> Option<&str> {
        let all = self.all.part();
        let first = all.split(' ').next().filter(|first| first.chars().count() < PART_LETTERS_MIN)?;
        (first.len() < all.len() && !first.starts_with(is_word)).then_some(all)
    }

    /// Whether some texts are enough to show all that is looked for.
    pub fn shows_in(&self, texts: &[&str]) -> bool {
        let texts: Vec<String> = texts.iter().map(|text| folded(text)).collect();
        let searched = Searched(Cow::Owned(texts.join("\n")));
        self.is_in(&searched, Tier::Apart)
    }

    /// Where in a text of a contact that was found what is looked for shows: bytes, in order, without overlaps.
    pub fn marks(&self, text: &str) -> Vec<Range<usize>> {
        let mut folded = Folded::of(text);
        for word in self.terms.iter().flat_map(|term| term.words.iter().chain(&term.forms)) {
            folded.mark(word.loosest());
        }
        if let Some(phrase) = self.phrase() {
            folded.mark(phrase);
        }
        folded.marks()
    }
}

impl Term {
    /// What has no letters, if it has digits.
    fn number(text: &str, region: Region) -> Option<Term> {
        let words = words_wanted(text);
        let typed: String = words.iter().map(Word::part).collect();
        // Without the zeros that are dialled before a number within a country, or before that of another.
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

/// The words of what is looked for.
fn words_wanted(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = String::new();
    fold(text, &mut |piece, _| match piece {
        Piece::Letter(c) => word.push(c),
        Piece::Seam => word.push(' '),
        Piece::Space if word.is_empty() => word.push(' '),
        Piece::Space => words.push(Word(std::mem::replace(&mut word, " ".into()) + " ")),
    });
    words
}

/// A text folded, to be marked.
struct Folded {
    text: String,
    /// For each byte of it, the bytes that it comes from.
    from: Vec<Range<usize>>,
    found: Vec<Range<usize>>,
}

impl Folded {
    fn of(text: &str) -> Folded {
        let mut folded = Folded { text: String::new(), from: Vec::new(), found: Vec::new() };
        fold(text, &mut |piece, from| {
            folded.text.push(if let Piece::Letter(c) = piece { c } else { ' ' });
            folded.from.resize(folded.text.len(), from);
        });
        folded
    }

    fn mark(&mut self, part: &str) {
        let mut start = 0;
        while let Some(at) = self.text[start..].find(part).map(|at| at + start).filter(|_| !part.is_empty()) {
            let letters = at + part.len() - part.trim_start().len();
            self.found.push(self.from[letters].start..self.from[at + part.len() - 1].end);
            // The next may begin within this one.
            start = at + self.text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }

    fn marks(mut self) -> Vec<Range<usize>> {
        self.found.sort_unstable_by_key(|range| range.start);
        let mut marks: Vec<Range<usize>> = Vec::new();
        for range in self.found {
            match marks.last_mut().filter(|last| range.start <= last.end) {
                Some(last) => last.end = last.end.max(range.end),
                None => marks.push(range),
            }
        }
        marks
    }
}

/// The words of a text, folded.
pub fn words(text: &str) -> Vec<String> {
    folded(text).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The contacts that a change may show otherwise, or in another place.
pub fn touched(change: &Change) -> Vec<ContactId> {
    match change {
        Change::Observed { home, .. } | Change::Noted { home, .. } => vec![*home],
        Change::Merged { kept, joined, .. } => vec![*kept, *joined],
        Change::Split { parted, kept, .. } => vec![*parted, *kept],
        Change::Removed { contact, .. } | Change::Deleted { contact, .. } => vec![*contact],
        Change::KeptApart { .. }
        | Change::Shared { .. }
        | Change::Received { .. }
        | Change::Settings(_)
        | Change::AccountSet { .. }
        | Change::AccountDeleted { .. } => Vec::new(),
    }
}
