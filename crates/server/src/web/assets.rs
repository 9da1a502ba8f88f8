//! The styles and scripts, which are embedded in the binary.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::error::Error;
use super::parts::Path;

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

const FILES: [(&str, &str, &str); 13] = [
    ("app.css", STYLE, include_str!("../../static/app.css")),
    ("app.js", SCRIPT, include_str!("../../static/app.js")),
    ("card.js", SCRIPT, include_str!("../../static/card.js")),
    ("copy.js", SCRIPT, include_str!("../../static/copy.js")),
    ("keys.js", SCRIPT, include_str!("../../static/keys.js")),
    ("live.js", SCRIPT, include_str!("../../static/live.js")),
    ("mail.css", STYLE, include_str!("../../static/mail.css")),
    ("mail.js", SCRIPT, include_str!("../../static/mail.js")),
    ("morph.js", SCRIPT, include_str!("../../static/morph.js")),
    ("page.js", SCRIPT, include_str!("../../static/page.js")),
    ("rows.js", SCRIPT, include_str!("../../static/rows.js")),
    ("search.js", SCRIPT, include_str!("../../static/search.js")),
    ("time.js", SCRIPT, include_str!("../../static/time.js")),
];

pub async fn file(Path(name): Path<String>) -> Result<Response, Error> {
    match FILES.iter().find(|(file, ..)| *file == name) {
        // A page must not run scripts of another version of the binary.
        Some((_, kind, text)) => Ok(([(CONTENT_TYPE, *kind), (CACHE_CONTROL, "no-cache")], *text).into_response()),
        None => Err(Error::NotFound("File not found.")),
    }
}
