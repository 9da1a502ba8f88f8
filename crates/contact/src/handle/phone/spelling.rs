//! How a phone number is written, before a numbering plan reads its digits.

use std::borrow::Cow;

use icu_properties::props::{Dash, GeneralCategory, QuotationMark};
use icu_properties::{CodePointMapData, CodePointSetData};
use rlibphonenumber::PHONE_NUMBER_UTIL as PHONES;

use crate::handle::invisible::without_invisible;
use crate::invalid::Invalid;

/// Separators of two values. A line break becomes a semicolon.
const LIST_SEPARATORS: [char; 4] = [';', ',', '|', '&'];

/// The least digits of a value before a separator, so that what follows is another number.
const DIGITS_MIN: usize = 7;

/// The least groups of thousands that make a phone number of a spreadsheet's number: ten digits.
const THOUSANDS_MIN: usize = 4;

/// The most digits of an extension after a pause.
const PAUSED_EXTENSION_MAX: usize = 15;

/// The most digits of an extension.
const EXTENSION_MAX: usize = 20;

/// The parts of a written number.
#[derive(PartialEq, Eq, Debug)]
pub struct Spelling {
    /// Whether the number has a sign before its country code.
    pub is_international: bool,
    /// ASCII digits, punctuation, and perhaps letters of a vanity number; without the sign.
    pub number: String,
    /// The digits of the extension, perhaps none.
    pub extension: String,
}

impl Spelling {
    /// Parses a value.
    pub fn parse(text: &str) -> Result<Spelling, Invalid> {
        let plain: String = without_invisible(text).chars().map(plain).collect();
        let quoted = |c: char| matches!(c, ' ' | '`') || is_decoration(c);
        let text = plain
            .trim_matches(quoted)
            .trim_start_matches(|c| c == '=' || quoted(c))
            .trim_end_matches([' ', '.', ',', ';', ':', '/', '-', '~']);
        let (text, extension) = parameters(without_label(text.trim_end_matches(quoted)));
        let text = spreadsheet_number(text)?;
        let (number, extension) = match extension {
            Some(extension) => (&*text, extension),
            None => split_extension(&text)?,
        };
        let start = number.trim_start_matches(['(', '[', ' ', '-', '.']);
        let unsigned = start.trim_start_matches(['+', ' ']);
        let spelling = Spelling {
            is_international: start.starts_with('+'),
            number: (if start.starts_with('+') { unsigned } else { number }).to_owned(),
            extension,
        };
        spelling.check().map(|()| spelling)
    }

    /// Whether the number has letters.
    pub fn is_vanity(&self) -> bool {
        self.number.contains(|c: char| c.is_ascii_alphabetic())
    }

    /// The number as the parser reads it: with its sign.
    pub fn signed(&self) -> String {
        if self.is_international { format!("+{}", self.number) } else { self.number.clone() }
    }

    /// The digits of the number.
    pub fn digits(&self) -> String {
        digits(&self.number)
    }

    fn check(&self) -> Result<(), Invalid> {
        let other = |c: char| c.is_ascii_digit() || is_punctuation(c);
        let Some(at) = self.number.find(|c| !other(c)) else {
            return if digits(&self.number).is_empty() { Err(Invalid::Phone) } else { Ok(()) };
        };
        if self.number.contains(char::is_alphabetic) {
            let is_plain = self.number.chars().all(|c| other(c) || c.is_ascii_alphabetic());
            return if is_plain && PHONES.is_alpha_number(&self.number) { Ok(()) } else { Err(letters(&self.number)) };
        }
        let (one, two) = self.number.split_at(at);
        let are_two = two.starts_with(LIST_SEPARATORS) || two.starts_with('+');
        if are_two && digits(one).len() >= DIGITS_MIN && two.contains(|c: char| c.is_ascii_digit()) {
            return Err(Invalid::PhoneTwo);
        }
        Err(Invalid::Phone)
    }
}

/// Why a text with letters is refused: it is no number at all, or a number with letters.
pub fn letters(text: &str) -> Invalid {
    if text.contains(|c: char| c.is_ascii_digit()) { Invalid::PhoneLetters } else { Invalid::Phone }
}

/// The digits of a text.
pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// A character with its usual shape: ASCII digits and signs, plain hyphens and spaces.
fn plain(c: char) -> char {
    match c {
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => ';',
        // Full-width ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        // Dots on business cards; what stands for a hyphen, such as the long sound mark of Japanese.
        '\u{b7}' | '\u{2022}' | '\u{2027}' | '\u{2219}' => '.',
        '\u{30fc}' | '_' => '-',
        _ if c.is_whitespace() => ' ',
        _ if c.is_ascii() => c,
        _ if CodePointSetData::new::<Dash>().contains(c) => '-',
        _ if c.is_numeric() => PHONES.normalize_digits_only(c.to_string()).chars().next().unwrap_or(c),
        _ => c,
    }
}

/// Whether a character may stand around a number: a quotation mark, or a picture of a telephone.
fn is_decoration(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, '"' | '\'');
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    category == GeneralCategory::OtherSymbol || CodePointSetData::new::<QuotationMark>().contains(c)
}

/// A value without a label or a scheme before it: `Tel. `, `mobile: `, `tel:`.
fn without_label(text: &str) -> &str {
    let start = text.find(|c: char| c.is_ascii_digit() || c == '+').unwrap_or(text.len());
    let (before, number) = text.split_at(start);
    let label = before.trim_end_matches([' ', '(', '[', '/']);
    let is_label = label.ends_with([':', '.'])
        && label.contains(char::is_alphabetic)
        && label.chars().all(|c| c.is_alphabetic() || " -./:()".contains(c))
        && !is_extension_mark(label);
    if is_label { number } else { text }
}

/// The number of a `tel:` URI with its parameters (RFC 3966, section 3), and the extension among them.
///
/// A text with other parts after semicolons stays as it is.
fn parameters(text: &str) -> (Cow<'_, str>, Option<String>) {
    let mut parts = text.split(';');
    let number = parts.next().unwrap_or_default();
    let mut parameters: Vec<(&str, &str)> = Vec::new();
    for part in parts {
        let Some(parameter) = part.split_once('=') else { return (text.into(), None) };
        parameters.push(parameter);
    }
    let value =
        |name: &str| parameters.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
    if parameters.is_empty() {
        return (text.into(), None);
    }
    let extension = value("ext").map(digits).unwrap_or_default();
    if extension.len() > EXTENSION_MAX {
        return (text.into(), None);
    }
    let context = value("phone-context").filter(|context| context.starts_with('+') && !number.starts_with('+'));
    let number = context.map_or(number.into(), |context| format!("{context}-{number}").into());
    (number, Some(extension))
}

/// A number without the formats of a spreadsheet: `.0`, `1.6508149999E+10`, `16,508,149,999`.
///
/// # Errors
///
/// [`Invalid::PhoneRounded`] if digits are lost: `1.65E+10`.
fn spreadsheet_number(text: Cow<'_, str>) -> Result<Cow<'_, str>, Invalid> {
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (sign, value) = text.split_at(text.len() - text.trim_start_matches('+').len());
    let (mantissa, exponent) = value.split_once(['e', 'E']).unwrap_or((value, ""));
    let (whole, decimals) = mantissa.rsplit_once(['.', ',']).unwrap_or((mantissa, ""));
    if all_digits(whole) && all_digits(exponent.trim_start_matches(['+', '-'])) {
        let decimals = decimals.trim_end_matches('0');
        let is_exact = exponent.trim_start_matches('+').parse() == Ok(decimals.len());
        return if is_exact && (decimals.is_empty() || all_digits(decimals)) {
            Ok(format!("{sign}{whole}{decimals}").into())
        } else {
            Err(Invalid::PhoneRounded)
        };
    }
    if exponent.is_empty() && !decimals.is_empty() && decimals.bytes().all(|byte| byte == b'0') {
        let groups: Vec<&str> = whole.split(',').collect();
        if all_digits(whole) || are_thousands(&groups) {
            return Ok(format!("{sign}{}", groups.concat()).into());
        }
    }
    let groups: Vec<&str> = value.split(',').collect();
    if are_thousands(&groups) {
        return Ok(format!("{sign}{}", groups.concat()).into());
    }
    Ok(text)
}

/// Whether the parts between commas are the thousands of one number, too long for a price.
fn are_thousands(groups: &[&str]) -> bool {
    let is_digits = |group: &&str| group.bytes().all(|byte| byte.is_ascii_digit());
    let [first, rest @ ..] = groups else { return false };
    (1..=3).contains(&first.len())
        && groups.len() >= THOUSANDS_MIN
        && rest.iter().all(|group| group.len() == 3)
        && groups.iter().all(is_digits)
}

/// The number before an extension, and the digits of the extension.
fn split_extension(text: &str) -> Result<(&str, String), Invalid> {
    if let Some(split) = split_pause(text) {
        return split;
    }
    let dialled = text.trim_end_matches(['#', ' ', ')', ']']);
    let before = dialled.trim_end_matches(|c: char| c.is_ascii_digit());
    let extension = &dialled[before.len()..];
    let start = number_end(before);
    if !extension.is_empty() && (text.ends_with('#') || before[start..].contains(|c| c != '+' && !is_punctuation(c))) {
        let mut ends = before[start..].char_indices().map(|(at, _)| start + at);
        let is_end = |end: &usize| extension_after(&text[*end..]).is_some_and(|read| read == extension);
        if let Some(end) = ends.find(is_end) {
            return Ok((&text[..end], extension.to_owned()));
        }
    }
    // A mark without an extension, as of an empty field of a form.
    let (number, mark) = text.split_at(number_end(text));
    let is_bare = !mark.is_empty() && extension_after(&format!("{mark}1")).is_some_and(|read| read == "1");
    Ok((if is_bare { number } else { text }, String::new()))
}

/// Whether a character may stand between the digits of a number.
fn is_punctuation(c: char) -> bool {
    " -.()[]/".contains(c)
}

/// Where a number ends before other signs.
fn number_end(text: &str) -> usize {
    text.trim_end_matches(|c: char| !c.is_ascii_digit() && c != ')').len()
}

/// The extension that the parser reads behind a number; none if it reads a part of the text as the number.
fn extension_after(mark: &str) -> Option<String> {
    // Behind a vanity number each letter is a digit, so that no letter is left out.
    let number = PHONES.parse(format!("+1650TESTING{mark}"), None).ok()?;
    number.extension.filter(|_| number.national_number == 6_508_378_464)
}

/// Whether a word is a mark before an extension, such as `ext.`.
fn is_extension_mark(word: &str) -> bool {
    extension_after(&format!(" {word}1")).is_some_and(|extension| extension == "1")
}

/// An extension after a pause (`,` or `p`) or a wait (`;` or `w`), as phones store what they dial.
fn split_pause(text: &str) -> Option<Result<(&str, String), Invalid>> {
    let dialled = text.trim_end_matches(['#', ' ']);
    let before = dialled.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = before.trim_end_matches([' ', ',', ';', 'p', 'P', 'w', 'W']);
    let (marks, extension) = (before[number.len()..].trim(), &dialled[before.len()..]);
    if marks.is_empty() || extension.is_empty() || !number.ends_with(|c: char| c.is_ascii_digit() || c == ')') {
        return None;
    }
    let is_list = matches!(marks, "," | ";");
    let split = match (digits(number).len(), extension.len()) {
        (DIGITS_MIN.., DIGITS_MIN..) if is_list => Err(Invalid::PhoneTwo),
        (..DIGITS_MIN, _) if is_list && !number.starts_with('+') => Err(Invalid::Phone),
        (_, ..=PAUSED_EXTENSION_MAX) => Ok((number, extension.to_owned())),
        _ => Err(Invalid::PhoneDigits),
    };
    Some(split)
}
