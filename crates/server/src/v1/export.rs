//! `GET /api/1/contacts/export`: all contacts as a file.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use contact::{CompanyId, Region};
use files::{Format, UnknownFormat, Writer};
use futures_util::stream;
use hub::{Company, Exported, Query, Scope};
use tokio::sync::mpsc;
use url::form_urlencoded;

use super::contacts::authorized;
use super::error::Error;
use crate::App;

/// Bytes of a piece, about.
const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that wait for the client.
const AHEAD_MAX: usize = 4;

/// A piece of the file, or why the export failed.
type Piece = Result<Bytes, hub::Error>;

/// Export all contacts as a file.
///
/// The file is a snapshot. With `search`, it has the matching contacts. Importing it into an empty company
/// creates the same contacts. Only `jsonl` and `vcard` include pictures.
#[utoipa::path(get, path = "/api/1/contacts/export", tag = "Contact API 1", operation_id = "export",
    params(("format" = Option<String>, Query, description = "`csv` (the default), `jsonl` or `vcard`."),
        ("search" = Option<String>, Query, description = "The search query.")),
    responses((status = 200, content((String = "text/csv"), (String = "application/jsonl"), (String = "text/vcard")))),
    security(("login" = []), ("token" = ["contacts:read"])))]
pub async fn export(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (head, _) = request.into_parts();
    let bearer = authorized(&app, &head, Scope::ContactsRead).await?;
    let query = head.uri.query().unwrap_or_default();
    let (format, who) = parse_query(query, bearer.company.region).map_err(Error::Parameter)?;
    Ok(file(&app, &bearer.company, format, who).await?)
}

/// Parses a query into the format and the contacts to export.
pub fn parse_query(query: &str, region: Region) -> Result<(Format, Exported), String> {
    let (mut format, mut who) = (Format::Csv, Exported::Everybody);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "format" => {
                format = value.parse().map_err(|unknown: UnknownFormat| format!("Parameter format: {unknown}"))?;
            }
            "search" if !value.trim().is_empty() => {
                let query = Query::parse(&value, region).map_err(|error| format!("Parameter search: {error}"))?;
                who = Exported::Found(query);
            }
            _ => {}
        }
    }
    Ok((format, who))
}

/// Returns a response with the contacts of a company as a file, once the first piece is ready.
pub async fn file(app: &App, company: &Company, format: Format, who: Exported) -> Result<Response, hub::Error> {
    let name = format!("attachment; filename=\"{}.{}\"", company.name, format.extension());
    let (send, mut pieces) = mpsc::channel::<Piece>(AHEAD_MAX);
    let (app, id) = (app.clone(), company.id);
    tokio::spawn(async move {
        if let Err(error) = write(&app, id, format, &who, &send).await {
            tracing::error!(%error, "an export broke off");
            // The response breaks off too, so that no client takes it for complete.
            let _ = send.send(Err(error)).await;
        }
    });
    let first = pieces.recv().await.transpose()?.map(Ok);
    let rest = stream::unfold((first, pieces), |(first, mut pieces)| async move {
        let piece = match first {
            Some(piece) => piece,
            None => pieces.recv().await?,
        };
        Some((piece, (None, pieces)))
    });
    let headers = [(CONTENT_TYPE, format.media_type().to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(rest)).into_response())
}

async fn write(
    app: &App,
    company: CompanyId,
    format: Format,
    who: &Exported,
    send: &mpsc::Sender<Piece>,
) -> Result<(), hub::Error> {
    let mut export = app.hub.export(company, who, format != Format::Csv).await?;
    let sink = Sink::default();
    let mut writer = Writer::new(sink.clone(), format, export.settings()).expect("writing to memory cannot fail");
    while let Some(person) = export.next().await? {
        writer.write(&person).expect("writing to memory cannot fail");
        if sink.len() >= PIECE_BYTES && send.send(Ok(sink.take())).await.is_err() {
            // The client is gone.
            return Ok(());
        }
    }
    writer.finish().expect("writing to memory cannot fail");
    let _ = send.send(Ok(sink.take())).await;
    Ok(())
}

/// Output that is not sent yet.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn held(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn len(&self) -> usize {
        self.held().len()
    }

    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.held()).into()
    }
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
