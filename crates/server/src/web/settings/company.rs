//! The company: how other systems reach it, where people write to it, signing out.

use axum::extract::State;
use contact::{Channel, Time};
use maud::{Markup, html};

use super::{Tab, channel_command, report_command, table};
use crate::App;
use crate::sentence::names;
use crate::web::error::Error;
use crate::web::layout;
use crate::web::session::SignedIn;
use crate::web::{form, format};

pub async fn page(State(app): State<App>, by: SignedIn) -> Result<Markup, Error> {
    let seen = app.hub.head(by.company.id).await?;
    let channels = app.hub.channels(by.company.id).await?;
    let now = app.hub.now();
    let content = html! {
        section aria-labelledby="company-title" {
            h2 #company-title { "Company" }
            dl.given {
                dt { "Name" } dd { bdi { (by.company.name) } }
                dt { "Phone region" } dd { (by.company.region) }
            }
        }
        section aria-labelledby="api-title" {
            h2 #api-title { "Contact API" }
            p {
                "Programs report a contact with one request. The login is the company’s name; "
                code { "kith company rotate " (by.company.name) } " prints a new password."
            }
            p { "API 2, compatible with Front’s Core API, takes " a href="/app/settings/tokens" { "tokens" } "." }
            dl.given { dt { "Address" } dd { code { (by.base_url) "/api/1/contacts" } } }
            (layout::command(&report_command(&by)))
        }
        section aria-labelledby="channels-title" {
            h2 #channels-title { "Channels" }
            @if channels.is_empty() { p { "None yet. Add one with:" } } @else {
                (channels_table(&channels, now))
                p { "Add another with:" }
            }
            (layout::command(&channel_command(&by)))
        }
        section aria-labelledby="browser-title" {
            h2 #browser-title { "This browser" }
            p {
                @match &by.teammate {
                    Some(teammate) => {
                        "Signed in as " b { bdi { (names::teammate_name(teammate)) } } ", " bdi { (teammate.email.text()) } "."
                    },
                    None => "Signed in with the company’s own password.",
                }
            }
            p { "Press " kbd { "?" } " anywhere to see the keyboard shortcuts." }
            form method="post" action="/app/sign-out" {
                (form::token(&by))
                p.actions { button { "Sign out" } }
            }
        }
    };
    Ok(Tab::Company.show(seen, &content))
}

fn channels_table(channels: &[Channel], now: Time) -> Markup {
    let rows = channels.iter().map(|channel| {
        let address = html! { bdi { (channel.address.text()) } };
        let id = html! { code { (channel.id) } };
        let cells = [address, html! { (channel.kind) }, id, format::time(channel.created_at, now)];
        (channel.id.to_string(), cells)
    });
    table("channels", ["Address", "Type", "Id", "Created"], rows)
}
