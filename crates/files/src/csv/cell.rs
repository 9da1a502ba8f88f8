//! Cells of a table: protection against spreadsheet formulas, and several values in a cell.

use std::borrow::Cow;

use contact::{CustomField, CustomType, CustomValue, Handle, Region, Source};

/// The separator of values in a cell that is written.
const SEPARATOR: &str = "; ";
/// The separator of values that Google Contacts writes.
const GOOGLE_SEPARATOR: &str = ":::";
/// Fewest digits of phone numbers that only a comma separates.
const PHONE_DIGITS_MIN: usize = 7;

/// Whether a character starts a formula in a spreadsheet, or may be trimmed before one.
fn is_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@') || c.is_whitespace()
}

/// Whether a cell starts with an apostrophe that is not part of its text.
///
/// That is so if the apostrophe protects what follows: a formula, a space at an end, an empty text, or an apostrophe before a
/// formula further inside. Of several apostrophes, only the first is one.
fn is_quoted(cell: &str) -> bool {
    let rest = cell.trim_start_matches('\'');
    let is_inside = || inner_formulas(rest).any(|at| rest[at..].starts_with('\''));
    rest.len() < cell.len()
        && (rest.is_empty() || rest.starts_with(is_formula) || rest.ends_with(char::is_whitespace) || is_inside())
}

/// Where a formula starts for a spreadsheet that splits rows at `;`, a tab or a line break, or where the apostrophes before it do.
fn inner_formulas(text: &str) -> impl Iterator<Item = usize> {
    let separators = text.bytes().enumerate().filter(|(_, byte)| matches!(byte, b';' | b'\t' | b'\r' | b'\n'));
    let starts = |rest: &str| rest.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r']);
    separators.map(|(at, _)| at + 1).filter(move |at| starts(&text[*at..]))
}

/// Quotes a text so that no spreadsheet takes it for a formula. [`unquote`] returns the exact text.
pub fn quote(text: &str) -> Cow<'_, str> {
    let is_plain = !text.is_empty() && !text.starts_with(is_formula) && !text.ends_with(char::is_whitespace);
    if is_plain && !is_quoted(text) && inner_formulas(text).next().is_none() {
        return text.into();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    let mut from = 0;
    for at in std::iter::once(0).chain(inner_formulas(text)) {
        quoted.push_str(&text[from..at]);
        quoted.push('\'');
        from = at;
    }
    quoted.push_str(&text[from..]);
    quoted.into()
}

/// A text in a cell, without a formula.
pub fn quoted(text: &str) -> String {
    if text.is_empty() { String::new() } else { quote(text).into_owned() }
}

/// A cell in quotes if any spreadsheet would split it: at a comma, a semicolon, a tab or a line break, whichever the delimiter.
pub fn in_quotes(cell: &str) -> Cow<'_, str> {
    let is_split = cell.contains([',', ';', '\t', '\r', '\n', '"']);
    if is_split { format!("\"{}\"", cell.replace('"', "\"\"")).into() } else { cell.into() }
}

/// The cell of a custom field.
pub fn custom(field: &CustomField, value: &CustomValue) -> String {
    match value {
        // A year before 1 begins with a minus.
        CustomValue::Number(number) if field.kind == CustomType::DateTime => {
            quote(&crate::custom::day_or_moment(number)).into_owned()
        }
        // An empty text is a value, unlike an empty cell.
        CustomValue::Text(text) => quote(text).into_owned(),
        CustomValue::Bool(truth) => truth.to_string(),
        CustomValue::Number(number) => number.clone(),
    }
}

/// The text of a cell. None if the cell is blank.
pub fn unquote(cell: &str) -> Option<Cow<'_, str>> {
    if !cell.starts_with('\'') || !is_quoted(cell) {
        return Some(cell.trim()).filter(|text| !text.is_empty()).map(Cow::Borrowed);
    }
    let text = &cell[1..];
    let mut apostrophes = inner_formulas(text).filter(|at| text[*at..].starts_with('\'')).peekable();
    if apostrophes.peek().is_none() {
        return Some(text.into());
    }
    let (mut unquoted, mut from) = (String::with_capacity(text.len()), 0);
    for at in apostrophes {
        unquoted.push_str(&text[from..at]);
        from = at + 1;
    }
    unquoted.push_str(&text[from..]);
    Some(unquoted.into())
}

/// The kind of the values of a cell, which decides how they are separated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Handles of a source.
    Handle(Source),
    /// Links.
    Link,
    /// Names of lists.
    List,
}

/// The values of a cell: one, or several.
pub enum Values<'a> {
    One(&'a str),
    Several(Vec<Cow<'a, str>>),
}

impl Values<'_> {
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (one, several) = match self {
            Values::One(text) => (Some(*text), &[][..]),
            Values::Several(values) => (None, &values[..]),
        };
        one.into_iter().chain(several.iter().map(AsRef::as_ref))
    }
}

/// Splits a text into its values, which may be invalid.
pub fn split(kind: Kind, text: &str) -> Values<'_> {
    // Nearly every cell has one value. A loop over all bytes is vectorized, so it is faster than one that stops early.
    let is_separator = |byte| matches!(byte, b';' | b',' | b'\n' | b'\r' | b'[');
    let may_be_several = text.bytes().fold(false, |is_any, byte| is_any | is_separator(byte))
        || memchr::memchr_iter(b':', text.as_bytes()).any(|at| text[at..].starts_with(GOOGLE_SEPARATOR))
        || kind == Kind::Link && text.contains(char::is_whitespace);
    let may_be_quoted = kind == Kind::List && text.starts_with('"');
    if !may_be_several && !may_be_quoted {
        return Values::One(text);
    }
    if text.starts_with('[')
        && let Ok(values) = serde_json::from_str::<Vec<String>>(text)
    {
        return Values::Several(values.into_iter().map(Cow::Owned).collect());
    }
    if may_be_quoted && let Some(names) = quoted_names(text) {
        return Values::Several(names);
    }
    let parts: Vec<&str> = match kind {
        Kind::Handle(Source::Email) if is_one_address(text) => return Values::One(text),
        Kind::Handle(Source::Email | Source::Twitter) => split_at(text, &[';', ',']).collect(),
        Kind::Handle(Source::Phone) => split_at(text, &[]).flat_map(phones).collect(),
        Kind::Handle(_) | Kind::List => split_at(text, &[';']).collect(),
        Kind::Link => split_at(text, &[]).flat_map(links).collect(),
    };
    match parts[..] {
        [one] => Values::One(one),
        _ => Values::Several(parts.into_iter().map(Cow::Borrowed).collect()),
    }
}

/// The names of a text in which each is quoted, with commas between them, as Mailchimp writes tags: `"VIP","New York"`.
fn quoted_names(text: &str) -> Option<Vec<Cow<'_, str>>> {
    let mut names = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start().strip_prefix('"')?;
        let (mut from, end) = (0, rest.len());
        // Two quotes are one of the name.
        let close = loop {
            let quote = from + rest[from..end].find('"')?;
            if !rest[quote + 1..].starts_with('"') {
                break quote;
            }
            from = quote + 2;
        };
        names.push(Cow::Owned(rest[..close].replace("\"\"", "\"")));
        rest = rest[close + 1..].trim_start();
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return rest.is_empty().then_some(names),
        }
    }
}

/// Joins values into one text: a JSON array if they could not be split again otherwise.
pub fn join<'a>(kind: Kind, values: impl Iterator<Item = &'a str> + Clone) -> String {
    let joined = values.clone().collect::<Vec<_>>().join(SEPARATOR);
    if split(kind, &joined).iter().eq(values.clone()) && joined.trim() == joined {
        return joined;
    }
    serde_json::Value::from(values.collect::<Vec<_>>()).to_string()
}

/// The parts of a text, trimmed, without blank ones.
fn split_at<'a>(text: &'a str, separators: &'static [char]) -> impl Iterator<Item = &'a str> {
    let is_separator = move |c: char| matches!(c, '\n' | '\r') || separators.contains(&c);
    let parts = text.split(GOOGLE_SEPARATOR).flat_map(move |part| part.split(is_separator));
    parts.map(str::trim).filter(|part| !part.is_empty())
}

/// Whether a text is one address. A quoted part before the `@` may contain separators.
fn is_one_address(text: &str) -> bool {
    Handle::parse(Source::Email, text, Region::default()).is_ok()
}

/// The phone numbers of a line. A semicolon may begin a parameter of a number, and a comma may be a pause in it.
fn phones(line: &str) -> impl Iterator<Item = &str> {
    let is_parameter = |text: &str| {
        let begins = |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        ["ext", "x", "isub", "phone-context"].into_iter().any(begins)
    };
    let semicolons = line.match_indices(';').map(|(at, _)| at);
    let parts = without(line, semicolons.filter(|at| !is_parameter(line[at + 1..].trim_start())));
    let numbers = parts.into_iter().flat_map(|part| {
        let is_number = |text: &str| text.chars().filter(char::is_ascii_digit).count() >= PHONE_DIGITS_MIN;
        if part.split(',').all(is_number) { part.split(',').collect() } else { vec![part] }
    });
    numbers.map(str::trim).filter(|number| !number.is_empty())
}

/// The links of a line. A link has no spaces, but may have semicolons and commas.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let parts = without(line, line.match_indices(";http").map(|(at, _)| at));
    let is_several = parts.len() > 1 || line.contains(char::is_whitespace);
    let links = parts.into_iter().flat_map(str::split_whitespace);
    let links = links.map(move |link| if is_several { link.trim_end_matches([';', ',']) } else { link });
    links.filter(|link| !link.is_empty())
}

/// The parts of a line between the semicolons at these positions.
fn without(line: &str, semicolons: impl Iterator<Item = usize>) -> Vec<&str> {
    let (mut parts, mut begin) = (Vec::new(), 0);
    for at in semicolons {
        parts.push(&line[begin..at]);
        begin = at + 1;
    }
    parts.push(&line[begin..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_quoted() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("@x", "'@x"),
            ("\tx", "'\tx"),
            ("x ", "'x "),
            ("", "'"),
            ("'", "''"),
            ("'=x", "''=x"),
            ("'Twas", "'Twas"),
            ("''", "'''"),
            ("' x", "'' x"),
            ("'x ", "''x "),
            ("a = b", "a = b"),
            ("a;b", "a;b"),
            ("a;=b", "'a;'=b"),
            ("a;'=b", "'a;''=b"),
            ("'a;'=b", "''a;''=b"),
            ("a;'b", "a;'b"),
            ("=a\n-b\r\n- c\t@d", "'=a\n'-b\r\n'- c\t'@d"),
            ("a;\t=b", "'a;'\t'=b"),
        ] {
            assert_eq!(quote(text), written, "{text}");
            assert_eq!(unquote(written).as_deref(), Some(text), "{written}");
        }
        assert_eq!(unquote("  "), None);
        assert_eq!(unquote(" x ").as_deref(), Some("x"));
        assert_eq!(unquote("a;'=b").as_deref(), Some("a;'=b"));
    }

    #[track_caller]
    fn check(kind: Kind, text: &str, expected: &[&str]) {
        assert_eq!(split(kind, text).iter().collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn a_cell_has_several_values() {
        let email = Kind::Handle(Source::Email);
        check(email, "a@b.c; d@e.f,g@h.i ::: j@k.l", &["a@b.c", "d@e.f", "g@h.i", "j@k.l"]);
        check(email, "\"a;b\"@c.d", &["\"a;b\"@c.d"]);
        check(email, "a@b.c;", &["a@b.c"]);
        let phone = Kind::Handle(Source::Phone);
        check(phone, "+16508149999;ext=12", &["+16508149999;ext=12"]);
        check(phone, "650-814-9999; ext. 12; +44 20 7946 0958", &["650-814-9999; ext. 12", "+44 20 7946 0958"]);
        check(phone, "650-814-9999, 650-814-9998", &["650-814-9999", "650-814-9998"]);
        check(phone, "650-814-9999,12", &["650-814-9999,12"]);
        check(phone, "+41319280960 ::: +41792648866", &["+41319280960", "+41792648866"]);
        check(Kind::List, "Friends, close ::: Work;Home", &["Friends, close", "Work", "Home"]);
        check(Kind::Link, "https://a.b/x;y", &["https://a.b/x;y"]);
        check(Kind::Link, "https://a.b; https://c.d, e.f", &["https://a.b", "https://c.d", "e.f"]);
        check(Kind::Link, "https://a.b;https://c.d", &["https://a.b", "https://c.d"]);
        check(Kind::List, "[\"a;b\",\"c\"]", &["a;b", "c"]);
        check(Kind::List, "[draft]", &["[draft]"]);
        check(Kind::List, "\"VIP\",\"New York\", \"a \"\"b\"\"\"", &["VIP", "New York", "a \"b\""]);
        check(Kind::List, "\"VIP\" and more", &["\"VIP\" and more"]);
    }

    #[test]
    fn ambiguous_values_are_an_array() {
        let join = |kind, values: &[&str]| super::join(kind, values.iter().copied());
        assert_eq!(join(Kind::List, &["a", "b, c"]), "a; b, c");
        assert_eq!(join(Kind::List, &["a;b"]), "[\"a;b\"]");
        assert_eq!(join(Kind::List, &["[\"a\"]"]), "[\"[\\\"a\\\"]\"]");
        assert_eq!(join(Kind::Link, &["https://a.b/;", "https://c.d"]), "[\"https://a.b/;\",\"https://c.d\"]");
        assert_eq!(join(Kind::Handle(Source::Phone), &["+1650;ext=1", "+44"]), "+1650;ext=1; +44");
    }
}
