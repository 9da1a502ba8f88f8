//! The webhook for text messages, which Twilio or a service with the same signature calls.

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use contact::{Channel, ChannelId, ChannelType, SignatureKey};
use data_encoding::BASE64;
use hub::inbound::Sms;
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use crate::client::Client;
use crate::{App, request_body};

/// Most bytes of a body.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Most media URLs that are read.
const MEDIA_MAX: usize = 10;
const SIGNATURE: &str = "x-twilio-signature";

pub fn routes() -> Router<App> {
    Router::new().route("/channels/{id}/twilio", post(receive))
}

/// Whether a path is one of a webhook.
pub fn has(path: &str) -> bool {
    path.starts_with("/channels/") && path.ends_with("/twilio")
}

/// Why a text message was refused.
enum Error {
    /// The signature is missing or wrong. The same for an unknown channel, so that callers cannot probe for channels.
    Unsigned,
    WrongType,
    Body(request_body::Failure),
    Invalid(String),
    Hub(hub::Error),
}

impl From<hub::Error> for Error {
    fn from(error: hub::Error) -> Error {
        Error::Hub(error)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Error::Unsigned => (StatusCode::FORBIDDEN, "The signature is missing or wrong.\n".into()),
            Error::WrongType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send application/x-www-form-urlencoded.\n".into())
            }
            Error::Body(request_body::Failure::TooLarge) => {
                (StatusCode::PAYLOAD_TOO_LARGE, format!("A body has at most {BODY_BYTES_MAX} bytes.\n"))
            }
            Error::Body(request_body::Failure::TooSlow) => {
                (StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.\n".into())
            }
            Error::Body(request_body::Failure::Broken) => (StatusCode::BAD_REQUEST, "The body broke off.\n".into()),
            Error::Body(request_body::Failure::Busy) => {
                (StatusCode::SERVICE_UNAVAILABLE, "The server is busy. Send the message again.\n".into())
            }
            Error::Invalid(message) => (StatusCode::BAD_REQUEST, format!("{message}\n")),
            Error::Hub(error) if error.kind() == hub::Kind::Unavailable => {
                tracing::warn!(error = %error, "a text message could not be stored");
                (StatusCode::SERVICE_UNAVAILABLE, "The message cannot be stored at the moment. Send it again.\n".into())
            }
            Error::Hub(error) => {
                tracing::error!(error = %error, "a text message failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "This is a fault of the server, not of the request.\n".into())
            }
        };
        (status, message).into_response()
    }
}

async fn receive(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Error> {
    let (head, body) = request.into_parts();
    let signature = head.headers.get(SIGNATURE).map(|given| given.as_bytes().to_vec()).ok_or(Error::Unsigned)?;
    if !is_form(&head.headers) {
        return Err(Error::WrongType);
    }
    let body = app.read(body, BODY_BYTES_MAX).await.map_err(Error::Body)?;
    let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let channel = channel(&app, id).await?;
    let key = channel.as_ref().and_then(|channel| channel.signature_key.clone());
    // An unknown channel takes the same time as a known one, so that callers cannot probe for channels.
    let any_key = key.clone().unwrap_or_else(|| SignatureKey::new(""));
    let is_signed = urls(&app, &head).iter().any(|url| is_signed(&any_key, url, &fields, &signature));
    let channel = channel.filter(|_| is_signed && key.is_some()).ok_or(Error::Unsigned)?;
    let company = app.hub.company_by_id(channel.id.company()).await?.ok_or(Error::Unsigned)?;
    let field = |name: &str| fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
    let needed = |name: &str| {
        field(name).filter(|value| !value.is_empty()).ok_or_else(|| Error::Invalid(format!("{name} is missing.")))
    };
    let to = Channel::address(channel.kind, &needed("To")?, company.region);
    if !to.is_ok_and(|to| to.key() == channel.key()) {
        return Err(Error::Invalid("To is not the number of this channel.".into()));
    }
    let sms = Sms {
        from: needed("From")?,
        body: field("Body").unwrap_or_default(),
        id: needed("MessageSid")?,
        media: (0..MEDIA_MAX).map_while(|n| field(&format!("MediaUrl{n}"))).collect(),
    };
    let message =
        sms.message(&channel, company.region).map_err(|invalid| Error::Invalid(format!("From: {invalid}")))?;
    app.hub.receive(company.id, message).await?;
    Ok(([(CONTENT_TYPE, "text/xml")], "<Response/>").into_response())
}

/// Returns the channel of text messages with an id. Ids are unique across companies.
async fn channel(app: &App, id: Result<Path<String>, PathRejection>) -> Result<Option<Channel>, Error> {
    let Some(id) = id.ok().and_then(|Path(id)| id.parse::<ChannelId>().ok()) else { return Ok(None) };
    let channel = app.hub.channel(id.company(), id).await?;
    Ok(channel.filter(|channel| channel.kind == ChannelType::Sms))
}

fn is_form(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(CONTENT_TYPE).map(|value| value.to_str()) else { return false };
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Returns the URLs that the sender may have signed. Behind a proxy, only the sender knows whether it was HTTPS.
fn urls(app: &App, head: &Parts) -> Vec<String> {
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    if let Some(url) = app.site.url() {
        return vec![format!("{url}{path}")];
    }
    let host = Client::of(head).host;
    vec![format!("https://{host}{path}"), format!("http://{host}{path}")]
}

/// Whether the owner of the token signed a request.
///
/// The signature covers the URL, then the name and the value of each field, sorted by name.
fn is_signed(key: &SignatureKey, url: &str, fields: &[(String, String)], signature: &[u8]) -> bool {
    let mut sorted: Vec<&(String, String)> = fields.iter().collect();
    sorted.sort();
    let signed = sorted.into_iter().fold(url.to_owned(), |signed, (name, value)| signed + name + value);
    let expected = BASE64.encode(&key.sign(signed.as_bytes()));
    bool::from(expected.as_bytes().ct_eq(signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_twilio() {
        // The example of Twilio's "Validating requests" page.
        let fields = [
            ("Digits", "1234"),
            ("To", "+18005551212"),
            ("From", "+14158675309"),
            ("Caller", "+14158675309"),
            ("CallSid", "CA1234567890ABCDE"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert!(is_signed(&SignatureKey::new("12345"), url, &fields, b"RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(!is_signed(&SignatureKey::new("12346"), url, &fields, b"RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(!is_signed(&SignatureKey::new("12345"), url, &fields, b""));
    }
}
