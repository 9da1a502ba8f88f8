//! `/me`: the company of the token.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::Error;
use super::page::SelfLink;
use super::request::ApiRequest;

/// The company of a token.
#[derive(Serialize, ToSchema)]
pub struct Me {
    _links: SelfLink,
    /// `cmp_` and a number in base 36.
    id: String,
    name: String,
}

/// Get the company of the token.
#[utoipa::path(get, path = "/me", tag = "Token", operation_id = "api-token-details",
    responses((status = 200, body = Me)), security(("token" = []), ("login" = [])))]
pub async fn get(request: ApiRequest) -> Result<Json<Me>, Error> {
    let name = request.company.name.as_str().to_owned();
    Ok(Json(Me { _links: SelfLink::to(request.url("/me")), id: request.company.id.to_string(), name }))
}
