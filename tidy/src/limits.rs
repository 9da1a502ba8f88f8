//! Limits: the constants of the code, and what documents say of them.
//!
//! A document names the constant of a limit in a comment after the number: `500 characters <!-- NAME_CHARS_MAX -->`.

use proc_macro2::{TokenStream, TokenTree};
use syn::{BinOp, Expr, Lit};

use crate::code::is_sign;
use crate::text::Text;

/// The value of a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// A number, of bytes if it is one of bytes.
    Number(u64),
    /// A time in milliseconds.
    Millis(u64),
}

/// A limit that a document states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// Where it is.
    pub line: usize,
    /// The name of the constant.
    pub constant: String,
    /// What the document says; none if no number stands before the comment.
    pub value: Option<Value>,
}

/// Returns the constants among `tokens` that are a number or a time, by name.
pub fn constants(tokens: TokenStream) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    add_constants(&tokens.into_iter().collect::<Vec<_>>(), &mut found);
    found
}

fn add_constants(tokens: &[TokenTree], found: &mut Vec<(String, Value)>) {
    for (at, token) in tokens.iter().enumerate() {
        match (token, tokens.get(at + 1)) {
            (TokenTree::Group(group), _) => add_constants(&group.stream().into_iter().collect::<Vec<_>>(), found),
            (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if word == "const" => {
                let from = (at..tokens.len()).find(|at| is_sign(tokens.get(*at), '='));
                let to = (at..tokens.len()).find(|at| is_sign(tokens.get(*at), ';'));
                let (Some(from), Some(to)) = (from, to) else { continue };
                let Some(expression) = tokens.get(from + 1..to) else { continue };
                let expression = syn::parse2::<Expr>(expression.iter().cloned().collect());
                let name = name.to_string();
                let value = expression.ok().and_then(|expression| value(&expression));
                found.extend(value.map(|value| (name.clone(), in_bytes(&name, value))));
            }
            _ => {}
        }
    }
}

/// A constant whose name says that it counts KiB, as a number of bytes.
fn in_bytes(name: &str, value: Value) -> Value {
    match value {
        Value::Number(number) if name.ends_with("_KIB") => Value::Number(number * 1024),
        value => value,
    }
}

fn value(expression: &Expr) -> Option<Value> {
    let number = |expression: &Expr| match value(expression) {
        Some(Value::Number(number)) => Some(number),
        _ => None,
    };
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse().ok().map(Value::Number),
            _ => None,
        },
        Expr::Paren(inner) => value(&inner.expr),
        Expr::Cast(inner) => value(&inner.expr),
        Expr::Binary(both) => {
            let (left, right) = (number(&both.left)?, number(&both.right)?);
            match both.op {
                BinOp::Mul(_) => left.checked_mul(right).map(Value::Number),
                BinOp::Add(_) => left.checked_add(right).map(Value::Number),
                BinOp::Shl(_) => left.checked_shl(u32::try_from(right).ok()?).map(Value::Number),
                _ => None,
            }
        }
        // `NonZeroU32::new(20).unwrap()`
        Expr::MethodCall(call) if call.method == "unwrap" => value(&call.receiver),
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else { return None };
            let argument = number(call.args.first()?)?;
            match path.path.segments.last()?.ident.to_string().as_str() {
                "new" => Some(Value::Number(argument)),
                "from_millis" => Some(Value::Millis(argument)),
                "from_secs" => Some(Value::Millis(argument * 1000)),
                "from_mins" => Some(Value::Millis(argument * 60 * 1000)),
                "from_hours" => Some(Value::Millis(argument * 60 * 60 * 1000)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Returns the limits that a document states.
pub fn claims(document: &str) -> Vec<Claim> {
    let mut found = Vec::new();
    let mut before = String::new();
    for (index, line) in document.lines().enumerate() {
        let mut parts = line.split("<!--").peekable();
        while let Some(part) = parts.next() {
            let text = match part.split_once("-->") {
                Some((_, text)) => text,
                None => part,
            };
            before = format!("{before} {text}");
            let constant = parts.peek().and_then(|next| next.split_once("-->")).map(|(comment, _)| comment.trim());
            if let Some(constant) = constant.filter(|comment| is_constant(comment)) {
                found.push(Claim { line: index + 1, constant: constant.to_owned(), value: last_value(&before) });
                before.clear();
            }
        }
        if line.trim().is_empty() || line.starts_with('|') {
            before.clear();
        }
    }
    found
}

fn is_constant(text: &str) -> bool {
    text.contains('_') && text.chars().all(|sign| sign.is_ascii_uppercase() || sign.is_ascii_digit() || sign == '_')
}

/// The last number in a text, with its unit.
fn last_value(text: &str) -> Option<Value> {
    let words: Vec<&str> = text.split([' ', '|', '(']).filter(|word| !word.is_empty()).collect();
    let (at, number) = words.iter().enumerate().rev().find_map(|(at, word)| {
        let digits = word.trim_end_matches([',', '.', ':', ';', ')']).replace(',', "");
        Some((at, digits.parse::<u64>().ok()?))
    })?;
    let unit = words.get(at + 1).map(|unit| unit.trim_end_matches([',', '.', ':', ';', ')'])).unwrap_or_default();
    Some(match unit {
        "KiB" => Value::Number(number << 10),
        "MiB" => Value::Number(number << 20),
        "GiB" => Value::Number(number << 30),
        "ms" | "milliseconds" => Value::Millis(number),
        "second" | "seconds" => Value::Millis(number * 1000),
        "minute" | "minutes" => Value::Millis(number * 60 * 1000),
        "hour" | "hours" => Value::Millis(number * 60 * 60 * 1000),
        "day" | "days" => Value::Millis(number * 24 * 60 * 60 * 1000),
        _ => Value::Number(number),
    })
}

/// Returns the rows of tables under a heading "Limits" that state a number and name no constant.
pub fn rows_without_constant(document: &str) -> Vec<Text> {
    let mut found = Vec::new();
    let mut is_limits = false;
    for (index, line) in document.lines().enumerate() {
        if line.starts_with('#') {
            is_limits = line.trim_start_matches('#').trim() == "Limits";
        }
        let is_row = line.starts_with('|') && line.bytes().any(|byte| byte.is_ascii_digit());
        if is_limits && is_row && claims(line).is_empty() {
            found.push(Text { line: index + 1, text: line.to_owned() });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;

    #[test]
    fn constants_are_evaluated() {
        let file = "pub const A: usize = 1_000; const B: u64 = 2 * 1024 * (1 << 10); static C: u8 = 3;
            fn f() { const D: Duration = Duration::from_secs(5 * 60); } const E: NonZeroU32 = NonZeroU32::new(20).unwrap();
            const F_KIB: usize = 64; const G: &str = \"text\"; const H: [u8; 2] = [1, 2];";
        let named = |name: &str, value| (name.to_owned(), value);
        assert_eq!(
            constants(Code::parse("a.rs", file).shipped),
            [
                named("A", Value::Number(1_000)),
                named("B", Value::Number(2 << 20)),
                named("D", Value::Millis(300_000)),
                named("E", Value::Number(20)),
                named("F_KIB", Value::Number(65_536))
            ]
        );
    }

    #[track_caller]
    fn check(document: &str, expected: &[(&str, Option<Value>)]) {
        let claims = claims(document);
        let claims: Vec<(&str, Option<Value>)> =
            claims.iter().map(|claim| (claim.constant.as_str(), claim.value)).collect();
        assert_eq!(claims, expected);
    }

    #[test]
    fn documents_state_limits() {
        check(
            "| a | 500 characters <!-- A_MAX -->, 16 <!-- B_MAX --> |",
            &[("A_MAX", Some(Value::Number(500))), ("B_MAX", Some(Value::Number(16)))],
        );
        check("| 25 MiB <!-- A_MAX --> |", &[("A_MAX", Some(Value::Number(25 << 20)))]);
        check("at most 10,000 that\nwait <!-- A_MAX -->", &[("A_MAX", Some(Value::Number(10_000)))]);
        check("14 days <!-- A_MAX -->", &[("A_MAX", Some(Value::Millis(14 * 86_400_000)))]);
        check("more than 10\n\nmany <!-- A_MAX --> <!-- a remark -->", &[("A_MAX", None)]);
    }

    #[test]
    fn a_table_of_limits_names_its_constants() {
        let document = "# A\n| a | 1 |\n## Limits\n| what | |\n| a | 2 |\n| b | 3 <!-- B_MAX --> |\n## C\n| a | 4 |";
        assert_eq!(rows_without_constant(document), [Text { line: 5, text: "| a | 2 |".into() }]);
    }
}
