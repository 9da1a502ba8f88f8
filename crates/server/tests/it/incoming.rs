//! Messages of custom channels.

use contact::Channel;
use serde_json::{Value, json};

use crate::client::{Answer, Request};
use crate::harness::{Login, Server};

const WEBSITE: &str = "/channels/alt:address:website/incoming_messages";

fn bringing(login: &Login, target: &str, body: &Value) -> Request {
    login.request("POST", target).with("Content-Type", "application/json").body(body.to_string())
}

async fn bring(server: &Server, body: &Value) -> Answer {
    server.ask(bringing(&server.wayne, WEBSITE, body)).await
}

async fn website(server: &Server) -> Channel {
    server.channel("wayne", "custom", "website").await
}

fn says(sender: &str, body: &str) -> Value {
    json!({"sender": {"handle": sender}, "body": body})
}

async fn a_message_is_accepted_and_stored(server: Server) {
    let channel = website(&server).await;
    let body = json!({
        "sender": {"handle": "selina", "name": "Selina\u{202e} Kyle"}, "subject": "A\nring", "body": "*Hello* <b>you</b>",
        "metadata": {"thread_ref": "7", "headers": {"x": [1]}}, "is_private": true,
    });
    let accepted = bring(&server, &body).await.expect(202);
    let threads = server.threads(&channel).await;
    let (conversation, messages) = &threads[0];
    let message = &messages[0];
    assert_eq!(accepted, json!({"status": "accepted", "message_uid": message.id.to_string()}));
    assert_eq!((conversation.subject.as_str(), conversation.channel), ("Aring", channel.id));
    assert_eq!((message.text.as_str(), &message.html), ("*Hello* <b>you</b>", &None));
    assert_eq!(server.contact("alt:custom:selina").await["name"], "Selina Kyle");
}

async fn threads_are_grouped_by_reference_or_sender(server: Server) {
    let channel = website(&server).await;
    let with = |sender: &str, thread: &str| {
        let mut body = says(sender, "Hi");
        body["metadata"] = json!({"thread_ref": thread});
        body
    };
    for body in [says("a", "1"), with("a", "7"), says("b", "2"), with("b", "7"), says("a", "3"), with("b", "8")] {
        bring(&server, &body).await.expect(202);
    }
    assert_eq!(server.lengths(&channel).await, [1, 2, 2, 1]);
    // The same reference in another channel is another thread.
    server.channel("wayne", "custom", "shop").await;
    let target = "/channels/alt:address:shop/incoming_messages";
    server.ask(bringing(&server.wayne, target, &with("a", "7"))).await.expect(202);
    assert_eq!(server.lengths(&channel).await, [1, 1, 2, 2, 1]);
}

async fn html_is_sanitized(server: Server) {
    let channel = website(&server).await;
    let markup = "<p onclick=x>Hi</p><script>x</script><img src=http://t.example/p.gif>";
    let body = json!({"sender": {"handle": "a"}, "body": markup, "body_format": "html"});
    bring(&server, &body).await.expect(202);
    let message = server.threads(&channel).await.remove(0).1.remove(0);
    assert_eq!(message.text, "Hi");
    assert_eq!(message.html.unwrap(), "<p>Hi</p><img data-src=\"http://t.example/p.gif\">");
}

async fn refused_mail_gets_a_reason(server: Server) {
    let channel = website(&server).await;
    for (body, reason) in [
        ("", "must be a JSON object"),
        ("{", "is not JSON"),
        ("[]", "must be a JSON object"),
        ("{}", "sender is required"),
        (r#"{"sender": {}, "body": "b"}"#, "sender.handle is required"),
        (r#"{"sender": "a", "body": "b"}"#, "sender must be an object"),
        (r#"{"sender": {"handle": 7}, "body": "b"}"#, "sender.handle must be a string"),
        (r#"{"sender": {"handle": " "}, "body": "b"}"#, "sender.handle: Must not be empty"),
        (r#"{"sender": {"handle": "a"}}"#, "body is required"),
        (r#"{"sender": {"handle": "a"}, "body": null}"#, "body must be a string"),
        (r#"{"sender": {"handle": "a"}, "body": "b", "body_format": "rtf"}"#, "markdown or html"),
    ] {
        let message = server.ask(bringing(&server.wayne, WEBSITE, &Value::Null).body(body)).await.message(400);
        assert!(message.contains(reason), "{body}: {message}");
    }
    let long = json!({"sender": {"handle": "a"}, "body": "b", "metadata": {"thread_ref": "x".repeat(901)}});
    bring(&server, &long).await.message(400);
    let good = says("a", "b");
    for target in ["/channels/cha_zz/incoming_messages", "/channels/alt:address:nobody/incoming_messages"] {
        server.ask(bringing(&server.wayne, target, &good)).await.message(404);
    }
    let mut nobody = good.clone();
    nobody["sender"]["contact_id"] = "crd_zz".into();
    bring(&server, &nobody).await.message(404);
    server.ask(bringing(&server.wayne, WEBSITE, &good).without("Authorization")).await.message(401);
    server.ask(bringing(&server.wayne, WEBSITE, &good).with("Content-Type", "text/plain")).await.message(415);
    server.ask(bringing(&server.wayne, WEBSITE, &good).without("Content-Type")).await.message(415);
    bring(&server, &says("a", &"b".repeat(1024 * 1024))).await.message(413);
    let answer = server.get(WEBSITE).await;
    assert_eq!(answer.header("allow"), Some("POST"));
    answer.message(405);
    // Another company's channel is unknown.
    let acme = server.company("acme").await;
    let own = format!("/channels/{}/incoming_messages", channel.id);
    server.ask(bringing(&acme, &own, &good)).await.message(404);
    assert_eq!(server.lengths(&channel).await, [0; 0]);
    server.ask(bringing(&server.wayne, &own, &good)).await.expect(202);
}

async fn a_form_may_have_files(server: Server) {
    let channel = website(&server).await;
    let field = |name: &str, more: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n")
    };
    let file = "; filename=\"../a.pdf\"\r\nContent-Type: application/pdf";
    let form = [
        field("sender[handle]", "", "selina"),
        field("body", "", "H\u{e9}llo"),
        field("metadata[thread_ref]", "", "7"),
        field("attachments[]", file, "%PDF"),
        field("attachments[1]", "; filename=b", "B"),
        field("unknown", "", "x"),
    ];
    let form = form.concat() + "--x--\r\n";
    let request = server.wayne.request("POST", WEBSITE).with("Content-Type", "multipart/form-data; boundary=x");
    server.ask(request.clone().body(form.clone())).await.expect(202);
    let message = server.threads(&channel).await.remove(0).1.remove(0);
    assert_eq!(message.text, "H\u{e9}llo");
    let files = message.attachments.iter().map(|file| (file.name.as_str(), file.media_type.as_str(), file.bytes));
    assert_eq!(files.collect::<Vec<_>>(), [("a.pdf", "application/pdf", 4), ("b", "application/octet-stream", 1)]);
    let content =
        server.hub.attachment(channel.id.company(), message.attachments[0].id).await.unwrap().unwrap().content;
    assert_eq!(&*content, b"%PDF");
    for broken in ["", "--x", "--x\r\n\r\n", &form[..form.len() - 40], "--x--"] {
        server.ask(request.clone().body(broken)).await.message(400);
    }
    server.ask(request.body(vec![b'x'; 25 * 1024 * 1024 + 1])).await.message(413);
}

async fn a_sender_gets_a_handle_and_keeps_a_reported_name(server: Server) {
    server.channel("wayne", "email", "support@wayne.example").await;
    server.channel("wayne", "sms", "+1 650 555 0100").await;
    server.report(&json!({"name": "Selina Kyle", "fields": [{"source": "email", "handle": "s@b.example"}]})).await;
    let target = "/channels/alt:address:support@wayne.example/incoming_messages";
    let body = json!({"sender": {"handle": "S@b.example", "name": "Catwoman"}, "body": "Hi"});
    server.ask(bringing(&server.wayne, target, &body)).await.expect(202);
    assert_eq!(server.contact("alt:email:s@b.example").await["name"], "Selina Kyle");
    server.ask(bringing(&server.wayne, target, &says("nobody", "Hi"))).await.message(400);
    // A number without a country code is of the company's region.
    let target = "/channels/alt:address:650-555-0100/incoming_messages";
    server.ask(bringing(&server.wayne, target, &says("(650) 814-9999", "Hi"))).await.expect(202);
    server.contact("alt:phone:+16508149999").await;
}

on_each_store!(
    a_message_is_accepted_and_stored,
    threads_are_grouped_by_reference_or_sender,
    html_is_sanitized,
    refused_mail_gets_a_reason,
    a_form_may_have_files,
    a_sender_gets_a_handle_and_keeps_a_reported_name,
);
