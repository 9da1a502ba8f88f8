//! Starts an import: stores an uploaded file, checks it in a dry run, or imports it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use files::Format;
use multer::Multipart;
use tempfile::NamedTempFile;

use super::{job, page, upload};
use crate::App;
use crate::client::Client;
use crate::imports::Upload;
use crate::jobs::Refused;
use crate::request_body;
use crate::shares::Holder;
use crate::web::error::Error;
use crate::web::form::SubmittedForm;
use crate::web::parts::Path;
use crate::web::session::SignedIn;

/// Stores an uploaded file. The columns of a table are chosen first; any other file is checked.
pub async fn start(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let (head, body) = request.into_parts();
    let by = SignedIn::find(&app, &head).await?;
    if !Client::of(&head).is_same_origin {
        return Err(Error::CrossSite);
    }
    let parts = Multipart::new(request_body::pieces(body), upload::boundary(&head.headers)?);
    if app.imports.jobs.is_running(by.company.id) {
        return busy(&app, &by, Refused::Running).await;
    }
    let _share = app.imports.uploads.take(Holder::Company(by.company.id), 1)?;
    let (upload, file) = match upload::receive(&by, parts).await? {
        Ok((upload, file)) => (upload, Arc::new(file)),
        Err(why) => return refuse(&app, &by, &why).await,
    };
    if upload.format == Format::Csv
        && let Err(error) = app.preview_of(&by.company, &upload, &file).await?
    {
        return refuse(&app, &by, &error.to_string()).await;
    }
    let upload = app.imports.files.add(by.company.id, upload, Arc::clone(&file));
    if upload.format == Format::Csv {
        return Ok(Redirect::to(&format!("/app/settings/import/files/{}", upload.number)).into_response());
    }
    run(&app, &by, upload, true, file).await
}

/// Imports the file of a dry run.
pub async fn take(State(app): State<App>, Path(number): Path<String>, sent: SubmittedForm) -> Result<Response, Error> {
    let job = job::find(&app, &sent.by, &number)?;
    let (upload, company) = (job.work.upload, sent.by.company.id);
    let Some((_, file)) = app.imports.files.find(company, upload.number) else {
        let why =
            "The file is no longer here, because it was imported or another one was uploaded since. Upload it again.";
        return Ok((StatusCode::CONFLICT, page::show(&app, &sent.by, Some(why)).await?).into_response());
    };
    run(&app, &sent.by, upload, false, file).await
}

/// Starts a dry run or an import, and goes to its page.
pub async fn run(
    app: &App,
    by: &SignedIn,
    upload: Upload,
    is_dry: bool,
    file: Arc<NamedTempFile>,
) -> Result<Response, Error> {
    if !is_dry && app.undos.is_running(by.company.id) {
        let why = "An import is being undone. Wait until it ends.";
        return Ok((StatusCode::CONFLICT, page::show(app, by, Some(why)).await?).into_response());
    }
    let file_number = upload.number;
    let started = app.start_import(&by.company, upload, is_dry, file).map_err(|error| {
        tracing::error!(%error, "an import cannot be started");
        Error::Invalid("The file cannot be stored at the moment.".into())
    })?;
    let job = match started {
        Ok(job) => job,
        Err(refused) => return busy(app, by, refused).await,
    };
    if !is_dry {
        app.imports.files.remove(by.company.id, file_number);
    }
    Ok(Redirect::to(&format!("/app/settings/import/{}", job.number)).into_response())
}

async fn refuse(app: &App, by: &SignedIn, why: &str) -> Result<Response, Error> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page::show(app, by, Some(why)).await?).into_response())
}

async fn busy(app: &App, by: &SignedIn, refused: Refused) -> Result<Response, Error> {
    match refused {
        Refused::Running => {
            let why = "Another import is running. Wait until it ends.";
            Ok((StatusCode::CONFLICT, page::show(app, by, Some(why)).await?).into_response())
        }
        Refused::Busy(refused) => Err(refused.into()),
    }
}
