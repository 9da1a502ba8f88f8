//! Where in a text of a contact a query matches.

use std::ops::Range;

use crate::fold::{Piece, fold, folded};
use crate::query::Query;
use crate::searchable::SearchableText;
use crate::tier::Tier;

/// The bytes of a text that match a query.
pub type Highlight = Range<usize>;

impl Query {
    /// Whether some texts alone show a match of every term.
    pub fn is_shown_by(&self, texts: &[&str]) -> bool {
        let texts: Vec<String> = texts.iter().map(|text| folded(text)).collect();
        self.is_in(&SearchableText::from_folded(&texts), Tier::Apart)
    }

    /// The highlights of a text of a contact that matches, in order, without overlaps.
    pub fn highlights(&self, text: &str) -> Vec<Highlight> {
        let mut folded = Folded::of(text);
        for word in self.terms.iter().flat_map(|term| term.words.iter().chain(&term.forms)) {
            folded.highlight(word.widest());
        }
        if let Some(phrase) = self.phrase() {
            folded.highlight(phrase);
        }
        folded.highlights()
    }
}

/// A folded text that knows where each of its bytes comes from.
struct Folded {
    text: String,
    /// For each byte of `text`, the bytes of the original.
    origin: Vec<Range<usize>>,
    found: Vec<Highlight>,
}

impl Folded {
    fn of(text: &str) -> Folded {
        let mut folded = Folded { text: String::new(), origin: Vec::new(), found: Vec::new() };
        fold(text, &mut |piece, origin| {
            folded.text.push(if let Piece::Letter(c) = piece { c } else { ' ' });
            folded.origin.resize(folded.text.len(), origin);
        });
        folded
    }

    fn highlight(&mut self, part: &str) {
        let mut start = 0;
        while let Some(at) = self.text[start..].find(part).map(|at| at + start).filter(|_| !part.is_empty()) {
            let letters = at + part.len() - part.trim_start().len();
            self.found.push(self.origin[letters].start..self.origin[at + part.len() - 1].end);
            // The next match may begin within this one.
            start = at + self.text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }

    /// All highlights in order; those that touch are one.
    fn highlights(mut self) -> Vec<Highlight> {
        self.found.sort_unstable_by_key(|range| range.start);
        let mut joined: Vec<Highlight> = Vec::new();
        for range in self.found {
            match joined.last_mut().filter(|last| range.start <= last.end) {
                Some(last) => last.end = last.end.max(range.end),
                None => joined.push(range),
            }
        }
        joined
    }
}
