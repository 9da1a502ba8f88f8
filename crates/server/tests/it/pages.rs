//! Reading the list: its order, its pages, and what a query may hold.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::harness::{Server, person};

/// The ids of a page, and the target of the next one, from its URL as it stands.
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

/// The ids of all pages from one on.
async fn walk(server: &Server, first: &str) -> Vec<Vec<String>> {
    let (mut pages, mut next) = (Vec::new(), Some(first.to_owned()));
    while let Some(target) = next {
        let (ids, after) = page(server, &target).await;
        pages.push(ids);
        next = after;
    }
    pages
}

async fn tell(server: &Server, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(server.told(&person([n])).await);
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
    let ids = tell(&server, 4).await;
    let order = |order: [usize; 4]| order.map(|n| ids[n].clone()).to_vec();
    assert_eq!(page(&server, "/contacts").await.0, order([3, 2, 1, 0]));
    server.told(&person([1, 10])).await;
    assert_eq!(page(&server, "/contacts").await.0, order([1, 3, 2, 0]));
    server.told(&person([0])).await;
    assert_eq!(page(&server, "/contacts").await.0, order([1, 3, 2, 0]), "what changes nothing is no change");
}

async fn contacts_that_were_merged_away_are_not_listed(server: Server) {
    let ids = tell(&server, 3).await;
    server.told(&person([0, 2])).await;
    assert_eq!(page(&server, "/contacts").await.0, [ids[0].clone(), ids[1].clone()]);
}

async fn next_leads_to_the_end(server: Server) {
    let mut ids = tell(&server, 7).await;
    ids.reverse();
    for limit in [1, 2, 3, 6, 7, 8] {
        let pages = walk(&server, &format!("/contacts?limit={limit}")).await;
        assert_eq!(pages.concat(), ids);
        assert_eq!(pages.len(), 7_usize.div_ceil(limit), "no page is empty");
    }
}

async fn a_walk_sees_whoever_does_not_change(server: Server) {
    let ids = tell(&server, 6).await;
    let (first, next) = page(&server, "/contacts?limit=2").await;
    // One already seen and one not yet seen move to the front, and somebody comes.
    server.told(&person([5, 50])).await;
    server.told(&person([2, 20])).await;
    server.told(&person([100])).await;
    let rest = walk(&server, &next.unwrap()).await.concat();
    assert_eq!((first, rest), (vec![ids[5].clone(), ids[4].clone()], [3, 1, 0].map(|n| ids[n].clone()).to_vec()));
}

async fn a_page_has_fifty_contacts_and_at_most_a_hundred(server: Server) {
    tell(&server, 101).await;
    let sizes = async |target: &str| walk(&server, target).await.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(sizes("/contacts").await, [50, 50, 1]);
    assert_eq!(sizes("/contacts?limit=100").await, [100, 1]);
}

async fn other_limits_are_refused(server: Server) {
    for limit in ["0", "101", "x", "", "-1", "1.5", "1e1", "%31", "99999999999999999999999"] {
        let message = server.get(&format!("/contacts?limit={limit}")).await.message(400);
        assert_eq!(message, "limit must be a number from 1 to 100.", "{limit}");
    }
}

async fn other_page_tokens_are_refused(server: Server) {
    tell(&server, 2).await;
    let (_, next) = page(&server, "/contacts?limit=1").await;
    let token = next.unwrap().split_once("page_token=").unwrap().1.to_owned();
    let (head, tail) = token.split_at(2);
    let cut = [&token[..token.len() - 1], &format!("{token}="), &format!("{head}!{tail}")].map(str::to_owned);
    // The last three are well made, but for a number that no store holds.
    let made =
        ["1", "1.0", "a.b", "9223372036854775808.16777217", "1.9223372036854775809", "18446744073709551616.16777217"]
            .map(|cursor| BASE64URL_NOPAD.encode(cursor.as_bytes()));
    let never = ["-_-_", "%FF", "x", "https://wayne.inc"].map(str::to_owned);
    for token in cut.into_iter().chain(made).chain(never) {
        let message = server.get(&format!("/contacts?page_token={token}")).await.message(400);
        assert_eq!(message, "page_token is not one that was given out.", "{token}");
    }
}

async fn another_companys_page_token_shows_nothing_of_it(server: Server) {
    let acme = server.company("acme").await;
    for n in 0..2 {
        server.ask(acme.telling(person([n]).to_string())).await.expect(202);
    }
    let theirs = server.ask(acme.request("GET", "/contacts?limit=1")).await.expect(200);
    let url = theirs["_pagination"]["next"].as_str().unwrap();
    let target = url.strip_prefix(&format!("http://{}", server.address)).unwrap();
    assert_eq!(page(&server, target).await, (vec![], None));
}

async fn whatever_else_a_query_holds_is_ignored(server: Server) {
    let ids = tell(&server, 1).await;
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
    tell(&server, 3).await;
    assert_eq!(walk(&server, "/contacts/?limit=2").await, walk(&server, "/contacts?limit=2").await);
    let telling = server.wayne.telling(person([9]).to_string());
    let telling = telling.target("/api/1/contacts/");
    server.ask(telling).await.expect(202);
    assert_ne!(server.contact("alt:email:h9@wayne.inc").await["id"], Value::Null);
}

on_each_store!(
    without_contacts_the_list_is_empty,
    the_newest_change_comes_first,
    contacts_that_were_merged_away_are_not_listed,
    next_leads_to_the_end,
    a_walk_sees_whoever_does_not_change,
    a_page_has_fifty_contacts_and_at_most_a_hundred,
    other_limits_are_refused,
    other_page_tokens_are_refused,
    another_companys_page_token_shows_nothing_of_it,
    whatever_else_a_query_holds_is_ignored,
    a_trailing_slash_is_the_same_list,
);
