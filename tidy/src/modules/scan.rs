//! Finds the paths in the tokens of an item, those in macros and attributes included.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::Parser as _;

use super::read;
use super::tree::{Module, Reference};
use crate::code::is_sign;

/// Adds the identifiers in these tokens, without keywords.
pub fn names(tokens: &TokenStream, found: &mut BTreeSet<String>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Ident(name) if syn::parse_str::<syn::Ident>(&name.to_string()).is_ok() => {
                found.insert(name.to_string());
            }
            TokenTree::Group(group) => names(&group.stream(), found),
            _ => {}
        }
    }
}

/// Adds the paths in these tokens to the references of `module`, and each local `use` to its imports.
pub fn tokens(module: &mut Module, tokens: TokenStream) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Punct(sign) if sign.as_char() == '#' => {
                // The `!` of an inner attribute.
                at += usize::from(is_sign(tokens.get(at + 1), '!'));
                if let Some(TokenTree::Group(group)) = tokens.get(at + 1)
                    && group.delimiter() == Delimiter::Bracket
                {
                    at += 1;
                    attribute(module, &group.stream());
                }
                at += 1;
            }
            TokenTree::Ident(name) if name == "use" => {
                let end = (at..tokens.len()).find(|end| is_sign(tokens.get(*end), ';'));
                // In a macro, `use` may be no item.
                let item = end.map(|end| tokens[at..=end].iter().cloned().collect::<TokenStream>());
                if let Some(item) = item.and_then(|item| syn::parse2::<syn::ItemUse>(item).ok()) {
                    read::import(module, &item);
                }
                at = end.map_or(at + 1, |end| end + 1);
            }
            TokenTree::Ident(_) => at = path(module, &tokens, at),
            TokenTree::Group(group) => {
                self::tokens(module, group.stream());
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Scans an attribute, unless it is a doc comment.
fn attribute(module: &mut Module, content: &TokenStream) {
    let name = content.clone().into_iter().next();
    if !matches!(name, Some(TokenTree::Ident(name)) if name == "doc") {
        texts(module, content);
        tokens(module, content.clone());
    }
}

/// Adds the paths that an attribute holds as text, such as `#[serde(with = "crate::time")]`.
fn texts(module: &mut Module, tokens: &TokenStream) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => texts(module, &group.stream()),
            TokenTree::Literal(literal) => {
                let line = literal.span().start().line;
                let Ok(text) = syn::parse2::<syn::LitStr>(TokenTree::from(literal).into()) else { continue };
                let Ok(path) = syn::Path::parse_mod_style.parse_str(&text.value()) else { continue };
                let path = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
                module.references.push(Reference { path, line });
            }
            _ => {}
        }
    }
}

/// Adds the path that begins at `at`. Returns where it ends.
fn path(module: &mut Module, tokens: &[TokenTree], at: usize) -> usize {
    let mut path = Vec::new();
    let mut end = at;
    while let Some(TokenTree::Ident(name)) = tokens.get(end) {
        path.push(name.to_string());
        end += 1;
        if !(is_sign(tokens.get(end), ':') && is_sign(tokens.get(end + 1), ':')) {
            break;
        }
        end += 2;
    }
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    // Fields and methods, lifetimes, the variables of a macro, and paths that begin outside the crate (`::std`) or in a
    // type (`<T>::new`).
    let is_other = is_sign(before, '.') && !is_range(tokens, at)
        || is_sign(before, '\'')
        || is_sign(before, ':') && { at >= 2 && is_sign(tokens.get(at - 2), ':') };
    let is_variable = is_sign(before, '$') && path.first().is_some_and(|first| first != "crate");
    if !is_other && !is_variable {
        module.references.push(Reference { path, line: tokens[at].span().start().line });
    }
    end
}

/// Whether `..` stands before `at`.
fn is_range(tokens: &[TokenTree], at: usize) -> bool {
    at >= 2 && is_sign(tokens.get(at - 2), '.')
}
