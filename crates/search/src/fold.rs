//! The form in which a search compares texts: without case, accents, punctuation and the many ways to write one character.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The zeros of scripts that have digits of their own: phone numbers are typed with these too.
const ZEROS: [char; 5] = ['\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{e50}'];

/// What a text is folded into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece {
    /// A letter or digit.
    Letter(char),
    /// Where words begin and end.
    Space,
    /// The same, within what is written without spaces.
    Seam,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Space,
    Letter,
    /// A letter that is a word.
    Word,
}

/// A text folded: its words, with a space before and after each. Empty if it has none.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 2);
    fold(text, &mut |piece, _| match piece {
        Piece::Letter(c) => folded.push(c),
        Piece::Space | Piece::Seam => folded.push(' '),
    });
    folded
}

/// Gives the pieces of a text to `put`, each with the bytes that it comes from.
pub fn fold(text: &str, put: &mut dyn FnMut(Piece, Range<usize>)) {
    let mut last = Last::Nothing;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        letters(c, &mut |letter| {
            if !letter.is_alphanumeric() {
                if matches!(last, Last::Letter | Last::Word) {
                    put(Piece::Space, at..at);
                    last = Last::Space;
                }
                return;
            }
            let next = if is_word(letter) { Last::Word } else { Last::Letter };
            match last {
                Last::Nothing => put(Piece::Space, at..at),
                Last::Word | Last::Letter if Last::Word == last || Last::Word == next => put(Piece::Seam, at..at),
                _ => {}
            }
            put(Piece::Letter(letter), at..end);
            last = next;
        });
    }
    if matches!(last, Last::Letter | Last::Word) {
        put(Piece::Space, text.len()..text.len());
    }
}

/// Gives what a character is without case, accent and form (Unicode Standard Annex 15, form NFKD): nothing, itself or several.
fn letters(c: char, put: &mut dyn FnMut(char)) {
    if c.is_ascii() {
        return put(c.to_ascii_lowercase());
    }
    let bare = |c: &char| !is_combining_mark(*c);
    // By way of the capitals, ß becomes ss, and both small sigmas one.
    let lower = std::iter::once(c).nfkd().filter(bare).flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkd();
    lower.filter(bare).map(digit).for_each(put);
}

/// The digit that a digit of another script is.
fn digit(c: char) -> char {
    let value = |zero: &char| u32::from(c).checked_sub(u32::from(*zero)).filter(|value| *value < 10);
    ZEROS.iter().find_map(value).and_then(|value| char::from_digit(value, 10)).unwrap_or(c)
}

/// Whether a letter is a word: Chinese and Japanese have no spaces, so a word may begin at each of their characters.
pub fn is_word(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(folded(text), expected, "{text}");
    }

    #[test]
    fn case_accents_and_punctuation_do_not_count() {
        check("Zoë  Müller-STRASSE, z.straße@Example.ORG", " zoe muller strasse z strasse example org ");
        check("ΟΔΥΣΣΕΥΣ οδυσσευς ﬁn ＡＢＣ İstanbul", " οδυσσευσ οδυσσευσ fin abc istanbul ");
        check("mu\u{308}ller", " muller ");
        check("(Нью-Йорк)", " нью иорк ");
        check("مُحَمَّد ٠٥٠", " محمد 050 ");
        check("% _ \" * \\", "");
    }

    #[test]
    fn a_word_may_begin_at_each_character_of_what_has_no_spaces() {
        check("東京ab太郎 ガ", " 東 京 ab 太 郎 カ ");
        check("김철수", &" 김철수 ".nfd().collect::<String>());
    }

    #[test]
    fn it_is_known_where_each_letter_comes_from() {
        let text = "“Öß”";
        let mut from = Vec::new();
        fold(text, &mut |piece, bytes| from.push((piece, &text[bytes])));
        let letter = Piece::Letter;
        assert_eq!(
            from,
            [(Piece::Space, ""), (letter('o'), "Ö"), (letter('s'), "ß"), (letter('s'), "ß"), (Piece::Space, "")]
        );
    }
}
