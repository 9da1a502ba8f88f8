//! Searches of conversations in API 2: words, filters, pages and errors.

use serde_json::{Value, json};

use crate::harness::{START_MS, Server};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Receives a message through a channel.
async fn writes(server: &Server, channel: &str, handle: &str, subject: &str, body: &str) {
    let body = json!({"sender": {"handle": handle}, "subject": subject, "body": body});
    server.send("POST", &format!("/channels/alt:address:{channel}/incoming_messages"), &body).await.expect(202);
}

fn target(query: &str) -> String {
    let escaped = |target: String, byte| format!("{target}%{byte:02X}");
    query.bytes().fold("/conversations/search/".to_owned(), escaped)
}

fn subjects(page: &Value) -> Vec<&str> {
    page["_results"].as_array().unwrap().iter().map(|one| one["subject"].as_str().unwrap()).collect()
}

/// Creates three conversations: on the first day, one day and two days later.
async fn three(server: &Server) {
    server.channel("wayne", "custom", "website").await;
    server.channel("wayne", "custom", "shop").await;
    writes(server, "website", "selina", "A lost cat", "Have you seen Zoë Straße?").await;
    server.clock.advance(DAY_MS);
    writes(server, "shop", "bruce@wayne", "Re: invoice 10:30", "The urgent feedback is here").await;
    server.clock.advance(DAY_MS);
    writes(server, "website", "h1", "Cats, again", "Feedback: urgent").await;
}

const LOST: &str = "A lost cat";
const INVOICE: &str = "Re: invoice 10:30";
const AGAIN: &str = "Cats, again";

async fn conversations_are_searched_by_words_and_filters(server: Server) {
    three(&server).await;
    let second = |days: i64| (START_MS + days * DAY_MS) / 1_000;
    let selina = server.get("/contacts/alt:custom:selina").await.expect(200)["id"].as_str().unwrap().to_owned();
    let inbox = server.get("/inboxes").await.expect(200)["_results"][0]["id"].as_str().unwrap().to_owned();
    let all = [AGAIN, INVOICE, LOST];
    for (query, found) in [
        ("cat", &[AGAIN, LOST][..]),
        ("CAT lost", &[LOST]),
        ("zoe strasse", &[LOST]),
        ("selina", &[LOST]),
        ("ost", &[]),
        ("cat invoice", &[]),
        ("urgent feedback", &[AGAIN, INVOICE]),
        ("\"urgent feedback\"", &[INVOICE]),
        ("\"urgent feedback", &[INVOICE]),
        ("\"feedback cats\"", &[]),
        ("bruce@wayne", &[INVOICE]),
        ("Re: 10:30 -", &[INVOICE]),
        ("from:selina", &[LOST]),
        ("from:selina recipient:\"h1\"", &[AGAIN, LOST]),
        ("from:website", &[]),
        ("to:shop", &[INVOICE]),
        ("to:website from:bruce@wayne", &all),
        ("recipient:website lost", &[LOST]),
        ("from:nobody", &[]),
        (&format!("contact:{selina}"), &[LOST]),
        ("contact:alt:custom:h1 feedback", &[AGAIN]),
        (&format!("contact:{selina} contact:alt:custom:h1"), &[]),
        ("contact:crd_1", &[]),
        (&format!("inbox:{inbox} cat"), &[AGAIN, LOST]),
        ("inbox:inb_1 cat", &[]),
        (&format!("before:{}", second(1)), &[LOST]),
        (&format!("before:{}", second(1) + 1), &[INVOICE, LOST]),
        (&format!("after:{}.123", second(1)), &[AGAIN]),
        (&format!("after:{} before:{}", second(0), second(2)), &[INVOICE, LOST]),
        (&format!("during:{}", second(1) - 1_000), &[INVOICE]),
        (&format!("during:{} during:{}", second(0), second(1)), &[]),
        ("is:open is:unassigned is:unreplied is:waiting", &all),
        ("is:archived cat", &[]),
        ("is:trashed", &[]),
    ] {
        let page = server.get(&target(query)).await.expect(200);
        assert_eq!((subjects(&page), &page["_total"]), (found.to_vec(), &json!(found.len())), "{query}");
        assert_eq!(page["_pagination"]["next"], Value::Null, "{query}");
    }
    let page = server.get("/conversations/search/lost/?").await.expect(200);
    assert_eq!(page["_links"]["self"], format!("http://{}/conversations/search/lost", server.address));
    assert_eq!(page["_results"][0], server.get("/conversations?limit=100").await.expect(200)["_results"][2]);
    // Conversations of deleted contacts are found, and the contact of a merge has those of both.
    server.send_report(&json!({"fields": [{"source": "email", "handle": "s@x.org"}], "name": "S"})).await.expect(202);
    let merge = json!({"contact_ids": [selina, "alt:email:s@x.org"]});
    server.send("POST", "/contacts/merge", &merge).await.expect(200);
    assert_eq!(subjects(&server.get(&target("contact:alt:email:s@x.org")).await.expect(200)), [LOST]);
    assert_eq!(server.send("DELETE", &format!("/contacts/{selina}"), &json!({})).await.status, 204);
    assert_eq!(subjects(&server.get(&target("from:selina")).await.expect(200)), [LOST]);
}

async fn unknown_filters_are_named(server: Server) {
    three(&server).await;
    let many = "cat ".repeat(51);
    for (query, named) in [
        ("tag:tag_1 cat", "tag:"),
        ("http://wayne.inc", "http:"),
        ("is:spam", "is:spam"),
        ("before:yesterday", "before:"),
        (" ", "word or a filter"),
        ("\"% - \"", "word or a filter"),
        (&many, "at most 50"),
    ] {
        let message = server.get(&target(query)).await.message(400);
        assert!(message.contains(named), "{query}: {message}");
    }
    for text in ["\"http://wayne.inc\"", "during:"] {
        assert_eq!(subjects(&server.get(&target(text)).await.expect(200)), [""; 0], "{text} is a text");
    }
    server.get(&format!("{}?limit=0", target("cat"))).await.message(400);
    server.get(&format!("{}?page_token=x", target("cat"))).await.message(400);
    server.get("/conversations/search/%FF").await.message(400);
    server.get("/conversations/search").await.message(404);
}

async fn paging_through_a_search_misses_nothing(server: Server) {
    server.channel("wayne", "custom", "website").await;
    // More than a search reads in one batch.
    for n in 0..620 {
        let subject = if n % 100 == 0 { format!("Cat {n}") } else { format!("Dog {n}") };
        writes(&server, "website", &format!("h{n}"), &subject, "").await;
    }
    let mut page = server.get(&format!("{}?limit=3", target("cat"))).await.expect(200);
    assert_eq!(subjects(&page), ["Cat 600", "Cat 500", "Cat 400"]);
    // A conversation of a later page moves to the front, and another one starts.
    writes(&server, "website", "h100", "Cat 100", "again").await;
    writes(&server, "website", "new", "Cat new", "").await;
    let mut found = Vec::new();
    while let Some(next) = page["_pagination"]["next"].as_str() {
        page = server.get(next.split_once(&server.address.to_string()).unwrap().1).await.expect(200);
        assert_eq!(page["_total"], 8);
        found.extend(subjects(&page).into_iter().map(str::to_owned));
    }
    assert_eq!(found, ["Cat 300", "Cat 200", "Cat 0", "Cat 100", "Cat new"]);
}

async fn a_search_finds_no_other_companys_contacts(server: Server) {
    three(&server).await;
    let acme = server.company("acme").await;
    let selina = server.get("/contacts/alt:custom:selina").await.expect(200)["id"].as_str().unwrap().to_owned();
    let inbox = server.get("/inboxes").await.expect(200)["_results"][0]["id"].as_str().unwrap().to_owned();
    for query in ["cat", "is:open", "from:selina", "to:shop", &format!("contact:{selina}"), &format!("inbox:{inbox}")] {
        let page = server.ask(acme.request("GET", &target(query))).await.expect(200);
        assert_eq!((&page["_results"], &page["_total"]), (&json!([]), &json!(0)), "{query}");
    }
}

on_each_store!(
    conversations_are_searched_by_words_and_filters,
    unknown_filters_are_named,
    paging_through_a_search_misses_nothing,
    a_search_finds_no_other_companys_contacts,
);
