//! Characters that nobody sees: they come with a copied text and are no part of a value.

use std::borrow::Cow;

use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;

/// The text without white space and invisible characters around it.
///
/// Invisible are the characters that Unicode shows as nothing (`Default_Ignorable_Code_Point`), such as a byte order
/// mark, a zero-width space, a direction mark or a soft hyphen.
pub fn trim_invisible(text: &str) -> &str {
    if text.is_ascii() { text.trim() } else { text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c)) }
}

/// The text without invisible characters, wherever they are.
pub(super) fn without_invisible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(is_invisible) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !is_invisible(*c)).collect())
}

fn is_invisible(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_around_a_text_goes() {
        for around in
            ["\u{feff}", "\u{200b}", "\u{202a}", "\u{202c}", "\u{ad}", "\u{2060}", "\u{a0}", "\u{3000}", " \u{200e}\t"]
        {
            assert_eq!(trim_invisible(&format!("{around}a b{around}")), "a b", "{around:?}");
        }
        assert_eq!(trim_invisible("\u{200b} \u{feff}"), "");
    }

    #[test]
    fn inside_a_text_spaces_stay() {
        assert_eq!(without_invisible("a\u{ad}b \u{200d}c\u{a0}"), "ab c\u{a0}");
        assert_eq!(without_invisible("é"), "é");
    }
}
