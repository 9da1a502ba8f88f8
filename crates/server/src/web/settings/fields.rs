//! The settings page of custom fields, which a company adds to its contacts and accounts.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{
    Attribute, CUSTOM_NAME_CHARS_MAX, CUSTOM_TEXT_CHARS_MAX, CustomField, CustomName, CustomType, FieldId, FieldTarget,
};
use maud::{Markup, html};

use super::{Tab, table};
use crate::App;
use crate::web::error::{Error, refusal};
use crate::web::form::{self, FieldErrors, Form, SubmittedForm};
use crate::web::format;
use crate::web::parts::Path;
use crate::web::session::SignedIn;

/// The types and their labels.
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
    show(&app, &by, None, &FieldErrors::default()).await
}

async fn show(app: &App, by: &SignedIn, sent: Option<&Form>, errors: &FieldErrors) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let now = app.hub.now();
    let rows = settings.fields.values().map(|field| {
        let name = html! {
            bdi { (field.name) }
            @if !field.description.is_empty() { p.small.muted dir="auto" { (field.description) } }
        };
        let delete = form::confirm(
            by,
            &format!("/app/settings/fields/{}/delete", field.id),
            "Delete",
            field.name.as_str(),
            "Its values are no longer shown. This cannot be undone.",
        );
        let since = format::time(field.created_at, now);
        (field.id.to_string(), [name, kind(field), html! { (target(field.target)) }, since, delete])
    });
    let content = html! {
        section aria-labelledby="fields-title" {
            h2 #fields-title { "Custom fields" }
            p { "Facts about contacts and accounts that Kith has no field for." }
            div #fields data-live="directory" data-announce="The custom fields have changed." {
                @if settings.fields.is_empty() { p.nothing { "None yet." } }
                @else { (table("custom fields", ["Name", "Type", "Applies to", "Created", "Actions"], rows)) }
            }
        }
        section aria-labelledby="add-title" {
            h2 #add-title { "New custom field" }
            (add(by, sent, errors))
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

fn add(by: &SignedIn, sent: Option<&Form>, errors: &FieldErrors) -> Markup {
    let value = |field: &str| sent.map(|sent| sent.lines(field)).unwrap_or_default();
    html! {
        form #add.form method="post" action="/app/settings/fields" {
            (form::token(by))
            div.field {
                label for="name" { "Name" }
                input #name name="name" value=(value("name")) maxlength=(CUSTOM_NAME_CHARS_MAX) dir="auto"
                    autocomplete="off" required aria-invalid=[errors.aria_invalid("name")];
                (errors.show("name"))
            }
            div.field {
                label for="target" { "Applies to" }
                select #target name="target" aria-invalid=[errors.aria_invalid("target")] {
                    @for one in [FieldTarget::Contact, FieldTarget::Account] {
                        option value=(one.name()) selected[value("target") == one.name()] { (target(one)) }
                    }
                }
                (errors.show("target"))
            }
            div.field {
                label for="type" { "Type" }
                select #type name="type" aria-invalid=[errors.aria_invalid("type")] {
                    @for (name, label) in TYPES { option value=(name) selected[value("type") == name] { (label) } }
                }
                (errors.show("type"))
            }
            div.field {
                label for="choices" { "Choices" }
                textarea #choices name="choices" rows="2" dir="auto" aria-describedby="choices-hint"
                    aria-invalid=[errors.aria_invalid("choices")] { "\n" (value("choices")) }
                small #choices-hint { "One per line, for the type “One of these choices”. Empty for every other type." }
                (errors.show("choices"))
            }
            div.field {
                label for="description" { "Description" }
                input #description name="description" value=(value("description")) maxlength=(CUSTOM_TEXT_CHARS_MAX)
                    dir="auto" autocomplete="off" aria-invalid=[errors.aria_invalid("description")];
                (errors.show("description"))
            }
            div.actions { button.primary { "Create" } }
        }
    }
}

pub async fn create(State(app): State<App>, sent: SubmittedForm) -> Result<Response, Error> {
    let SubmittedForm { by, form } = sent;
    let mut errors = FieldErrors::default();
    let name = errors.check("name", CustomName::parse(form.get("name")));
    let target: Option<FieldTarget> = errors.check("target", form.get("target").parse());
    let choices = form.lines("choices");
    let choices = choices.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let kind = match CustomType::parse(form.get("type"), choices) {
        Err(why @ contact::Invalid::Choices) => errors.check("choices", Err(why)),
        kind => errors.check("type", kind),
    };
    let description = errors.check("description", Attribute::Description.parse(form.get("description")));
    if let (Some(name), Some(target), Some(kind), Some(description)) = (name, target, kind, description) {
        let description = description.as_str().to_owned();
        match app.hub.make_field(by.company.id, target, name, description, kind, by.origin).await {
            Ok(_) => return Ok(Redirect::to("/app/settings/fields").into_response()),
            Err(error) => errors.add("name", html! { (refusal(error)?) }),
        }
    }
    let page = show(&app, &by, Some(&form), &errors).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

pub async fn delete(State(app): State<App>, Path(id): Path<String>, sent: SubmittedForm) -> Result<Redirect, Error> {
    let id: FieldId = id.parse().map_err(|_| Error::NotFound("Custom field not found."))?;
    app.hub.delete_field(sent.by.company.id, id, sent.by.origin).await?;
    Ok(Redirect::to("/app/settings/fields"))
}
