//! Words that a reader should not meet.

use tidy::code::Code;
use tidy::files;
use tidy::text::{Text, contains_words, doc_comments, strings};

/// Words and phrases, in lower case, and what to write instead.
const BANNED: [(&str, &str); 22] = [
    ("told", "reported, parsed, stored, shown: say which"),
    ("tell of", "report"),
    ("tells of", "reports"),
    ("anew", "again; or rebuild, reset"),
    ("whoever", "the user, the caller, the client: name the subject"),
    ("whatever", "any, every; or name it"),
    ("somebody", "someone; or name the subject: a teammate, a contact"),
    ("is no such", "X not found"),
    ("are no such", "X not found"),
    ("count no more", "stop working, no longer count"),
    ("counts no more", "stops working, no longer counts"),
    ("is to be", "will be, must be; or say what to do"),
    ("are to be", "will be, must be; or say what to do"),
    ("be had", "be opened, read, used: say which"),
    ("at hand", "cached, available"),
    ("such as have", "that have, with"),
    ("of which that", "two sentences"),
    ("comes of it", "results"),
    ("come of it", "result"),
    ("found out", "determined, detected, computed: say which"),
    ("sought", "searched for"),
    ("goes by", "uses"),
];

/// Folders of code whose doc comments are read by users too: help texts, and the description of the APIs.
const DESCRIBED: [&str; 3] = ["crates/cli/src", "crates/server/src/v1", "crates/server/src/v2"];

/// Returns what is wrong with the words of a text, one message for each banned phrase.
fn wrong(file: &str, text: &Text) -> Vec<String> {
    let mut found = Vec::new();
    for (index, line) in text.text.lines().enumerate() {
        for (words, better) in BANNED.iter().filter(|(words, _)| contains_words(line, words)) {
            found.push(format!("{file}:{}: \"{words}\" -> {better}\n    {}", text.line + index, line.trim()));
        }
    }
    found
}

/// The text of a file that is prose as a whole, or code that is sent as it is.
fn whole(text: String) -> Vec<Text> {
    vec![Text { line: 1, text }]
}

#[test]
fn text_for_users_is_in_plain_words() {
    let mut found = Vec::new();
    let mut count = 0;
    let mut read = |file: &str, texts: Vec<Text>| {
        count += texts.len();
        found.extend(texts.iter().flat_map(|text| wrong(file, text)));
    };
    for (file, text) in
        crate::sources().into_iter().filter(|(file, _)| file.starts_with("crates/") && file.contains("/src/"))
    {
        read(&file, strings(Code::parse(&file, &text).shipped));
        if DESCRIBED.iter().any(|folder| file.starts_with(folder)) {
            read(&file, doc_comments(&text));
        }
    }
    for (file, text) in crate::documents().into_iter().filter(|(file, _)| !file.starts_with("tidy/")) {
        read(&file, whole(text));
    }
    for path in files::below(&files::root().join("crates/server/static"), "js") {
        read(
            &format!("crates/server/static/{}", path.file_name().unwrap().to_str().unwrap()),
            whole(files::read(&path)),
        );
    }
    read("Makefile", whole(files::read(&files::root().join("Makefile"))));
    crate::none("Say it in plain words:", &found);
    assert!(count > 1_000, "only {count} texts were read");
}

#[test]
fn a_banned_word_is_reported_with_a_better_one() {
    let text = Text { line: 7, text: "Fine.\nThe server is told.".into() };
    let message = "a.rs:8: \"told\" -> reported, parsed, stored, shown: say which\n    The server is told.";
    assert_eq!(wrong("a.rs", &text), [message]);
}
