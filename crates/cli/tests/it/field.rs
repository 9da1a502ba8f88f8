//! Files as products and people write them: `tests/field/files/README.md` describes the cases and what is right.

mod app;
mod bulk;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use crate::harness::{Done, Place, finish};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/field/files");
const THREADS: usize = 4;

/// A case while it is tried.
struct Case {
    name: String,
    /// Its `case.json`.
    script: Value,
    place: Place,
    files: Vec<String>,
    /// What is wrong.
    wrong: Vec<String>,
    /// The rows that the import refused.
    refused: u64,
}

#[test]
fn files_of_the_world_are_read_as_they_are_meant() {
    check_all(|folder| Case::of(folder).run());
}

/// Tries all cases, some at once. `check` returns what is wrong.
fn check_all(check: impl Fn(&Path) -> Option<String> + Sync) {
    let mut folders: Vec<PathBuf> = fs::read_dir(CASES).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("case.json").exists());
    folders.sort();
    assert!(folders.len() > 50, "the cases are there");
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(folder) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
                    wrong.lock().unwrap().extend(check(folder));
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "{}\n{} of {} cases are wrong", wrong.join("\n"), wrong.len(), folders.len());
}

impl Case {
    fn of(folder: &Path) -> Case {
        let case: Value = serde_json::from_slice(&fs::read(folder.join("case.json")).unwrap()).unwrap();
        let place = Place::new();
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let (path, name) = entry.map(|entry| (entry.path(), entry.file_name().into_string().unwrap())).unwrap();
            if name != "case.json" {
                fs::copy(path, place.path(&name)).unwrap();
                files.push(name);
            }
        }
        if let Some(make) = case.get("make") {
            let (head, row) = (make["head"].as_str().unwrap_or_default(), make["row"].as_str().unwrap());
            let rows = (0..make["count"].as_u64().unwrap()).map(|number| row.replace("{i}", &number.to_string()));
            let name = make["name"].as_str().or_else(|| make["file"].as_str()).unwrap_or("made.csv").to_owned();
            fs::write(place.path(&name), head.to_owned() + &rows.collect::<String>()).unwrap();
            files.push(name);
        }
        files.sort();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        Case { name, script: case, place, files, wrong: Vec::new(), refused: 0 }
    }

    fn expect(&self, key: &str) -> Value {
        self.script["expect"][key].clone()
    }

    /// Says what is wrong.
    fn run(mut self) -> Option<String> {
        self.company(&self.place, "wayne");
        let dry = self.import(&["--dry-run"]);
        let done = self.import(&["--json"]);
        self.refused = rows_refused(&done.0.out);
        if self.expect("fails") == true && done.0.code == Some(0) {
            self.wrong.push("was not refused whole".into());
        }
        let exported = self.place.run(&["export", "wayne", "--format", "jsonl"]).out;
        let cards = self.place.run(&["export", "wayne", "--format", "vcard"]).out;
        self.people(&exported);
        self.said(&dry, &done, &(exported.clone() + &cards));
        for export in list(&self.expect("exports")) {
            self.export(&export, &exported);
        }
        self.verdict()
    }

    /// What is wrong, if anything.
    fn verdict(&self) -> Option<String> {
        let (name, about) = (&self.name, self.script["about"].as_str().unwrap());
        (!self.wrong.is_empty()).then(|| format!("{name}: {about}\n    {}", self.wrong.join("\n    ")))
    }

    /// A name of a company for this case alone.
    fn company_name(&self) -> String {
        self.name.chars().filter(char::is_ascii_alphanumeric).take(30).collect()
    }

    /// Adds a company, and returns what is said of it.
    fn company(&self, place: &Place, name: &str) -> String {
        let said = place.says(&["company", "add", name, "--region", self.script["region"].as_str().unwrap()]);
        for (field, kind) in self.script["fields"].as_object().into_iter().flatten() {
            place.says(&["field", "add", name, "--name", field, "--type", kind.as_str().unwrap()]);
        }
        said
    }

    /// What a run said, and its reports.
    fn import(&self, more: &[&str]) -> (Done, String) {
        let arguments =
            list(&self.script["args"]).iter().map(|argument| argument.as_str().unwrap().to_owned()).collect();
        let arguments: Vec<String> = arguments;
        let is_piped = self.script["stdin"] == true;
        let mut command = self.place.kith(&["import", "wayne"]);
        let reports: Vec<String> = if is_piped {
            command.arg("-").args(["--report", "out.csv"]);
            command.stdin(Stdio::from(File::open(self.place.path(&self.files[0])).unwrap()));
            vec!["out.csv".into()]
        } else {
            command.args(&self.files);
            let kind = if more.contains(&"--dry-run") { "dry-run" } else { "report" };
            self.files.iter().map(|file| format!("{file}.{kind}.csv")).collect()
        };
        let done = finish(command.args(arguments).args(more));
        let read = |name: String| fs::read_to_string(self.place.path(&name)).unwrap_or_default();
        let reports = reports.into_iter().map(read).collect();
        (done, reports)
    }

    fn people(&mut self, exported: &str) {
        let Value::Array(expected) = self.expect("people") else { return };
        let ignored: Vec<(String, String)> = list(&self.expect("ignore")).iter().map(handle).collect();
        let mut found: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut missing = Vec::new();
        let mut refused_instead = 0;
        for person in expected {
            let is_refusable = list_or_one(&person["or"]).iter().any(|or| or == "refused");
            let other = person["or"].as_object().map(|or| {
                let mut other = person.clone();
                or.iter().for_each(|(key, value)| other[key] = value.clone());
                other
            });
            let at = found.iter().position(|found| {
                is_person(found, &person, &ignored)
                    || other.as_ref().is_some_and(|other| is_person(found, other, &ignored))
            });
            match at {
                Some(at) => drop(found.swap_remove(at)),
                None if is_refusable => refused_instead += 1,
                None => missing.push(person),
            }
        }
        for person in missing {
            self.wrong.push(format!("is missing: {person}"));
        }
        for person in found {
            self.wrong.push(format!("should not be: {person}"));
        }
        if let Some(refused) = self.expect("refused").as_u64()
            && refused + refused_instead != self.refused
        {
            self.wrong.push(format!("{} rows are refused, not {}", self.refused, refused + refused_instead));
        }
    }

    fn said(&mut self, dry: &(Done, String), done: &(Done, String), exported: &str) {
        let all = |(run, report): &(Done, String)| plain(&format!("{}{}{report}", run.out, run.err));
        let (dry, done) = (all(dry), all(done));
        let mut wrong = Vec::new();
        for text in texts(&self.expect("said")) {
            for (run, said) in [("the dry run", &dry), ("the import", &done)] {
                if !said.contains(&plain(&text)) {
                    wrong.push(format!("{run} does not say {text:?}: {said}"));
                }
            }
        }
        for text in texts(&self.expect("not_said")) {
            if dry.contains(&plain(&text)) || done.contains(&plain(&text)) {
                wrong.push(format!("is said: {text:?}"));
            }
        }
        for texts in list(&self.expect("foreseen")) {
            if !texts_of(&texts).iter().any(|text| dry.contains(&plain(text))) {
                wrong.push(format!("the dry run does not say {texts}: {dry}"));
            }
        }
        let exported = exported.to_lowercase();
        for values in list(&self.expect("not_lost")) {
            let values = texts_of(&values);
            let name = plain(&values[0]);
            let is_said = dry.contains(&name) && done.contains(&name);
            if !is_said && !values[1..].iter().any(|value| exported.contains(&value.to_lowercase())) {
                wrong.push(format!("is lost: {values:?}"));
            }
        }
        self.wrong.extend(wrong);
    }

    fn export(&mut self, export: &Value, all: &str) {
        let arguments = texts(&export["args"]);
        let given: Vec<&str> = ["export", "wayne"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        let done = self.place.run(&given);
        let mut wrong = Vec::new();
        for text in texts(&export["has"]).iter().filter(|text| !done.out.contains(*text)) {
            wrong.push(format!("{arguments:?} has no {text:?}: {}", done.out));
        }
        for text in texts(&export["lacks"]).iter().filter(|text| done.out.contains(*text)) {
            wrong.push(format!("{arguments:?} has {text:?}"));
        }
        if let Some(people) = export["people"].as_u64() {
            let has_header =
                !["jsonl", "vcard"].iter().any(|format| arguments.iter().any(|argument| argument == format));
            let count = done.out.lines().count() as u64 - u64::from(has_header);
            if count != people && done.code == Some(0) && done.err.is_empty() {
                wrong.push(format!("{arguments:?} has {count} people of {people}, and does not say so"));
            }
        }
        if export["plain_cells"] == true {
            for cell in formulas(&done.out) {
                wrong.push(format!("{arguments:?} has a cell that is a formula: {cell}"));
            }
        }
        if export["back"] == true {
            let place = Place::new();
            self.company(&place, "gotham");
            let name = match arguments.iter().find(|argument| ["jsonl", "vcard"].contains(&argument.as_str())) {
                Some(format) if format == "vcard" => "back.vcf",
                Some(_) => "back.jsonl",
                None => "back.csv",
            };
            fs::write(place.path(name), &done.out).unwrap();
            let back = place.run(&["import", "gotham", name]);
            let again = place.run(&["export", "gotham", "--format", "jsonl"]).out;
            let people = |text: &str| text.lines().map(people_key).collect::<BTreeSet<_>>();
            if people(&again) != people(all) {
                wrong.push(format!("{arguments:?} does not come back: {}{}\n{again}", back.out, back.err));
            }
        }
        self.wrong.extend(wrong);
    }
}

/// A person of an export as JSON Lines, in a form that can be compared.
fn people_key(line: &str) -> String {
    let person: Value = serde_json::from_str(line).unwrap();
    let handles: BTreeSet<_> = list(&person["fields"]).iter().map(field).collect();
    let links: BTreeSet<String> = list(&person["link"]).iter().map(|link| link["url"].to_string()).collect();
    let lists: BTreeSet<String> = texts(&person["lists"]).into_iter().collect();
    format!("{} {} {handles:?} {links:?} {lists:?} {}", person["name"], person["description"], person["custom_fields"])
}

fn is_person(found: &Value, person: &Value, ignored: &[(String, String)]) -> bool {
    let given = |key: &str| person.get(key);
    let handles: BTreeSet<_> = list(&found["fields"]).iter().map(field).filter(|it| !ignored.contains(it)).collect();
    let lines = |text: &Value| text.as_str().unwrap_or_default().replace("\r\n", "\n");
    let keys = |value: &[String]| value.iter().map(|link| link_key(link)).collect::<BTreeSet<_>>();
    let found_links: Vec<String> =
        list(&found["link"]).iter().map(|link| link["url"].as_str().unwrap().to_owned()).collect();
    let set = |texts: Vec<String>| texts.into_iter().collect::<BTreeSet<_>>();
    given("name").is_none_or(|name| *name == found["name"])
        && given("handles").is_none_or(|wanted| list(wanted).iter().map(handle).collect::<BTreeSet<_>>() == handles)
        && given("description").is_none_or(|text| lines(text) == lines(&found["description"]))
        && given("links").is_none_or(|wanted| keys(&texts(wanted)) == keys(&found_links))
        && given("lists").is_none_or(|wanted| set(texts(wanted)) == set(texts(&found["lists"])))
        && given("custom").is_none_or(|wanted| {
            wanted.as_object().unwrap().iter().all(|(name, value)| custom_is(&found["custom_fields"][name], value))
        })
        && given("keeps").is_none_or(|wanted| {
            let all = found.to_string().to_lowercase();
            list(wanted).iter().all(|one| texts_of(one).iter().any(|text| all.contains(&text.to_lowercase())))
        })
}

/// A custom value; a date is a day or the seconds of its midnight.
fn custom_is(found: &Value, wanted: &Value) -> bool {
    if found == wanted || text_of(found) == text_of(wanted) {
        return true;
    }
    let day = wanted.as_str().and_then(|day| format!("{day}T00:00:00Z").parse::<jiff::Timestamp>().ok());
    day.is_some_and(|day| found.as_i64() == Some(day.as_second()))
}

/// A source and a handle, as `case.json` has them.
fn handle(pair: &Value) -> (String, String) {
    handle_key(pair[0].as_str().unwrap(), pair[1].as_str().unwrap())
}

/// The same of an export.
fn field(field: &Value) -> (String, String) {
    handle_key(field["source"].as_str().unwrap(), field["handle"].as_str().unwrap())
}

fn handle_key(source: &str, value: &str) -> (String, String) {
    let value = match source {
        "email" => value.to_lowercase(),
        "twitter" => value.trim_start_matches('@').to_lowercase(),
        _ => value.to_owned(),
    };
    (source.to_owned(), value)
}

fn link_key(link: &str) -> String {
    let (scheme, rest) = link.split_once("://").unwrap_or(("", link));
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{scheme}://{}{}", host.to_lowercase(), path.trim_end_matches('/'))
}

/// Cells that a spreadsheet takes for formulas, whichever separator it splits rows at.
fn formulas(csv: &str) -> Vec<String> {
    let mut found = Vec::new();
    for separator in *b",;\t" {
        let mut reader = csv::ReaderBuilder::new();
        let mut rows = reader.has_headers(false).flexible(true).delimiter(separator).from_reader(csv.as_bytes());
        for cell in rows.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()) {
            if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
                found.push(cell);
            }
        }
    }
    found
}

fn rows_refused(json: &str) -> u64 {
    let results = serde_json::Deserializer::from_str(json).into_iter::<Value>();
    let results: Vec<Value> = results.map_while(Result::ok).collect();
    let refused = |result: &Value| match result {
        Value::Array(results) => results.iter().filter_map(|result| result["refused"].as_u64()).sum(),
        result => result["refused"].as_u64().unwrap_or_default(),
    };
    results.iter().map(refused).sum()
}

/// Without case, and without what groups digits.
fn plain(text: &str) -> String {
    let chars: Vec<char> = text.to_lowercase().chars().collect();
    let is_digit = |at: Option<&char>| at.is_some_and(char::is_ascii_digit);
    let grouped = |at: usize| {
        matches!(chars[at], ',' | ' ' | '\u{a0}' | '.')
            && is_digit(at.checked_sub(1).and_then(|at| chars.get(at)))
            && chars[at + 1..].iter().take(3).filter(|c| c.is_ascii_digit()).count() == 3
            && !is_digit(chars.get(at + 4))
    };
    (0..chars.len()).filter(|at| !grouped(*at)).map(|at| chars[at]).collect()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn list_or_one(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

fn texts(value: &Value) -> Vec<String> {
    list(value).iter().map(text_of).collect()
}

fn texts_of(value: &Value) -> Vec<String> {
    list_or_one(value).iter().map(text_of).collect()
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
