//! The web app. Every route is here.

mod account;
mod accounts;
mod assets;
mod card;
mod contacts;
mod cursor;
mod custom;
mod delete;
mod duplicates;
mod edit;
mod error;
mod form;
mod format;
mod groups;
mod highlight;
mod inbox;
mod layout;
mod live;
mod merge;
mod message;
mod notes;
mod parts;
mod person;
mod rows;
mod sentence;
mod session;
mod settings;
mod sign_in;
mod split;
mod why;

use axum::Router;
use axum::response::Redirect;
use axum::routing::{MethodRouter, get, post};

use crate::App;
use error::Error;
use session::SignedIn;

pub use error::refuse;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/app/inbox") }))
        .route("/app", get(|| async { Redirect::to("/app/inbox") }))
        .route("/app/", get(|| async { Redirect::to("/app/inbox") }))
        .route("/app/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/app/sign-out", post(sign_in::sign_out))
        .route("/app/inbox", get(inbox::list))
        .route("/app/inbox/{conversation}", get(inbox::open))
        .route("/app/inbox/{conversation}/{message}", get(message::body))
        .route("/app/files/{attachment}", get(message::attachment))
        .merge(contact_routes())
        .merge(settings_routes())
        .route("/app/live", get(live::events))
        .route("/app/static/{file}", get(assets::file))
        .route("/app/{*rest}", get(page_not_found))
}

/// Whether a path is one of the app, or of another page.
pub fn has(path: &str) -> bool {
    ["/", "/app", "/docs"].contains(&path) || path.starts_with("/app/")
}

fn contact_routes() -> Router<App> {
    Router::new()
        .route("/app/contacts", get(contacts::list))
        .route(duplicates::PAGE, get(duplicates::page))
        .route("/app/contacts/{contact}", get(card::page))
        .route("/app/contacts/{contact}/picture", get(card::picture))
        .route("/app/contacts/{contact}/edit", get(edit::page).post(edit::save))
        .route("/app/contacts/{contact}/delete", get(delete::page).post(delete::delete))
        .route("/app/contacts/{contact}/lists", get(card::back).post(groups::lists))
        .route("/app/contacts/{contact}/accounts", get(card::back).post(groups::accounts))
        .route("/app/contacts/{contact}/notes", get(card::back).post(notes::write))
        .route("/app/contacts/{contact}/merge", get(merge::page).post(merge::merge))
        .route("/app/contacts/{contact}/apart", get(card::back).post(duplicates::apart))
        .route("/app/contacts/{contact}/why", get(why::page))
        .route("/app/contacts/{contact}/split/{part}", get(split::page).post(split::split))
        .route("/app/accounts", get(accounts::list))
        .route("/app/accounts/new", get(accounts::edit::new).post(accounts::edit::create))
        .route("/app/accounts/{account}", get(accounts::page))
        .route("/app/accounts/{account}/edit", get(accounts::edit::page).post(accounts::edit::save))
        .route("/app/accounts/{account}/delete", back("/app/accounts").post(accounts::delete))
}

fn settings_routes() -> Router<App> {
    use settings::{company, fields, guards, handles, import, lists, teammates, tokens};
    Router::new()
        .route("/app/settings", get(company::page))
        .route("/app/settings/teammates", get(teammates::page).post(teammates::create))
        .route("/app/settings/teammates/{teammate}/password", back("/app/settings/teammates").post(teammates::rotate))
        .route("/app/settings/teammates/{teammate}/block", back("/app/settings/teammates").post(teammates::block))
        .route("/app/settings/teammates/{teammate}/unblock", back("/app/settings/teammates").post(teammates::unblock))
        .route("/app/settings/tokens", get(tokens::page).post(tokens::create))
        .route("/app/settings/tokens/{token}/revoke", back("/app/settings/tokens").post(tokens::revoke))
        .route("/app/settings/lists", get(lists::page).post(lists::create))
        .route("/app/settings/lists/{list}/delete", back("/app/settings/lists").post(lists::delete))
        .route("/app/settings/handles", get(handles::page).post(handles::mark))
        .route("/app/settings/handles/guards", get(guards::page).post(guards::set))
        .route("/app/settings/import", get(import::page).post(import::start))
        .route("/app/settings/import/files/{file}", get(import::columns).post(import::choose))
        .route("/app/settings/import/undo", back("/app/settings/import").post(import::undo::start))
        .route("/app/settings/import/undo/{job}", get(import::undo::page).post(import::undo::take))
        .route("/app/settings/import/{job}", get(import::job))
        .route("/app/settings/import/{job}/take", back("/app/settings/import").post(import::take))
        .route("/app/settings/import/{job}/report", get(import::report))
        .route("/app/settings/export", get(import::export))
        .route("/app/settings/fields", get(fields::page).post(fields::create))
        .route("/app/settings/fields/{field}/delete", back("/app/settings/fields").post(fields::delete))
}

/// Redirects a GET of a form's address to its page, as after a reload or a new sign-in.
fn back(page: &'static str) -> MethodRouter<App> {
    get(move || async move { Redirect::to(page) })
}

/// Redirects to the sign-in page, or answers that the page does not exist.
async fn page_not_found(_: SignedIn) -> Error {
    Error::NotFound("Page not found.")
}
