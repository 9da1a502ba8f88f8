//! Signing in with a company's own password, and out.

use crate::browser::{Browser, sign_in};
use crate::client::Request;
use crate::harness::{Login, Server};

async fn pages_need_a_session(server: Server) {
    for target in [
        "/app/inbox",
        "/app/contacts?q=a",
        "/app/contacts/crd_1",
        "/app/settings",
        "/app/files/fil_1",
        "/app/live",
        "/app/nothing",
    ] {
        for cookie in ["", "kith_session=", "kith_session=1.x", "kith_session=%00", "other=1; kith_session=7.abc"] {
            let answer = server.ask(Request::new("GET", target).with("Cookie", cookie)).await;
            assert_eq!(answer.status, 303, "{target} {cookie}: {answer:?}");
            assert!(answer.header("location").unwrap().starts_with("/app/sign-in?next=%2Fapp%2F"), "{answer:?}");
        }
    }
    let root = server.ask(Request::new("GET", "/")).await;
    assert_eq!((root.status, root.header("location")), (303, Some("/app/inbox")));
}

async fn a_company_signs_in_and_out(server: Server) {
    let page = server.ask(Request::new("GET", "/app/sign-in?next=/app/settings")).await;
    assert!(page.status == 200 && page.body.contains("value=\"/app/settings\""), "{page:?}");
    let answer = server.ask(sign_in(&server, &server.wayne, "/app/contacts?q=a")).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/app/contacts?q=a")));
    let cookie = answer.header("set-cookie").unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/app", "Max-Age=1209600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    for next in [
        "//evil.example",
        "https://evil.example",
        "/apple",
        "javascript:alert(1)",
        "/app/\r\nSet-Cookie: a=b",
        "/app/é",
        "/app/\\evil",
        "/app/ a",
    ] {
        let answer = server.ask(sign_in(&server, &server.wayne, next)).await;
        assert_eq!(answer.header("location"), Some("/app/inbox"), "{next}");
    }

    let browser = Browser::of(&server, &server.wayne).await;
    assert!(browser.page("/app/settings").await.contains("<bdi>wayne</bdi>"));
    let out = browser.send("/app/sign-out", &[]).await;
    assert_eq!((out.status, out.header("location")), (303, Some("/app/sign-in")));
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(browser.ask("/app/inbox").await.status, 303, "the session has ended on the server too");
}

async fn a_session_ends(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let day = 24 * 60 * 60 * 1_000;
    server.clock.advance(14 * day - 1);
    assert_eq!(browser.ask("/app/inbox").await.status, 200);
    server.clock.advance(1);
    assert_eq!(browser.ask("/app/inbox").await.status, 303);
    let browser = Browser::of(&server, &server.wayne).await;
    server.hub.rotate_password(&"wayne".parse().unwrap()).await.unwrap();
    assert_eq!(browser.ask("/app/inbox").await.status, 303, "a new password ends every session");
}

async fn wrong_passwords_are_refused_and_slowed_down(server: Server) {
    let wrong = Login { name: "wayne".into(), password: "<wrong>".into() };
    let mut statuses = Vec::new();
    for _ in 0..60 {
        let answer = server.ask(sign_in(&server, &wrong, "")).await;
        assert!(answer.header("set-cookie").is_none());
        assert!(!answer.body.contains("<wrong>"), "{answer:?}");
        statuses.push(answer.status);
        if answer.status == 429 {
            assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
            assert!(answer.body.contains("Too many wrong passwords"));
        } else {
            assert!(answer.body.contains("No company has this name and password."), "{answer:?}");
        }
    }
    assert_eq!((statuses[0], statuses[59]), (422, 429));
    assert_eq!(server.ask(sign_in(&server, &server.wayne, "")).await.status, 303, "right ones are let in");
}

on_each_store!(
    pages_need_a_session,
    a_company_signs_in_and_out,
    a_session_ends,
    wrong_passwords_are_refused_and_slowed_down,
);
