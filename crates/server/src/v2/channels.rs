//! `/channels`: the addresses that people write to.

use axum::Json;
use contact::{Channel, ChannelId, ChannelType, InboxId, TeamId};
use hub::Scope;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::asked::{Asked, Named};
use super::error::Error;
use super::page::Whole;

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
    fn new(channel: &Channel, asked: &Asked) -> ChannelBody {
        let company = asked.company.id;
        let related = ChannelRelated {
            inbox: asked.url(&format!("/inboxes/{}", InboxId::nth(company, 1))),
            owner: asked.url(&format!("/teams/{}", TeamId::nth(company, 1))),
        };
        let address = channel.address.text();
        ChannelBody {
            _links: ChannelLinks { this: asked.url(&format!("/channels/{}", channel.id)), related },
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

/// The channel that an id or an alias names.
pub async fn find(asked: &Asked, id: &str) -> Result<Channel, Error> {
    let hub = &asked.app.hub;
    let not_there = || Error::NotFound("There is no such channel.".into());
    let Some(address) = id.strip_prefix("alt:address:") else {
        let id: ChannelId = id.parse().map_err(|_| not_there())?;
        return hub.channel(asked.company.id, id).await?.ok_or_else(not_there);
    };
    for kind in [ChannelType::Custom, ChannelType::Email, ChannelType::Sms] {
        let Ok(address) = Channel::address(kind, address, asked.company.region) else { continue };
        if let Some(channel) = hub.channel_at(asked.company.id, address.key()).await? {
            return Ok(channel);
        }
    }
    Err(not_there())
}

pub async fn listed(asked: &Asked, path: &str) -> Result<Json<Whole<ChannelBody>>, Error> {
    let channels = asked.app.hub.channels(asked.company.id).await?;
    let shown = channels.iter().map(|channel| ChannelBody::new(channel, asked)).collect();
    Ok(Json(Whole::new(asked.url(path), shown)))
}

/// All channels.
#[utoipa::path(get, path = "/channels", tag = "Channels", operation_id = "list-channels",
    responses((status = 200, body = Whole<ChannelBody>)), security(("token" = ["channels:read"]), ("login" = [])))]
pub async fn list(asked: Asked) -> Result<Json<Whole<ChannelBody>>, Error> {
    asked.may(Scope::ChannelsRead)?;
    listed(&asked, "/channels").await
}

/// A channel.
#[utoipa::path(get, path = "/channels/{channel_id}", tag = "Channels", operation_id = "get-channel",
    params(super::params::ChannelPath), responses((status = 200, body = ChannelBody)),
    security(("token" = ["channels:read"]), ("login" = [])))]
pub async fn get(Named(id): Named, asked: Asked) -> Result<Json<ChannelBody>, Error> {
    asked.may(Scope::ChannelsRead)?;
    Ok(Json(ChannelBody::new(&find(&asked, &id).await?, &asked)))
}
