//! The company: how other systems reach it, where people write to it, signing out.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use contact::{Channel, Time};
use maud::{Markup, html};

use super::error::Error;
use super::layout::{self, Page, Place};
use super::session::SignedIn;
use super::words;
use crate::App;

pub async fn page(State(app): State<App>, headers: HeaderMap, by: SignedIn) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let channels = app.hub.channels(by.company.id).await?;
    let now = app.hub.now();
    let content = html! {
        h1 { "Settings" }
        section aria-labelledby="company-title" {
            h2 #company-title { "Company" }
            dl.given {
                dt { "Name" } dd { bdi { (by.company.name) } }
                dt { "Region of phones" } dd { (by.company.region) }
            }
        }
        section aria-labelledby="api-title" {
            h2 #api-title { "Contact API" }
            p {
                "Programs tell Kith of people with one request. The login is the company’s name; a new password comes from "
                code { "kith company rotate " (by.company.name) } "."
            }
            dl.given { dt { "Address" } dd { code { (base_url(&app, &headers)) "/api/1/contacts" } } }
            (layout::command(&curl(&app, &headers, &by)))
        }
        section aria-labelledby="channels-title" {
            h2 #channels-title { "Channels" }
            @if channels.is_empty() { p { "None yet. Make one with:" } } @else {
                (table(&channels, now))
                p { "Another one is made with:" }
            }
            (layout::command(&channel_line(&by)))
        }
        section aria-labelledby="browser-title" {
            h2 #browser-title { "This browser" }
            p { "Press " kbd { "?" } " anywhere for the keys." }
            form method="post" action="/app/sign-out" {
                (layout::token(&by))
                p.actions { button { "Sign out" } }
            }
        }
    };
    Ok(Page { place: Place::Settings, title: "Settings", seen }.show("page", &content))
}

fn table(channels: &[Channel], now: Time) -> Markup {
    html! {
        div.table tabindex="0" role="group" aria-label="Table of channels" {
            table {
                thead { tr { th scope="col" { "Address" } th scope="col" { "Type" } th scope="col" { "Id" } th scope="col" { "Since" } } }
                tbody {
                    @for channel in channels {
                        tr {
                            td { bdi { (channel.address.text()) } }
                            td { (channel.kind) }
                            td { code { (channel.id) } }
                            td { (words::time(channel.created_at, now)) }
                        }
                    }
                }
            }
        }
    }
}

/// What makes a channel.
pub fn channel_line(by: &SignedIn) -> String {
    format!("kith channel add {} --type email --address support@example.org", by.company.name)
}

/// What tells this server of somebody. The password is not kept, so it asks for it.
pub fn curl(app: &App, headers: &HeaderMap, by: &SignedIn) -> String {
    let fields = r#"[{"source": "email", "handle": "bruce@wayne.inc"}]"#;
    let body = format!(r#"{{"name": "Bruce Wayne", "description": "CEO / Wayne.inc", "fields": {fields}}}"#);
    let url = base_url(app, headers);
    format!(
        "curl --user {}:PASSWORD -H \"Content-Type: application/json\" \\\n  --data '{body}' \\\n  {url}/api/1/contacts",
        by.company.name
    )
}

fn base_url(app: &App, headers: &HeaderMap) -> String {
    if let Some(url) = &app.public_url {
        return url.to_string();
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let scheme = if app.is_secure(headers) { "https" } else { "http" };
    format!("{scheme}://{host}")
}
