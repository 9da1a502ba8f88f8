//! The app in a browser without scripts: signing in, pages, forms and security.

mod accounts;
mod cards;
mod duplicates;
mod fields;
mod handles;
mod imports;
mod settings;
mod signing_in;

use std::sync::Arc;
use std::time::Duration;

use contact::{Attachment, Message};
use serde_json::json;

use crate::browser::{Browser, FORM, Mailbox, between, encode, sign_in};
use crate::client::Request;
use crate::harness::Server;

async fn forms_of_other_sites_are_refused(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let id = server.report(&json!({"name": "Bruce", "fields": [{"source": "email", "handle": "b@wayne.inc"}]})).await;
    let page = browser.page("/app/settings").await;
    let token = between(&page, "name=\"token\" value=\"", "\"").to_owned();
    let target = format!("/app/contacts/{id}/edit");
    let form = |token: &str| encode(&[("token", token), ("name", "Joker"), ("name-was", "Bruce")]);
    let request = |token: &str| browser.request("POST", &target).with("Content-Type", FORM).body(form(token));
    let here = format!("http://{}", server.address);
    for foreign in [
        request(""),
        request("x"),
        request(&token).with("Origin", "https://evil.example"),
        request(&token).with("Origin", "null"),
        request(&token).with("Origin", &here).with("Sec-Fetch-Site", "cross-site"),
        request(&token).with("Origin", &here).with("Sec-Fetch-Site", "same-site"),
    ] {
        assert_eq!(server.ask(foreign).await.status, 403);
    }
    let login = sign_in(&server, &server.wayne, "").with("Origin", "https://evil.example");
    assert_eq!(server.ask(login).await.status, 403, "another site cannot sign in");
    assert_eq!(server.contact(&id).await["name"], "Bruce");
    assert_eq!(server.ask(request(&token).with("Origin", &here)).await.status, 303);
    assert_eq!(server.contact(&id).await["name"], "Joker");
    let other = Browser::of(&server, &server.wayne).await;
    let stolen = other.request("POST", &target).with("Content-Type", FORM).body(form(&token));
    assert_eq!(server.ask(stolen).await.status, 403, "a token is good for its own session alone");
}

/// Promise 11: the description appears in the header of conversations that the contact started.
async fn a_conversation_shows_its_sender(server: Server) {
    let mailbox = Mailbox::of(&server).await;
    let browser = Browser::of(&server, &server.wayne).await;
    assert!(browser.page("/app/inbox").await.contains("No messages yet"));
    let thread = mailbox.wrote(&server, "selina@gotham.org", "A cat", "Have you seen my cat?").await;
    let page = browser.page(&thread).await;
    for text in ["A cat", "selina@gotham.org", "support@wayne.inc", "Have you seen my cat?"] {
        assert!(page.contains(text), "{text} in {page}");
    }
    let fields =
        json!([{"source": "email", "handle": "selina@gotham.org"}, {"source": "twitter", "handle": "catwoman"}]);
    let id = server.report(&json!({"name": "Selina Kyle", "description": "Jewel expert", "fields": fields})).await;
    let head = browser.page(&thread).await;
    let head = between(&head, "id=\"thread-head\"", "</header>").to_owned();
    assert!(head.contains("Selina Kyle") && head.contains("Jewel expert"), "{head}");
    assert!(head.contains(&format!("href=\"/app/contacts/{id}\"")), "{head}");
    let list = browser.page("/app/inbox").await;
    assert!(list.contains("Selina Kyle") && list.contains("A cat") && list.contains(&thread));
}

/// Promise 12: the links are at the bottom of the card, which opens by a click on a name anywhere in the app.
async fn a_card_ends_with_its_links(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let id = server
        .report(&json!({
            "name": "Bruce Wayne", "description": "CEO / Wayne.inc",
            "fields": [{"source": "email", "handle": "bruce@wayne.inc"}, {"source": "phone", "handle": "+123456789"}],
            "link": [{"url": "https://wayne.inc"}, {"url": "https://crm.example/?a=1&b=\"2"}]
        }))
        .await;
    let page = browser.page(&format!("/app/contacts/{id}")).await;
    let card = between(&page, "<article class=\"card\"", "</article>");
    let last = card.rsplit("<section").next().unwrap();
    for text in ["https://wayne.inc", "target=\"_blank\"", "rel=\"noopener noreferrer\"", "b=&quot;2"] {
        assert!(last.contains(text), "{text} in {last}");
    }
    for text in ["Bruce Wayne", "CEO / Wayne.inc", "bruce@wayne.inc", "+123456789", "History", "The contact API"] {
        assert!(card.contains(text), "{text} in {card}");
    }
    assert!(browser.page("/app/contacts").await.contains(&format!("href=\"/app/contacts/{id}\"")));
}

async fn a_merge_is_explained_and_can_be_split(server: Server) {
    let mailbox = Mailbox::of(&server).await;
    let browser = Browser::of(&server, &server.wayne).await;
    let one = mailbox.wrote(&server, "bruce@wayne.inc", "Cars", "Black, please.").await;
    let two = mailbox.wrote(&server, "robin@wayne.inc", "Tights", "Green, please.").await;
    let report = |name: &str, address: &str| json!({"name": name, "description": format!("this is {name}"), "fields": [{"source": "email", "handle": address}]});
    let bruce = server.report(&report("Bruce", "bruce@wayne.inc")).await;
    let robin = server.report(&report("Robin", "robin@wayne.inc")).await;
    let both = json!({"fields": [
        {"source": "email", "handle": "bruce@wayne.inc"}, {"source": "email", "handle": "robin@wayne.inc"}
    ]});
    server.report(&both).await;
    for thread in [&one, &two] {
        assert!(browser.page(thread).await.contains("this is Robin"), "one person, the last description");
    }
    let card = browser.page(&format!("/app/contacts/{robin}")).await;
    assert!(card.contains("Became one") && card.contains("robin@wayne.inc") && card.contains("Tights"), "{card}");
    let split = between(&card, &format!("/app/contacts/{bruce}/split/"), "\"").to_owned();
    let split = format!("/app/contacts/{bruce}/split/{split}");
    let preview = browser.page(&split).await;
    assert!(preview.contains("this is Bruce") && preview.contains("this is Robin"), "{preview}");
    let done = browser.send(&split, &[]).await;
    assert_eq!(done.status, 303, "{done:?}");
    assert!(browser.page(&one).await.contains("this is Bruce"));
    assert!(browser.page(&two).await.contains("this is Robin"));
    let kept = server.send_report(&both).await.expect(202);
    assert_eq!(kept["kept_apart"], json!([robin]));
    assert!(browser.page(&one).await.contains("this is Bruce"), "the same cause does not join them again");
    let history = browser.page(&format!("/app/contacts/{bruce}")).await;
    assert!(history.contains("A colleague</b> split off"), "{history}");
    let mut more = both.clone();
    more["links"] = json!(["https://wayne.inc"]);
    server.report(&more).await;
    let history = browser.page(&format!("/app/contacts/{bruce}")).await;
    assert!(history.contains("Kept apart"), "{history}");
    assert_eq!(browser.send(&split, &[]).await.status, 404, "it was split already");

    let merge = format!("/app/contacts/{bruce}/merge");
    let preview = browser.page(&format!("{merge}?with={robin}")).await;
    assert!(preview.contains("You can split them again") && preview.contains("robin@wayne.inc"), "{preview}");
    let done = browser.send(&merge, &[("with", &robin)]).await;
    assert_eq!(done.header("location"), Some(format!("/app/contacts/{bruce}").as_str()), "{done:?}");
    assert!(browser.page(&two).await.contains(&bruce), "a person's word is above a rule");
}

async fn an_edit_saves_only_changed_fields(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let id = server
        .report(&json!({"name": "Bruce", "description": "One\nTwo", "fields": [
            {"source": "email", "handle": "bruce@wayne.inc"}, {"source": "twitter", "handle": "batman"}
        ], "links": ["https://wayne.inc"]}))
        .await;
    server.report(&json!({"name": "Joker", "fields": [{"source": "email", "handle": "joker@gotham.org"}]})).await;
    let target = format!("/app/contacts/{id}/edit");
    assert!(browser.page(&target).await.contains("value=\"email:bruce@wayne.inc\""));
    let same = [
        ("name", "Bruce"),
        ("name-was", "Bruce"),
        ("description", "One\r\nTwo"),
        ("description-was", "One\nTwo"),
        ("handle", "email:bruce@wayne.inc"),
        ("handle", "twitter:batman"),
        ("link", "https://wayne.inc"),
        ("new-source", "phone"),
    ];
    let before = server.contact(&id).await;
    assert_eq!(browser.send(&target, &same).await.status, 303);
    assert_eq!(server.contact(&id).await, before, "nothing changed");

    let mut changed = same.to_vec();
    changed[0] = ("name", "");
    changed.extend([
        ("new-handle", "650 814 9999"),
        ("new-link", "https://crm.example/1"),
        ("remove-handle", "1"),
        ("remove-link", "0"),
        ("shared", "0"),
    ]);
    assert_eq!(browser.send(&target, &changed).await.status, 303);
    let now = server.contact(&id).await;
    assert_eq!((&now["name"], &now["description"]), (&json!(""), &json!("One\nTwo")));
    assert_eq!(now["links"], json!(["https://crm.example/1"]));
    let handles: Vec<_> = now["handles"].as_array().unwrap().iter().map(|handle| &handle["handle"]).collect();
    assert_eq!(handles, ["bruce@wayne.inc", "+16508149999"]);
    assert!(browser.page(&format!("/app/contacts/{id}")).await.contains(">shared<"));

    for (field, value, why) in [
        ("new-handle", "not a phone", "Is not a phone number"),
        ("new-link", "javascript:alert(1)", "Is not a link"),
        ("name", &"x".repeat(501) as &str, "Must have at most 500"),
    ] {
        let mut bad = vec![("new-source", "phone"), ("name-was", ""), (field, value)];
        bad.extend([("description", "One\nTwo"), ("description-was", "One\nTwo")]);
        let answer = browser.send(&target, &bad).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains(why) && answer.body.contains(value), "{field}: {answer:?}");
    }
    let taken = browser.send(&target, &[("new-source", "email"), ("new-handle", "joker@gotham.org")]).await;
    assert!(taken.status == 422 && taken.body.contains("Joker") && taken.body.contains("merge?with="), "{taken:?}");
    assert_eq!(server.contact(&id).await, now, "what is refused changes nothing");
}

/// Links that several people add at the same time all stay.
async fn links_added_at_the_same_time_all_stay(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let id = server.report(&json!({"name": "Bruce", "fields": [{"source": "email", "handle": "b@wayne.inc"}]})).await;
    let target = format!("/app/contacts/{id}/edit");
    let links: Vec<String> = (0..20).map(|n| format!("https://crm.example/{n:02}")).collect();
    let add = async |link: &String| browser.send(&target, &[("new-link", link)]).await.status;
    let sent = links.iter().map(add);
    assert_eq!(futures_util::future::join_all(sent).await, [303; 20]);
    let mut shown = server.contact(&id).await["links"].take();
    shown.as_array_mut().unwrap().sort_by_key(ToString::to_string);
    assert_eq!(shown, json!(links));
    // The form was shown before another person added a link.
    let remove = [("link", links[3].as_str()), ("remove-link", "0"), ("new-link", links[4].as_str())];
    assert_eq!(browser.send(&target, &remove).await.status, 303);
    let shown = server.contact(&id).await["links"].take();
    assert_eq!(shown.as_array().unwrap().len(), 19);
    assert!(!shown.as_array().unwrap().contains(&json!(links[3])));
}

async fn reported_values_never_run_as_scripts(server: Server) {
    let mailbox = Mailbox::of(&server).await;
    let browser = Browser::of(&server, &server.wayne).await;
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u{202e}olleh 😀";
    let thread = mailbox.wrote(&server, "eve@example.org", evil, evil).await;
    let id = server
        .report(
            &json!({"name": evil, "description": evil, "fields": [{"source": "email", "handle": "eve@example.org"}],
            "links": ["https://example.org/\"><script>alert(1)</script>"]}),
        )
        .await;
    let found =
        format!("/app/contacts?q={}", url::form_urlencoded::byte_serialize(evil.as_bytes()).collect::<String>());
    let pages = [
        "/app/inbox".to_owned(),
        thread,
        "/app/contacts".to_owned(),
        found,
        format!("/app/contacts/{id}"),
        format!("/app/contacts/{id}/edit"),
        format!("/app/contacts/{id}/merge?q=%3Cscript%3Ealert(1)"),
    ];
    for page in pages {
        let answer = browser.ask(&page).await;
        assert_eq!(answer.status, 200, "{page}");
        assert!(!answer.body.contains("<script>alert") && !answer.body.contains("<img src=x"), "{page}: {answer:?}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

async fn html_and_files_cannot_leave_their_frame(server: Server) {
    let mailbox = Mailbox::of(&server).await;
    let browser = Browser::of(&server, &server.wayne).await;
    let file = |name: &str, media_type: &str, content: &[u8]| Attachment {
        name: name.into(),
        media_type: media_type.into(),
        content: Arc::from(content),
    };
    let message = Message {
        html: Some("<p>Hello <img data-src=\"https://example.org/p.png\"></p>".into()),
        attachments: vec![file("a\"b\r\n.html", "text/html", b"<script>alert(1)</script>"), file("", "", b"")],
        ..mailbox.message("eve@example.org", "", "Hello")
    };
    let stored = mailbox.take(&server, message).await.message.unwrap();
    let thread = format!("/app/inbox/{}", stored.conversation);
    let page = browser.page(&thread).await;
    assert!(page.contains(">Hello<") && page.contains("Show remote images") && page.contains("sandbox="), "{page}");
    let frame = format!("{thread}/{}", stored.message);
    let body = browser.ask(&frame).await;
    let policy = body.header("content-security-policy").unwrap();
    assert!(policy.contains("sandbox") && !policy.contains("script-src") && !policy.contains("https:"), "{policy}");
    assert!(body.body.contains("data-src=\"https://example.org/p.png\""));
    let body = browser.ask(&format!("{frame}?images=yes")).await;
    assert!(body.body.contains("<img src=\"https://example.org/p.png\""));
    assert!(body.header("content-security-policy").unwrap().contains("img-src data: https:"));

    let link = between(&page, "href=\"/app/files/", "\"").to_owned();
    let file = browser.ask(&format!("/app/files/{link}")).await;
    assert_eq!(file.header("content-type"), Some("application/octet-stream"));
    let saved = file.header("content-disposition").unwrap();
    assert!(saved.starts_with("attachment; filename=\"a_b__.html\""), "{saved}");
    assert_eq!(file.body, "<script>alert(1)</script>");
}

/// Law 7 of the design, in the app.
async fn companies_never_see_each_other(server: Server) {
    let mailbox = Mailbox::of(&server).await;
    let kent = server.company("kent").await;
    let file = Attachment { name: "a".into(), media_type: "b".into(), content: Arc::from(&b"c"[..]) };
    let message = Message {
        html: Some("<p>secret</p>".into()),
        attachments: vec![file],
        ..mailbox.message("oracle@wayne.inc", "secret", "secret")
    };
    let outcome = mailbox.take(&server, message).await;
    let (stored, id) = (outcome.message.unwrap(), outcome.contact.unwrap());
    let ours = Browser::of(&server, &server.wayne).await;
    let thread = format!("/app/inbox/{}", stored.conversation);
    let files = between(&ours.page(&thread).await, "href=\"/app/files/", "\"").to_owned();
    let theirs = Browser::of(&server, &kent).await;
    for target in [
        thread.clone(),
        format!("{thread}/{}", stored.message),
        format!("/app/files/{files}"),
        format!("/app/contacts/{id}"),
        format!("/app/contacts/{id}/edit"),
        format!("/app/contacts/{id}/merge"),
        format!("/app/contacts/{id}/split/1"),
    ] {
        assert_eq!(ours.ask(&target).await.status, if target.contains("/split/") { 404 } else { 200 }, "{target}");
        let answer = theirs.ask(&target).await;
        assert!(answer.status == 404 && !answer.body.contains("secret"), "{target}: {answer:?}");
    }
    assert_eq!(theirs.send(&format!("/app/contacts/{id}/edit"), &[("name", "x")]).await.status, 404);
    for page in ["/app/inbox", "/app/contacts", "/app/contacts?q=oracle", "/app/settings"] {
        let page = theirs.page(page).await;
        assert!(!page.contains("oracle@wayne.inc") && !page.contains("support@wayne.inc"), "{page}");
    }
}

async fn a_search_matches_any_part_and_highlights_it(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    server.report(&json!({"name": "Bruce Wayne", "fields": [{"source": "email", "handle": "bruce@wayne.inc"}]})).await;
    server.report(&json!({"name": "Selina Kyle", "fields": [{"source": "twitter", "handle": "catwoman"}]})).await;
    let found = async |query: &str| {
        let page = browser.page(&format!("/app/contacts?q={query}")).await;
        // Highlights split the text.
        let page = page.replace("<mark>", "").replace("</mark>", "");
        (page.contains("Bruce Wayne"), page.contains("Selina Kyle"))
    };
    server.indexed().await;
    assert_eq!(found("BRU").await, (true, false));
    assert_eq!(found("bruce%40wa").await, (true, false));
    assert_eq!(found("%40catw").await, (false, true));
    assert_eq!(found("yle").await, (false, true));
    assert_eq!(found("yl").await, (false, false));
    assert_eq!(found("%22%20OR%20*").await, (false, false));
    assert_eq!(found("").await, (true, true));
    let page = browser.page("/app/contacts?q=RUC%20inc").await;
    assert!(page.contains("B<mark>ruc</mark>e Wayne"), "{page}");
    assert!(page.contains("b<mark>ruc</mark>e@wayne.<mark>inc</mark>"), "{page}");
    let page = browser.page("/app/contacts?q=zzz").await;
    assert!(page.contains("No contacts found for") && page.contains("from 3 characters"), "{page}");
    let page = browser.page(&format!("/app/contacts?q={}", "a+".repeat(20))).await;
    assert!(page.contains("A search has at most 200 characters and 16 words."), "{page}");
}

/// Highlighted values are escaped. A link and the middle of a description are shown around the match.
async fn matches_are_highlighted_and_escaped(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let description = format!("{} the <b>butler</b> &amp; friend", "x ".repeat(200));
    let link = "https://crm.example.org/?a=<script>alert(22)</script>";
    server
        .report(&json!({
            "name": "<img src=x onerror=alert(1)>", "description": description, "link": [{"url": link}],
            "fields": [{"source": "email", "handle": "a@wayne.inc"}, {"source": "email", "handle": "robin@wayne.inc"}],
        }))
        .await;
    let found = async |query: &str| browser.page(&format!("/app/contacts?q={query}")).await;
    server.indexed().await;
    let page = found("img").await;
    assert!(page.contains("&lt;<mark>img</mark> src=x onerror=alert(1)&gt;"), "{page}");
    let page = found("robin").await;
    assert!(page.contains("<mark>robin</mark>@wayne.inc") && !page.contains("crm.example.org"), "{page}");
    let page = found("utler").await;
    assert!(page.contains("…") && page.contains("&lt;b&gt;b<mark>utler</mark>&lt;/b&gt; &amp;amp; friend"), "{page}");
    let page = found("lert(22)%3C").await;
    assert!(page.contains("&lt;script&gt;a<mark>lert</mark>(<mark>22</mark>)&lt;/script&gt;"), "{page}");
    let page = found("%3Cscript").await;
    assert!(page.contains("&lt;<mark>script</mark>&gt;") && !page.contains("<script>alert"), "{page}");
}

async fn unknown_pages_are_a_404(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    for target in [
        "/app/nothing",
        "/app/inbox/cnv_zz",
        "/app/inbox/x",
        "/app/inbox/x/y",
        "/app/contacts/crd_zz",
        "/app/contacts/%00",
        "/app/contacts/crd_zz/edit",
        "/app/files/fil_zz",
    ] {
        let answer = browser.ask(target).await;
        assert_eq!(answer.status, 404, "{target}: {answer:?}");
        assert!(answer.body.contains("not found."), "{target}: {answer:?}");
    }
    let asset = server.ask(Request::new("GET", "/app/static/app.css")).await;
    assert_eq!((asset.status, asset.header("content-type")), (200, Some("text/css; charset=utf-8")));
    assert_eq!(server.ask(Request::new("GET", "/app/static/nothing.css")).await.status, 404);
}

/// Reads the events of an open page until one has all topics, and returns its id.
async fn hear(connection: &mut crate::client::Connection, topics: &[&str]) -> u64 {
    let mut id = 0;
    loop {
        let line = tokio::time::timeout(Duration::from_secs(10), connection.line()).await.expect("an event");
        if let Some(number) = line.strip_prefix("id: ") {
            id = number.parse().unwrap();
        }
        if let Some(data) = line.strip_prefix("data: ")
            && topics.iter().all(|topic| data.contains(topic))
        {
            return id;
        }
    }
}

async fn open_pages_are_notified_of_changes(server: Server) {
    let mailbox = Mailbox::of(&server).await;
    let browser = Browser::of(&server, &server.wayne).await;
    let id = server.report(&json!({"name": "Bruce", "fields": [{"source": "email", "handle": "b@wayne.inc"}]})).await;
    let live = |after: &str| browser.request("GET", after).with("Host", "localhost");
    let mut page = server.connect().await;
    page.write(&live("/app/live?after=1").head("Accept: text/event-stream")).await;
    assert!(page.line().await.contains("200"));
    let two = server.report(&json!({"fields": [{"source": "email", "handle": "r@wayne.inc"}]})).await;
    let last = hear(&mut page, &[&two, "contacts"]).await;
    let thread = mailbox.wrote(&server, "b@wayne.inc", "Cars", "Black.").await;
    let conversation = thread.rsplit('/').next().unwrap();
    hear(&mut page, &[conversation, &id, "inbox"]).await;
    server.report(&json!({"fields": [{"source": "email", "handle": "b@wayne.inc"}, {"source": "email", "handle": "r@wayne.inc"}]})).await;
    hear(&mut page, &[&id, &two]).await;

    // A suspended tab gets all events that it missed, also from another server.
    let mut slept = server.connect().await;
    slept.write(&live("/app/live").with("Last-Event-ID", &last.to_string()).head("Accept: */*")).await;
    hear(&mut slept, &[conversation, &id, &two]).await;
    let kent = server.company("kent").await;
    let theirs = Browser::of(&server, &kent).await;
    let mut other = server.connect().await;
    let request = theirs.request("GET", "/app/live?after=0").with("Host", "localhost");
    other.write(&request.head("Accept: */*")).await;
    server.report(&json!({"name": "B", "fields": [{"source": "email", "handle": "b@wayne.inc"}]})).await;
    let report_request =
        kent.report_request(json!({"fields": [{"source": "email", "handle": "b@wayne.inc"}]}).to_string());
    let own = server.ask(report_request).await.expect(202)["id"].as_str().unwrap().to_owned();
    assert_eq!(hear(&mut other, &[&own]).await, 1, "the first news that they hear are their own");
}

/// Opens a page's event stream.
async fn listen(server: &Server, browser: &Browser<'_>) -> crate::client::Connection {
    let mut page = server.connect().await;
    page.write(&browser.request("GET", "/app/live").with("Host", "localhost").head("Accept: */*")).await;
    assert!(page.line().await.contains("200"));
    page
}

async fn an_open_page_hears_nothing_after_its_session(server: Server) {
    async fn ends(mut page: crate::client::Connection) {
        let last = async { while page.line().await != "0" {} };
        tokio::time::timeout(Duration::from_secs(10), last).await.expect("the end of the events");
    }
    let company = Browser::of(&server, &server.wayne).await;
    let alfred = Browser::of_teammate(&server, "Alfred", "alfred@wayne.example").await;
    let (stays, blocked) = (listen(&server, &company).await, listen(&server, &alfred).await);
    let left = Browser::of(&server, &server.wayne).await;
    let signed_out = listen(&server, &left).await;
    left.send("/app/sign-out", &[]).await;
    ends(signed_out).await;
    let page = company.page("/app/settings/teammates").await;
    let id = between(&page, "/app/settings/teammates/", "/");
    company.send(&format!("/app/settings/teammates/{id}/block"), &[]).await;
    ends(blocked).await;
    let mut stays = stays;
    server.report(&json!({"fields": [{"source": "email", "handle": "b@wayne.inc"}]})).await;
    hear(&mut stays, &["contacts"]).await;
    server.hub.rotate_password(&"wayne".parse().unwrap()).await.unwrap();
    ends(stays).await;
}

on_each_store!(
    an_open_page_hears_nothing_after_its_session,
    forms_of_other_sites_are_refused,
    a_conversation_shows_its_sender,
    a_card_ends_with_its_links,
    a_merge_is_explained_and_can_be_split,
    an_edit_saves_only_changed_fields,
    links_added_at_the_same_time_all_stay,
    reported_values_never_run_as_scripts,
    html_and_files_cannot_leave_their_frame,
    companies_never_see_each_other,
    a_search_matches_any_part_and_highlights_it,
    matches_are_highlighted_and_escaped,
    unknown_pages_are_a_404,
    open_pages_are_notified_of_changes,
);
