//! The values of custom fields: how pages show them and forms read them.

use contact::{
    CUSTOM_TEXT_CHARS_MAX, CustomField, CustomType, CustomValue, CustomValues, FieldTarget, InboxId, Settings, Time,
    WrongValue,
};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::form::{FieldErrors, Form};
use super::format;
use crate::sentence::names::teammate_name;
use crate::sentence::values::{moment, plain};

/// Returns the custom fields of contacts or accounts, oldest first.
pub fn fields(settings: &Settings, target: FieldTarget) -> impl Iterator<Item = &CustomField> {
    settings.fields.values().filter(move |field| field.target == target)
}

/// Returns the section of a page with the values.
pub fn section(values: &CustomValues, settings: &Settings, target: FieldTarget, now: Time) -> Markup {
    let held: Vec<(&CustomField, &CustomValue)> =
        fields(settings, target).filter_map(|field| Some((field, values.get(&field.name)?))).collect();
    html! {
        section #custom aria-labelledby="custom-title" hidden[held.is_empty()] {
            h2 #custom-title { "Custom fields" }
            dl.given {
                @for (field, value) in held {
                    dt title=[Some(&field.description).filter(|text| !text.is_empty())] { bdi { (field.name) } }
                    dd dir="auto" { (shown(field, value, settings, now)) }
                }
            }
        }
    }
}

fn shown(field: &CustomField, value: &CustomValue, settings: &Settings, now: Time) -> Markup {
    match (&field.kind, value) {
        (CustomType::DateTime, CustomValue::Number(seconds)) => {
            moment(seconds).map_or_else(|| html! { (seconds) }, |time| format::moment(time, now))
        }
        (CustomType::Teammate, CustomValue::Text(email)) => {
            html! { bdi { (settings.teammate_by_email(email).map_or(email.as_str(), teammate_name)) } }
        }
        (CustomType::Inbox, CustomValue::Text(_)) => html! { "Inbox" },
        (_, value) => html! { (plain(value)) },
    }
}

/// Returns the inputs for all values, each with a hidden field that holds its current value.
pub fn inputs(
    settings: &Settings,
    target: FieldTarget,
    values: &CustomValues,
    sent: Option<&Form>,
    errors: &FieldErrors,
) -> Markup {
    html! {
        @for field in fields(settings, target) {
            @let (name, was) = names(field);
            @let now = values.get(&field.name).map(|value| text(field, value)).unwrap_or_default();
            @let value = sent.map_or_else(|| now.clone(), |sent| sent.lines(&name));
            input type="hidden" name=(was) value=(now);
            div.field {
                label for=(name) { bdi { (field.name) } }
                (input(field, settings, &value, errors.aria_invalid(&name)))
                @if !field.description.is_empty() { small id={ (name) "-hint" } dir="auto" { (field.description) } }
                (errors.show(&name))
            }
        }
    }
}

/// Returns the names of an input, and of the hidden field with its current value.
fn names(field: &CustomField) -> (String, String) {
    (format!("custom-{}", field.id), format!("custom-was-{}", field.id))
}

/// Returns a value as its input holds it, or an empty text if the input cannot hold it.
fn text(field: &CustomField, value: &CustomValue) -> String {
    match (&field.kind, value) {
        (CustomType::DateTime, CustomValue::Number(seconds)) => match moment(seconds) {
            Some(time) => {
                let at = Timestamp::from_millisecond(time.millis()).unwrap_or(Timestamp::UNIX_EPOCH);
                let at = TimeZone::UTC.to_datetime(at);
                // The format of browsers, so that an untouched input is sent unchanged.
                let format = if at.second() == 0 { "%Y-%m-%dT%H:%M" } else { "%Y-%m-%dT%H:%M:%S" };
                at.strftime(format).to_string()
            }
            None => String::new(),
        },
        (_, value) => plain(value),
    }
}

fn input(field: &CustomField, settings: &Settings, value: &str, wrong: Option<&'static str>) -> Markup {
    let (name, _) = names(field);
    let hint = Some(format!("{name}-hint")).filter(|_| !field.description.is_empty());
    let chosen = |options: Vec<(String, String)>| {
        let is_other = !value.is_empty() && !options.iter().any(|(option, _)| option == value);
        html! {
            select id=(name) name=(name) aria-invalid=[wrong] aria-describedby=[hint.as_deref()] {
                option value="" selected[value.is_empty()] { "Not set" }
                @if is_other { option value=(value) selected { (value) } }
                @for (option, label) in &options { option value=(option) selected[option == value] { (label) } }
            }
        }
    };
    match &field.kind {
        CustomType::String => html! {
            textarea.short id=(name) name=(name) rows="1" maxlength=(CUSTOM_TEXT_CHARS_MAX) dir="auto" aria-invalid=[wrong]
                aria-describedby=[hint.as_deref()] { "\n" (value) }
        },
        CustomType::Boolean => chosen(vec![("yes".into(), "Yes".into()), ("no".into(), "No".into())]),
        CustomType::DateTime => html! {
            div.with-unit {
                input id=(name) name=(name) type="datetime-local" value=(value) aria-invalid=[wrong]
                    aria-describedby=[hint.as_deref()];
                span { "UTC" }
            }
        },
        CustomType::Number => html! {
            input id=(name) name=(name) inputmode="decimal" value=(value) autocomplete="off" aria-invalid=[wrong]
                aria-describedby=[hint.as_deref()];
        },
        CustomType::Teammate => {
            let teammates = settings.teammates.values().filter(|teammate| !teammate.is_blocked);
            let option = |one: &contact::Teammate| (one.email.text().to_owned(), teammate_name(one).to_owned());
            chosen(teammates.map(option).collect())
        }
        CustomType::Inbox => chosen(vec![(InboxId::nth(field.id.company(), 1).to_string(), "Inbox".into())]),
        CustomType::Enum(choices) => chosen(choices.iter().map(|choice| (choice.clone(), choice.clone())).collect()),
    }
}

/// Returns all values after the form, if the form changes any.
pub fn read(
    form: &Form,
    settings: &Settings,
    target: FieldTarget,
    now: &CustomValues,
    errors: &mut FieldErrors,
) -> Option<CustomValues> {
    let known: CustomValues = fields(settings, target)
        .filter_map(|field| Some((field.name.clone(), now.get(&field.name)?.clone())))
        .collect();
    let mut then = known.clone();
    for field in fields(settings, target) {
        let (name, was) = names(field);
        if !form.has(&name) || !form.is_changed(&name, &was) {
            continue;
        }
        match value(field, form.lines(&name)) {
            Ok(Some(value)) => drop(then.insert(field.name.clone(), value)),
            Ok(None) => drop(then.remove(&field.name)),
            Err(why) => errors.add(name, html! { (why) }),
        }
    }
    (then != known).then_some(then)
}

fn value(field: &CustomField, text: String) -> Result<Option<CustomValue>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    Ok(Some(match &field.kind {
        CustomType::String | CustomType::Teammate | CustomType::Inbox | CustomType::Enum(_) => CustomValue::Text(text),
        CustomType::Boolean => match text.as_str() {
            "yes" => CustomValue::Bool(true),
            "no" => CustomValue::Bool(false),
            _ => return Err("Choose yes or no."),
        },
        CustomType::DateTime => {
            let at: Option<DateTime> = text.parse().ok();
            let at = at.and_then(|at| TimeZone::UTC.to_timestamp(at).ok()).ok_or("Enter a date and a time.")?;
            CustomValue::Number(at.as_second().to_string())
        }
        CustomType::Number => {
            let number: serde_json::Number =
                serde_json::from_str(&text).map_err(|_| "Enter a number, such as 12.5.")?;
            CustomValue::Number(number.to_string())
        }
    }))
}

/// Adds why a value was refused to the errors of its input.
pub fn refused(wrong: &WrongValue, settings: &Settings, target: FieldTarget, errors: &mut FieldErrors) {
    let field = fields(settings, target).find(|field| field.name == wrong.field);
    let input = field.map_or_else(|| "form".to_owned(), |field| names(field).0);
    errors.add(input, html! { bdi { (wrong.field) } " " (wrong.why) "." });
}
