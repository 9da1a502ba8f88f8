//! The documents name the commands, options, variables and defaults that `--help` shows, and all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::harness::Place;

/// The sections of `--help` with options.
const OPTIONS: [&str; 2] = ["Options", "Store and log"];

/// What `--help` shows of an option.
#[derive(Default, Debug)]
struct Shown {
    variable: Option<String>,
    default: Option<String>,
}

/// What `--help` shows of a command.
struct Help {
    commands: Vec<String>,
    options: BTreeMap<String, Shown>,
}

impl Help {
    fn of(place: &Place, command: &[&str]) -> Help {
        let text = place.says(&[command, &["--help"]].concat());
        let mut help = Help { commands: Vec::new(), options: BTreeMap::new() };
        let mut section = "";
        let mut option = String::new();
        for line in text.lines() {
            if let Some(title) = line.strip_suffix(':').filter(|line| !line.starts_with(' ')) {
                section = title;
            }
            let word = line.split_whitespace().next().unwrap_or_default();
            if section == "Commands" && line.starts_with("  ") && !line.starts_with("   ") && word != "help" {
                help.commands.push(word.to_owned());
            }
            if let Some((_, rest)) =
                line.split_once("--").filter(|(before, _)| OPTIONS.contains(&section) && is_start(before))
            {
                option = format!("--{}", rest.split([' ', ',', '[']).next().unwrap());
                help.options.entry(option.clone()).or_default();
            }
            if let Some(shown) = help.options.get_mut(&option) {
                let value = |name: &str| {
                    let (_, rest) = line.split_once(&format!("[{name}: "))?;
                    Some(rest.split(['=', ']']).next()?.to_owned())
                };
                shown.variable = value("env").or(shown.variable.take());
                shown.default = value("default").or(shown.default.take());
            }
        }
        help
    }
}

/// Whether an option is described after this start of a line: `      ` or `  -h, `.
fn is_start(before: &str) -> bool {
    before.trim().is_empty() || before.trim().len() == 3 && before.trim().starts_with('-')
}

/// Every command with its help, by its name: `company add`. The name of `kith` itself is empty.
fn commands() -> BTreeMap<String, Help> {
    let place = Place::new();
    let mut all = BTreeMap::new();
    let mut open = vec![String::new()];
    while let Some(name) = open.pop() {
        let help = Help::of(&place, &name.split_whitespace().collect::<Vec<_>>());
        open.extend(help.commands.iter().map(|command| format!("{name} {command}").trim().to_owned()));
        all.insert(name, help);
    }
    all
}

/// The documents for users: file and text.
fn documents() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let paths = docs.chain([root.join("README.md")]).filter(|path| path.extension().is_some_and(|name| name == "md"));
    paths.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}

/// What a text says between backticks, and the lines of its code blocks.
fn code(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_block = !is_block;
        } else if is_block {
            found.push(line);
        } else {
            found.extend(line.split('`').skip(1).step_by(2));
        }
    }
    found
}

/// The words of a command line up to a comment or another command.
fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().take_while(|word| !word.starts_with(['#', '|', '>', '&'])).collect()
}

#[test]
fn commands_in_documents_exist_and_take_their_options() {
    let commands = commands();
    let mut count = 0;
    for (file, text) in documents() {
        for line in code(&text).into_iter().map(|line| line.strip_prefix("target/release/").unwrap_or(line)) {
            let Some(line) = line.strip_prefix("kith ") else { continue };
            let words = words(line);
            let mut name = String::new();
            for word in &words {
                let help = &commands[&name];
                let is_name = word.chars().all(|sign| sign.is_ascii_lowercase());
                if help.commands.is_empty() || !is_name {
                    break;
                }
                assert!(help.commands.iter().any(|command| command == word), "{file}: there is no command kith {line}");
                name = format!("{name} {word}").trim().to_owned();
            }
            for option in words.iter().filter(|word| word.starts_with("--")) {
                assert!(commands[&name].options.contains_key(*option), "{file}: kith {name} has no {option}");
                count += 1;
            }
            count += 1;
        }
    }
    assert!(count > 50, "only {count} commands and options were found");
}

#[test]
fn options_in_documents_exist_with_their_variables_and_defaults() {
    let commands = commands();
    let find = |option: &str| commands.values().filter_map(|help| help.options.get(option)).collect::<Vec<_>>();
    let mut rows = 0;
    for (file, text) in documents() {
        for option in code(&text).into_iter().filter(|code| code.starts_with("--")) {
            let name = option.split([' ', '=']).next().unwrap();
            assert!(!find(name).is_empty(), "{file}: no command has {option}");
        }
        // A row of `--help` and `--version` has neither a variable nor a default.
        for row in text.lines().filter(|line| line.starts_with("| `--") && !line.contains("`, `--")) {
            let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
            let [_, option, variable, default, ..] = cells[..] else { panic!("{file}: {row}") };
            let shown = find(option.split(' ').next().unwrap());
            let is_so = |shown: &&Shown| {
                shown.variable.as_deref().unwrap_or_default() == variable
                    && shown.default.as_deref().is_none_or(|shown| shown == default)
            };
            assert!(shown.iter().any(is_so), "{file}: {option} has another variable or default: {shown:?}");
            rows += 1;
        }
    }
    assert!(rows > 30, "only {rows} rows of options were found");
}

#[test]
fn every_command_option_and_variable_is_documented() {
    let documents = documents();
    let text: String = documents.iter().map(|(_, text)| text.as_str()).collect();
    let codes: Vec<&str> = documents.iter().flat_map(|(_, text)| code(text)).collect();
    let has_word = |word: &str| codes.iter().any(|code| code.split([' ', '=', '`']).any(|found| found == word));
    let mut variables = BTreeSet::new();
    for (name, help) in commands() {
        let (parent, last) = name.rsplit_once(' ').unwrap_or(("", &name));
        // A row names a command and those next to it: `kith company add NAME`, `list`.
        let is_named = |line: &str| line.contains(&format!("kith {parent}")) && line.contains(&format!("`{last}"));
        assert!(text.contains(&format!("kith {name}")) || text.lines().any(is_named), "kith {name} is not documented");
        for (option, shown) in help.options {
            assert!(has_word(&option), "{option} of kith {name} is not documented");
            variables.extend(shown.variable);
        }
    }
    for variable in &variables {
        assert!(has_word(variable), "{variable} is not documented");
    }
    for word in
        text.split(|sign: char| !sign.is_ascii_uppercase() && sign != '_').filter(|word| word.starts_with("KITH_"))
    {
        assert!(variables.contains(word), "no option has the variable {word}");
    }
}

/// The keys of each line with a JSON object of this status.
fn keys_of_answers(text: &str) -> Vec<Vec<String>> {
    let objects = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let answers = objects.filter(|object| object["status"] == "accepted" && object.get("line").is_none());
    answers.map(|answer| answer.as_object().unwrap().keys().cloned().collect()).collect()
}

#[test]
fn the_answers_in_the_readme_have_the_keys_of_real_ones() {
    let place = Place::new();
    let server = place.serve();
    let real = keys_of_answers(&server.client().tell(&["bruce@wayne.inc"]).unwrap().body);
    let shown =
        keys_of_answers(&fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap());
    assert!(shown.len() > 1 && shown.iter().all(|keys| *keys == real[0]), "{shown:?} instead of {real:?}");
}
