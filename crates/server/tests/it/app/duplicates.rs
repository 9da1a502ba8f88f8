//! Possible duplicates: shown with their reasons, merged or kept apart.

use serde_json::json;

use crate::browser::{Browser, between};
use crate::harness::Server;

const PAGE: &str = "/app/contacts/alike";

async fn report(server: &Server, name: &str, addresses: &[&str]) -> String {
    let field = |address: &&str| json!({"source": "email", "handle": address});
    let fields: Vec<_> = addresses.iter().map(field).collect();
    server.report(&json!({"name": name, "fields": fields})).await
}

/// Returns the page once it shows a text. It may lag some seconds.
async fn until(browser: &Browser<'_>, page: &str, text: &str) -> String {
    wait::until_async(&format!("{page} shows {text}"), async || {
        Some(browser.page(page).await).filter(|shown| shown.contains(text))
    })
    .await
}

async fn duplicates_can_be_kept_apart(server: Server) {
    let alfred = Browser::of_teammate(&server, "Alfred", "alfred@wayne.inc").await;
    assert!(alfred.page(PAGE).await.contains("No possible duplicates."));
    assert!(!alfred.page("/app/contacts").await.contains(PAGE));
    let one = report(&server, "John <b> Smith", &["john@wayne.com", "js@gotham.org"]).await;
    let two = report(&server, "Smith, J. B.", &["john@wayne.co.uk"]).await;
    let page = until(&alfred, PAGE, "Same name with an initial, same address at a related domain").await;
    assert!(page.contains("John &lt;b&gt; Smith") && page.contains("john@wayne.co.uk"), "{page}");
    assert!(page.contains(&format!("href=\"/app/contacts/{one}/merge?with={two}&amp;from=alike\"")), "{page}");
    let link = until(&alfred, "/app/contacts", PAGE).await;
    assert_eq!(between(between(&link, "id=\"alike-link\"", "</p>"), "figures\">", "<"), "1");

    let apart = format!("/app/contacts/{one}/apart");
    let done = alfred.send(&apart, &[("with", &two), ("after", &format!("{two}-{one}"))]).await;
    let next = format!("{PAGE}?after={two}-{one}");
    assert_eq!((done.status, done.header("location")), (303, Some(next.as_str())));
    assert!(alfred.page(PAGE).await.contains("No possible duplicates."), "at once");
    assert!(alfred.page(&next).await.contains("No more."));
    assert_eq!(alfred.send(&apart, &[("with", &two)]).await.header("location"), Some(PAGE), "twice is once");
    for (contact, name) in [(&one, "Smith, J. B."), (&two, "John &lt;b&gt; Smith")] {
        let card = alfred.page(&format!("/app/contacts/{contact}")).await;
        let history = between(&card, "id=\"card-history\"", "</section>");
        let sentence = "<bdi>Alfred</bdi></b> marked this and ";
        assert!(history.contains(sentence) && history.contains("They stay apart."), "{history}");
        assert_eq!(history.matches(sentence).count(), 1, "{history}");
        assert!(between(history, sentence, "not the same").contains(name), "{history}");
    }
    // The separation stops reports from merging them.
    report(&server, "John", &["john@wayne.com", "john@wayne.co.uk"]).await;
    let card = alfred.page(&format!("/app/contacts/{one}")).await;
    assert!(card.contains("which would have merged contacts that are kept apart."), "{card}");
    assert_ne!(server.contact(&one).await["id"], server.contact(&two).await["id"]);
}

async fn duplicates_can_be_merged(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let one = report(&server, "Jon Smith", &["jon@a.com"]).await;
    let two = report(&server, "John Smith", &["john@b.com"]).await;
    until(&browser, PAGE, "One letter apart").await;
    let merge = format!("/app/contacts/{one}/merge");
    let preview = browser.page(&format!("{merge}?with={two}&from=alike")).await;
    assert!(preview.contains("name=\"from\" value=\"alike\"") && preview.contains("Cancel"), "{preview}");
    let done = browser.send(&merge, &[("with", &two), ("from", "alike")]).await;
    assert_eq!((done.status, done.header("location")), (303, Some(PAGE)));
    assert!(browser.page(PAGE).await.contains("No possible duplicates."), "at once");
    assert_eq!(server.contact(&two).await["id"], json!(one));
    // Merged or unknown contacts cannot be kept apart.
    let apart = format!("/app/contacts/{one}/apart");
    for (with, status) in [(two.as_str(), 422), ("crd_zz", 404), ("", 404)] {
        assert_eq!(browser.send(&apart, &[("with", with)]).await.status, status, "{with}");
    }
    assert_eq!(browser.ask(&apart).await.header("location"), Some(format!("/app/contacts/{one}").as_str()));
}

/// A handle that does not merge contacts, because their names must agree, makes them possible duplicates.
async fn a_handle_with_different_names_is_a_reason(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    browser.send("/app/settings/handles/guards", &[("shared-after", "5"), ("names-agree", "yes")]).await;
    let one = report(&server, "Bruce Wayne", &["office@wayne.inc"]).await;
    let two = report(&server, "Selina Kyle", &["office@wayne.inc", "selina@wayne.inc"]).await;
    let page = until(&browser, PAGE, "Same handle, different names").await;
    assert!(page.contains("Bruce Wayne") && page.contains("Selina Kyle"), "{page}");
    let done = browser.send(&format!("/app/contacts/{one}/merge"), &[("with", &two), ("from", "alike")]).await;
    assert_eq!(done.header("location"), Some(PAGE));
    assert!(browser.page(PAGE).await.contains("No possible duplicates."), "a person confirms that they are one");
    assert_eq!(server.contact(&two).await["id"], json!(one));
    report(&server, "Jon Smith", &["smith@wayne.inc"]).await;
    report(&server, "John Smith", &["smith@wayne.inc"]).await;
    until(&browser, PAGE, "One letter apart, same handle").await;
}

async fn contacts_of_other_companies_are_no_duplicates(server: Server) {
    let kent = server.company("kent").await;
    let theirs = Browser::of(&server, &kent).await;
    let ours = Browser::of(&server, &server.wayne).await;
    let body = json!({"name": "John Smith", "fields": [{"source": "email", "handle": "john@c.com"}]});
    let their = server.ask(kent.report_request(body.to_string())).await.expect(202)["id"].as_str().unwrap().to_owned();
    let one = report(&server, "John Smith", &["john@a.com"]).await;
    let two = report(&server, "John Smith", &["john@b.com"]).await;
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

async fn many_duplicates_have_pages(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    for n in 0..9 {
        report(&server, "John Smith", &[&format!("john@a{n}.com")]).await;
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
    duplicates_can_be_kept_apart,
    duplicates_can_be_merged,
    a_handle_with_different_names_is_a_reason,
    contacts_of_other_companies_are_no_duplicates,
    many_duplicates_have_pages,
);
