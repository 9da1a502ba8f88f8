//! `/me`: whose token it is.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::Asked;
use super::error::Error;
use super::page::SelfLink;

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
pub async fn get(asked: Asked) -> Result<Json<Me>, Error> {
    let name = asked.company.name.as_str().to_owned();
    Ok(Json(Me { _links: SelfLink::to(asked.url("/me")), id: asked.company.id.to_string(), name }))
}
