//! Addresses, schemes and hosts: of clients, of proxies that are trusted, and of strangers who claim to be one.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::json;
use tokio::net::TcpSocket;

use crate::browser::sign_in;
use crate::client::{Answer, Connection, Request};
use crate::harness::{Login, Server, person};

/// Sends a request from an address of its own: all of 127.0.0.0/8 is this machine.
async fn ask_from(server: &Server, last: u8, request: Request) -> Answer {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0))).unwrap();
    let mut connection = Connection::over(socket.connect(server.address).await.unwrap());
    connection.ask(&request).await
}

fn listing(server: &Server) -> Request {
    server.wayne.request("GET", "/contacts").with("Host", "kith.example.org:8080")
}

/// The scheme and the host of links in an answer.
fn base(answer: &Answer) -> String {
    let link = answer.expect(200)["_links"]["self"].as_str().unwrap().to_owned();
    link.strip_suffix("/contacts").unwrap().to_owned()
}

async fn only_a_trusted_proxy_says_how_clients_reach_the_server(server: Server) {
    let server = server.behind(None, &["127.0.0.9/32"]).await;
    let forwarded = listing(&server).with("X-Forwarded-Proto", "https").with("X-Forwarded-Host", "crm.example.org");
    assert_eq!(base(&ask_from(&server, 9, forwarded.clone()).await), "https://crm.example.org");
    assert_eq!(base(&ask_from(&server, 1, forwarded.clone()).await), "http://kith.example.org:8080");
    assert_eq!(base(&ask_from(&server, 9, listing(&server)).await), "http://kith.example.org:8080");
    // Each proxy adds its own value at the end.
    let twice = forwarded.with("X-Forwarded-Proto", "http, https").with("X-Forwarded-Host", "evil.example, b.example");
    assert_eq!(base(&ask_from(&server, 9, twice).await), "https://b.example");
    for wrong in ["", "a b", "a/b", "me@evil.example", ":80", "evil.example:port", "é"] {
        let request = listing(&server).with("X-Forwarded-Host", wrong).with("X-Forwarded-Proto", wrong);
        let answer = ask_from(&server, 9, request).await;
        assert_eq!(base(&answer), "http://kith.example.org:8080", "{wrong}");
    }
}

async fn a_cookie_is_secure_if_the_client_uses_tls(server: Server) {
    let server = server.behind(None, &["127.0.0.9/32"]).await;
    let signing_in = sign_in(&server, &server.wayne, "").with("Host", &server.address.to_string());
    let forwarded = signing_in.clone().with("X-Forwarded-Proto", "https");
    let cookie = |answer: &Answer| answer.header("set-cookie").unwrap().to_owned();
    let plain = [ask_from(&server, 1, forwarded.clone()).await, ask_from(&server, 9, signing_in).await];
    for answer in &plain {
        assert!(!cookie(answer).contains("Secure"), "{answer:?}");
    }
    let secure = cookie(&ask_from(&server, 9, forwarded).await);
    assert!(secure.starts_with("__Host-kith_session=") && secure.contains("; Path=/; Secure;"), "{secure}");
    // A cookie that plain HTTP could set does not count over TLS, and the other way round.
    let value = secure.split(['=', ';']).nth(1).unwrap();
    let opening =
        |name: &str| Request::new("GET", "/app/inbox").with("Host", "kith").with("Cookie", &format!("{name}={value}"));
    let over_tls = |name: &str| opening(name).with("X-Forwarded-Proto", "https");
    assert_eq!(ask_from(&server, 9, over_tls("__Host-kith_session")).await.status, 200);
    assert_eq!(ask_from(&server, 9, over_tls("kith_session")).await.status, 303);
    assert_eq!(ask_from(&server, 9, opening("__Host-kith_session")).await.status, 303);
}

async fn wrong_passwords_count_for_the_client_and_not_for_its_proxy(server: Server) {
    let server = server.behind(None, &["127.0.0.9/32", "192.0.2.0/24"]).await;
    let wrong = Login { name: "nobody".into(), password: "wrong".into() };
    let guess = |forwarded: &str| {
        wrong.report_request(person([1]).to_string()).with("Host", "kith").with("X-Forwarded-For", forwarded)
    };
    // The last address that is no trusted proxy. What stands before it may be made up.
    let clients = ["198.51.100.1", "10.1.1.1, 198.51.100.1", "198.51.100.1:9999, 192.0.2.7", "junk, 198.51.100.1"];
    let mut refused = None;
    for n in 0..60 {
        let answer = ask_from(&server, 9, guess(clients[n % clients.len()])).await;
        if answer.status == 429 {
            refused = Some(n);
            break;
        }
    }
    assert!(refused.is_some_and(|n| n >= 20), "{refused:?}");
    // Others behind the same proxy are not slowed down, and a stranger cannot name another address.
    for other in ["198.51.100.2", "198.51.100.1, 2001:db8::1", "", "junk", "198.51.100.1, junk"] {
        ask_from(&server, 9, guess(other)).await.errors(401);
    }
    ask_from(&server, 1, guess("198.51.100.1")).await.errors(401);
}

async fn a_server_with_a_public_url_has_that_name_only(server: Server) {
    let server = server.behind(Some("https://kith.example.org"), &["127.0.0.9/32"]).await;
    let of = |host: &str, target: &str| server.wayne.request("GET", target).with("Host", host);
    for right in ["kith.example.org", "KITH.example.org.:8080", "127.0.0.1:1", "[::1]", "localhost:8080", "192.0.2.1"] {
        ask_from(&server, 1, of(right, "/contacts")).await.expect(200);
    }
    for wrong in ["evil.example", "kith.example.org.evil.example", "example.org", "127.0.0.1.evil.example"] {
        let message = ask_from(&server, 1, of(wrong, "/contacts")).await.message(421);
        assert!(message.contains("public URL"), "{message}");
        ask_from(&server, 1, of(wrong, "/api/1/contacts/export")).await.errors(421);
        let page = ask_from(&server, 1, of(wrong, "/app/inbox")).await;
        assert!(page.status == 421 && page.body.contains("<html"), "{page:?}");
        assert_eq!(ask_from(&server, 1, of(wrong, "/healthz")).await.status, 200, "{wrong}");
    }
    let forwarded = of("backend:8080", "/contacts").with("X-Forwarded-Host", "kith.example.org");
    ask_from(&server, 9, forwarded.clone()).await.expect(200);
    ask_from(&server, 1, forwarded).await.message(421);
}

async fn a_request_is_for_one_host(server: Server) {
    let hosts =
        ["", "Host: a\r\nHost: a\r\n", "Host: a\r\nHost: b\r\n", "Host: a b\r\n", "Host: u@a\r\n", "Host: \r\n"];
    for host in hosts {
        for target in ["/healthz", "/contacts", "/app/sign-in", "/api/1/contacts", "/nothing", "/openapi.json"] {
            let request = format!("GET {target} HTTP/1.1\r\n{host}\r\n");
            let answer = server.connect().await.exchange(request.as_bytes(), true).await;
            assert!(answer.status == 400 && answer.body.contains("Host"), "{host} {target}: {answer:?}");
        }
    }
    // The host of an absolute target counts (RFC 9112, section 3.2.2).
    let credentials = format!("Authorization: {}", server.wayne.basic());
    let request = format!("GET http://a.example/contacts HTTP/1.1\r\nHost: b.example\r\n{credentials}\r\n\r\n");
    let answer = server.connect().await.exchange(request.as_bytes(), true).await;
    assert_eq!(answer.expect(200)["_links"]["self"], json!("http://a.example/contacts"));
}

on_each_store!(
    only_a_trusted_proxy_says_how_clients_reach_the_server,
    a_cookie_is_secure_if_the_client_uses_tls,
    wrong_passwords_count_for_the_client_and_not_for_its_proxy,
    a_server_with_a_public_url_has_that_name_only,
    a_request_is_for_one_host,
);
