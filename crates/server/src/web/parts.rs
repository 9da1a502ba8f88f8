//! The parts of a page's address. An invalid one gets an error page, and not the text of a library.

use axum::extract::{FromRequestParts, Path as AnyPath, Query as AnyQuery};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::error::Error;
use crate::App;

/// The parameters of a path.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(request: &mut Parts, app: &App) -> Result<Path<T>, Error> {
        let path = AnyPath::<T>::from_request_parts(request, app).await;
        path.map(|AnyPath(path)| Path(path)).map_err(|_| Error::NotFound("Page not found."))
    }
}

/// The parameters of a query.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(request: &mut Parts, app: &App) -> Result<Query<T>, Error> {
        let query = AnyQuery::<T>::from_request_parts(request, app).await;
        query.map(|AnyQuery(query)| Query(query)).map_err(|_| Error::Address)
    }
}
