//! The tokens of a file: the code that ships, apart from the code for tests.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Words that begin an item or a statement, which ends at its braces or its semicolon.
const ITEMS: [&str; 17] = [
    "async",
    "const",
    "enum",
    "extern",
    "fn",
    "impl",
    "let",
    "macro_rules",
    "mod",
    "static",
    "struct",
    "trait",
    "type",
    "union",
    "unsafe",
    "use",
    "if",
];

/// The tokens of a file.
#[derive(Debug)]
pub struct Code {
    /// What ships.
    pub shipped: TokenStream,
    /// What is compiled for tests only: items with `#[cfg(test)]`.
    pub tests: TokenStream,
}

impl Code {
    /// Parses a file.
    ///
    /// # Panics
    ///
    /// Panics if the text is no Rust.
    pub fn parse(file: &str, text: &str) -> Code {
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut tests = Vec::new();
        let shipped = without_tests(tokens, &mut tests);
        Code { shipped, tests: tests.into_iter().collect() }
    }
}

/// Whether `token` is the character `sign`.
pub fn is_sign(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(found)) if found.as_char() == sign)
}

/// Returns `tokens` without items for tests only, which it moves to `tests`.
fn without_tests(tokens: TokenStream, tests: &mut Vec<TokenTree>) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut shipped = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let end = if starts_test(&tokens[at..]) { item_end(&tokens, at) } else { at };
        if end > at {
            tests.extend_from_slice(&tokens[at..end]);
            at = end;
            continue;
        }
        shipped.push(match &tokens[at] {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_tests(group.stream(), tests));
                inner.set_span(group.span());
                inner.into()
            }
            token => token.clone(),
        });
        at += 1;
    }
    shipped.into_iter().collect()
}

/// Whether `tokens` start with attributes, one of which is `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn starts_test(tokens: &[TokenTree]) -> bool {
    let mut at = 0;
    while let Some(content) = attribute(tokens, at) {
        let content: Vec<TokenTree> = content.stream().into_iter().collect();
        if let [TokenTree::Ident(name), TokenTree::Group(condition)] = &content[..]
            && name == "cfg"
            && needs_test(condition.stream())
        {
            return true;
        }
        at += 2;
    }
    false
}

/// The content of the attribute at `at`.
fn attribute(tokens: &[TokenTree], at: usize) -> Option<&Group> {
    match tokens.get(at + 1) {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
            is_sign(tokens.get(at), '#').then_some(group)
        }
        _ => None,
    }
}

/// Whether the condition of a `cfg` holds in tests only.
fn needs_test(condition: TokenStream) -> bool {
    let mut tokens = condition.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let TokenTree::Ident(name) = token else { continue };
        if name == "test" {
            return true;
        }
        if let Some(TokenTree::Group(inner)) = tokens.peek() {
            if name == "all" && needs_test(inner.stream()) {
                return true;
            }
            tokens.next();
        }
    }
    false
}

/// Where the item ends whose attributes begin at `at`: after its braces or its semicolon; after its comma, for a field or a
/// variant.
fn item_end(tokens: &[TokenTree], mut at: usize) -> usize {
    while attribute(tokens, at).is_some() {
        at += 2;
    }
    if matches!(&tokens[at..], [TokenTree::Ident(name), ..] if name == "pub") {
        at += 1;
        at += usize::from(matches!(&tokens[at..], [TokenTree::Group(_), ..]));
    }
    let is_item = matches!(&tokens[at..], [TokenTree::Ident(name), ..] if ITEMS.iter().any(|item| name == item));
    let mut angles = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                return at + usize::from(is_sign(tokens.get(at), ';') || !is_item && is_sign(tokens.get(at), ','));
            }
            TokenTree::Punct(sign) => match sign.as_char() {
                ';' => return at,
                ',' if !is_item && angles == 0 => return at,
                '<' => angles += 1,
                '>' => angles -= 1,
                _ => {}
            },
            _ => {}
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, shipped: &str, tests: &str) {
        let code = Code::parse("a.rs", text);
        let plain = |text: &str| text.parse::<TokenStream>().unwrap().to_string();
        assert_eq!((code.shipped.to_string(), code.tests.to_string()), (plain(shipped), plain(tests)));
    }

    #[test]
    fn items_for_tests_are_taken_out() {
        check(
            "struct A; #[cfg(test)] mod tests { fn f() {} } struct B;",
            "struct A; struct B;",
            "#[cfg(test)] mod tests { fn f() {} }",
        );
        check("#[cfg(test)] mod tests; struct B;", "struct B;", "#[cfg(test)] mod tests;");
        check("#[cfg(test)] use a::{B, C}; struct B;", "struct B;", "#[cfg(test)] use a::{B, C};");
        check(
            "#[cfg(test)] pub(crate) fn f<A, B>() {} struct B;",
            "struct B;",
            "#[cfg(test)] pub(crate) fn f<A, B>() {}",
        );
        check("#[inline] #[cfg(test)] fn f() {} fn g() {}", "fn g() {}", "#[inline] #[cfg(test)] fn f() {}");
        check("#[cfg(all(test, unix))] fn f() {}", "", "#[cfg(all(test, unix))] fn f() {}");
    }

    #[test]
    fn parts_of_items_for_tests_are_taken_out() {
        check("impl A { #[cfg(test)] fn f() {} fn g() {} }", "impl A { fn g() {} }", "#[cfg(test)] fn f() {}");
        check("struct A { #[cfg(test)] b: M<B, C>, c: C }", "struct A { c: C }", "#[cfg(test)] b: M<B, C>,");
        check("fn f() { #[cfg(test)] let x = B { c }; d() }", "fn f() { d() }", "#[cfg(test)] let x = B { c };");
    }

    #[test]
    fn all_else_ships() {
        check("#[cfg(not(test))] fn f() {}", "#[cfg(not(test))] fn f() {}", "");
        check("#[cfg(any(test, unix))] fn f() {}", "#[cfg(any(test, unix))] fn f() {}", "");
        check("#![allow(x)] #[derive(A)] struct A;", "#![allow(x)] #[derive(A)] struct A;", "");
    }
}
