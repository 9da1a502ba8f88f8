//! API 2: lists and their older name, accounts, notes, custom fields, teammates and teams.

use serde_json::{Value, json};

use crate::harness::Server;

fn handle(n: usize) -> Value {
    json!({"source": "email", "handle": format!("h{n}@wayne.inc")})
}

async fn contacts(server: &Server, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(server.create(&json!({"handles": [handle(n)]})).await);
    }
    ids
}

fn ids(page: &Value) -> Vec<&str> {
    page["_results"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

async fn lists_are_the_same_under_both_names(server: Server) {
    assert_eq!(server.send("POST", "/contact_lists", &json!({"name": " VIP "})).await.status, 204);
    let group = server.send("POST", "/contact_groups", &json!({"name": "Cats"})).await.expect(201);
    let again = server.send("POST", "/contact_groups", &json!({"name": "Cats"})).await.expect(201);
    assert_eq!(group, again, "one that is called so already is that list");
    let lists = server.get("/contact_lists").await.expect(200);
    assert_eq!(lists.as_object().unwrap().keys().collect::<Vec<_>>(), ["_links", "_results"], "it is not paged");
    let names: Vec<&Value> = lists["_results"].as_array().unwrap().iter().map(|list| &list["name"]).collect();
    assert_eq!(names, ["VIP", "Cats"]);
    assert_eq!(server.get("/contact_groups").await.expect(200)["_results"], lists["_results"]);
    let id = group["id"].as_str().unwrap();
    assert!(id.starts_with("grp_"));
    let this = format!("http://{}/contact_lists/{id}", server.address);
    assert_eq!(group["_links"]["self"], this);
    assert_eq!(group["_links"]["related"]["contacts"], format!("{this}/contacts"));
    for name in ["contact_lists", "contact_groups"] {
        assert_eq!(server.get(&format!("/{name}/{id}")).await.expect(200), group);
    }
    for wrong in [json!({}), json!({"name": ""}), json!({"name": 7}), json!({"name": "x".repeat(201)})] {
        server.send("POST", "/contact_lists", &wrong).await.message(400);
    }
    assert_eq!(server.send("DELETE", &format!("/contact_groups/{id}"), &json!({})).await.status, 204);
    server.get(&format!("/contact_lists/{id}")).await.message(404);
    server.send("DELETE", &format!("/contact_lists/{id}"), &json!({})).await.message(404);
}

async fn contacts_join_and_leave_lists(server: Server) {
    let people = contacts(&server, 5).await;
    let list = server.send("POST", "/contact_groups", &json!({"name": "VIP"})).await.expect(201);
    let target = format!("/contact_lists/{}/contacts", list["id"].as_str().unwrap());
    let some = json!({"contact_ids": [people[0], "alt:email:h1@wayne.inc", people[0], people[3]]});
    for _ in 0..2 {
        assert_eq!(server.send("POST", &target, &some).await.status, 204, "twice is harmless");
    }
    let page = server.get(&target).await.expect(200);
    assert_eq!(ids(&page), [people[3].as_str(), &people[1], &people[0]]);
    assert_eq!(server.contact(&people[1]).await["lists"], json!([list]));
    // A walk in pages of one, with one merged into another meanwhile.
    let first = server.get(&format!("{target}?limit=1")).await.expect(200);
    let next = first["_pagination"]["next"].as_str().unwrap().to_owned();
    let next = next.strip_prefix(&format!("http://{}", server.address)).unwrap();
    assert_eq!(ids(&server.get(next).await.expect(200)), [people[1].as_str()]);
    server.send("POST", "/contacts/merge", &json!({"contact_ids": [people[0], people[1]]})).await.expect(200);
    assert_eq!(ids(&server.get(&target).await.expect(200)), [people[3].as_str(), &people[0]]);
    // Nothing is done if one is not there.
    let unknown = json!({"contact_ids": [people[2], "crd_1"]});
    server.send("POST", &target, &unknown).await.message(404);
    assert_eq!(ids(&server.get(&target).await.expect(200)).len(), 2);
    let gone = json!({"contact_ids": [people[1], people[4]]});
    assert_eq!(server.send("DELETE", &target, &gone).await.status, 204);
    assert_eq!(ids(&server.get(&target).await.expect(200)), [people[3].as_str()]);
    let many = json!({"contact_ids": vec![people[0].clone(); 51]});
    assert!(server.send("DELETE", &target, &many).await.message(400).contains("At most 50"));
    server.send("POST", "/contact_lists/grp_1/contacts", &some).await.message(404);
}

async fn accounts_are_created_found_and_changed(server: Server) {
    server.field("account", "Plan", "enum", &["free", "paid"]).await;
    let body = json!({
        "name": "Wayne Enterprises", "description": null, "domains": ["Wayne.INC", "wayne.inc", "münchen.example"],
        "external_id": "A:7", "custom_fields": {"Plan": "paid"},
    });
    let account = server.send("POST", "/accounts", &body).await.expect(201);
    let id = account["id"].as_str().unwrap();
    assert!(id.starts_with("acc_"));
    assert_eq!(account["domains"], json!(["wayne.inc", "xn--mnchen-3ya.example"]));
    assert_eq!((&account["logo_url"], &account["description"]), (&Value::Null, &Value::Null));
    assert_eq!(account["custom_fields"], json!({"Plan": "paid"}));
    for alias in [id, "alt:domain:wayne.inc", "alt:domain:WAYNE.INC", "alt:ext_id:A:7", "alt%3Aext_id%3AA%3A7"] {
        assert_eq!(server.get(&format!("/accounts/{alias}")).await.expect(200), account, "{alias}");
    }
    for taken in [json!({"name": "x", "domains": ["wayne.inc"]}), json!({"name": "x", "external_id": "A:7"})] {
        server.send("POST", "/accounts", &taken).await.message(409);
    }
    for wrong in [
        json!({}),
        json!({"name": " "}),
        json!({"name": "x", "domains": ["not a domain"]}),
        json!({"name": "x", "logo_url": "javascript:alert(1)"}),
        json!({"name": "x", "custom_fields": {"Plan": "gold"}}),
        json!({"name": "x", "custom_fields": {"Job title": "x"}}),
    ] {
        server.send("POST", "/accounts", &wrong).await.message(400);
    }
    let change = json!({"description": "Gotham", "domains": [], "logo_url": "https://wayne.inc/logo.png"});
    let changed = server.send("PATCH", &format!("/accounts/{id}"), &change).await.expect(200);
    assert_eq!((&changed["description"], &changed["domains"]), (&json!("Gotham"), &json!([])));
    assert_eq!((&changed["name"], &changed["external_id"]), (&json!("Wayne Enterprises"), &json!("A:7")));
    server.get("/accounts/alt:domain:wayne.inc").await.message(404);
    let other = server.send("POST", "/accounts", &json!({"name": "x", "domains": ["wayne.inc"]})).await.expect(201);
    let page = server.get("/accounts?limit=1&sort_by=updated_at&sort_order=asc").await.expect(200);
    assert_eq!(page["_results"], json!([changed]));
    assert!(page["_pagination"]["next"].as_str().unwrap().contains("sort_by=updated_at&sort_order=asc&limit=1"));
    assert_eq!(ids(&server.get("/accounts").await.expect(200)), [other["id"].as_str().unwrap(), id]);

    let people = contacts(&server, 3).await;
    let target = format!("/accounts/{id}/contacts");
    let some = json!({"contact_ids": [people[0], "alt:email:h2@wayne.inc"]});
    assert_eq!(server.send("POST", &target, &some).await.status, 204);
    assert_eq!(ids(&server.get(&target).await.expect(200)), [people[2].as_str(), &people[0]]);
    let one = json!({"contact_ids": [people[0]]});
    assert_eq!(server.send("DELETE", &target, &one).await.status, 204);
    assert_eq!(ids(&server.get(&target).await.expect(200)), [people[2].as_str()]);
    assert_eq!(server.send("DELETE", &format!("/accounts/{id}"), &json!({})).await.status, 204);
    for gone in [format!("/accounts/{id}"), "/accounts/alt:ext_id:A:7".into(), target] {
        server.get(&gone).await.message(404);
    }
    assert_eq!(server.contact(&people[2]).await["id"], people[2], "its contacts stay");
}

async fn notes_have_a_whole_author(server: Server) {
    let teammate = server.teammate("alfred@wayne.inc", "Alfred Pennyworth").await;
    let people = contacts(&server, 2).await;
    let target = format!("/contacts/{}/notes", people[0]);
    assert_eq!(server.get(&target).await.expect(202)["_results"], json!([]));
    let note = json!({"author_id": "alt:email:Alfred@wayne.inc", "body": "Sir is out."});
    let made = server.send("POST", &target, &note).await.expect(201);
    assert_eq!((&made["body"], &made["is_private"]), (&json!("Sir is out."), &json!(false)));
    let url = format!("http://{}/teammates/{teammate}", server.address);
    let author = json!({
        "_links": {"self": url, "related": {"inboxes": format!("{url}/inboxes"), "conversations": format!("{url}/conversations")}},
        "id": teammate, "email": "alfred@wayne.inc", "username": "alfred", "first_name": "Alfred",
        "last_name": "Pennyworth", "is_admin": false, "is_available": true, "is_blocked": false, "type": "user",
        "license_type": "full", "custom_fields": {},
    });
    assert_eq!(made["author"], author);
    assert_eq!(made["_links"]["related"], json!({"author": url, "owner": null}));
    let other = format!("/contacts/{}/notes", people[1]);
    server.send("POST", &other, &json!({"author_id": teammate, "body": "Later"})).await.expect(201);
    for (wrong, place) in [
        (json!({"author_id": teammate}), "body"),
        (json!({"author_id": teammate, "body": " "}), "body"),
        (json!({"body": "x"}), "author_id"),
        (json!({"author_id": "tea_1", "body": "x"}), "author_id"),
        (json!({"author_id": "alt:email:joker@wayne.inc", "body": "x"}), "author_id"),
    ] {
        let message = server.send("POST", &target, &wrong).await.message(400);
        assert!(message.contains(place), "{message}");
    }
    // Notes go with their contact.
    server.send("POST", "/contacts/merge", &json!({"contact_ids": people})).await.expect(200);
    let bodies = |page: &Value| -> Vec<String> {
        let notes = page["_results"].as_array().unwrap().iter();
        notes.map(|note| note["body"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(bodies(&server.get(&target).await.expect(202)), ["Later", "Sir is out."], "the newest first");
    for id in [&teammate, "alt:email:alfred@wayne.inc", "alt%3Aemail%3Aalfred%40wayne.inc"] {
        assert_eq!(server.get(&format!("/teammates/{id}")).await.expect(200), author, "{id}");
    }
    assert_eq!(server.get("/teammates").await.expect(200)["_results"], json!([author]));
}

async fn custom_fields_are_described(server: Server) {
    server.field("contact", "Favourite colour", "enum", &["red", "blue"]).await;
    server.field("account", "Plan", "string", &[]).await;
    let fields = server.get("/contacts/custom_fields").await.expect(200);
    assert_eq!(server.get("/custom_fields").await.expect(200)["_results"], fields["_results"]);
    let field = &fields["_results"][0];
    assert!(field["id"].as_str().unwrap().starts_with("fld_"));
    assert_eq!((&field["name"], &field["type"]), (&json!("Favourite colour"), &json!("enum")));
    assert_eq!(field["values"], json!([{"value": "red", "label": "red"}, {"value": "blue", "label": "blue"}]));
    let names: Vec<&Value> = fields["_results"].as_array().unwrap().iter().map(|field| &field["name"]).collect();
    assert_eq!(names, ["Favourite colour", "Organization", "Job title", "Nickname", "Birthday", "Address"]);
    let organization = &fields["_results"][1];
    let id = organization["id"].as_str().unwrap();
    assert!(id.starts_with("fld_") && organization["_links"]["self"].as_str().unwrap().ends_with(id));
    assert_eq!((&organization["type"], organization.get("values")), (&json!("string"), None));
    // A field of the company's own with the same name wins.
    server.field("contact", "Organization", "enum", &["Wayne", "Arkham"]).await;
    let now = server.get("/contacts/custom_fields").await.expect(200);
    let kinds: Vec<&Value> = now["_results"].as_array().unwrap().iter().map(|field| &field["type"]).collect();
    assert_eq!(kinds, ["enum", "enum", "string", "string", "string", "string"]);
    assert_eq!(now["_results"].as_array().unwrap()[2..], fields["_results"].as_array().unwrap()[2..]);
    let plan = server.get("/accounts/custom_fields").await.expect(200);
    assert_eq!((&plan["_results"][0]["type"], plan["_results"][0].get("values")), (&json!("string"), None));
    for other in ["conversations", "inboxes", "teammates"] {
        assert_eq!(server.get(&format!("/{other}/custom_fields")).await.expect(200)["_results"], json!([]));
    }
}

async fn a_teammates_contacts_are_private(server: Server) {
    let teammate = server.teammate("alfred@wayne.inc", "Alfred").await;
    let own = format!("/teammates/{teammate}/contacts");
    let private = server.send("POST", &own, &json!({"handles": [handle(1)]})).await.expect(201);
    assert_eq!(private["is_private"], true);
    assert_eq!(private["_links"]["related"]["owner"], format!("http://{}/teammates/{teammate}", server.address));
    assert_eq!(server.contacts().await, Vec::<Value>::new());
    assert_eq!(server.get(&own).await.expect(200)["_results"], json!([private]));
    let lists = format!("/teammates/{teammate}/contact_lists");
    assert_eq!(server.send("POST", &lists, &json!({"name": "Mine"})).await.status, 204);
    let group = format!("/teammates/{teammate}/contact_groups");
    let made = server.send("POST", &group, &json!({"name": "Mine"})).await.expect(201);
    assert_eq!(made["is_private"], true);
    assert_eq!(server.get(&lists).await.expect(200)["_results"], json!([made]));
    assert_eq!(server.get("/contact_lists").await.expect(200)["_results"], json!([]));
    server.get("/teammates/tea_1/contacts").await.message(404);

    let team = server.get("/teams").await.expect(200)["_results"][0]["id"].as_str().unwrap().to_owned();
    let whole = server.get(&format!("/teams/{team}")).await.expect(200);
    assert_eq!((&whole["name"], &whole["members"][0]["id"]), (&json!("wayne"), &json!(teammate)));
    let body = json!({"handles": [handle(2)]});
    let shared = server.send("POST", &format!("/teams/{team}/contacts"), &body).await.expect(201);
    assert_eq!(shared["is_private"], false);
    assert_eq!(server.get(&format!("/teams/{team}/contacts")).await.expect(200)["_results"], json!([shared]));
    assert_eq!(server.send("POST", &format!("/teams/{team}/contact_lists"), &json!({"name": "A"})).await.status, 204);
    let group = server.send("POST", &format!("/teams/{team}/contact_groups"), &json!({"name": "A"})).await.expect(201);
    for name in ["contact_lists", "contact_groups"] {
        assert_eq!(server.get(&format!("/teams/{team}/{name}")).await.expect(200)["_results"], json!([group]));
    }
    server.get("/teams/tim_1").await.message(404);
}

on_each_store!(
    lists_are_the_same_under_both_names,
    contacts_join_and_leave_lists,
    accounts_are_created_found_and_changed,
    notes_have_a_whole_author,
    custom_fields_are_described,
    a_teammates_contacts_are_private,
);
