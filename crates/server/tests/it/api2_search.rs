//! API 2: searching contacts.

use serde_json::{Value, json};

use crate::harness::Server;

/// Returns the names of the contacts that are found, best match first.
async fn found(server: &Server, query: &str) -> Vec<String> {
    server.indexed().await;
    let page = server.get(&format!("/contacts?{query}")).await.expect(200);
    assert_eq!(page["_pagination"]["next"], Value::Null);
    let results = page["_results"].as_array().unwrap();
    results.iter().map(|contact| contact["name"].as_str().unwrap().to_owned()).collect()
}

async fn the_best_match_comes_first(server: Server) {
    for (n, name) in ["Robert Ross", "Rob Roy", "Problem", "Zoë Müller", "Rob"].iter().enumerate() {
        let handles = json!([{"source": "email", "handle": format!("h{n}@wayne.inc")}, {"source": "phone", "handle": format!("+1 650 814 99{n}0")}]);
        server.create(&json!({"name": name, "handles": handles})).await;
    }
    assert_eq!(found(&server, "search=rob").await, ["Rob", "Rob Roy", "Robert Ross", "Problem"]);
    assert_eq!(found(&server, "search=rob&limit=2").await, ["Rob", "Rob Roy"]);
    assert_eq!(found(&server, "search=MULLER+zoe").await, ["Zoë Müller"]);
    assert_eq!(found(&server, "search=h3%40way").await, ["Zoë Müller"]);
    assert_eq!(found(&server, "search=(650)+814-9930").await, ["Zoë Müller"]);
    assert_eq!(found(&server, "search=814.99").await.len(), 5);
    assert_eq!(server.get("/contacts?search=nobody").await.expect(200)["_results"], json!([]));
    assert_eq!(server.get("/contacts?search=").await.expect(200)["_results"], json!([]));
}

async fn an_invalid_search_is_refused(server: Server) {
    for (query, message) in [
        (format!("search={}", "a".repeat(201)), "search: At most 200 characters and 16 words can be looked for."),
        (format!("search={}", "a+".repeat(17)), "search: At most 200 characters and 16 words can be looked for."),
        ("search=rob&page_token=x".into(), "page_token cannot be combined with search."),
        ("search=rob&sort_by=created_at".into(), "sort_by cannot be combined with search."),
        ("search=rob&q[updated_after]=1".into(), "q[updated_after] cannot be combined with search."),
        ("search=rob&limit=101".into(), "limit must be a number from 1 to 100."),
    ] {
        assert_eq!(server.get(&format!("/contacts?{query}")).await.message(400), message, "{query}");
    }
}

/// Private contacts of a teammate are in no list of the company, and in no search.
async fn private_contacts_are_not_found(server: Server) {
    let teammate = server.teammate("alfred@wayne.inc", "Alfred").await;
    let handles = json!([{"source": "email", "handle": "a@x.org"}]);
    let private = json!({"name": "Private Jones", "handles": handles});
    server.send("POST", &format!("/teammates/{teammate}/contacts"), &private).await.expect(201);
    let handles = json!([{"source": "email", "handle": "b@x.org"}]);
    server.create(&json!({"name": "Public Jones", "handles": handles})).await;
    assert_eq!(found(&server, "search=jones").await, ["Public Jones"]);
    assert_eq!(found(&server, "search=one").await, ["Public Jones"]);
}

on_each_store!(the_best_match_comes_first, an_invalid_search_is_refused, private_contacts_are_not_found);
