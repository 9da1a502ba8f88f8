//! Custom fields: what the company keeps of its contacts and accounts beside what all_contacts keeps.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{
    Attribute, CUSTOM_NAME_CHARS_MAX, CUSTOM_TEXT_CHARS_MAX, CustomField, CustomName, CustomType, FieldId, FieldTarget,
};
use maud::{Markup, html};

use super::{Tab, table};
use crate::App;
use crate::web::error::{Error, refusal};
use crate::web::form::{Form, Reasons, Sent};
use crate::web::session::SignedIn;
use crate::web::{layout, words};

/// The types by name, and what a page calls them.
const TYPES: [(&str, &str); 7] = [
    ("string", "Text"),
    ("boolean", "Yes or no"),
    ("datetime", "Date and time"),
    ("number", "Number"),
    ("teammate", "Teammate"),
    ("inbox", "Inbox"),
    ("enum", "One of these choices"),
];

pub async fn page(State(app): State<App>, by: SignedIn) -> Result<Markup, Error> {
    show(&app, &by, None, &Reasons::default()).await
}

async fn show(app: &App, by: &SignedIn, sent: Option<&Form>, reasons: &Reasons) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let now = app.hub.now();
    let rows = settings.fields.values().map(|field| {
        let name = html! {
            bdi { (field.name) }
            @if !field.description.is_empty() { p.small.muted dir="auto" { (field.description) } }
        };
        let delete = layout::confirm(
            by,
            &format!("/app/settings/fields/{}/delete", field.id),
            "Delete",
            field.name.as_str(),
            "Its values are shown no more. This cannot be taken back.",
        );
        let since = words::time(field.created_at, now);
        (field.id.to_string(), [name, kind(field), html! { (target(field.target)) }, since, delete])
    });
    let content = html! {
        section aria-labelledby="fields-title" {
            h2 #fields-title { "Custom fields" }
            p { "What you keep of contacts and accounts beside what all_contacts keeps." }
            div #fields data-live="directory" data-said="The custom fields have changed." {
                @if settings.fields.is_empty() { p.nothing { "None yet." } }
                @else { (table("custom fields", ["Name", "Holds", "Of", "Since", "Actions"], rows)) }
            }
        }
        section aria-labelledby="add-title" {
            h2 #add-title { "Make a custom field" }
            (add(by, sent, reasons))
        }
    };
    Ok(Tab::Fields.show(seen, &content))
}

fn kind(field: &CustomField) -> Markup {
    let name = TYPES.iter().find(|(name, _)| *name == field.kind.name()).map_or("", |(_, label)| label);
    html! {
        @match &field.kind {
            CustomType::Enum(choices) => { "One of " bdi { (choices.join(", ")) } },
            _ => (name),
        }
    }
}

fn target(target: FieldTarget) -> &'static str {
    match target {
        FieldTarget::Contact => "Contacts",
        FieldTarget::Account => "Accounts",
    }
}

fn add(by: &SignedIn, sent: Option<&Form>, reasons: &Reasons) -> Markup {
    let value = |field: &str| sent.map(|sent| sent.lines(field)).unwrap_or_default();
    html! {
        form #add.form method="post" action="/app/settings/fields" {
            (layout::token(by))
            div.field {
                label for="name" { "Name" }
                input #name name="name" value=(value("name")) maxlength=(CUSTOM_NAME_CHARS_MAX) dir="auto"
                    autocomplete="off" required aria-invalid=[reasons.wrong("name")];
                (reasons.why("name"))
            }
            div.field {
                label for="target" { "Of" }
                select #target name="target" aria-invalid=[reasons.wrong("target")] {
                    @for one in [FieldTarget::Contact, FieldTarget::Account] {
                        option value=(one.name()) selected[value("target") == one.name()] { (target(one)) }
                    }
                }
                (reasons.why("target"))
            }
            div.field {
                label for="type" { "Holds" }
                select #type name="type" aria-invalid=[reasons.wrong("type")] {
                    @for (name, label) in TYPES { option value=(name) selected[value("type") == name] { (label) } }
                }
                (reasons.why("type"))
            }
            div.field {
                label for="choices" { "Choices" }
                textarea #choices name="choices" rows="2" dir="auto" aria-describedby="choices-hint"
                    aria-invalid=[reasons.wrong("choices")] { "\n" (value("choices")) }
                small #choices-hint { "One a line, for a field that holds one of them. Empty for any other." }
                (reasons.why("choices"))
            }
            div.field {
                label for="description" { "Description" }
                input #description name="description" value=(value("description")) maxlength=(CUSTOM_TEXT_CHARS_MAX)
                    dir="auto" autocomplete="off" aria-invalid=[reasons.wrong("description")];
                (reasons.why("description"))
            }
            div.actions { button.primary { "Make the field" } }
        }
    }
}

pub async fn make(State(app): State<App>, sent: Sent) -> Result<Response, Error> {
    let Sent { by, form } = sent;
    let mut reasons = Reasons::default();
    let name = reasons.take("name", CustomName::parse(form.get("name")));
    let target: Option<FieldTarget> = reasons.take("target", form.get("target").parse());
    let choices = form.lines("choices");
    let choices = choices.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let kind = match CustomType::parse(form.get("type"), choices) {
        Err(why @ contact::Invalid::Choices) => reasons.take("choices", Err(why)),
        kind => reasons.take("type", kind),
    };
    let description = reasons.take("description", Attribute::Description.parse(form.get("description")));
    if let (Some(name), Some(target), Some(kind), Some(description)) = (name, target, kind, description) {
        let description = description.as_str().to_owned();
        match app.hub.make_field(by.company.id, target, name, description, kind, by.origin).await {
            Ok(_) => return Ok(Redirect::to("/app/settings/fields").into_response()),
            Err(error) => reasons.add("name", html! { (refusal(error)?) }),
        }
    }
    let page = show(&app, &by, Some(&form), &reasons).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

pub async fn delete(State(app): State<App>, Path(id): Path<String>, sent: Sent) -> Result<Redirect, Error> {
    let id: FieldId = id.parse().map_err(|_| Error::NotFound("There is no such custom field."))?;
    app.hub.delete_field(sent.by.company.id, id, sent.by.origin).await?;
    Ok(Redirect::to("/app/settings/fields"))
}
