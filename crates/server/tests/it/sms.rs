//! Text messages from Twilio.

use contact::Channel;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::client::Request;
use crate::harness::{Server, TOKEN};

const FORM: &str = "application/x-www-form-urlencoded";
const BODY: &str = "To=%2B16505550100&From=%2B16508149999&Body=Dinner+%26+tea%3F&MessageSid=SM1";
/// Returns the fields of the body as they are signed: sorted by name, each with its value.
const SIGNED: &str = "BodyDinner & tea?From+16508149999MessageSidSM1To+16505550100";

fn signature(token: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    BASE64.encode(&mac.finalize().into_bytes())
}

fn webhook(channel: &Channel) -> String {
    format!("/channels/{}/twilio", channel.id)
}

fn calling(target: &str, body: &str, signature: &str) -> Request {
    Request::new("POST", target).with("Content-Type", FORM).with("X-Twilio-Signature", signature).body(body)
}

fn signed(server: &Server, scheme: &str, target: &str, body: &str, fields: &str) -> Request {
    calling(target, body, &signature(TOKEN, &format!("{scheme}://{}{target}{fields}", server.address)))
}

async fn a_signed_message_is_stored_once(server: Server) {
    let channel = server.channel("wayne", "sms", "+1 650 555 0100").await;
    let target = webhook(&channel);
    for scheme in ["https", "http", "https"] {
        let answer = server.ask(signed(&server, scheme, &target, BODY, SIGNED)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "<Response/>"));
        assert_eq!(answer.header("content-type"), Some("text/xml"));
    }
    let threads = server.threads(&channel).await;
    assert_eq!(threads.len(), 1);
    assert_eq!((threads[0].1.len(), threads[0].1[0].text.as_str()), (1, "Dinner & tea?"));
    assert_eq!(threads[0].0.sender.text(), "+16508149999");
    // Later messages continue the conversation.
    let (body, fields) = (BODY.replace("SM1", "SM2"), SIGNED.replace("SM1", "SM2"));
    assert_eq!(server.ask(signed(&server, "http", &target, &body, &fields)).await.status, 200);
    assert_eq!(server.lengths(&channel).await, [2]);
}

async fn a_wrong_signature_is_refused(server: Server) {
    let channel = server.channel("wayne", "sms", "+1 650 555 0100").await;
    let custom = server.channel("wayne", "custom", "website").await;
    let target = webhook(&channel);
    let url = format!("http://{}{target}", server.address);
    let right = signature(TOKEN, &format!("{url}{SIGNED}"));
    let wrong = [
        calling(&target, BODY, &right).without("X-Twilio-Signature"),
        calling(&target, BODY, ""),
        calling(&target, BODY, &signature("another", &format!("{url}{SIGNED}"))),
        calling(&target, BODY, &signature("", &format!("{url}{SIGNED}"))),
        calling(&target, &BODY.replace("tea", "poison"), &right),
        calling(&format!("{target}?a=b"), BODY, &right),
        calling("/channels/cha_zz/twilio", BODY, &right),
        calling(
            "/channels/x/twilio",
            BODY,
            &signature("", &format!("http://{}/channels/x/twilio{SIGNED}", server.address)),
        ),
        signed(&server, "http", &webhook(&custom), BODY, SIGNED),
    ];
    let mut answers = Vec::new();
    for request in wrong {
        let answer = server.ask(request).await;
        answers.push((answer.status, answer.body));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 403), "{answers:?}");
    let json = calling(&target, BODY, &right).with("Content-Type", "application/json");
    assert_eq!(server.ask(json).await.status, 415);
    let long = format!("{BODY}&x={}", "x".repeat(64 * 1024));
    assert_eq!(server.ask(calling(&target, &long, &right)).await.status, 413);
    assert_eq!(server.lengths(&channel).await, [0; 0]);
}

async fn signed_but_invalid_messages_get_a_reason(server: Server) {
    let channel = server.channel("wayne", "sms", "+1 650 555 0100").await;
    let target = webhook(&channel);
    for (body, fields, reason) in [
        (
            "To=%2B16505550199&From=%2B16508149999&MessageSid=1",
            "From+16508149999MessageSid1To+16505550199",
            "To is not",
        ),
        ("To=me&From=%2B16508149999&MessageSid=1", "From+16508149999MessageSid1Tome", "To is not"),
        ("From=%2B16508149999&MessageSid=1", "From+16508149999MessageSid1", "To is missing"),
        ("To=%2B16505550100&MessageSid=1", "MessageSid1To+16505550100", "From is missing"),
        ("To=%2B16505550100&From=x&MessageSid=1", "FromxMessageSid1To+16505550100", "From: Is not a phone"),
        ("To=%2B16505550100&From=%2B16508149999", "From+16508149999To+16505550100", "MessageSid is missing"),
        ("", "", "To is missing"),
    ] {
        let answer = server.ask(signed(&server, "http", &target, body, fields)).await;
        assert!(answer.status == 400 && answer.body.contains(reason), "{body}: {answer:?}");
    }
}

async fn the_public_url_is_the_signed_one(server: Server) {
    let channel = server.channel("wayne", "sms", "+1 650 555 0100").await;
    let proxied = server.beside(server.store.clone(), Some("https://kith.example/hub/")).await;
    let target = format!("{}?from=twilio", webhook(&channel));
    let url = format!("https://kith.example/hub{target}");
    assert_eq!(proxied.ask(calling(&target, BODY, &signature(TOKEN, &format!("{url}{SIGNED}")))).await.status, 200);
    assert_eq!(proxied.ask(signed(&proxied, "http", &target, BODY, SIGNED)).await.status, 403);
}

on_each_store!(
    a_signed_message_is_stored_once,
    a_wrong_signature_is_refused,
    signed_but_invalid_messages_get_a_reason,
    the_public_url_is_the_signed_one,
);
