//! The first line of each file, and the length of sentences.

use tidy::text::{doc_comments, sentences, word_count};

/// The most words of a sentence in a doc comment.
const WORDS_MAX: usize = 30;

#[test]
fn every_file_opens_with_what_it_is_for() {
    let sources = crate::sources();
    let found: Vec<String> =
        sources.iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(file, _)| file.clone()).collect();
    crate::none("The first line of a file says what is in it: `//! …`", &found);
    assert!(sources.len() > 300, "only {} files were found", sources.len());
}

#[test]
fn sentences_in_doc_comments_are_short() {
    let mut found = Vec::new();
    for (file, text) in crate::sources() {
        for sentence in doc_comments(&text).iter().flat_map(sentences) {
            let words = word_count(&sentence.text);
            if words > WORDS_MAX {
                found.push(format!("{file}:{}: {words} words: {}", sentence.line, sentence.text));
            }
        }
    }
    crate::none(&format!("A sentence in a doc comment has at most {WORDS_MAX} words. Split these:"), &found);
}
