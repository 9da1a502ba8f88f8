//! `GET /api/1/contacts/export`: all contacts as a file.

use axum::extract::{Request, State};
use axum::response::Response;
use contact::Region;
use files::{Dialect, UnknownDialect};
use hub::{Exported, Query, Scope};
use url::form_urlencoded;

use super::contacts::authorized;
use super::error::Error;
use crate::App;

/// Export all contacts as a file.
///
/// The file is a snapshot. With `search`, it has the matching contacts. Importing it into an empty company
/// creates the same contacts. Only `jsonl` and `vcard` include pictures.
#[utoipa::path(get, path = "/api/1/contacts/export", tag = "Contact API 1", operation_id = "export",
    params(("format" = Option<String>, Query,
            description = "`csv` (the default), `jsonl`, `vcard` (version 4.0) or `vcard3` (version 3.0); or CSV for `excel`, `google` or `outlook`."),
        ("search" = Option<String>, Query, description = "The search query.")),
    responses((status = 200, content((String = "text/csv"), (String = "application/jsonl"), (String = "text/vcard")))),
    security(("login" = []), ("token" = ["contacts:read"])))]
pub async fn export(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (head, _) = request.into_parts();
    let bearer = authorized(&app, &head, Scope::ContactsRead).await?;
    let query = head.uri.query().unwrap_or_default();
    let (dialect, who) = parse_query(query, bearer.company.region).map_err(Error::Parameter)?;
    Ok(app.exports.start(app.hub, &bearer.company, dialect, who).await?)
}

/// Parses a query into how to write the file, and the contacts to export.
pub fn parse_query(query: &str, region: Region) -> Result<(Dialect, Exported), String> {
    let (mut dialect, mut who) = (Dialect::Csv, Exported::Everybody);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "format" => {
                dialect = value.parse().map_err(|unknown: UnknownDialect| format!("Parameter format: {unknown}"))?;
            }
            "search" if !value.trim().is_empty() => {
                let query = Query::parse(&value, region).map_err(|error| format!("Parameter search: {error}"))?;
                who = Exported::Found(query);
            }
            _ => {}
        }
    }
    Ok((dialect, who))
}
