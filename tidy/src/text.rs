//! The text in a file: string literals, doc comments, sentences.

use proc_macro2::{TokenStream, TokenTree};

use crate::code::is_sign;

/// A piece of text and the line that it begins at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text {
    /// The line, counted from 1.
    pub line: usize,
    /// The text, without quotes or comment signs.
    pub text: String,
}

/// Returns the string literals among `tokens`, those in macros and attributes included, without doc comments.
pub fn strings(tokens: TokenStream) -> Vec<Text> {
    let mut found = Vec::new();
    add_strings(&tokens.into_iter().collect::<Vec<_>>(), &mut found);
    found
}

fn add_strings(tokens: &[TokenTree], found: &mut Vec<Text>) {
    if let [TokenTree::Ident(name), rest @ ..] = tokens
        && name == "doc"
        && is_sign(rest.first(), '=')
    {
        return;
    }
    for token in tokens {
        match token {
            TokenTree::Group(group) => add_strings(&group.stream().into_iter().collect::<Vec<_>>(), found),
            TokenTree::Literal(literal) => {
                let line = literal.span().start().line;
                if let Ok(literal) = syn::parse2::<syn::LitStr>(TokenTree::from(literal.clone()).into()) {
                    found.push(Text { line, text: literal.value() });
                }
            }
            _ => {}
        }
    }
}

/// Returns the doc comments in a file, each as one text of its lines.
pub fn doc_comments(file: &str) -> Vec<Text> {
    let mut found: Vec<Text> = Vec::new();
    let mut is_open = false;
    for (index, line) in file.lines().enumerate() {
        let line = line.trim_start();
        let text = line.strip_prefix("///").filter(|rest| !rest.starts_with('/')).or_else(|| line.strip_prefix("//!"));
        if let Some(text) = text {
            match found.last_mut().filter(|_| is_open) {
                Some(comment) => comment.text = format!("{}\n{text}", comment.text),
                None => found.push(Text { line: index + 1, text: text.to_owned() }),
            }
        }
        is_open = text.is_some();
    }
    found
}

/// Returns the sentences of a text in Markdown. Code blocks, tables and headings have none; an item of a list ends the sentence
/// before it.
pub fn sentences(text: &Text) -> Vec<Text> {
    let mut found = Vec::new();
    let mut open: Option<Text> = None;
    let mut is_code = false;
    for (index, line) in text.text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with("```") {
            is_code = !is_code;
            found.extend(open.take());
            continue;
        }
        let is_item = line.starts_with("- ")
            || line.starts_with("* ")
            || line
                .split_once(". ")
                .is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
        if line.is_empty() || is_item || line.starts_with('#') || line.starts_with('|') {
            found.extend(open.take());
        }
        if is_code || line.starts_with('#') || line.starts_with('|') {
            continue;
        }
        for word in line.split_whitespace() {
            let open = open.get_or_insert_with(|| Text { line: text.line + index, text: String::new() });
            open.text += if open.text.is_empty() { "" } else { " " };
            open.text += word;
            if word.trim_end_matches([')', '"', '*', '`', '”']).ends_with(['.', '!', '?'])
                && !ABBREVIATIONS.contains(&word)
            {
                found.push(std::mem::replace(open, Text { line: text.line + index, text: String::new() }));
            }
        }
        // The next sentence begins on the line of its first word.
        open = open.filter(|open| !open.text.is_empty());
    }
    found.extend(open);
    found.retain(|sentence| !sentence.text.is_empty());
    found
}

/// Words that end in a dot that ends no sentence.
const ABBREVIATIONS: [&str; 4] = ["e.g.", "i.e.", "etc.", "cf."];

/// The number of words in a text: what holds a letter or a digit.
pub fn word_count(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

/// Whether `text` contains `words` as whole words, in any case.
pub fn contains_words(text: &str, words: &str) -> bool {
    let text = text.to_lowercase();
    let is_edge = |edge: Option<char>| edge.is_none_or(|edge| !edge.is_alphanumeric() && edge != '_' && edge != '-');
    text.match_indices(words)
        .any(|(at, _)| is_edge(text[..at].chars().next_back()) && is_edge(text[at + words.len()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;

    #[test]
    fn strings_are_found_in_macros_and_attributes() {
        let file = "/// Doc.\n#[error(\"no {0}\")]\nfn f() { html! { p { \"Hi\" } }; r#\"raw\"#; b\"bytes\"; 'c'; }\n#[cfg(test)] fn t() { \"t\" }";
        let strings = strings(Code::parse("a.rs", file).shipped);
        let strings: Vec<(usize, &str)> = strings.iter().map(|text| (text.line, text.text.as_str())).collect();
        assert_eq!(strings, [(2, "no {0}"), (3, "Hi"), (3, "raw")]);
    }

    #[test]
    fn a_doc_comment_is_all_of_its_lines() {
        let comments = doc_comments("//! File.\n\n/// One\n/// two.\nfn f() {} // no\n    /// Three.\n//// no");
        let comments: Vec<(usize, &str)> = comments.iter().map(|text| (text.line, text.text.as_str())).collect();
        assert_eq!(comments, [(1, " File."), (3, " One\n two."), (6, " Three.")]);
    }

    #[test]
    fn sentences_end_where_they_end() {
        let text = "One is\nhere, e.g. this. Two (v2.0.)\nis `a.b`.\n\n- three\n- four\n\n```\ncode. Code.\n```\n| a. | b |\n1. Five.";
        let sentences = sentences(&Text { line: 1, text: text.to_owned() });
        let sentences: Vec<(usize, &str)> = sentences.iter().map(|text| (text.line, text.text.as_str())).collect();
        assert_eq!(
            sentences,
            [
                (1, "One is here, e.g. this."),
                (2, "Two (v2.0.)"),
                (3, "is `a.b`."),
                (5, "- three"),
                (6, "- four"),
                (12, "1."),
                (12, "Five.")
            ]
        );
    }

    #[test]
    fn words_are_whole() {
        assert!(contains_words("It was Told.", "told"));
        assert!(contains_words("told", "told"));
        for text in ["untold", "told_again", "toldo", "told-you"] {
            assert!(!contains_words(text, "told"), "{text}");
        }
        assert_eq!(word_count("one - `two` {} 3"), 3);
    }
}
