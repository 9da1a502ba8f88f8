//! API 2: tokens and their scopes, limits, islands, and what real clients do.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::client::{Answer, Request};
use crate::harness::Server;

/// Every operation with an id that must be filled in, its scope, and a body if it takes one.
const OPERATIONS: [(&str, &str, &str, &str); 69] = [
    ("GET", "/contacts", "contacts:read", ""),
    ("POST", "/contacts", "contacts:write", r#"{"handles":[{"source":"custom","handle":"FRESH"}]}"#),
    ("GET", "/contacts/CRD", "contacts:read", ""),
    ("PATCH", "/contacts/CRD", "contacts:write", "{}"),
    ("POST", "/contacts/merge", "contacts:write", r#"{"contact_ids":["CRD","crd_1"]}"#),
    ("GET", "/contacts/CRD/conversations", "conversations:read", ""),
    ("POST", "/contacts/CRD/handles", "contacts:write", r#"{"source":"custom","handle":"more"}"#),
    ("DELETE", "/contacts/CRD/handles", "contacts:write", r#"{"source":"custom","handle":"more"}"#),
    ("GET", "/contacts/CRD/notes", "contacts:read", ""),
    ("POST", "/contacts/CRD/notes", "contacts:write", r#"{"author_id":"TEA","body":"x"}"#),
    ("GET", "/contact_lists", "contacts:read", ""),
    ("POST", "/contact_lists", "contacts:write", r#"{"name":"x"}"#),
    ("GET", "/contact_lists/GRP", "contacts:read", ""),
    ("GET", "/contact_lists/GRP/contacts", "contacts:read", ""),
    ("POST", "/contact_lists/GRP/contacts", "contacts:write", r#"{"contact_ids":[]}"#),
    ("DELETE", "/contact_lists/GRP/contacts", "contacts:write", r#"{"contact_ids":[]}"#),
    ("GET", "/contact_groups", "contacts:read", ""),
    ("POST", "/contact_groups", "contacts:write", r#"{"name":"x"}"#),
    ("GET", "/contact_groups/GRP", "contacts:read", ""),
    ("GET", "/contact_groups/GRP/contacts", "contacts:read", ""),
    ("POST", "/contact_groups/GRP/contacts", "contacts:write", r#"{"contact_ids":[]}"#),
    ("DELETE", "/contact_groups/GRP/contacts", "contacts:write", r#"{"contact_ids":[]}"#),
    ("GET", "/accounts", "accounts:read", ""),
    ("POST", "/accounts", "accounts:write", r#"{"name":"x"}"#),
    ("GET", "/accounts/ACC", "accounts:read", ""),
    ("PATCH", "/accounts/ACC", "accounts:write", "{}"),
    ("GET", "/accounts/ACC/contacts", "accounts:read", ""),
    ("POST", "/accounts/ACC/contacts", "accounts:write", r#"{"contact_ids":[]}"#),
    ("DELETE", "/accounts/ACC/contacts", "accounts:write", r#"{"contact_ids":[]}"#),
    ("GET", "/contacts/custom_fields", "custom_fields:read", ""),
    ("GET", "/accounts/custom_fields", "custom_fields:read", ""),
    ("GET", "/custom_fields", "custom_fields:read", ""),
    ("GET", "/teammates", "teammates:read", ""),
    ("GET", "/teammates/TEA", "teammates:read", ""),
    ("GET", "/teammates/TEA/contacts", "contacts:read", ""),
    ("GET", "/teammates/TEA/contact_lists", "contacts:read", ""),
    ("GET", "/teammates/TEA/contact_groups", "contacts:read", ""),
    ("GET", "/teammates/TEA/inboxes", "inboxes:read", ""),
    ("GET", "/teams", "teams:read", ""),
    ("GET", "/teams/TIM", "teams:read", ""),
    ("GET", "/teams/TIM/contacts", "contacts:read", ""),
    ("GET", "/teams/TIM/contact_lists", "contacts:read", ""),
    ("GET", "/teams/TIM/contact_groups", "contacts:read", ""),
    ("GET", "/channels", "channels:read", ""),
    ("GET", "/channels/CHA", "channels:read", ""),
    ("POST", "/channels/CHA/incoming_messages", "messages:write", r#"{"sender":{"handle":"s"},"body":"x"}"#),
    ("GET", "/inboxes", "inboxes:read", ""),
    ("GET", "/inboxes/INB", "inboxes:read", ""),
    ("GET", "/inboxes/INB/channels", "channels:read", ""),
    ("GET", "/inboxes/INB/conversations", "conversations:read", ""),
    ("GET", "/conversations", "conversations:read", ""),
    ("GET", "/conversations/search/cat", "conversations:read", ""),
    ("GET", "/conversations/CNV", "conversations:read", ""),
    ("GET", "/conversations/CNV/messages", "messages:read", ""),
    ("GET", "/messages/MSG", "messages:read", ""),
    ("DELETE", "/accounts/ACC", "accounts:delete", ""),
    ("GET", "/conversations/custom_fields", "custom_fields:read", ""),
    ("GET", "/inboxes/custom_fields", "custom_fields:read", ""),
    ("GET", "/teammates/custom_fields", "custom_fields:read", ""),
    ("GET", "/inboxes/INB/teammates", "teammates:read", ""),
    ("GET", "/conversations/CNV/inboxes", "conversations:read", ""),
    ("POST", "/teammates/TEA/contacts", "contacts:write", r#"{"handles":[{"source":"custom","handle":"FRESH"}]}"#),
    ("POST", "/teammates/TEA/contact_lists", "contacts:write", r#"{"name":"x"}"#),
    ("POST", "/teammates/TEA/contact_groups", "contacts:write", r#"{"name":"x"}"#),
    ("POST", "/teams/TIM/contacts", "contacts:write", r#"{"handles":[{"source":"custom","handle":"FRESH"}]}"#),
    ("POST", "/teams/TIM/contact_lists", "contacts:write", r#"{"name":"x"}"#),
    ("POST", "/teams/TIM/contact_groups", "contacts:write", r#"{"name":"x"}"#),
    ("DELETE", "/contact_lists/GRP", "contacts:delete", ""),
    ("DELETE", "/contacts/CRD", "contacts:delete", ""),
];

fn with_token(token: &str, method: &str, target: &str, body: &str) -> Request {
    let request = Request::new(method, target).with("Authorization", &format!("Bearer {token}"));
    request.with("Content-Type", "application/json").body(body)
}

/// An object of each kind, by the placeholder of its id above.
async fn one_of_each(server: &Server) -> Vec<(&'static str, String)> {
    let channel = server.channel("wayne", "custom", "website").await;
    let body = json!({"sender": {"handle": "selina"}, "body": "Hello", "subject": "A cat"});
    let target = format!("/channels/{}/incoming_messages", channel.id);
    let uid = server.send("POST", &target, &body).await.expect(202)["message_uid"].as_str().unwrap().to_owned();
    let first =
        async |target: &str| server.get(target).await.expect(200)["_results"][0]["id"].as_str().unwrap().to_owned();
    server.send("POST", "/contact_lists", &json!({"name": "VIP"})).await;
    server.send("POST", "/accounts", &json!({"name": "Wayne"})).await.expect(201);
    vec![
        ("CRD", first("/contacts").await),
        ("GRP", first("/contact_lists").await),
        ("ACC", first("/accounts").await),
        ("TEA", server.teammate("alfred@wayne.inc", "Alfred").await),
        ("TIM", first("/teams").await),
        ("CHA", channel.id.to_string()),
        ("INB", first("/inboxes").await),
        ("CNV", first("/conversations").await),
        ("MSG", uid),
    ]
}

fn filled(text: &str, ids: &[(&str, String)]) -> String {
    ids.iter().fold(text.to_owned(), |text, (word, id)| text.replace(word, id))
}

async fn each_operation_needs_its_scope(server: Server) {
    let ids = one_of_each(&server).await;
    let all: Vec<&str> = hub::Scope::ALL.iter().map(|scope| scope.name()).collect();
    // One token for each scope, and one for all but that.
    let mut tokens: BTreeMap<&str, (String, String)> = BTreeMap::new();
    for scope in &all {
        let others: Vec<&str> = all.iter().copied().filter(|other| other != scope).collect();
        tokens.insert(scope, (server.token(&[scope]).await, server.token(&others).await));
    }
    for (n, (method, target, scope, body)) in OPERATIONS.into_iter().enumerate() {
        let (target, body) = (filled(target, &ids), filled(body, &ids).replace("FRESH", &format!("fresh-{n}")));
        let (having, lacking) = &tokens[scope];
        let message = server.ask(with_token(lacking, method, &target, &body)).await.message(403);
        assert!(message.contains(scope), "{method} {target}: {message}");
        let answer = server.ask(with_token(having, method, &target, &body)).await;
        assert!(answer.status < 300 || target.ends_with("/merge"), "{method} {target}: {answer:?}");
        for credentials in ["Bearer nonsense", "Bearer kith_7_x", "Bearer ", "Basic eDp5", ""] {
            let request = with_token("", method, &target, &body).with("Authorization", credentials);
            let answer = server.ask(request).await;
            // Wrong credentials are slowed down.
            assert!([401, 429].contains(&answer.status), "{method} {target}: {answer:?}");
            answer.message(answer.status);
        }
    }
    let me = server.ask(with_token(&tokens["teams:read"].0, "GET", "/me", "")).await.expect(200);
    assert_eq!(me["name"], "wayne");
    assert!(me["id"].as_str().unwrap().starts_with("cmp_"));
}

async fn companies_never_see_each_other(server: Server) {
    let ids = one_of_each(&server).await;
    let acme = server.company("acme").await;
    for (method, target, _, body) in OPERATIONS {
        let names_one = ids.iter().any(|(word, _)| target.contains(word));
        if !names_one {
            continue;
        }
        let (target, body) = (filled(target, &ids), filled(body, &ids));
        let request = acme.request(method, &target).with("Content-Type", "application/json").body(body);
        let answer = server.ask(request).await;
        let message = answer.message(404);
        // The same message as for an unknown id.
        let unknown = target.split('/').map(|part| match part.split_once('_') {
            Some((prefix, rest)) if prefix.len() == 3 && !rest.is_empty() => format!("{prefix}_1"),
            _ => part.to_owned(),
        });
        let unknown = unknown.collect::<Vec<_>>().join("/");
        let request = acme.request(method, &unknown).with("Content-Type", "application/json").body("{}");
        let nobody = server.ask(request).await;
        if nobody.status == 404 {
            assert_eq!(nobody.message(404), message, "{method} {target}");
        }
    }
    for list in ["/contacts", "/contact_lists", "/accounts", "/conversations", "/teammates", "/channels"] {
        let page = server.ask(acme.request("GET", list)).await.expect(200);
        assert_eq!(page["_results"], json!([]), "{list}");
    }
    let merge = json!({"contact_ids": [ids[0].1, "crd_1"]}).to_string();
    let request = acme.request("POST", "/contacts/merge").with("Content-Type", "application/json").body(merge);
    server.ask(request).await.message(404);
    assert_eq!(server.contact(&ids[0].1).await["id"], ids[0].1, "nothing happened to it");
}

async fn a_revoked_token_stops_working(server: Server) {
    let token = server.token(&[]).await;
    assert_eq!(server.ask(with_token(&token, "GET", "/me", "")).await.status, 200);
    let company = server.hub.companies().await.unwrap()[0].id;
    assert!(server.hub.revoke_token(company, "test").await.unwrap());
    let refused = server.ask(with_token(&token, "GET", "/me", "")).await;
    refused.message(401);
    let challenges: Vec<&str> = refused
        .headers
        .iter()
        .filter(|(name, _)| name == "www-authenticate")
        .map(|(_, value)| value.as_str())
        .collect();
    assert!(challenges[0].starts_with("Basic") && challenges[1].starts_with("Bearer"), "{challenges:?}");
    assert!(!server.hub.revoke_token(company, "test").await.unwrap());
}

async fn a_request_limit_is_reported_and_enforced(server: Server) {
    let token = server.token(&[]).await;
    let ask = async || server.ask(with_token(&token, "GET", "/me", "")).await;
    let limits = |answer: &Answer| {
        let header = |name: &str| answer.header(name).map(|value| value.parse::<i64>().unwrap());
        (header("x-ratelimit-limit"), header("x-ratelimit-remaining"), header("x-ratelimit-reset"))
    };
    // The clock is at 20.123 seconds past a minute.
    let reset = Some(1_700_000_000 / 60 * 60 + 60);
    let unlimited = (Some(1_000_000), Some(1_000_000), reset);
    let report = async || server.send_report(&json!({"fields": [crate::harness::email(1)]})).await;
    for answer in [ask().await, report().await, server.get("/nowhere").await, server.get("/contacts/crd_zzz").await] {
        assert_eq!(limits(&answer), unlimited, "{answer:?}");
    }
    assert_eq!(limits(&server.ask(Request::new("GET", "/me")).await), unlimited);
    server.hub.set_rate_limit(&"wayne".parse().unwrap(), Some(2)).await.unwrap();
    assert_eq!(limits(&ask().await), (Some(2), Some(1), reset));
    let reported = report().await;
    assert_eq!((reported.status, limits(&reported)), (202, (Some(2), Some(0), reset)));
    let refused = ask().await;
    assert!(refused.message(429).contains("2 requests a minute"));
    assert_eq!(limits(&refused), (Some(2), Some(0), reset));
    let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
    // Both APIs count together.
    let refused = report().await;
    assert!(refused.errors(429)[0]["message"].as_str().unwrap().contains("2 requests a minute"));
    assert_eq!(refused.header("retry-after").unwrap().parse(), Ok(wait));
    let export = server.get("/api/1/contacts/export").await;
    assert_eq!((export.status, limits(&export)), (429, (Some(2), Some(0), reset)));
    // Another company has its own limit.
    let acme = server.company("acme").await;
    assert_eq!(server.ask(acme.request("GET", "/me")).await.status, 200);
    server.clock.advance(wait * 1_000);
    assert_eq!(ask().await.status, 200);
}

/// Ids that are not, partly or fully escaped; with slashes, empty queries and unknown parameters.
async fn header_spellings_of_clients_are_accepted(server: Server) {
    let body = json!({"handles": [
        {"source": "email", "handle": "a+b@x.com"}, {"source": "custom", "handle": "a/b:c"}, {"source": "smooch", "handle": "s"}
    ]});
    let id = server.create(&body).await;
    for alias in ["alt:email:a+b@x.com", "alt:email:a%2Bb%40x.com", "alt%3Aemail%3Aa%2Bb%40x.com", "alt:custom:a%2Fb:c"]
    {
        for rest in ["", "/", "?", "?page=1&per_page=100", "/?&"] {
            assert_eq!(server.contact(&format!("{alias}{rest}")).await["id"], id, "{alias}{rest}");
        }
    }
    server.get("/contacts/alt:email:a b@x.com".replace(' ', "%20").as_str()).await.message(404);
    for list in ["/contacts/", "/contacts?", "/contacts/?", "/contacts?page=1&per_page=100&", "/contacts?q=anything"] {
        assert_eq!(server.get(list).await.expect(200)["_results"].as_array().unwrap().len(), 1, "{list}");
    }
    let target = format!("/contacts/{id}");
    assert_eq!(server.contact(&id).await["handles"][2], json!({"source": "custom", "handle": "s"}));
    assert_eq!(server.send("PATCH", &format!("{target}/"), &json!({"name": "x"})).await.status, 204);
    // One client sends a body with every DELETE, another none.
    assert_eq!(server.send("DELETE", &target, &json!({})).await.status, 204);
    let list = server.send("POST", "/contact_groups/", &json!({"name": "x"})).await.expect(201);
    let target = format!("/contact_groups/{}", list["id"].as_str().unwrap());
    assert_eq!(server.ask(server.wayne.request("DELETE", &target)).await.status, 204);
    for missing in ["/contacts//", "/contacts/merge/x/y", "/nothing", "/contacts/crd_1/nothing"] {
        server.get(missing).await.message(404);
    }
    for (method, target, allow) in
        [("PUT", "/contacts", "GET,HEAD,POST"), ("DELETE", "/me", "GET,HEAD"), ("GET", "/contacts/merge/", "POST")]
    {
        let answer = server.ask(server.wayne.request(method, target)).await;
        answer.message(405);
        assert_eq!(answer.header("allow"), Some(allow), "{method} {target}");
    }
}

async fn conversations_and_messages_are_read(server: Server) {
    let ids = one_of_each(&server).await;
    let id = |word: &str| ids.iter().find(|(other, _)| *other == word).unwrap().1.clone();
    let (contact, conversation, message) = (id("CRD"), id("CNV"), id("MSG"));
    let base = format!("http://{}", server.address);
    let one = server.get(&format!("/conversations/{conversation}")).await.expect(200);
    let recipient = json!({
        "_links": {"related": {"contact": format!("{base}/contacts/{contact}")}},
        "name": null, "handle": "selina", "role": "from",
    });
    assert_eq!(one["recipient"], recipient);
    assert_eq!(
        (&one["subject"], &one["status"], &one["type"]),
        (&json!("A cat"), &json!("unassigned"), &json!("conversation"))
    );
    assert_eq!((&one["assignee"], &one["tags"], &one["custom_fields"]), (&Value::Null, &json!([]), &json!({})));
    for list in [
        "/conversations".to_owned(),
        "/conversations?q[statuses][]=assigned&q[statuses][]=unassigned".into(),
        "/conversations?q%5Bstatuses%5D%5B%5D=unassigned&sort_by=date&sort_order=asc".into(),
        format!("/contacts/{contact}/conversations?q[statuses]=unassigned"),
        "/contacts/alt:custom:selina/conversations".into(),
        format!("/inboxes/{}/conversations", id("INB")),
    ] {
        assert_eq!(server.get(&list).await.expect(200)["_results"], json!([one]), "{list}");
    }
    let archived = server.get("/conversations?q[statuses][]=archived").await.expect(200);
    assert_eq!(archived["_results"], json!([]));
    let page = server.get(&format!("/conversations/{conversation}/messages")).await.expect(200);
    let written = &page["_results"][0];
    assert_eq!(
        (&written["id"], &written["is_inbound"], &written["text"]),
        (&json!(message), &json!(true), &json!("Hello"))
    );
    assert!(
        written.get("author").is_none() && written.get("draft_mode").is_none() && written.get("signature").is_none()
    );
    for target in [format!("/messages/{message}"), format!("/messages/alt:uid:{message}")] {
        assert_eq!(&server.get(&target).await.expect(200), written, "{target}");
    }
    // Those who wrote may be deleted; what they wrote stays.
    assert_eq!(server.send("DELETE", &format!("/contacts/{contact}"), &json!({})).await.status, 204);
    let orphan = server.get(&format!("/conversations/{conversation}")).await.expect(200);
    assert_eq!(orphan["recipient"]["_links"]["related"]["contact"], Value::Null);
    assert_eq!(server.get("/conversations").await.expect(200)["_results"], json!([orphan]));
}

on_each_store!(
    each_operation_needs_its_scope,
    companies_never_see_each_other,
    a_revoked_token_stops_working,
    a_request_limit_is_reported_and_enforced,
    header_spellings_of_clients_are_accepted,
    conversations_and_messages_are_read,
);
