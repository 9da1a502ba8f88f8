//! The headers that every response has, and pages of other sites that send a remembered login.

use serde_json::json;

use crate::browser::{Browser, Mailbox};
use crate::client::{Answer, Request};
use crate::harness::{CONTACTS, Server, basic, person};

/// Checks the headers that protect a browser, whatever a response is.
#[track_caller]
fn is_protected(target: &str, answer: &Answer) {
    let header = |name: &str| answer.header(name).unwrap_or_else(|| panic!("{target} has no {name}: {answer:?}"));
    assert_eq!(header("x-content-type-options"), "nosniff", "{target}");
    assert_eq!(header("referrer-policy"), "same-origin", "{target}");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{target}");
    assert_eq!(header("x-frame-options"), "DENY", "{target}");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(header("content-security-policy").contains(part), "{target}: {answer:?}");
    }
    let is_static = target.starts_with("/app/static/");
    assert_eq!(header("cache-control"), if is_static { "no-cache" } else { "no-store" }, "{target}");
    let is_page = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    assert_eq!(answer.header("permissions-policy").is_some_and(|all| all.contains("camera=()")), is_page, "{target}");
    assert_eq!(answer.header("cross-origin-opener-policy"), is_page.then_some("same-origin"), "{target}");
    let names: Vec<&String> = answer.headers.iter().map(|(name, _)| name).collect();
    let once = names.iter().filter(|name| name.as_str() == "content-security-policy").count();
    assert_eq!(once, 1, "{target}: {names:?}");
}

async fn every_response_has_the_headers_that_protect_a_browser(server: Server) {
    let id = server.report(&person([1])).await;
    let browser = Browser::of(&server, &server.wayne).await;
    for target in [
        "/",
        "/app",
        "/app/inbox",
        "/app/contacts",
        "/app/settings",
        "/app/sign-in",
        "/app/nothing",
        "/app/static/app.css",
    ] {
        is_protected(target, &browser.ask(target).await);
    }
    for target in ["/healthz", "/readyz", "/openapi.json", "/docs", "/contacts", "/nothing", CONTACTS, "/contacts/x"] {
        is_protected(target, &server.get(target).await);
        is_protected(target, &server.ask(Request::new("DELETE", target)).await);
    }
    is_protected("card", &server.get(&format!("/contacts/{id}")).await);
    is_protected(CONTACTS, &server.send_report(&json!({})).await);
    is_protected("webhook", &server.ask(Request::new("POST", "/channels/cha_1/twilio")).await);
    let no_host = server.connect().await.exchange(b"GET /contacts HTTP/1.1\r\n\r\n", true).await;
    is_protected("no host", &no_host);
    // The frame of a message is shown by a page of this server.
    let mailbox = Mailbox::of(&server).await;
    let mut message = mailbox.message("ada@example.org", "Hello", "Hi");
    message.html = Some("<p>Hi</p>".into());
    let message = mailbox.take(&server, message).await.message.unwrap();
    let frame = browser.ask(&format!("/app/inbox/{}/{}", message.conversation, message.message)).await;
    assert_eq!((frame.status, frame.header("x-frame-options")), (200, Some("SAMEORIGIN")), "{frame:?}");
}

async fn only_responses_over_tls_forbid_plain_http(server: Server) {
    let hsts = |answer: Answer| answer.header("strict-transport-security").map(str::to_owned);
    for target in ["/app/sign-in", "/contacts", "/healthz"] {
        assert_eq!(hsts(server.get(target).await), None);
        let public = server.behind(Some("https://kith.example.org"), &[]).await;
        assert_eq!(hsts(public.get(target).await).as_deref(), Some("max-age=31536000"), "{target}");
        let proxied = server.behind(None, &["127.0.0.1/32"]).await;
        let request = server.wayne.request("GET", target).with("X-Forwarded-Proto", "https");
        assert!(hsts(proxied.ask(request).await).is_some(), "{target}");
    }
}

async fn a_page_of_another_site_cannot_use_a_remembered_login(server: Server) {
    let id = server.report(&person([1])).await;
    let own = format!("http://{}", server.address);
    let token = format!("Bearer {}", server.token(&[]).await);
    let changes = [
        ("POST", CONTACTS.to_owned(), person([2])),
        ("POST", "/contacts".into(), json!({"handles": [{"source": "email", "handle": "eve@example.org"}]})),
        ("PATCH", format!("/contacts/{id}"), json!({"name": "Eve"})),
    ];
    let request = |(method, target, body): &(&str, String, serde_json::Value)| {
        server.wayne.request(method, target).with("Content-Type", "application/json").body(body.to_string())
    };
    let foreign = [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
    ];
    for (header, value) in foreign {
        for change in &changes {
            let answer = server.ask(request(change).with(header, value)).await;
            assert_eq!(answer.status, 403, "{header} {value}: {answer:?}");
            assert!(answer.body.contains("another site"), "{answer:?}");
            // Whether the login is right does not show.
            let wrong = request(change).with("Authorization", &basic("wayne:wrong")).with(header, value);
            assert_eq!(server.ask(wrong).await.body, answer.body);
        }
        // Reads change nothing, and a page of another site cannot see the response.
        server.ask(server.wayne.request("GET", "/contacts").with(header, value)).await.expect(200);
        // A browser adds no token on its own.
        server.ask(request(&changes[0]).with("Authorization", &token).with(header, value)).await.expect(202);
    }
    assert_eq!(server.contact(&id).await["name"], "");
    for (header, value) in [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "none"), ("Origin", own.as_str())] {
        server.ask(request(&changes[0]).with(header, value)).await.expect(202);
    }
    let public = server.behind(Some("https://kith.example.org"), &[]).await;
    public.ask(request(&changes[0]).with("Origin", "https://kith.example.org")).await.expect(202);
}

on_each_store!(
    every_response_has_the_headers_that_protect_a_browser,
    only_responses_over_tls_forbid_plain_http,
    a_page_of_another_site_cannot_use_a_remembered_login,
);
