//! The list of contacts: its order, its pages, and its parameters.

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::harness::{Server, person};

/// Returns the ids of a page, and the target of the next page.
async fn page(server: &Server, target: &str) -> (Vec<String>, Option<String>) {
    let page = server.get(target).await.expect(200);
    let keys: Vec<&String> = page.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["_links", "_pagination", "_results"]);
    assert_eq!(page["_links"]["self"], format!("http://{}/contacts", server.address));
    let ids = page["_results"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
    let next = page["_pagination"]["next"].as_str().map(|url| {
        let host = format!("http://{}", server.address);
        url.strip_prefix(&host).unwrap().to_owned()
    });
    (ids, next)
}

/// Returns the ids of all pages, starting with one.
async fn walk(server: &Server, first: &str) -> Vec<Vec<String>> {
    let (mut pages, mut next) = (Vec::new(), Some(first.to_owned()));
    while let Some(target) = next {
        let (ids, after) = page(server, &target).await;
        pages.push(ids);
        next = after;
    }
    pages
}

async fn report(server: &Server, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(server.report(&person([n])).await);
    }
    ids
}

async fn without_contacts_the_list_is_empty(server: Server) {
    let expected = json!({
        "_pagination": {"next": null},
        "_links": {"self": format!("http://{}/contacts", server.address)},
        "_results": [],
    });
    assert_eq!(server.get("/contacts").await.expect(200), expected);
}

async fn the_newest_change_comes_first(server: Server) {
    let ids = report(&server, 4).await;
    let order = |order: [usize; 4]| order.map(|n| ids[n].clone()).to_vec();
    let by = async |query: &str| page(&server, &format!("/contacts{query}")).await.0;
    assert_eq!(by("?sort_by=updated_at").await, order([3, 2, 1, 0]));
    server.report(&person([1, 10])).await;
    assert_eq!(by("?sort_by=updated_at").await, order([1, 3, 2, 0]));
    assert_eq!(by("?sort_by=updated_at&sort_order=asc").await, order([0, 2, 3, 1]));
    server.report(&person([0])).await;
    assert_eq!(by("?sort_by=updated_at").await, order([1, 3, 2, 0]), "what changes nothing is no change");
    assert_eq!(by("").await, order([3, 2, 1, 0]), "without more, by when they were made");
    assert_eq!(by("?sort_by=created_at&sort_order=asc").await, order([0, 1, 2, 3]));
    for wrong in ["?sort_by=name", "?sort_order=up", "?q[updated_after]=yesterday"] {
        server.get(&format!("/contacts{wrong}")).await.message(400);
    }
}

async fn contacts_are_filtered_by_the_time_of_change(server: Server) {
    let mut ids = Vec::new();
    for n in 0..5 {
        server.clock.advance(1_000);
        ids.push(server.report(&person([n])).await);
    }
    // The first contact is created a second after 1700000000.123.
    let at = |n: usize| format!("{}.123", 1_700_000_001 + n);
    let some = |some: &[usize]| some.iter().map(|n| ids[*n].clone()).collect::<Vec<_>>();
    for (query, found) in [
        (format!("q[updated_after]={}", at(2)), &[4, 3][..]),
        (format!("q%5Bupdated_before%5D={}", at(2)), &[1, 0]),
        (format!("q[updated_after]={}&q[updated_before]={}&sort_order=asc", at(0), at(4)), &[1, 2, 3]),
        (format!("q[updated_after]={}&sort_by=updated_at", at(0)), &[4, 3, 2, 1]),
        ("q[updated_after]=1700000003".into(), &[4, 3, 2]),
    ] {
        for limit in [1, 2, 50] {
            let walked = walk(&server, &format!("/contacts?{query}&limit={limit}")).await.concat();
            assert_eq!(walked, some(found), "{query} in pages of {limit}");
        }
    }
}

async fn merged_contacts_are_not_listed(server: Server) {
    let ids = report(&server, 3).await;
    server.report(&person([0, 2])).await;
    assert_eq!(page(&server, "/contacts").await.0, [ids[1].clone(), ids[0].clone()]);
}

async fn next_leads_to_the_end(server: Server) {
    let mut ids = report(&server, 7).await;
    ids.reverse();
    for limit in [1, 2, 3, 6, 7, 8] {
        let pages = walk(&server, &format!("/contacts?limit={limit}")).await;
        assert_eq!(pages.concat(), ids);
        assert_eq!(pages.len(), 7_usize.div_ceil(limit), "no page is empty");
    }
}

/// In every order and page size, while contacts are created, changed, merged and deleted between the pages.
async fn paging_misses_no_contact_that_stays(server: Server) {
    let mut fresh = 1_000;
    for query in [
        "",
        "sort_order=asc",
        "sort_by=updated_at",
        "sort_by=updated_at&sort_order=asc",
        "q[updated_after]=1&sort_by=updated_at",
    ] {
        for limit in [1, 2, 3] {
            let mut ids = Vec::new();
            for _ in 0..8 {
                fresh += 1;
                ids.push((fresh, server.report(&person([fresh])).await));
            }
            let (mut seen, mut next) = (BTreeSet::new(), Some(format!("/contacts?{query}&limit={limit}")));
            let mut round = 0;
            let mut gone = BTreeSet::new();
            while let Some(target) = next {
                let (page, after) = page(&server, &target).await;
                assert!(page.len() <= limit);
                seen.extend(page);
                next = after;
                round += 1;
                if round > 6 {
                    continue;
                }
                // A contact of a later page moves to the front, one is merged, one is deleted, and one is created.
                fresh += 1;
                let (handle, _) = ids[round % 8];
                server.report(&person([handle, fresh + 10_000])).await;
                server.report(&person([fresh + 20_000])).await;
                if round == 2 {
                    server.report(&person([ids[0].0, ids[7].0])).await;
                    gone.insert(ids[7].1.clone());
                }
                if round == 3 {
                    server.send("DELETE", &format!("/contacts/{}", ids[4].1), &json!({})).await;
                    gone.insert(ids[4].1.clone());
                }
            }
            for (_, id) in ids.iter().filter(|(_, id)| !gone.contains(id)) {
                assert!(seen.contains(id), "{id} was missed with {query} in pages of {limit}");
            }
        }
    }
}

async fn a_page_has_fifty_contacts_and_at_most_a_hundred(server: Server) {
    report(&server, 101).await;
    let sizes = async |target: &str| walk(&server, target).await.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(sizes("/contacts").await, [50, 50, 1]);
    assert_eq!(sizes("/contacts?limit=100").await, [100, 1]);
}

async fn other_limits_are_refused(server: Server) {
    for limit in ["0", "101", "x", "", "-1", "1.5", "1e1", "99999999999999999999999"] {
        let message = server.get(&format!("/contacts?limit={limit}")).await.message(400);
        assert_eq!(message, "limit must be a number from 1 to 100.", "{limit}");
    }
}

async fn other_page_tokens_are_refused(server: Server) {
    let ids = report(&server, 2).await;
    let (_, next) = page(&server, "/contacts?limit=1").await;
    let token = next.unwrap().split_once("page_token=").unwrap().1.to_owned();
    let (head, tail) = token.split_at(2);
    let cut = [&token[..token.len() - 1], &format!("{token}="), &format!("{head}!{tail}")].map(str::to_owned);
    let id = &ids[0];
    // The last two have the right form, but a number that no store holds.
    let made = [
        "1".to_owned(),
        id.clone(),
        "created".into(),
        "created.1".into(),
        format!("created.{id}.1"),
        format!("changed.x.{id}.1"),
        format!("other.1.{id}.1"),
        format!("changed.9223372036854775808.{id}.1"),
        format!("since.9223372036854775809.{id}"),
    ];
    let made = made.map(|cursor| BASE64URL_NOPAD.encode(cursor.as_bytes()));
    let never = ["-_-_", "%FF", "x", "https://wayne.inc"].map(str::to_owned);
    for token in cut.into_iter().chain(made).chain(never) {
        let message = server.get(&format!("/contacts?page_token={token}")).await.message(400);
        assert_eq!(message, "page_token is invalid. Use the one in _pagination.next.", "{token}");
    }
}

async fn another_companys_page_token_shows_none_of_its_contacts(server: Server) {
    let acme = server.company("acme").await;
    for n in 0..2 {
        server.ask(acme.report_request(person([n]).to_string())).await.expect(202);
    }
    let theirs = server.ask(acme.request("GET", "/contacts?limit=1")).await.expect(200);
    let url = theirs["_pagination"]["next"].as_str().unwrap();
    let target = url.strip_prefix(&format!("http://{}", server.address)).unwrap();
    assert_eq!(page(&server, target).await, (vec![], None));
}

async fn unknown_parameters_are_ignored(server: Server) {
    let ids = report(&server, 1).await;
    let queries = [
        "?",
        "?&",
        "?limit=1&",
        "?page=1&per_page=100",
        "?q=batman",
        "?q[updated_after]=1",
        "?page_token=",
        "?%FF=%zz",
        "?=",
    ];
    for query in queries {
        assert_eq!(page(&server, &format!("/contacts{query}")).await.0, ids, "{query}");
        assert_eq!(page(&server, &format!("/contacts/{query}")).await.0, ids, "/{query}");
        let one = server.get(&format!("/contacts/{}{query}", ids[0])).await.expect(200);
        assert_eq!(one["id"], ids[0]);
    }
}

async fn a_trailing_slash_is_the_same_list(server: Server) {
    report(&server, 3).await;
    assert_eq!(walk(&server, "/contacts/?limit=2").await, walk(&server, "/contacts?limit=2").await);
    let report_request = server.wayne.report_request(person([9]).to_string());
    let report_request = report_request.target("/api/1/contacts/");
    server.ask(report_request).await.expect(202);
    assert_ne!(server.contact("alt:email:h9@wayne.inc").await["id"], Value::Null);
}

on_each_store!(
    without_contacts_the_list_is_empty,
    the_newest_change_comes_first,
    merged_contacts_are_not_listed,
    next_leads_to_the_end,
    paging_misses_no_contact_that_stays,
    contacts_are_filtered_by_the_time_of_change,
    a_page_has_fifty_contacts_and_at_most_a_hundred,
    other_limits_are_refused,
    other_page_tokens_are_refused,
    another_companys_page_token_shows_none_of_its_contacts,
    unknown_parameters_are_ignored,
    a_trailing_slash_is_the_same_list,
);
