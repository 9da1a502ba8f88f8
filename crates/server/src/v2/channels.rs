//! `/channels`: the addresses that receive messages.

use axum::Json;
use contact::{Channel, ChannelId, ChannelType, InboxId, TeamId};
use hub::Scope;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::error::Error;
use super::page::Whole;
use super::request::{ApiRequest, PathId};

#[derive(Serialize, ToSchema)]
pub struct ChannelBody {
    _links: ChannelLinks,
    /// `cha_` and a number in base 36.
    id: String,
    name: String,
    address: String,
    send_as: String,
    /// `smtp`, `twilio` or `custom`.
    r#type: &'static str,
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    is_private: bool,
    is_valid: bool,
}

#[derive(Serialize, ToSchema)]
struct ChannelLinks {
    #[serde(rename = "self")]
    this: String,
    related: ChannelRelated,
}

#[derive(Serialize, ToSchema)]
struct ChannelRelated {
    inbox: String,
    owner: String,
}

impl ChannelBody {
    fn new(channel: &Channel, request: &ApiRequest) -> ChannelBody {
        let company = request.company.id;
        let related = ChannelRelated {
            inbox: request.url(&format!("/inboxes/{}", InboxId::nth(company, 1))),
            owner: request.url(&format!("/teams/{}", TeamId::nth(company, 1))),
        };
        let address = channel.address.text();
        ChannelBody {
            _links: ChannelLinks { this: request.url(&format!("/channels/{}", channel.id)), related },
            id: channel.id.to_string(),
            name: address.to_owned(),
            address: address.to_owned(),
            send_as: address.to_owned(),
            r#type: match channel.kind {
                ChannelType::Email => "smtp",
                ChannelType::Sms => "twilio",
                ChannelType::Custom => "custom",
            },
            settings: Map::new(),
            is_private: false,
            is_valid: true,
        }
    }
}

/// Returns the channel of an id or an alias.
pub async fn find(request: &ApiRequest, id: &str) -> Result<Channel, Error> {
    let hub = &request.app.hub;
    let not_found = || Error::NotFound("Channel not found.".into());
    let Some(address) = id.strip_prefix("alt:address:") else {
        let id: ChannelId = id.parse().map_err(|_| not_found())?;
        return hub.channel(request.company.id, id).await?.ok_or_else(not_found);
    };
    for kind in [ChannelType::Custom, ChannelType::Email, ChannelType::Sms] {
        let Ok(address) = Channel::address(kind, address, request.company.region) else { continue };
        if let Some(channel) = hub.channel_at(request.company.id, address.key()).await? {
            return Ok(channel);
        }
    }
    Err(not_found())
}

/// Lists the channels of the company.
pub async fn listed(request: &ApiRequest, path: &str) -> Result<Json<Whole<ChannelBody>>, Error> {
    let channels = request.app.hub.channels(request.company.id).await?;
    let shown = channels.iter().map(|channel| ChannelBody::new(channel, request)).collect();
    Ok(Json(Whole::new(request.url(path), shown)))
}

/// List channels.
#[utoipa::path(get, path = "/channels", tag = "Channels", operation_id = "list-channels",
    responses((status = 200, body = Whole<ChannelBody>)), security(("token" = ["channels:read"]), ("login" = [])))]
pub async fn list(request: ApiRequest) -> Result<Json<Whole<ChannelBody>>, Error> {
    request.require(Scope::ChannelsRead)?;
    listed(&request, "/channels").await
}

/// Get a channel.
#[utoipa::path(get, path = "/channels/{channel_id}", tag = "Channels", operation_id = "get-channel",
    params(super::params::ChannelPath), responses((status = 200, body = ChannelBody)),
    security(("token" = ["channels:read"]), ("login" = [])))]
pub async fn get(PathId(id): PathId, request: ApiRequest) -> Result<Json<ChannelBody>, Error> {
    request.require(Scope::ChannelsRead)?;
    Ok(Json(ChannelBody::new(&find(&request, &id).await?, &request)))
}
