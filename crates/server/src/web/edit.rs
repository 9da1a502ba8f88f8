//! Edits a contact. Saves only the fields that were changed.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{
    Attribute, AttributeSpec, Contact, FieldTarget, HANDLE_BYTES_MAX, Handle, HandleDecision, HandleKey,
    LINK_BYTES_MAX, Link, NotUsed, PICTURE_BYTES_MAX, Picture, PictureType, Settings, Source, Update,
};
use maud::{Markup, html};

use super::error::Error;
use super::form::{self, FieldErrors, Form, SubmittedFormWithFile};
use super::layout::{self, NavItem, Page};
use super::parts::Path;
use super::person::{self, display_name};
use super::session::SignedIn;
use super::{custom, format};
use crate::App;

/// Sources of handles that a person can enter.
const SOURCES: [Source; 3] = [Source::Email, Source::Phone, Source::Twitter];

pub async fn page(State(app): State<App>, Path(id): Path<String>, by: SignedIn) -> Result<Markup, Error> {
    let contact = person::find(&app, &by, &id).await?;
    show(&app, &by, &contact, None, &FieldErrors::default()).await
}

async fn show(
    app: &App,
    by: &SignedIn,
    contact: &Contact,
    sent: Option<&Form>,
    errors: &FieldErrors,
) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let shared = app.hub.shared_handles(by.company.id, contact.id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let page = format!("/app/contacts/{}", contact.id);
    let content = html! {
        (layout::back_link(&page, &html! { bdi { (display_name(contact)) } }))
        h1 { "Edit " bdi { (display_name(contact)) } }
        form #edit.form method="post" action={ (page) "/edit" } enctype="multipart/form-data" data-live={ (contact.id) " directory" }
            data-announce="This contact has changed meanwhile." {
            (form::token(by))
            (errors.show("form"))
            (texts(contact, sent, errors))
            (picture(contact, errors))
            (custom::inputs(&settings, FieldTarget::Contact, &contact.custom, sent, errors))
            (handles(contact, &shared, sent, errors))
            (links(contact, sent, errors))
            div.actions {
                button.primary { "Save" }
                a.button href=(page) { "Cancel" }
            }
        }
    };
    Ok(Page { nav: NavItem::Contacts, title: "Edit", seen }.render("page", &content))
}

fn texts(contact: &Contact, sent: Option<&Form>, errors: &FieldErrors) -> Markup {
    html! {
        @for (attribute, text) in contact.attributes.iter() {
            input type="hidden" name={ (attribute.key()) "-was" } value=(text.as_str());
        }
        @for (attribute, text) in contact.attributes.iter() {
            (text_field(attribute, &value(sent, attribute.key(), text.as_str()), errors))
        }
    }
}

fn text_field(attribute: Attribute, value: &str, errors: &FieldErrors) -> Markup {
    let AttributeSpec { key, label, chars_max, is_multiline, .. } = *attribute.spec();
    let hint = match attribute {
        Attribute::Description => Some("Shown above each conversation with this contact."),
        Attribute::Birthday => Some("Such as 1980-02-03."),
        Attribute::Address => Some("One address per line."),
        _ => None,
    };
    html! {
        div.field {
            label for=(key) { (label) }
            @if is_multiline {
                textarea id=(key) name=(key) rows="2" maxlength=(chars_max) dir="auto"
                    aria-describedby=[hint.map(|_| format!("{key}-hint"))] aria-invalid=[errors.aria_invalid(key)] { "\n" (value) }
            } @else {
                input id=(key) name=(key) value=(value) maxlength=(chars_max) dir="auto" autocomplete="off"
                    aria-describedby=[hint.map(|_| format!("{key}-hint"))] aria-invalid=[errors.aria_invalid(key)];
            }
            @if let Some(hint) = hint { small id={ (key) "-hint" } { (hint) } }
            (errors.show(key))
        }
    }
}

fn picture(contact: &Contact, errors: &FieldErrors) -> Markup {
    html! {
        div.field {
            label for="picture" { "Picture" }
            input #picture type="file" name="picture" accept=(PictureType::ALL.map(PictureType::media_type).join(","))
                aria-describedby="picture-hint" aria-invalid=[errors.aria_invalid("picture")];
            small #picture-hint {
                "PNG, JPEG, GIF or WebP, at most " (PICTURE_BYTES_MAX / 1024 / 1024) " MiB."
                @if contact.picture.is_some() { " It replaces the current picture." }
            }
            (errors.show("picture"))
            @if contact.picture.is_some() {
                label.check { input type="checkbox" name="remove-picture" value="yes"; "Remove the picture" }
            }
        }
    }
}

fn handles(
    contact: &Contact,
    shared: &BTreeMap<HandleKey, NotUsed>,
    sent: Option<&Form>,
    errors: &FieldErrors,
) -> Markup {
    html! {
        fieldset {
            legend { "Handles" }
            p { "A shared handle, such as a switchboard, never merges contacts." }
            ul #kept-handles.kept {
                @for (n, handle) in contact.handles.iter().enumerate() {
                    (kept_handle(n, handle, shared.contains_key(handle.key())))
                }
            }
            div #new-handles {
                div.new-row {
                    select name="new-source" aria-label="Source of the new handle" {
                        @for source in SOURCES {
                            option value=(source.name()) selected[value(sent, "new-source", "") == source.name()] {
                                (format::source(source))
                            }
                        }
                    }
                    input name="new-handle" value=(value(sent, "new-handle", "")) maxlength=(HANDLE_BYTES_MAX)
                        aria-label="New handle" autocomplete="off" aria-invalid=[errors.aria_invalid("new-handle")];
                }
            }
            (errors.show("new-handle"))
        }
    }
}

fn links(contact: &Contact, sent: Option<&Form>, errors: &FieldErrors) -> Markup {
    html! {
        fieldset {
            legend { "Links" }
            ul #kept-links.kept.links-kept {
                @for (n, link) in contact.links.iter().enumerate() { (kept_link(n, link)) }
            }
            div #new-links {
                div.new-row.one {
                    input type="url" name="new-link" value=(value(sent, "new-link", "")) maxlength=(LINK_BYTES_MAX)
                        placeholder="https://" aria-label="New link" autocomplete="off"
                        aria-invalid=[errors.aria_invalid("new-link")];
                }
            }
            (errors.show("new-link"))
        }
    }
}

/// Returns the value of a field: the submitted one, or else the current one.
fn value(sent: Option<&Form>, field: &str, now: &str) -> String {
    sent.map_or_else(|| now.to_owned(), |sent| sent.get(field).to_owned())
}

fn kept_handle(n: usize, handle: &Handle, is_shared: bool) -> Markup {
    let key = format!("{}:{}", handle.key().source().name(), handle.key().as_str());
    html! {
        li id={ "kept-" (key) } {
            span { (format::source(handle.key().source())) }
            bdi { (handle.text()) }
            input type="hidden" name="handle" value=(key);
            label.check {
                input type="checkbox" name="shared" value=(n) checked[is_shared];
                "Shared" span.sr-only { " " (handle.text()) }
            }
            label.check {
                input type="checkbox" name="remove-handle" value=(n);
                "Remove" span.sr-only { " " (handle.text()) }
            }
        }
    }
}

fn kept_link(n: usize, link: &Link) -> Markup {
    html! {
        li id={ "kept-link-" (n) } {
            bdi { (link.as_str()) }
            input type="hidden" name="link" value=(link.as_str());
            label.check {
                input type="checkbox" name="remove-link" value=(n);
                "Remove" span.sr-only { " " (link.as_str()) }
            }
        }
    }
}

/// The changes that a form makes.
struct FormChanges {
    update: Update,
    new_handle: Option<Handle>,
    new_link: Option<Link>,
    removed_handles: Vec<HandleKey>,
    removed_links: Vec<Link>,
    shared: Vec<(HandleKey, bool)>,
}

pub async fn save(
    State(app): State<App>,
    Path(id): Path<String>,
    sent: SubmittedFormWithFile,
) -> Result<Response, Error> {
    let SubmittedFormWithFile { by, form, file } = sent;
    let company = by.company.id;
    let contact = person::find(&app, &by, &id).await?;
    let shared = app.hub.shared_handles(company, contact.id).await?;
    let settings = app.hub.settings(company).await?;
    let mut errors = FieldErrors::default();
    let mut changes = read(&app, &by, &form, (&contact, &shared, &settings), &mut errors).await?;
    let has_file = file.is_some();
    if let Some(file) = file {
        let picture = errors.check("picture", Picture::parse(file.as_ref().into()));
        changes.update.picture = picture.map(Some).or(changes.update.picture);
    }
    let refuse = async |errors: &mut FieldErrors| {
        // Browsers do not keep a chosen file when the page is shown again.
        if has_file && errors.aria_invalid("picture").is_none() {
            errors.add("picture", html! { "Choose the picture again." });
        }
        let page = show(&app, &by, &contact, Some(&form), errors).await?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    if !errors.is_empty() {
        return refuse(&mut errors).await;
    }
    if changes.update != Update::default() {
        match app.hub.update(company, contact.id, changes.update, by.origin).await {
            Err(hub::Error::Refused(contact::Refused::WrongValue(wrong))) => {
                custom::refused(&wrong, &settings, FieldTarget::Contact, &mut errors);
                return refuse(&mut errors).await;
            }
            done => done?,
        };
    }
    if let Some(handle) = changes.new_handle {
        app.hub.add_handle(company, contact.id, handle, by.origin).await?;
    }
    if let Some(link) = changes.new_link {
        app.hub.add_link(company, contact.id, link, by.origin).await?;
    }
    for (handle, shared) in changes.shared {
        let decision = if shared { HandleDecision::Shared } else { HandleDecision::Personal };
        app.hub.mark_handle(company, handle, decision, by.origin).await?;
    }
    if !changes.removed_handles.is_empty() || !changes.removed_links.is_empty() {
        app.hub.remove(company, contact.id, changes.removed_handles, changes.removed_links, by.origin).await?;
    }
    Ok(Redirect::to(&format!("/app/contacts/{}", contact.id)).into_response())
}

async fn read(
    app: &App,
    by: &SignedIn,
    form: &Form,
    (contact, shared, settings): (&Contact, &BTreeMap<HandleKey, NotUsed>, &Settings),
    errors: &mut FieldErrors,
) -> Result<FormChanges, Error> {
    let mut update = Update::default();
    for attribute in Attribute::ALL {
        let key = attribute.key();
        if form.is_changed(key, &format!("{key}-was")) {
            update.attributes[attribute] = errors.check(key, attribute.parse(&form.lines(key)));
        }
    }
    let mut new_link = None;
    if !form.get("new-link").is_empty() {
        new_link = errors.check("new-link", Link::parse(form.get("new-link")));
    }
    update.custom = custom::read(form, settings, FieldTarget::Contact, &contact.custom, errors);
    update.picture = (form.has("remove-picture") && contact.picture.is_some()).then_some(None);
    let mut new_handle = None;
    if !form.get("new-handle").is_empty() {
        match self::new_handle(app, by, form, contact).await? {
            Ok(handle) => new_handle = Some(handle),
            Err(why) => errors.add("new-handle", why),
        }
    }
    Ok(FormChanges {
        update,
        new_handle,
        new_link,
        removed_handles: chosen(form, "handle", "remove-handle").filter_map(|text| key(contact, text)).collect(),
        removed_links: chosen(form, "link", "remove-link")
            .filter_map(|text| contact.links.iter().find(|link| link.as_str() == text).cloned())
            .collect(),
        shared: changed_flags(form, contact, shared),
    })
}

/// Returns the new handle, or why it is refused, as when another contact has it.
async fn new_handle(app: &App, by: &SignedIn, form: &Form, contact: &Contact) -> Result<Result<Handle, Markup>, Error> {
    let source = form.get("new-source").parse::<Source>();
    let handle = source.and_then(|source| Handle::parse(source, form.get("new-handle"), by.company.region));
    let handle = match handle {
        Ok(handle) => handle,
        Err(why) => return Ok(Err(html! { (why) })),
    };
    match app.hub.owner(by.company.id, handle.key()).await? {
        Some(owner) if owner.id != contact.id => Ok(Err(html! {
            (person::link(&owner)) " already has it. If they are the same person, "
            a href={ "/app/contacts/" (contact.id) "/merge?with=" (owner.id) } { "merge them" } "."
        })),
        _ => Ok(Ok(handle)),
    }
}

/// Returns the values of a field whose positions are ticked in a checkbox field.
fn chosen<'a>(form: &'a Form, field: &'a str, ticks: &'a str) -> impl Iterator<Item = &'a str> {
    let ticked: Vec<usize> = form.all(ticks).filter_map(|position| position.parse().ok()).collect();
    form.all(field).enumerate().filter(move |(n, _)| ticked.contains(n)).map(|(_, value)| value)
}

/// Returns the handle of a contact that a form field names.
fn key(contact: &Contact, text: &str) -> Option<HandleKey> {
    let (source, key) = text.split_once(':')?;
    let is_it = |handle: &&Handle| handle.key().source().name() == source && handle.key().as_str() == key;
    contact.handles.iter().find(is_it).map(|handle| handle.key().clone())
}

/// Returns the handles whose shared flag was changed.
fn changed_flags(form: &Form, contact: &Contact, shared_now: &BTreeMap<HandleKey, NotUsed>) -> Vec<(HandleKey, bool)> {
    let ticked: Vec<HandleKey> = chosen(form, "handle", "shared").filter_map(|text| key(contact, text)).collect();
    let shown = form.all("handle").filter_map(|text| key(contact, text));
    let flags = shown.map(|handle| (ticked.contains(&handle), handle));
    flags
        .filter(|(shared, handle)| *shared != shared_now.contains_key(handle))
        .map(|(shared, handle)| (handle, shared))
        .collect()
}
