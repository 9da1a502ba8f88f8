//! What files tell, as whoever reads or writes them sees it.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod anything;
mod bodies;
mod cards;
mod encodings;
mod limits;
mod maps;
mod previews;
mod products;
mod records;
mod roundtrip;

use contact::{
    Attribute, CompanyId, CustomField, CustomName, CustomType, CustomValue, FieldId, FieldTarget, Settings, Teammate,
    TeammateId, Time,
};
use files::{Format, Options, ParsedRow, Problem, Row, read};

/// A company with a custom field of every type, and a teammate.
fn settings() -> Settings {
    let company = CompanyId::new(7).unwrap();
    let choices = vec!["red".to_owned(), "=green; or so".to_owned()];
    let fields = [
        ("Size", CustomType::Number),
        ("VIP", CustomType::Boolean),
        ("Customer since", CustomType::DateTime),
        ("Since", CustomType::DateTime),
        ("Memo", CustomType::String),
        ("email", CustomType::String),
        ("=Color, \"hue\"", CustomType::Enum(choices)),
        ("Owner", CustomType::Teammate),
    ];
    let mut settings = Settings::default();
    for (n, (name, kind)) in (1..).zip(fields) {
        let (id, name) = (FieldId::nth(company, n), CustomName::parse(name).unwrap());
        let (target, description, created_at) = (FieldTarget::Contact, String::new(), Time::from_millis(0));
        settings.fields.insert(id, CustomField { id, target, name, description, kind, created_at });
    }
    let id = TeammateId::nth(company, 1);
    let email = contact::Handle::parse(contact::Source::Email, "alfred@wayne.inc", contact::Region::default()).unwrap();
    let (name, created_at) = (contact::Text::default(), Time::from_millis(0));
    settings.teammates.insert(id, Teammate { id, email, name, is_blocked: false, created_at });
    settings
}

fn options() -> Options {
    Options { settings: settings(), ..Options::default() }
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/samples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn rows_with(file: &[u8], format: Format, options: &Options) -> Vec<Row> {
    read(file, format, options).unwrap().map(Result::unwrap).collect()
}

fn rows(file: &[u8], format: Format) -> Vec<Row> {
    rows_with(file, format, &options())
}

/// A row in short form, with its line.
fn shown(row: &Row) -> String {
    match &row.parsed {
        Ok(parsed) => format!("{} {}", row.line, short_form(parsed)),
        Err(problems) => {
            format!("{} refused {}", row.line, problems.iter().map(problem_shown).collect::<Vec<_>>().join(" | "))
        }
    }
}

fn problem_shown(problem: &Problem) -> String {
    format!("[{}] {:?} {}", problem.column, problem.value, problem.reason)
}

fn short_form(row: &ParsedRow) -> String {
    let observation = &row.observation;
    let mut parts =
        vec![format!("{:?}", observation.attributes[Attribute::Name].as_ref().map_or("", |name| name.as_str()))];
    parts.extend(observation.handles.iter().map(|handle| handle.text().to_owned()));
    parts.extend(observation.links.iter().map(|link| link.as_str().to_owned()));
    parts.extend(row.lists.iter().map(|list| format!("#{}", list.as_str())));
    for (name, value) in &observation.custom {
        let value = match value {
            Some(CustomValue::Text(text)) => format!("{text:?}"),
            Some(CustomValue::Bool(truth)) => truth.to_string(),
            Some(CustomValue::Number(number)) => number.clone(),
            None => "none".into(),
        };
        parts.push(format!("{name}={value}"));
    }
    let others = observation.attributes.given().filter(|(attribute, _)| *attribute != Attribute::Name);
    parts.extend(others.map(|(_, text)| format!("{:?}", text.as_str())));
    let picture = observation.picture.iter().flatten();
    parts.extend(picture.map(|picture| format!("({} {})", picture.kind.media_type(), picture.content.len())));
    parts.extend(observation.properties.iter().map(|kept| format!("+{}", kept.name())));
    parts.extend(row.ignored.iter().map(|ignored| format!("-{ignored}")));
    parts.join(" ")
}

#[track_caller]
fn check(name: &str, format: Format, expected: &[&str]) {
    let shown: Vec<String> = rows(&sample(name), format).iter().map(shown).collect();
    assert_eq!(shown, expected, "{name}:\n{}", shown.join("\n"));
}
