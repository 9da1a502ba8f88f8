//! Changing what is shown of a contact. Only what was changed is told.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use contact::{
    Attribute, AttributeSpec, Contact, FieldTarget, HANDLE_BYTES_MAX, Handle, HandleKey, LINK_BYTES_MAX, Link,
    PICTURE_BYTES_MAX, Picture, PictureType, Settings, Source, Update,
};
use maud::{Markup, html};

use super::error::Error;
use super::form::{Form, Reasons, SentWithFile};
use super::layout::{self, Page, Place};
use super::session::SignedIn;
use super::words::{self, called};
use super::{card, custom};
use crate::App;

/// Sources that can be typed in.
const SOURCES: [Source; 3] = [Source::Email, Source::Phone, Source::Twitter];

pub async fn page(State(app): State<App>, Path(id): Path<String>, by: SignedIn) -> Result<Markup, Error> {
    let contact = card::find(&app, &by, &id).await?;
    show(&app, &by, &contact, None, &Reasons::default()).await
}

async fn show(
    app: &App,
    by: &SignedIn,
    contact: &Contact,
    sent: Option<&Form>,
    reasons: &Reasons,
) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let shared = app.hub.shared_handles(by.company.id, contact.id).await?;
    let settings = app.hub.settings(by.company.id).await?;
    let page = format!("/app/contacts/{}", contact.id);
    let content = html! {
        (layout::crumb(&page, &html! { bdi { (called(contact)) } }))
        h1 { "Edit " bdi { (called(contact)) } }
        form #edit.form method="post" action={ (page) "/edit" } enctype="multipart/form-data" data-live={ (contact.id) " directory" }
            data-said="This contact has changed meanwhile." {
            (layout::token(by))
            (reasons.why("form"))
            (texts(contact, sent, reasons))
            (picture(contact, reasons))
            (custom::inputs(&settings, FieldTarget::Contact, &contact.custom, sent, reasons))
            (handles(contact, &shared, sent, reasons))
            (links(contact, sent, reasons))
            div.actions {
                button.primary { "Save" }
                a.button href=(page) { "Leave as it was" }
            }
        }
    };
    Ok(Page { place: Place::Contacts, title: "Edit", seen }.show("page", &content))
}

fn texts(contact: &Contact, sent: Option<&Form>, reasons: &Reasons) -> Markup {
    html! {
        @for (attribute, text) in contact.attributes.iter() {
            input type="hidden" name={ (attribute.key()) "-was" } value=(text.as_str());
        }
        @for (attribute, text) in contact.attributes.iter() {
            (text_field(attribute, value(sent, attribute.key(), text.as_str()), reasons))
        }
    }
}

fn text_field(attribute: Attribute, value: String, reasons: &Reasons) -> Markup {
    let AttributeSpec { key, label, chars_max, is_multiline, .. } = *attribute.spec();
    let hint = match attribute {
        Attribute::Description => Some("Stands in the header of each conversation with them."),
        _ => None,
    };
    html! {
        div.field {
            label for=(key) { (label) }
            @if is_multiline {
                textarea id=(key) name=(key) rows="2" maxlength=(chars_max) dir="auto"
                    aria-describedby=[hint.map(|_| format!("{key}-hint"))] aria-invalid=[reasons.wrong(key)] { "\n" (value) }
            } @else {
                input id=(key) name=(key) value=(value) maxlength=(chars_max) dir="auto" autocomplete="off"
                    aria-describedby=[hint.map(|_| format!("{key}-hint"))] aria-invalid=[reasons.wrong(key)];
            }
            @if let Some(hint) = hint { small id={ (key) "-hint" } { (hint) } }
            (reasons.why(key))
        }
    }
}

fn picture(contact: &Contact, reasons: &Reasons) -> Markup {
    html! {
        div.field {
            label for="picture" { "Picture" }
            input #picture type="file" name="picture" accept=(PictureType::ALL.map(PictureType::media_type).join(","))
                aria-describedby="picture-hint" aria-invalid=[reasons.wrong("picture")];
            small #picture-hint {
                "PNG, JPEG, GIF or WebP, at most " (PICTURE_BYTES_MAX / 1024 / 1024) " MiB."
                @if contact.picture.is_some() { " It takes the place of the one that is there." }
            }
            (reasons.why("picture"))
            @if contact.picture.is_some() {
                label.check { input type="checkbox" name="remove-picture" value="yes"; "Remove the picture" }
            }
        }
    }
}

fn handles(contact: &Contact, shared: &[HandleKey], sent: Option<&Form>, reasons: &Reasons) -> Markup {
    html! {
        fieldset {
            legend { "Handles" }
            p { "A shared handle, such as a switchboard, never joins two contacts." }
            ul #kept-handles.kept {
                @for (n, handle) in contact.handles.iter().enumerate() {
                    (kept_handle(n, handle, shared.contains(handle.key())))
                }
            }
            div #new-handles {
                div.new-row {
                    select name="new-source" aria-label="Source of the new handle" {
                        @for source in SOURCES {
                            option value=(source.name()) selected[value(sent, "new-source", "") == source.name()] {
                                (words::source(source))
                            }
                        }
                    }
                    input name="new-handle" value=(value(sent, "new-handle", "")) maxlength=(HANDLE_BYTES_MAX)
                        aria-label="New handle" autocomplete="off" aria-invalid=[reasons.wrong("new-handle")];
                }
            }
            (reasons.why("new-handle"))
        }
    }
}

fn links(contact: &Contact, sent: Option<&Form>, reasons: &Reasons) -> Markup {
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
                        aria-invalid=[reasons.wrong("new-link")];
                }
            }
            (reasons.why("new-link"))
        }
    }
}

/// What a field holds: what was sent, or else what is so now.
fn value(sent: Option<&Form>, field: &str, now: &str) -> String {
    sent.map_or_else(|| now.to_owned(), |sent| sent.get(field).to_owned())
}

fn kept_handle(n: usize, handle: &Handle, is_shared: bool) -> Markup {
    let key = format!("{}:{}", handle.key().source().name(), handle.key().as_str());
    html! {
        li id={ "kept-" (key) } {
            span { (words::source(handle.key().source())) }
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

/// What a form asks for.
struct Asked {
    update: Update,
    new_handle: Option<Handle>,
    new_link: Option<Link>,
    removed_handles: Vec<HandleKey>,
    removed_links: Vec<Link>,
    shared: Vec<(HandleKey, bool)>,
}

pub async fn save(State(app): State<App>, Path(id): Path<String>, sent: SentWithFile) -> Result<Response, Error> {
    let SentWithFile { by, form, file } = sent;
    let company = by.company.id;
    let contact = card::find(&app, &by, &id).await?;
    let shared = app.hub.shared_handles(company, contact.id).await?;
    let settings = app.hub.settings(company).await?;
    let mut reasons = Reasons::default();
    let mut asked = read(&app, &by, &form, (&contact, &shared, &settings), &mut reasons).await?;
    let has_file = file.is_some();
    if let Some(file) = file {
        let picture = reasons.take("picture", Picture::parse(file.as_ref().into()));
        asked.update.picture = picture.map(Some).or(asked.update.picture);
    }
    let refuse = async |reasons: &mut Reasons| {
        // A browser does not keep a file that was chosen.
        if has_file && reasons.wrong("picture").is_none() {
            reasons.add("picture", html! { "Choose the picture once more." });
        }
        let page = show(&app, &by, &contact, Some(&form), reasons).await?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    if !reasons.is_empty() {
        return refuse(&mut reasons).await;
    }
    if asked.update != Update::default() {
        match app.hub.update(company, contact.id, asked.update, by.origin).await {
            Err(hub::Error::Refused(contact::Refused::WrongValue(wrong))) => {
                custom::refused(&wrong, &settings, FieldTarget::Contact, &mut reasons);
                return refuse(&mut reasons).await;
            }
            done => done?,
        };
    }
    if let Some(handle) = asked.new_handle {
        app.hub.add_handle(company, contact.id, handle, by.origin).await?;
    }
    if let Some(link) = asked.new_link {
        app.hub.add_link(company, contact.id, link, by.origin).await?;
    }
    for (handle, shared) in asked.shared {
        app.hub.share(company, handle, shared).await?;
    }
    if !asked.removed_handles.is_empty() || !asked.removed_links.is_empty() {
        app.hub.remove(company, contact.id, asked.removed_handles, asked.removed_links, by.origin).await?;
    }
    Ok(Redirect::to(&format!("/app/contacts/{}", contact.id)).into_response())
}

async fn read(
    app: &App,
    by: &SignedIn,
    form: &Form,
    (contact, shared, settings): (&Contact, &[HandleKey], &Settings),
    reasons: &mut Reasons,
) -> Result<Asked, Error> {
    let mut update = Update::default();
    for attribute in Attribute::ALL {
        let key = attribute.key();
        if form.is_changed(key, &format!("{key}-was")) {
            update.attributes[attribute] = reasons.take(key, attribute.parse(&form.lines(key)));
        }
    }
    let mut new_link = None;
    if !form.get("new-link").is_empty() {
        new_link = reasons.take("new-link", Link::parse(form.get("new-link")));
    }
    update.custom = custom::read(form, settings, FieldTarget::Contact, &contact.custom, reasons);
    update.picture = (form.has("remove-picture") && contact.picture.is_some()).then_some(None);
    let mut new_handle = None;
    if !form.get("new-handle").is_empty() {
        match new(app, by, form, contact).await? {
            Ok(handle) => new_handle = Some(handle),
            Err(why) => reasons.add("new-handle", why),
        }
    }
    Ok(Asked {
        update,
        new_handle,
        new_link,
        removed_handles: chosen(form, "handle", "remove-handle").filter_map(|text| key(contact, text)).collect(),
        removed_links: chosen(form, "link", "remove-link")
            .filter_map(|text| contact.links.iter().find(|link| link.as_str() == text).cloned())
            .collect(),
        shared: marked(form, contact, shared),
    })
}

/// A handle that is typed in, unless it is somebody else's.
async fn new(app: &App, by: &SignedIn, form: &Form, contact: &Contact) -> Result<Result<Handle, Markup>, Error> {
    let source = form.get("new-source").parse::<Source>();
    let handle = source.and_then(|source| Handle::parse(source, form.get("new-handle"), by.company.region));
    let handle = match handle {
        Ok(handle) => handle,
        Err(why) => return Ok(Err(html! { (why) })),
    };
    match app.hub.owner(by.company.id, handle.key()).await? {
        Some(owner) if owner.id != contact.id => Ok(Err(html! {
            (words::person(&owner)) " has it already. If they are one person, "
            a href={ "/app/contacts/" (contact.id) "/merge?with=" (owner.id) } { "merge them" } "."
        })),
        _ => Ok(Ok(handle)),
    }
}

/// The values of a field whose places are ticked in another.
fn chosen<'a>(form: &'a Form, field: &'a str, ticks: &'a str) -> impl Iterator<Item = &'a str> {
    let ticked: Vec<usize> = form.all(ticks).filter_map(|place| place.parse().ok()).collect();
    form.all(field).enumerate().filter(move |(n, _)| ticked.contains(n)).map(|(_, value)| value)
}

/// The handle of a contact that a form names.
fn key(contact: &Contact, text: &str) -> Option<HandleKey> {
    let (source, key) = text.split_once(':')?;
    let is_it = |handle: &&Handle| handle.key().source().name() == source && handle.key().as_str() == key;
    contact.handles.iter().find(is_it).map(|handle| handle.key().clone())
}

/// The handles whose mark was changed.
fn marked(form: &Form, contact: &Contact, shared_now: &[HandleKey]) -> Vec<(HandleKey, bool)> {
    let ticked: Vec<HandleKey> = chosen(form, "handle", "shared").filter_map(|text| key(contact, text)).collect();
    let shown = form.all("handle").filter_map(|text| key(contact, text));
    let marks = shown.map(|handle| (ticked.contains(&handle), handle));
    marks
        .filter(|(shared, handle)| *shared != shared_now.contains(handle))
        .map(|(shared, handle)| (handle, shared))
        .collect()
}
