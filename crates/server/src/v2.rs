//! API 2, compatible with the contact part of Front's Core API. Every route is here.

mod accounts;
mod attribute_fields;
mod body;
mod channels;
mod contacts;
mod conversation_search;
mod conversations;
mod custom_fields;
mod error;
mod form;
mod handles;
mod history;
mod inboxes;
mod incoming;
mod lists;
mod me;
mod messages;
mod notes;
mod page;
mod params;
mod records;
mod request;
mod teammates;
mod undo;
mod why;

use std::sync::OnceLock;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::uri::{PathAndQuery, Uri};
use axum::response::{IntoResponse, Response};
use tower_service::Service as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use error::Error;

pub use error::{ErrorBody, refuse};

/// Returns every route with its `OpenAPI` description.
pub fn described_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(contacts::list, contacts::create))
        .routes(routes!(contacts::merge))
        .routes(routes!(undo::start))
        .routes(routes!(undo::get))
        .routes(routes!(custom_fields::contacts))
        .routes(routes!(contacts::get, contacts::update, contacts::delete))
        .routes(routes!(conversations::of_contact))
        .routes(routes!(handles::add, handles::remove))
        .routes(routes!(handles::get, handles::mark))
        .routes(routes!(handles::contacts))
        .routes(routes!(handles::list))
        .routes(routes!(records::list))
        .routes(routes!(why::get))
        .routes(routes!(history::list))
        .routes(routes!(records::split))
        .routes(routes!(notes::list, notes::add))
        .routes(routes!(contacts::avatar))
        .routes(routes!(lists::list, lists::create))
        .routes(routes!(lists::get, lists::delete))
        .routes(routes!(lists::contacts, lists::add, lists::remove))
        .routes(routes!(lists::list_groups, lists::create_group))
        .routes(routes!(lists::get_group, lists::delete_group))
        .routes(routes!(lists::group_contacts, lists::add_to_group, lists::remove_from_group))
        .routes(routes!(accounts::list, accounts::create))
        .routes(routes!(custom_fields::accounts))
        .routes(routes!(accounts::get, accounts::update, accounts::delete))
        .routes(routes!(accounts::contacts, accounts::add, accounts::remove))
        .routes(routes!(custom_fields::all))
        .routes(routes!(custom_fields::conversations))
        .routes(routes!(custom_fields::inboxes))
        .routes(routes!(custom_fields::teammates))
        .routes(routes!(teammates::list))
        .routes(routes!(teammates::get))
        .routes(routes!(teammates::contacts, teammates::create_contact))
        .routes(routes!(teammates::lists, teammates::create_list))
        .routes(routes!(teammates::groups, teammates::create_group))
        .routes(routes!(teammates::inboxes))
        .routes(routes!(teammates::list_teams))
        .routes(routes!(teammates::get_team))
        .routes(routes!(teammates::team_contacts, teammates::create_team_contact))
        .routes(routes!(teammates::team_lists, teammates::create_team_list))
        .routes(routes!(teammates::team_groups, teammates::create_team_group))
        .routes(routes!(channels::list))
        .routes(routes!(channels::get))
        .routes(routes!(incoming::receive))
        .routes(routes!(inboxes::list))
        .routes(routes!(inboxes::get))
        .routes(routes!(inboxes::channels))
        .routes(routes!(inboxes::conversations))
        .routes(routes!(inboxes::teammates))
        .routes(routes!(conversations::list))
        .routes(routes!(conversations::search))
        .routes(routes!(conversations::get))
        .routes(routes!(conversations::messages))
        .routes(routes!(conversations::inboxes))
        .routes(routes!(messages::get))
        .routes(routes!(me::get))
}

pub fn routes() -> Router<App> {
    let (router, _) = described_routes().split_for_parts();
    router.method_not_allowed_fallback(method_not_allowed)
}

async fn method_not_allowed(method: Method) -> Error {
    Error::MethodNotAllowed(method)
}

/// Answers requests that match no route.
///
/// A slash at the end of a path is ignored: such a request is routed again without it.
pub async fn no_such_route(State(app): State<App>, mut request: Request) -> Response {
    // Built once, because describing the routes takes longer than a request.
    static ROUTES: OnceLock<Router<App>> = OnceLock::new();
    let no_route = || Error::NotFound("Route not found.".into()).into_response();
    let Some(path) = request.uri().path().strip_suffix('/').filter(|path| !path.is_empty() && !path.ends_with('/'))
    else {
        return no_route();
    };
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = format!("{path}{query}").parse::<PathAndQuery>().ok();
    let Ok(uri) = Uri::from_parts(parts) else { return no_route() };
    *request.uri_mut() = uri;
    let build = || routes().fallback(async || Error::NotFound("Route not found.".into()));
    match ROUTES.get_or_init(build).clone().with_state(app).call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
