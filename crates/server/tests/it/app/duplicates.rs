//! Possible duplicates: shown with why, merged or kept apart by a person alone.

use std::time::Duration;

use serde_json::json;

use crate::harness::Server;
use crate::visitor::{Browser, between};

const PAGE: &str = "/app/contacts/alike";

async fn tell(server: &Server, name: &str, addresses: &[&str]) -> String {
    let field = |address: &&str| json!({"source": "email", "handle": address});
    let fields: Vec<_> = addresses.iter().map(field).collect();
    server.told(&json!({"name": name, "fields": fields})).await
}

/// The page once it shows a text; it may be some seconds behind.
async fn until(browser: &Browser<'_>, page: &str, text: &str) -> String {
    for _ in 0..1_000 {
        let shown = browser.page(page).await;
        if shown.contains(text) {
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{page} does not come to show {text}");
}

async fn those_who_look_alike_are_kept_apart_by_a_person(server: Server) {
    let alfred = Browser::of_teammate(&server, "Alfred", "alfred@wayne.inc").await;
    assert!(alfred.page(PAGE).await.contains("Nobody here looks like somebody else."));
    assert!(!alfred.page("/app/contacts").await.contains(PAGE));
    let one = tell(&server, "John <b> Smith", &["john@wayne.com", "js@gotham.org"]).await;
    let two = tell(&server, "Smith, J. B.", &["john@wayne.co.uk"]).await;
    let page = until(&alfred, PAGE, "Same name with an initial, same address at a related domain").await;
    assert!(page.contains("John &lt;b&gt; Smith") && page.contains("john@wayne.co.uk"), "{page}");
    assert!(page.contains(&format!("href=\"/app/contacts/{one}/merge?with={two}&amp;from=alike\"")), "{page}");
    let link = until(&alfred, "/app/contacts", PAGE).await;
    assert_eq!(between(between(&link, "id=\"alike-link\"", "</p>"), "figures\">", "<"), "1");

    let apart = format!("/app/contacts/{one}/apart");
    let done = alfred.send(&apart, &[("with", &two), ("after", &format!("{two}-{one}"))]).await;
    let next = format!("{PAGE}?after={two}-{one}");
    assert_eq!((done.status, done.header("location")), (303, Some(next.as_str())));
    assert!(alfred.page(PAGE).await.contains("Nobody here looks like somebody else."), "at once");
    assert!(alfred.page(&next).await.contains("These are all."));
    assert_eq!(alfred.send(&apart, &[("with", &two)]).await.header("location"), Some(PAGE), "twice is once");
    for (contact, name) in [(&one, "Smith, J. B."), (&two, "John &lt;b&gt; Smith")] {
        let card = alfred.page(&format!("/app/contacts/{contact}")).await;
        let history = between(&card, "id=\"card-history\"", "</section>");
        let said = "<bdi>Alfred</bdi></b> said that this and ";
        assert!(history.contains(said) && history.contains("They stay apart."), "{history}");
        assert_eq!(history.matches(said).count(), 1, "{history}");
        assert!(between(history, said, "not the same").contains(name), "{history}");
    }
    // What would join them is held by that.
    tell(&server, "John", &["john@wayne.com", "john@wayne.co.uk"]).await;
    let card = alfred.page(&format!("/app/contacts/{one}")).await;
    assert!(card.contains("which would have joined what is kept apart."), "{card}");
    assert_ne!(server.contact(&one).await["id"], server.contact(&two).await["id"]);
}

async fn those_who_look_alike_are_merged_by_a_person(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let one = tell(&server, "Jon Smith", &["jon@a.com"]).await;
    let two = tell(&server, "John Smith", &["john@b.com"]).await;
    until(&browser, PAGE, "One letter apart").await;
    let merge = format!("/app/contacts/{one}/merge");
    let preview = browser.page(&format!("{merge}?with={two}&from=alike")).await;
    assert!(preview.contains("name=\"from\" value=\"alike\"") && preview.contains("Leave them two"), "{preview}");
    let done = browser.send(&merge, &[("with", &two), ("from", "alike")]).await;
    assert_eq!((done.status, done.header("location")), (303, Some(PAGE)));
    assert!(browser.page(PAGE).await.contains("Nobody here looks like somebody else."), "at once");
    assert_eq!(server.contact(&two).await["id"], json!(one));
    // Those who are one person cannot be kept apart, and those who are not there neither.
    let apart = format!("/app/contacts/{one}/apart");
    for (with, status) in [(two.as_str(), 422), ("crd_zz", 404), ("", 404)] {
        assert_eq!(browser.send(&apart, &[("with", with)]).await.status, status, "{with}");
    }
    assert_eq!(browser.ask(&apart).await.header("location"), Some(format!("/app/contacts/{one}").as_str()));
}

async fn those_of_another_company_are_not_alike(server: Server) {
    let kent = server.company("kent").await;
    let theirs = Browser::of(&server, &kent).await;
    let ours = Browser::of(&server, &server.wayne).await;
    let told = json!({"name": "John Smith", "fields": [{"source": "email", "handle": "john@c.com"}]});
    let their = server.ask(kent.telling(told.to_string())).await.expect(202)["id"].as_str().unwrap().to_owned();
    let one = tell(&server, "John Smith", &["john@a.com"]).await;
    let two = tell(&server, "John Smith", &["john@b.com"]).await;
    let page = until(&ours, PAGE, "Same name").await;
    assert!(page.matches("class=\"people-beside\"").count() == 1 && !page.contains(&their), "{page}");
    assert!(!theirs.page("/app/contacts").await.contains(PAGE));
    for after in ["", &format!("?after={two}-{one}"), "?after=x"] {
        assert!(!theirs.page(&format!("{PAGE}{after}")).await.contains(&one));
    }
    for (browser, contact, with) in [(&theirs, &one, &two), (&theirs, &their, &one), (&ours, &one, &their)] {
        assert_eq!(browser.send(&format!("/app/contacts/{contact}/apart"), &[("with", with)]).await.status, 404);
    }
    until(&ours, PAGE, "Same name").await;
}

async fn many_who_look_alike_are_on_pages(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    for n in 0..9 {
        tell(&server, "John Smith", &[&format!("john@a{n}.com")]).await;
    }
    let link = until(&browser, "/app/contacts", "figures\">36<").await;
    assert!(link.contains(PAGE));
    let (mut page, mut counts) = (PAGE.to_owned(), Vec::new());
    loop {
        let shown = browser.page(&page).await;
        counts.push(shown.matches("class=\"people-beside\"").count());
        let Some((_, next)) = shown.split_once(&format!("href=\"{PAGE}?after=")) else { break };
        page = format!("{PAGE}?after={}", next.split('"').next().unwrap());
    }
    assert_eq!(counts, [20, 16]);
}

on_each_store!(
    those_who_look_alike_are_kept_apart_by_a_person,
    those_who_look_alike_are_merged_by_a_person,
    those_of_another_company_are_not_alike,
    many_who_look_alike_are_on_pages,
);
