//! Reading one contact: its shape, its id, its aliases.

use serde_json::{Value, json};

use crate::harness::{START_MS, Server, person};

fn field(source: &str, handle: &str) -> Value {
    json!({"fields": [{"source": source, "handle": handle}]})
}

async fn a_contact_has_every_key_that_clients_read(server: Server) {
    let body = json!({
        "name": "Bruce Wayne",
        "description": "CEO",
        "fields": [{"source": "twitter", "handle": "@Batman"}],
        "link": ["https://wayne.inc"],
    });
    let id = server.report(&body).await;
    let this = format!("http://{}/contacts/{id}", server.address);
    let expected = json!({
        "_links": {
            "self": this,
            "related": {"notes": format!("{this}/notes"), "conversations": format!("{this}/conversations"), "owner": null},
        },
        "id": id,
        "name": "Bruce Wayne",
        "description": "CEO",
        "avatar_url": "",
        "links": ["https://wayne.inc"],
        "groups": [],
        "lists": [],
        "handles": [{"source": "twitter", "handle": "@Batman"}],
        "custom_fields": {},
        "is_private": false,
        "is_spammer": false,
        "created_at": 1_700_000_000.123,
        "updated_at": 1_700_000_000.123,
    });
    assert_eq!(server.contact(&id).await, expected);
    assert_eq!(server.contacts().await, [expected]);
}

async fn unreported_values_are_empty_not_null(server: Server) {
    let id = server.report(&person([1])).await;
    let contact = server.contact(&id).await;
    assert_eq!((&contact["name"], &contact["description"]), (&json!(""), &json!("")));
    assert_eq!((&contact["links"], &contact["custom_fields"]), (&json!([]), &json!({})));
}

async fn times_are_seconds_with_milliseconds(server: Server) {
    let id = server.report(&person([1])).await;
    server.clock.advance(877);
    server.report(&person([1, 2])).await;
    let answer = server.get(&format!("/contacts/{id}")).await;
    assert!(answer.body.contains("\"created_at\":1700000000.123,"), "{}", answer.body);
    assert!(answer.body.contains("\"updated_at\":1700000001.0}"), "{}", answer.body);
    for millis in [1, 998] {
        server.clock.advance(millis);
        let n = usize::try_from(millis).unwrap() + 10;
        server.report(&person([1, n])).await;
    }
    assert_eq!(START_MS + 877 + 1 + 998, 1_700_000_001_999);
    assert_eq!(server.contact(&id).await["updated_at"], json!(1_700_000_001.999));
}

async fn the_id_of_a_merged_contact_returns_the_kept_one(server: Server) {
    let first = server.report(&person([1])).await;
    let second = server.report(&person([2])).await;
    server.report(&person([1, 2])).await;
    let contact = server.contact(&first).await;
    assert_eq!(contact["id"], first);
    assert_eq!(server.contact(&second).await, contact);
    assert_eq!(server.contact("alt:email:h2@wayne.inc").await, contact);
}

async fn unknown_ids_are_a_404(server: Server) {
    let id = server.report(&person([1])).await;
    let next = format!("{id}0");
    for missing in [
        next.as_str(),
        "crd_0",
        "crd_zzzzzzzzzzzzzzzzzzzz",
        "crd_",
        "cnv_1",
        "bruce",
        "-",
        "%20",
        "alt",
        "alt:",
        "alt:email",
        "alt:email:",
        "alt:email:nobody@wayne.inc",
        "alt:email:no%00body@wayne.inc",
        "alt:email:h1@wayne.inc,",
        "alt:fax:1",
        "alt::h1@wayne.inc",
        "alt:EMAIL:h1@wayne.inc",
        "alt:twitter:h1@wayne.inc",
        "alt:phone:nobody",
        "alt:custom:anything",
    ] {
        server.get(&format!("/contacts/{missing}")).await.message(404);
    }
}

async fn an_id_that_is_not_utf8_is_a_404(server: Server) {
    for missing in ["%FF", "alt:email:%E9@wayne.inc", "%", "%zz", "alt:email:a%2"] {
        server.get(&format!("/contacts/{missing}")).await.message(404);
    }
}

/// Aliases that all reach the same contact.
async fn aliases(server: Server, body: Value, aliases: &[&str]) {
    let id = server.report(&body).await;
    for alias in aliases {
        assert_eq!(server.contact(alias).await["id"], id, "{alias}");
        assert_eq!(server.contact(&format!("{alias}/?page=1&per_page=100")).await["id"], id, "{alias}");
    }
}

async fn an_email_alias_is_raw_or_escaped(server: Server) {
    let spellings = [
        "alt:email:a+b@x.com",
        "alt:email:a%2Bb%40x.com",
        "alt:email:a%2bb@x.com",
        "alt%3Aemail%3Aa%2Bb%40x.com",
        "alt:email:A+B@X.COM",
        "alt:email:%20a+b@x.com%20",
        "%61lt:e%6Dail:a+b@x.com",
    ];
    aliases(server, field("email", "a+b@x.com"), &spellings).await;
}

async fn a_plus_in_a_path_is_not_a_space(server: Server) {
    server.report(&field("email", "b@x.com")).await;
    server.get("/contacts/alt:email:+b@x.com").await.message(404);
    server.get("/contacts/alt:email:%2Bb@x.com").await.message(404);
    server.get("/contacts/alt:email:%20b@x.com").await.expect(200);
}

async fn an_alias_may_have_any_script(server: Server) {
    let spellings = ["alt:email:j%C3%BCrgen@b%C3%BCcher.example", "alt:email:j%C3%BCrgen@xn--bcher-kva.example"];
    aliases(server, field("email", "jürgen@bücher.example"), &spellings).await;
}

async fn an_alias_may_have_colons_slashes_and_percents(server: Server) {
    let spellings = ["alt:email:%22a:b%2Fc%25%22@x.com", "alt%3Aemail%3A%22a%3Ab%2fc%25%22%40x.com"];
    aliases(server, field("email", "\"a:b/c%\"@x.com"), &spellings).await;
}

async fn a_phone_alias_is_read_like_a_phone_number(server: Server) {
    let spellings = [
        "alt:phone:650-814-9999",
        "alt:phone:%2B16508149999",
        "alt:phone:+16508149999",
        "alt:phone:(650)%20814%209999",
        "alt%3Aphone%3A%2B16508149999",
    ];
    aliases(server, field("phone", "+1 650 814 9999"), &spellings).await;
}

async fn a_twitter_alias_may_have_its_at(server: Server) {
    let spellings = ["alt:twitter:batman", "alt:twitter:@Batman", "alt:twitter:%40BATMAN"];
    aliases(server, field("twitter", "@Batman"), &spellings).await;
}

async fn links_use_the_host_of_the_request(server: Server) {
    let id = server.report(&person([1])).await;
    let target = format!("/contacts/{id}");
    let asked = server.wayne.request("GET", &target).with("Host", "kith.example.org:8080");
    let contact = server.connect().await.ask(&asked).await.expect(200);
    assert_eq!(contact["_links"]["self"], format!("http://kith.example.org:8080{target}"));
}

async fn links_use_the_public_url(server: Server) {
    let id = server.report(&person([1])).await;
    for url in ["https://kith.example.org", "https://kith.example.org/"] {
        let public = server.beside(server.store.clone(), Some(url)).await;
        let contact = public.contact(&id).await;
        assert_eq!(contact["_links"]["self"], format!("https://kith.example.org/contacts/{id}"));
        let list = public.get("/contacts").await.expect(200);
        assert_eq!(list["_links"]["self"], "https://kith.example.org/contacts");
    }
}

async fn other_methods_are_refused(server: Server) {
    let id = server.report(&person([1])).await;
    let all = [("/contacts".to_owned(), "GET,HEAD,POST"), (format!("/contacts/{id}"), "GET,HEAD,PATCH,DELETE")];
    for (target, allow) in all {
        for method in ["PUT", "OPTIONS", "TRACE", "BREW"] {
            let answer = server.ask(server.wayne.request(method, &target)).await;
            answer.message(405);
            assert_eq!(answer.header("allow"), Some(allow));
        }
        assert_eq!(server.ask(server.wayne.request("HEAD", &target)).await.status, 200);
    }
}

on_each_store!(
    a_contact_has_every_key_that_clients_read,
    unreported_values_are_empty_not_null,
    times_are_seconds_with_milliseconds,
    the_id_of_a_merged_contact_returns_the_kept_one,
    unknown_ids_are_a_404,
    an_id_that_is_not_utf8_is_a_404,
    an_email_alias_is_raw_or_escaped,
    a_plus_in_a_path_is_not_a_space,
    an_alias_may_have_any_script,
    an_alias_may_have_colons_slashes_and_percents,
    a_phone_alias_is_read_like_a_phone_number,
    a_twitter_alias_may_have_its_at,
    links_use_the_host_of_the_request,
    links_use_the_public_url,
    other_methods_are_refused,
);
