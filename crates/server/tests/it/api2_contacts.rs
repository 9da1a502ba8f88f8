//! API 2: making, reading, changing, merging and deleting contacts.

use serde_json::{Value, json};

use crate::harness::{Server, email};

fn handle(n: usize) -> Value {
    json!({"source": "email", "handle": format!("h{n}@wayne.inc")})
}

async fn a_contact_is_created_with_all_values(server: Server) {
    server.field("contact", "Job title", "string", &[]).await;
    server.field("contact", "Seats", "number", &[]).await;
    server.field("contact", "Paying", "boolean", &[]).await;
    let body = json!({
        "name": "Selina Kyle", "description": "Jewel expert", "links": ["https://wayne.inc/7"],
        "handles": [{"source": "email", "handle": "Selina@Gotham.org"}, {"source": "phone", "handle": "650-814-9999"}],
        "list_names": ["VIP", "Cats"], "group_names": ["VIP", "Gotham"],
        "custom_fields": {"Job title": "Thief", "Seats": 3, "Paying": true, "nothing": null},
        "is_spammer": true, "unknown": {"a": [1]},
    });
    let made = server.send("POST", "/contacts", &body).await.expect(201);
    let id = made["id"].as_str().unwrap();
    assert_eq!(server.contact(id).await, made);
    assert_eq!((&made["name"], &made["description"]), (&json!("Selina Kyle"), &json!("Jewel expert")));
    let handles = json!([
        {"source": "email", "handle": "Selina@Gotham.org"}, {"source": "phone", "handle": "+16508149999"}
    ]);
    assert_eq!(made["handles"], handles);
    assert_eq!(made["links"], json!(["https://wayne.inc/7"]));
    assert_eq!(made["custom_fields"], json!({"Job title": "Thief", "Seats": 3, "Paying": true}));
    let names: Vec<&str> =
        made["lists"].as_array().unwrap().iter().map(|list| list["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["VIP", "Cats", "Gotham"]);
    assert_eq!(made["groups"], made["lists"]);
    assert_eq!((&made["is_private"], &made["is_spammer"]), (&json!(false), &json!(false)));
    for alias in ["alt:email:selina@gotham.org", "alt:phone:+16508149999", "alt%3Aemail%3Aselina%40gotham.org"] {
        assert_eq!(server.contact(alias).await["id"], id, "{alias}");
    }
}

async fn a_handle_that_is_taken_is_a_conflict(server: Server) {
    let id = server.create(&json!({"handles": [handle(1)]})).await;
    let answer = server.send("POST", "/contacts", &json!({"handles": [handle(2), handle(1)]})).await;
    let message = answer.message(409);
    assert!(message.contains("h1@wayne.inc") && message.contains(&id), "{message}");
    server.get("/contacts/alt:email:h2@wayne.inc").await.message(404);
    // API 1 merges instead.
    server.report(&json!({"fields": [email(1), email(2)]})).await;
    assert_eq!(server.contact("alt:email:h2@wayne.inc").await["id"], id);
}

async fn invalid_values_are_refused_with_their_field(server: Server) {
    for (body, place) in [
        (json!({}), "handles"),
        (json!({"handles": []}), "handles"),
        (json!({"handles": {}}), "handles"),
        (json!({"handles": [{"source": "email"}]}), "handles[0]"),
        (json!({"handles": [{"source": "fax", "handle": "1"}]}), "handles[0].source"),
        (json!({"handles": [handle(1), {"source": "email", "handle": "nobody"}]}), "handles[1].handle"),
        (json!({"handles": [handle(1)], "name": 7}), "name"),
        (json!({"handles": [handle(1)], "links": ["https://a.example", "javascript:alert(1)"]}), "links[1]"),
        (json!({"handles": [handle(1)], "list_names": ["  "]}), "list_names[0]"),
        (json!({"handles": [handle(1)], "custom_fields": {"No such": "x"}}), "No such"),
        (json!({"handles": [handle(1)], "custom_fields": {"No such": ["x"]}}), "No such"),
    ] {
        let message = server.send("POST", "/contacts", &body).await.message(400);
        assert!(message.contains(place), "{body}: {message}");
    }
    for body in ["", "{", "[]", "null", "7"] {
        let request = server.wayne.request("POST", "/contacts").with("Content-Type", "application/json");
        server.ask(request.body(body)).await.message(400);
    }
    let request = server.wayne.request("POST", "/contacts").with("Content-Type", "text/plain").body("{}");
    server.ask(request).await.message(415);
    assert_eq!(server.contacts().await, Vec::<Value>::new());
}

async fn missing_values_stay_unchanged(server: Server) {
    server.field("contact", "A", "string", &[]).await;
    server.field("contact", "B", "string", &[]).await;
    let body = json!({
        "name": "Ada", "description": "First", "links": ["https://a.example", "https://b.example"],
        "handles": [handle(1)], "list_names": ["One", "Two"], "custom_fields": {"A": "1", "B": "2"},
    });
    let id = server.create(&body).await;
    let before = server.contact(&id).await;
    let target = format!("/contacts/{id}");
    server.clock.advance(5);
    for nothing in [json!({}), json!({"name": null, "unknown": 1}), json!({"name": "Ada"})] {
        assert_eq!(server.send("PATCH", &target, &nothing).await.status, 204);
        assert_eq!(server.contact(&id).await, before, "{nothing}");
    }
    let change = json!({
        "description": "", "links": ["https://b.example", "https://c.example"], "list_names": ["Two", "Three"],
        "custom_fields": {"B": "3"},
    });
    assert_eq!(server.send("PATCH", "/contacts/alt:email:h1@wayne.inc", &change).await.status, 204);
    let after = server.contact(&id).await;
    assert_eq!((&after["name"], &after["description"]), (&json!("Ada"), &json!("")));
    assert_eq!(after["links"], json!(["https://b.example", "https://c.example"]));
    let lists: Vec<&Value> = after["lists"].as_array().unwrap().iter().map(|list| &list["name"]).collect();
    assert_eq!(lists, ["Two", "Three"]);
    assert_eq!(after["custom_fields"], json!({"B": "3"}));
    assert!(after["updated_at"].as_f64() > before["updated_at"].as_f64());
    let empty = json!({"links": [], "list_names": [], "custom_fields": {}});
    assert_eq!(server.send("PATCH", &target, &empty).await.status, 204);
    let after = server.contact(&id).await;
    assert_eq!((&after["links"], &after["lists"], &after["custom_fields"]), (&json!([]), &json!([]), &json!({})));
    server.send("PATCH", "/contacts/crd_1", &json!({})).await.message(404);
}

async fn attributes_are_custom_fields(server: Server) {
    server.field("contact", "Seats", "number", &[]).await;
    server
        .report(&json!({"fields": [email(1)], "organization": "Wayne", "birthday": "--02-19", "address": "1007 Drive\nGotham"}))
        .await;
    let reported = server.contact("alt:email:h1@wayne.inc").await;
    let all = json!({"Organization": "Wayne", "Birthday": "--02-19", "Address": "1007 Drive\nGotham"});
    assert_eq!(reported["custom_fields"], all);
    let target = format!("/contacts/{}", reported["id"].as_str().unwrap());
    // Without custom fields, they stay.
    assert_eq!(server.send("PATCH", &target, &json!({"name": "Bruce"})).await.status, 204);
    assert_eq!(server.contact("alt:email:h1@wayne.inc").await["custom_fields"], all);
    // The whole set is replaced.
    let change =
        json!({"custom_fields": {"Job title": "Chair", " Organization ": "Wayne Inc.", "Seats": 3, "Nickname": null}});
    assert_eq!(server.send("PATCH", &target, &change).await.status, 204);
    let after = server.contact("alt:email:h1@wayne.inc").await;
    assert_eq!(after["custom_fields"], json!({"Job title": "Chair", "Organization": "Wayne Inc.", "Seats": 3}));
    server.clock.advance(5);
    assert_eq!(server.send("PATCH", &target, &change).await.status, 204);
    assert_eq!(server.contact("alt:email:h1@wayne.inc").await, after, "the same again changes nothing");
    assert_eq!(server.send("PATCH", &target, &json!({"custom_fields": {}})).await.status, 204);
    assert_eq!(server.contact("alt:email:h1@wayne.inc").await["custom_fields"], json!({}));
    let made = json!({"handles": [handle(2)], "custom_fields": {"Nickname": "Cat", "Address": ""}});
    let made = server.send("POST", "/contacts", &made).await.expect(201);
    assert_eq!(made["custom_fields"], json!({"Nickname": "Cat"}));
    for (value, reason) in
        [(json!(7), "custom_fields: Nickname must be a string"), (json!("x".repeat(501)), "custom_fields.Nickname: ")]
    {
        let change = json!({"custom_fields": {"Nickname": value}});
        let message = server.send("PATCH", &target, &change).await.message(400);
        assert!(message.contains(reason), "{message}");
    }
}

async fn a_custom_field_hides_the_attribute_of_its_name(server: Server) {
    let id = server.create(&json!({"handles": [handle(1)], "custom_fields": {"Organization": "Wayne"}})).await;
    server.field("contact", "Organization", "enum", &["Wayne", "Arkham"]).await;
    assert_eq!(server.contact(&id).await["custom_fields"], json!({}));
    let target = format!("/contacts/{id}");
    let change = |value: &str| json!({"custom_fields": {"Organization": value}});
    server.send("PATCH", &target, &change("Nowhere")).await.message(400);
    assert_eq!(server.send("PATCH", &target, &change("Arkham")).await.status, 204);
    assert_eq!(server.contact(&id).await["custom_fields"], json!({"Organization": "Arkham"}));
    assert_eq!(server.send("PATCH", &target, &json!({"custom_fields": {}})).await.status, 204);
    // The attribute was left alone, and is shown again without the field.
    let company = server.hub.companies().await.unwrap().remove(0).id;
    let field = server.get("/custom_fields").await.expect(200)["_results"][0]["id"].as_str().unwrap().parse();
    server.hub.delete_field(company, field.unwrap(), contact::Origin::Person).await.unwrap();
    assert_eq!(server.contact(&id).await["custom_fields"], json!({"Organization": "Wayne"}));
}

async fn values_must_match_their_fields(server: Server) {
    server.teammate("alfred@wayne.inc", "Alfred Pennyworth").await;
    for (name, kind) in
        [("s", "string"), ("b", "boolean"), ("n", "number"), ("d", "datetime"), ("t", "teammate"), ("i", "inbox")]
    {
        server.field("contact", name, kind, &[]).await;
    }
    server.field("contact", "e", "enum", &["red", "blue"]).await;
    let id = server.create(&json!({"handles": [handle(1)]})).await;
    let inbox = server.get("/inboxes").await.expect(200)["_results"][0]["id"].clone();
    let target = format!("/contacts/{id}");
    for (field, right, wrong) in [
        ("s", json!("text"), json!(7)),
        ("b", json!(false), json!("yes")),
        ("n", json!(3.5), json!("3")),
        ("d", json!(1_700_000_000.25), json!("2024-01-01")),
        ("t", json!("alfred@wayne.inc"), json!("joker@wayne.inc")),
        ("i", inbox, json!("inb_1")),
        ("e", json!("blue"), json!("green")),
    ] {
        let values = |value: &Value| json!({"custom_fields": {(field): value}});
        assert_eq!(server.send("PATCH", &target, &values(&right)).await.status, 204, "{field}");
        assert_eq!(server.contact(&id).await["custom_fields"], json!({(field): right}), "{field}");
        let message = server.send("PATCH", &target, &values(&wrong)).await.message(400);
        assert!(message.contains(&format!("custom_fields: {field} must")), "{message}");
    }
}

async fn handles_are_added_and_removed(server: Server) {
    let id = server.create(&json!({"handles": [handle(1)]})).await;
    let other = server.create(&json!({"handles": [handle(9)]})).await;
    let target = format!("/contacts/{id}/handles");
    assert_eq!(server.send("POST", &target, &handle(2)).await.status, 204);
    assert_eq!(server.send("POST", &target, &handle(2)).await.status, 204, "one that it has is no error");
    // A POST with the body of a DELETE deletes nothing.
    let wrongly = json!({"source": "email", "handle": "h2@wayne.inc", "force": true});
    assert_eq!(server.send("POST", &target, &wrongly).await.status, 204);
    assert_eq!(server.contact(&id).await["handles"], json!([handle(1), handle(2)]));
    server.send("POST", &target, &handle(9)).await.message(409);
    server.send("POST", &target, &json!({"source": "email"})).await.message(400);
    server.send("DELETE", &target, &handle(3)).await.message(404);
    server.send("DELETE", &target, &handle(9)).await.message(404);
    assert_eq!(server.send("DELETE", &target, &handle(1)).await.status, 204);
    let message = server.send("DELETE", &target, &handle(2)).await.message(400);
    assert!(message.contains("last handle"), "{message}");
    let mut forced = handle(2);
    forced["force"] = json!(true);
    assert_eq!(server.send("DELETE", &target, &forced).await.status, 204);
    server.get(&format!("/contacts/{id}")).await.message(404);
    // Other contacts can have both handles again.
    server.create(&json!({"handles": [handle(1), handle(2)]})).await;
    assert_eq!(server.contact(&other).await["handles"], json!([handle(9)]));
}

async fn a_contact_is_deleted_with_everything_merged_into_it(server: Server) {
    let ids =
        [server.report(&json!({"fields": [email(1)]})).await, server.report(&json!({"fields": [email(2)]})).await];
    server.report(&json!({"fields": [email(1), email(2)]})).await;
    let update = json!({"list_names": ["VIP"]});
    assert_eq!(server.send("PATCH", &format!("/contacts/{}", ids[1]), &update).await.status, 204);
    let list = server.get("/contact_lists").await.expect(200)["_results"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.send("DELETE", &format!("/contacts/{}", ids[1]), &json!({})).await.status, 204);
    for gone in [&ids[0], &ids[1], "alt:email:h1@wayne.inc", "alt:email:h2@wayne.inc"] {
        server.get(&format!("/contacts/{gone}")).await.message(404);
    }
    assert_eq!(server.contacts().await, Vec::<Value>::new());
    let members = server.get(&format!("/contact_lists/{list}/contacts")).await.expect(200);
    assert_eq!(members["_results"], json!([]));
    server.send("DELETE", &format!("/contacts/{}", ids[0]), &json!({})).await.message(404);
    let again = server.report(&json!({"fields": [email(1)]})).await;
    assert!(!ids.contains(&again));
}

async fn a_merge_resolves_conflicting_values(server: Server) {
    server.field("contact", "Seats", "number", &[]).await;
    let mut ids = Vec::new();
    for (n, name) in [(0, ""), (1, "Robin"), (2, "Batman")] {
        let body = json!({
            "name": name, "description": format!("d{n}"), "handles": [handle(n)], "list_names": [format!("L{n}")],
            "links": [format!("https://{n}.example")], "custom_fields": {"Seats": n},
        });
        ids.push(server.create(&body).await);
    }
    // The oldest is changed last.
    let change = json!({"name": ""});
    server.send("PATCH", &format!("/contacts/{}", ids[0]), &json!({"name": "x"})).await;
    server.send("PATCH", &format!("/contacts/{}", ids[0]), &change).await;
    let merge = json!({"contact_ids": [ids[0], ids[1]], "target_contact_id": ids[2]});
    let merged = server.send("POST", "/contacts/merge", &merge).await.expect(200);
    assert_eq!(merged["id"], ids[2], "the target is kept");
    assert_eq!(merged["name"], "Batman");
    assert_eq!(merged["description"], "d2\nd0\nd1");
    assert_eq!(merged["handles"].as_array().unwrap().len(), 3);
    assert_eq!(merged["links"].as_array().unwrap().len(), 3);
    assert_eq!(merged["lists"].as_array().unwrap().len(), 3);
    assert_eq!(merged["custom_fields"], json!({"Seats": 0}), "that of the contact which was changed last");
    for id in &ids {
        assert_eq!(server.contact(id).await, merged, "an id that was merged away answers");
    }
    assert_eq!(server.contacts().await, [merged]);
    // A later report replaces the values.
    let after = json!({"description": "one"});
    assert_eq!(server.send("PATCH", &format!("/contacts/{}", ids[2]), &after).await.status, 204);
    assert_eq!(server.contact(&ids[1]).await["description"], "one");
}

async fn merges_have_limits(server: Server) {
    let mut ids = Vec::new();
    for n in 0..51 {
        ids.push(server.create(&json!({"handles": [handle(n)]})).await);
    }
    for body in [
        json!({}),
        json!({"contact_ids": []}),
        json!({"contact_ids": [ids[0]]}),
        json!({"contact_ids": [ids[0], ids[0]]}),
        json!({"contact_ids": [ids[0]], "target_contact_id": ids[0]}),
        json!({"contact_ids": ids}),
        json!({"contact_ids": ids[..50], "target_contact_id": ids[50]}),
        json!({"contact_ids": "crd_1"}),
    ] {
        server.send("POST", "/contacts/merge", &body).await.message(400);
    }
    for body in
        [json!({"contact_ids": [ids[0], "crd_1"]}), json!({"contact_ids": [ids[0]], "target_contact_id": "crd_1"})]
    {
        server.send("POST", "/contacts/merge", &body).await.message(404);
    }
    let merged = server.send("POST", "/contacts/merge", &json!({"contact_ids": ids[1..]})).await.expect(200);
    assert_eq!(merged["id"], ids[1], "the oldest is kept");
    let again = server.send("POST", "/contacts/merge", &json!({"contact_ids": ids[1..3]})).await.expect(200);
    assert_eq!(again["id"], ids[1]);
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and more";

fn form(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        body.extend(format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").into_bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--x--\r\n");
    body
}

async fn a_form_may_have_a_picture(server: Server) {
    server.field("contact", "Seats", "number", &[]).await;
    let post = |method: &str, target: &str, parts: &[(&str, Option<&str>, &[u8])]| {
        let request = server.wayne.request(method, target).with("Content-Type", "multipart/form-data; boundary=x");
        request.body(form(parts))
    };
    let parts: [(&str, Option<&str>, &[u8]); 6] = [
        ("name", None, b"Selina"),
        ("handles[0][source]", None, b"email"),
        ("handles[0][handle]", None, b"s@gotham.org"),
        ("links[]", None, b"https://a.example"),
        ("custom_fields[Seats]", None, b"4"),
        ("avatar", Some("s.png"), PNG),
    ];
    let made = server.ask(post("POST", "/contacts", &parts)).await.expect(201);
    assert_eq!((&made["name"], &made["links"]), (&json!("Selina"), &json!(["https://a.example"])));
    assert_eq!(made["custom_fields"], json!({"Seats": 4}));
    let url = made["avatar_url"].as_str().unwrap();
    let this = made["_links"]["self"].as_str().unwrap();
    assert!(url.starts_with(&format!("{this}/avatar-1700000000")), "{url}");
    let path = url.strip_prefix(&format!("http://{}", server.address)).unwrap().to_owned();
    let picture = server.get_bytes(&path).await;
    assert_eq!((picture.0.as_str(), picture.1.as_slice()), ("image/png", PNG));
    server.get(&path.replace("avatar-1", "avatar-2")).await.message(404);
    let target = this.strip_prefix(&format!("http://{}", server.address)).unwrap().to_owned();
    let wrong = server.ask(post("PATCH", &target, &[("avatar", Some("s.exe"), b"MZ")])).await;
    assert!(wrong.message(400).starts_with("avatar: "));
    server.clock.advance(1);
    let gif: [(&str, Option<&str>, &[u8]); 1] = [("avatar", Some("s.gif"), b"GIF89a...")];
    assert_eq!(server.ask(post("PATCH", &target, &gif)).await.status, 204);
    server.get(&path).await.message(404);
}

on_each_store!(
    a_contact_is_created_with_all_values,
    a_handle_that_is_taken_is_a_conflict,
    invalid_values_are_refused_with_their_field,
    missing_values_stay_unchanged,
    attributes_are_custom_fields,
    a_custom_field_hides_the_attribute_of_its_name,
    values_must_match_their_fields,
    handles_are_added_and_removed,
    a_contact_is_deleted_with_everything_merged_into_it,
    a_merge_resolves_conflicting_values,
    merges_have_limits,
    a_form_may_have_a_picture,
);
