//! No test sleeps to wait.

use proc_macro2::{TokenStream, TokenTree};
use tidy::code::Code;

/// What a comment in the line above says where a test may sleep: time passes at a peer, or a helper polls.
const ALLOWED: &str = "// sleeps: ";

/// The lines in which something that is called `sleep` is called.
fn sleeps(tokens: TokenStream) -> Vec<usize> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => found.extend(sleeps(group.stream())),
            TokenTree::Ident(name) if name == "sleep" && matches!(tokens.get(at + 1), Some(TokenTree::Group(_))) => {
                found.push(name.span().start().line);
            }
            _ => {}
        }
    }
    found
}

#[test]
fn no_test_sleeps_to_wait() {
    let mut found = Vec::new();
    for (file, text) in crate::sources().into_iter().filter(|(file, _)| !file.starts_with("fuzz/")) {
        let code = Code::parse(&file, &text);
        let tests = if file.contains("/tests/") { code.shipped } else { code.tests };
        let lines: Vec<&str> = text.lines().collect();
        for line in sleeps(tests) {
            let before = line.checked_sub(2).and_then(|before| lines.get(before)).unwrap_or(&"");
            if !before.trim().starts_with(ALLOWED) {
                found.push(format!("{file}:{line}: {}", lines[line - 1].trim()));
            }
        }
    }
    crate::none(
        "Wait with `wait::until` for what the test needs, or say in the line above why time must pass: `// sleeps: …`",
        &found,
    );
}

#[test]
fn sleeps_are_found_in_every_form() {
    let code = "fn f() { thread::sleep(A);\n tokio::time::sleep(B).await; select! { () = sleep(C) => {} }\n sleep_less(D); a.sleep }";
    assert_eq!(sleeps(code.parse().unwrap()), [1, 2, 2]);
}
