//! `/me`: whose token it is.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::Error;
use super::page::SelfLink;
use super::request::ApiRequest;

/// The company, not a person.
#[derive(Serialize, ToSchema)]
pub struct Me {
    _links: SelfLink,
    /// `cmp_` and a number in base 36.
    id: String,
    name: String,
}

/// The company whose token it is.
#[utoipa::path(get, path = "/me", tag = "Token", operation_id = "api-token-details",
    responses((status = 200, body = Me)), security(("token" = []), ("login" = [])))]
pub async fn get(request: ApiRequest) -> Result<Json<Me>, Error> {
    let name = request.company.name.as_str().to_owned();
    Ok(Json(Me { _links: SelfLink::to(request.url("/me")), id: request.company.id.to_string(), name }))
}
