//! A word of a query, folded, and the ways in which it may match.

use crate::fold::{Piece, fold, folded};

/// From this many letters on, a word matches in the middle of another. A shorter one matches only where a word begins.
pub const PART_LETTERS_MIN: usize = 3;

/// A folded word, with a space before and after it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Word(pub(crate) String);

impl Word {
    /// The text that matches a whole word.
    pub fn whole(&self) -> &str {
        &self.0
    }

    /// The text that matches where a word begins.
    pub fn start(&self) -> &str {
        self.0.strip_suffix(' ').unwrap_or_default()
    }

    /// The text that matches anywhere in a word.
    pub fn part(&self) -> &str {
        self.0.trim()
    }

    /// The text of the widest match: anywhere in a word, or where one begins if it has fewer than
    /// [`PART_LETTERS_MIN`] letters.
    pub fn widest(&self) -> &str {
        if self.part().chars().count() >= PART_LETTERS_MIN { self.part() } else { self.start() }
    }
}

/// The folded words of a text.
pub fn words(text: &str) -> Vec<String> {
    folded(text).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The words of a query, each with its spaces.
pub(crate) fn query_words(text: &str) -> Vec<Word> {
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
