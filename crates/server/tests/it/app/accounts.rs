//! Accounts: creating, changing, showing and deleting them.

use serde_json::json;

use crate::browser::{Browser, between};
use crate::harness::Server;

const NEW: &str = "/app/accounts/new";

async fn wayne(browser: &Browser<'_>) -> String {
    let made = browser
        .send(
            NEW,
            &[
                ("name", "Wayne <Enterprises>"),
                ("description", "One\r\nTwo"),
                ("domains", "Wayne.inc\r\nwayne.example"),
                ("external", "W-1"),
                ("logo", "https://wayne.inc/logo.png"),
            ],
        )
        .await;
    assert_eq!(made.status, 303, "{made:?}");
    made.header("location").unwrap().to_owned()
}

async fn an_account_is_created_and_changed(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    assert!(browser.page("/app/accounts").await.contains("None yet."));
    let page = wayne(&browser).await;
    let shown = browser.page(&page).await;
    for part in
        ["Wayne &lt;Enterprises&gt;", "One\nTwo", "wayne.inc", "wayne.example", "W-1", "https://wayne.inc/logo.png"]
    {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(browser.page("/app/accounts").await.contains(&format!("href=\"{page}\"")));

    let edit = format!("{page}/edit");
    assert!(browser.page(&edit).await.contains("wayne.inc\nwayne.example</textarea>"));
    let changed = [("name", "Wayne"), ("name-was", "Wayne <Enterprises>"), ("external", ""), ("external-was", "W-1")];
    assert_eq!(browser.send(&edit, &changed).await.status, 303);
    let shown = browser.page(&page).await;
    assert!(shown.contains("<bdi>Wayne</bdi>") && !shown.contains("W-1") && shown.contains("wayne.example"), "{shown}");

    assert_eq!(browser.send(NEW, &[("name", "Kent"), ("external", "K")]).await.status, 303);
    for (field, value, why) in [
        ("domains", "not a domain!", "Is not a domain, such as wayne.inc."),
        ("domains", "kent.example wayne.inc", "already belongs to"),
        ("external", "K", "already belongs to"),
        ("logo", "javascript:alert(1)", "Is not a link"),
        ("name", &"x".repeat(501) as &str, "Must have at most 500"),
    ] {
        let target = if field == "external" { &edit } else { NEW };
        let answer = browser.send(target, &[("name", "Other"), (field, value)][usize::from(field == "name")..]).await;
        assert!(answer.status == 422 && answer.body.contains(why), "{field}: {answer:?}");
    }
    let nothing = browser.send(NEW, &[]).await;
    assert!(nothing.status == 422 && nothing.body.contains("Enter at least a name."), "{nothing:?}");
    assert_eq!(browser.page("/app/accounts").await.matches("id=\"row-acc_").count(), 2);
}

async fn contacts_belong_to_accounts(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let id = server.report(&json!({"name": "Bruce", "fields": [{"source": "email", "handle": "b@wayne.inc"}]})).await;
    let page = wayne(&browser).await;
    let account = page.rsplit('/').next().unwrap();
    let card = format!("/app/contacts/{id}");
    let of = format!("{card}/accounts");
    for named in ["wayne <enterprises>", "WAYNE.inc", "W-1", account] {
        assert_eq!(browser.send(&of, &[("account", named)]).await.status, 303, "{named}");
        assert!(browser.page(&page).await.contains("Bruce"), "{named}");
        let shown = browser.page(&card).await;
        assert!(between(&shown, "id=\"card-accounts\"", "</section>").contains(&format!("href=\"{page}\"")));
        assert!(shown.contains("added them to the account <a href="), "{shown}");
        assert_eq!(browser.send(&of, &[("leave", account)]).await.status, 303);
        assert!(browser.page(&page).await.contains("Add contacts to it on their cards."));
    }
    let none = browser.send(&of, &[("account", "Kent")]).await;
    assert!(none.status == 422 && none.body.contains("No account has this name"), "{none:?}");
    assert_eq!(browser.send(&of, &[("leave", "acc_zz")]).await.status, 404);

    browser.send(&of, &[("account", "W-1")]).await;
    assert_eq!(browser.send(&format!("{page}/delete"), &[]).await.status, 303);
    assert_eq!(browser.ask(&page).await.status, 404);
    let shown = browser.page(&card).await;
    assert!(!between(&shown, "id=\"card-accounts\"", "</section>").contains("class=\"chip\""), "{shown}");
}

async fn another_companys_accounts_are_not_found(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let id = server.report(&json!({"name": "Bruce", "fields": [{"source": "email", "handle": "b@wayne.inc"}]})).await;
    let page = wayne(&browser).await;
    let kent = server.company("kent").await;
    let theirs = Browser::of(&server, &kent).await;
    for target in [page.clone(), format!("{page}/edit")] {
        assert_eq!(browser.ask(&target).await.status, 200);
        let answer = theirs.ask(&target).await;
        assert!(answer.status == 404 && !answer.body.contains("Wayne"), "{answer:?}");
    }
    for target in [format!("{page}/edit"), format!("{page}/delete"), format!("/app/contacts/{id}/accounts")] {
        assert_eq!(theirs.send(&target, &[("name", "x")]).await.status, 404, "{target}");
    }
    assert!(!theirs.page("/app/accounts").await.contains("Wayne"));
    let own = theirs.send(NEW, &[("name", "Ours"), ("domains", "wayne.inc")]).await;
    assert_eq!(own.status, 303, "domains and external ids are unique only within a company");
}

async fn many_accounts_have_pages(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    for n in 0..51 {
        browser.send(NEW, &[("name", &format!("A{n:03}"))]).await;
    }
    let first = browser.page("/app/accounts").await;
    assert!(first.contains("A050") && !first.contains("A000"), "the last made come first");
    let more = between(&first, "<p class=\"more\"><a href=\"", "\"");
    let second = browser.page(&format!("/app/accounts{more}")).await;
    assert!(second.contains("A000") && !second.contains("A001") && !second.contains("class=\"more\""), "{second}");
}

on_each_store!(
    an_account_is_created_and_changed,
    contacts_belong_to_accounts,
    another_companys_accounts_are_not_found,
    many_accounts_have_pages,
);
