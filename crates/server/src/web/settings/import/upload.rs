//! Receives an uploaded file.

use std::io::Write as _;

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use multer::Multipart;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;

use super::page::FILE_BYTES_MAX;
use crate::imports::Upload;
use crate::request_body::Failure;
use crate::web::error::Error;
use crate::web::form::TOKEN_FIELD;
use crate::web::format;
use crate::web::session::SignedIn;

/// Most bytes of each other field of the form.
const TEXT_BYTES_MAX: usize = 1_024;
/// Most characters of the name of a file. A longer one is cut.
const FILE_NAME_CHARS_MAX: usize = 200;
/// Pieces of a file that wait to be written to disk.
const AHEAD_MAX: usize = 8;

/// The boundary of the parts of a form.
pub fn boundary(headers: &HeaderMap) -> Result<String, Error> {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    multer::parse_boundary(value).map_err(|_| Failure::Broken.into())
}

fn broken(error: multer::Error) -> Error {
    let failure = match error {
        multer::Error::StreamReadFailed(error) => error.downcast().map_or(Failure::Broken, |failure| *failure),
        _ => Failure::Broken,
    };
    failure.into()
}

/// Reads the form. The file comes last, so that the form token is checked by then.
pub async fn receive(
    by: &SignedIn,
    mut parts: Multipart<'_>,
) -> Result<Result<(Upload, NamedTempFile), String>, Error> {
    let (mut is_ours, mut only_fill_gaps, mut is_lenient) = (false, false, false);
    loop {
        let part = parts.next_field().await.map_err(broken)?;
        let Some(mut part) = part else { return Ok(Err("Choose a file.".into())) };
        if part.name() == Some("file") {
            if !is_ours {
                return Err(Error::CrossSite);
            }
            let name = part.file_name().unwrap_or_default().chars().filter(|c| !c.is_control());
            let name: String = name.take(FILE_NAME_CHARS_MAX).collect();
            if name.is_empty() {
                return Ok(Err("Choose a file.".into()));
            }
            let file = match store(&mut part).await? {
                Ok(file) => file,
                Err(why) => return Ok(Err(why)),
            };
            let recognizing = tokio::task::spawn_blocking(move || {
                let upload = Upload::of(&file, name, only_fill_gaps, is_lenient)?;
                std::io::Result::Ok((upload, file))
            });
            return Ok(Ok(recognizing
                .await
                .map_err(std::io::Error::other)
                .flatten()
                .map_err(|error| unstored(&error))?));
        }
        let name = part.name().unwrap_or_default().to_owned();
        let mut text = Vec::new();
        while let Some(piece) = part.chunk().await.map_err(broken)? {
            text.extend_from_slice(&piece);
            if text.len() > TEXT_BYTES_MAX {
                return Err(Failure::TooLarge.into());
            }
        }
        match name.as_str() {
            TOKEN_FIELD => is_ours = text.trim_ascii() == by.form_token.as_bytes(),
            "fills" => only_fill_gaps = true,
            "lenient" => is_lenient = true,
            _ => {}
        }
    }
}

fn unstored(error: &std::io::Error) -> Error {
    tracing::error!(%error, "an uploaded file cannot be stored");
    Error::Invalid("The file cannot be stored at the moment.".into())
}

/// Writes a file to disk as it arrives.
async fn store(part: &mut multer::Field<'_>) -> Result<Result<NamedTempFile, String>, Error> {
    let (send, mut pieces) = mpsc::channel::<axum::body::Bytes>(AHEAD_MAX);
    let writing = tokio::task::spawn_blocking(move || {
        let mut file = NamedTempFile::new()?;
        while let Some(piece) = pieces.blocking_recv() {
            file.write_all(&piece)?;
        }
        file.flush()?;
        std::io::Result::Ok(file)
    });
    let mut size = 0;
    loop {
        let Some(piece) = part.chunk().await.map_err(broken)? else { break };
        size += piece.len() as u64;
        if size > FILE_BYTES_MAX {
            return Ok(Err(format!("The file has more than {}.", format::size(FILE_BYTES_MAX))));
        }
        if send.send(piece).await.is_err() {
            break;
        }
    }
    drop(send);
    let file = writing.await.map_err(std::io::Error::other).flatten().map_err(|error| unstored(&error))?;
    Ok(if size == 0 { Err("The file is empty.".into()) } else { Ok(file) })
}
