//! Teammates, tokens and lists: creating, using and revoking them.

use serde_json::json;

use crate::browser::{Browser, FORM, between, encode, sign_in_as};
use crate::client::Request;
use crate::harness::{Login, Server};

const TEAMMATES: &str = "/app/settings/teammates";
const TOKENS: &str = "/app/settings/tokens";
const LISTS: &str = "/app/settings/lists";

async fn a_teammate_signs_in_with_a_password_of_their_own(server: Server) {
    let company = Browser::of(&server, &server.wayne).await;
    let made = company.send(TEAMMATES, &[("name", "Alfred"), ("email", "Alfred@wayne.inc")]).await;
    assert_eq!(made.status, 200, "{made:?}");
    let password = between(&made.body, "data-copy=\"", "\"").to_owned();
    assert!(made.body.contains("It is shown only once.") && password.len() == 32, "{made:?}");
    let list = company.page(TEAMMATES).await;
    assert!(list.contains("Alfred@wayne.inc") && !list.contains(&password), "{list}");

    let answer = server.ask(sign_in_as(&server, " alfred@WAYNE.inc ", &password)).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/app/inbox")), "{answer:?}");
    for (email, password) in [
        ("alfred@wayne.inc", "wrong"),
        ("robin@wayne.inc", &password),
        ("not an address", &password),
        ("alfred@wayne.inc", &server.wayne.password),
    ] {
        let answer = server.ask(sign_in_as(&server, email, password)).await;
        assert_eq!(answer.status, 422, "{email}");
        assert!(
            answer.body.contains("No teammate of this company has this e-mail address and password."),
            "{answer:?}"
        );
        assert!(answer.body.contains(&format!("value=\"{email}\"")) && answer.header("set-cookie").is_none());
    }
    let alone = Login { password, ..server.wayne.clone() };
    let answer = server.ask(crate::browser::sign_in(&server, &alone, "")).await;
    assert_eq!(answer.status, 422, "without the address the password is wrong");

    let kent = server.company("kent").await;
    let fields = [("company", "kent"), ("email", "alfred@wayne.inc"), ("password", &alone.password)];
    let other = Request::new("POST", "/app/sign-in").with("Content-Type", FORM).body(encode(&fields));
    assert_eq!(server.ask(other).await.status, 422, "they are a teammate of one company");
    assert!(!Browser::of(&server, &kent).await.page(TEAMMATES).await.contains("Alfred"));
}

async fn settings_show_who_is_signed_in(server: Server) {
    let company = Browser::of(&server, &server.wayne).await;
    assert!(company.page("/app/settings").await.contains("Signed in with the company’s own password."));
    let alfred = Browser::of_teammate(&server, "Alfred", "alfred@wayne.inc").await;
    let page = alfred.page("/app/settings").await;
    let shown = between(&page, "Signed in as ", "</p>");
    assert!(shown.contains("Alfred") && shown.contains("alfred@wayne.inc"), "{shown}");
}

async fn guessing_a_teammates_password_is_slowed_down(server: Server) {
    let mut last = 0;
    for _ in 0..60 {
        last = server.ask(sign_in_as(&server, "alfred@wayne.inc", "guess")).await.status;
    }
    assert_eq!(last, 429);
}

async fn a_teammate_gets_a_new_password_and_is_blocked_and_unblocked(server: Server) {
    let company = Browser::of(&server, &server.wayne).await;
    let alfred = Browser::of_teammate(&server, "Alfred", "alfred@wayne.inc").await;
    let page = company.page(TEAMMATES).await;
    let rotate = between(&page, "action=\"/app/settings/teammates/tea_", "\"");
    let (id, what) = rotate.split_once('/').unwrap();
    assert_eq!(what, "password");
    let teammate = format!("{TEAMMATES}/tea_{id}");

    let rotated = company.send(&format!("{teammate}/password"), &[]).await;
    let password = between(&rotated.body, "data-copy=\"", "\"").to_owned();
    assert_eq!(alfred.ask("/app/inbox").await.status, 303, "they are signed out");
    assert_eq!(server.ask(sign_in_as(&server, "alfred@wayne.inc", &password)).await.status, 303);

    let kent = server.company("kent").await;
    let theirs = Browser::of(&server, &kent).await;
    for what in ["password", "block", "unblock"] {
        assert_eq!(theirs.send(&format!("{teammate}/{what}"), &[]).await.status, 404);
        assert_eq!(company.send(&format!("{TEAMMATES}/tea_zz/{what}"), &[]).await.status, 404);
    }
    assert_eq!(company.send(&format!("{teammate}/block"), &[]).await.status, 303);
    assert!(company.page(TEAMMATES).await.contains(">blocked<"));
    assert_eq!(server.ask(sign_in_as(&server, "alfred@wayne.inc", &password)).await.status, 422);
    let again = company.send(&format!("{teammate}/password"), &[]).await;
    assert!(again.status == 422 && again.body.contains("Alfred is blocked."), "{again:?}");

    let unblocked = company.send(&format!("{teammate}/unblock"), &[]).await;
    assert!(unblocked.status == 200 && unblocked.body.contains("It is shown only once."), "{unblocked:?}");
    assert!(!company.page(TEAMMATES).await.contains(">blocked<"));
    let new = between(&unblocked.body, "data-copy=\"", "\"").to_owned();
    assert_eq!(server.ask(sign_in_as(&server, "alfred@wayne.inc", &password)).await.status, 422, "the old one is gone");
    assert_eq!(server.ask(sign_in_as(&server, "alfred@wayne.inc", &new)).await.status, 303);
    assert_eq!(alfred.ask("/app/inbox").await.status, 303, "what was ended stays ended");
    let again = company.send(&format!("{teammate}/unblock"), &[]).await;
    assert!(again.status == 422 && again.body.contains("Alfred is not blocked."), "{again:?}");
}

async fn a_teammate_needs_a_name_and_an_address_of_its_own(server: Server) {
    let company = Browser::of(&server, &server.wayne).await;
    Browser::of_teammate(&server, "Alfred", "alfred@wayne.inc").await;
    for (name, email, why) in [
        ("Other", "ALFRED@wayne.inc", "A teammate with the address ALFRED@wayne.inc already exists."),
        ("", "robin@wayne.inc", "Must not be empty."),
        ("Robin", "robin", "Is not an e-mail address"),
        (&"x".repeat(501), "robin@wayne.inc", "Must have at most 500 characters."),
    ] {
        let answer = company.send(TEAMMATES, &[("name", name), ("email", email)]).await;
        assert!(answer.status == 422 && answer.body.contains(why), "{why}: {answer:?}");
        assert!(answer.body.contains(&format!("value=\"{email}\"")), "what was typed stays");
    }
    assert!(!company.page(TEAMMATES).await.contains("robin"));
}

async fn a_token_is_shown_once_and_revoked(server: Server) {
    let company = Browser::of(&server, &server.wayne).await;
    let form = company.page(TOKENS).await;
    assert_eq!(form.matches("name=\"scope\"").count(), hub::Scope::ALL.len());
    assert_eq!(form.matches(" checked").count(), hub::Scope::ALL.len(), "all are ticked at first");
    let made = company.send(TOKENS, &[("name", "CRM"), ("scope", "contacts:read"), ("scope", "accounts:read")]).await;
    assert_eq!(made.status, 200, "{made:?}");
    let token = between(&made.body, "data-copy=\"", "\"").to_owned();
    assert!(token.starts_with("kith_"), "{token}");
    assert!(made.body.contains(&format!("Authorization: Bearer {token}")), "a line to try it with: {made:?}");
    let bearer = server.hub.bearer(&token).await.unwrap().unwrap();
    assert_eq!(bearer.company.name.as_str(), "wayne");
    assert_eq!(bearer.scopes.iter().map(hub::Scope::name).collect::<Vec<_>>(), ["contacts:read", "accounts:read"]);
    let page = company.page(TOKENS).await;
    assert!(page.contains("contacts:read, accounts:read") && !page.contains(&token), "{page}");

    let revoke = format!("{TOKENS}/{}/revoke", between(&page, "action=\"/app/settings/tokens/", "/revoke"));
    let kent = server.company("kent").await;
    assert_eq!(Browser::of(&server, &kent).await.send(&revoke, &[]).await.status, 404);
    assert_eq!(company.send(&format!("{TOKENS}/CRM/revoke"), &[]).await.status, 404, "a name is no id");
    assert_eq!(company.send(&revoke, &[]).await.status, 303);
    assert_eq!(company.send(&revoke, &[]).await.status, 404);
    assert!(server.hub.bearer(&token).await.unwrap().is_none());

    for (fields, why) in [
        (&[("name", "CRM")] as &[_], "Choose at least one scope."),
        (&[("name", ""), ("scope", "contacts:read")], "The name of a token has 1 to"),
        (&[("name", "CRM"), ("scope", "everything")], "Choose at least one scope."),
    ] {
        let answer = company.send(TOKENS, fields).await;
        assert!(answer.status == 422 && answer.body.contains(why), "{why}: {answer:?}");
    }
    assert!(server.hub.tokens(bearer.company.id).await.unwrap().is_empty());
}

async fn lists_are_created_and_deleted(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let id = server.report(&json!({"name": "Bruce", "fields": [{"source": "email", "handle": "b@wayne.inc"}]})).await;
    assert_eq!(browser.send(LISTS, &[("name", " VIP <1> ")]).await.status, 303);
    let page = browser.page(LISTS).await;
    assert!(page.contains("VIP &lt;1&gt;"), "{page}");
    let again = browser.send(LISTS, &[("name", "VIP <1>")]).await;
    assert!(again.status == 422 && again.body.contains("A list with this name already exists."), "{again:?}");
    assert_eq!(browser.send(LISTS, &[("name", " ")]).await.status, 422);
    let list = between(&page, "action=\"/app/settings/lists/", "/delete").to_owned();
    let shown = format!("/app/contacts?list={list}");
    assert!(browser.page(&shown).await.contains("This list is empty."));
    browser.send(&format!("/app/contacts/{id}/lists"), &[("list", "VIP <1>")]).await;
    assert!(browser.page(&shown).await.contains("Bruce"));

    let kent = server.company("kent").await;
    let theirs = Browser::of(&server, &kent).await;
    assert_eq!(theirs.ask(&shown).await.status, 404);
    assert_eq!(theirs.send(&format!("{LISTS}/{list}/delete"), &[]).await.status, 404);
    assert!(!theirs.page(LISTS).await.contains("VIP"));
    assert_eq!(browser.send(&format!("{LISTS}/{list}/delete"), &[]).await.status, 303);
    assert_eq!(browser.ask(&shown).await.status, 404);
    assert!(browser.page(&format!("/app/contacts/{id}")).await.contains("added them to a list"), "the past stays");
    assert!(browser.page("/app/contacts").await.contains("Bruce"));
}

async fn a_long_list_has_pages(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let mut ids = Vec::new();
    for n in 0..51 {
        let id = server.report(&json!({"name": format!("P{n:03}"), "fields": [crate::harness::email(n)]})).await;
        browser.send(&format!("/app/contacts/{id}/lists"), &[("list", "All")]).await;
        ids.push(id);
    }
    let list = between(&browser.page(LISTS).await, "action=\"/app/settings/lists/", "/delete").to_owned();
    let first = browser.page(&format!("/app/contacts?list={list}")).await;
    assert!(first.contains("P050") && !first.contains("P000"), "the last made come first");
    let more = between(&first, "<p class=\"more\"><a href=\"", "\"").replace("&amp;", "&");
    let second = browser.page(&format!("/app/contacts{more}")).await;
    assert!(second.contains("P000") && !second.contains("P001") && !second.contains("class=\"more\""), "{second}");
}

/// Every form that changes something needs the token of the session.
async fn settings_forms_of_other_sites_are_refused(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let id = server.report(&json!({"name": "Bruce", "fields": [{"source": "email", "handle": "b@wayne.inc"}]})).await;
    for target in [
        TEAMMATES.to_owned(),
        format!("{TEAMMATES}/tea_1/password"),
        format!("{TEAMMATES}/tea_1/block"),
        format!("{TEAMMATES}/tea_1/unblock"),
        TOKENS.to_owned(),
        format!("{TOKENS}/tok_1/revoke"),
        LISTS.to_owned(),
        format!("{LISTS}/grp_1/delete"),
        "/app/settings/fields".to_owned(),
        "/app/settings/fields/fld_1/delete".to_owned(),
        "/app/accounts/new".to_owned(),
        "/app/accounts/acc_1/edit".to_owned(),
        "/app/accounts/acc_1/delete".to_owned(),
        format!("/app/contacts/{id}/delete"),
        format!("/app/contacts/{id}/lists"),
        format!("/app/contacts/{id}/accounts"),
        format!("/app/contacts/{id}/notes"),
    ] {
        for token in ["", "x"] {
            let form = encode(&[("token", token), ("name", "Bruce"), ("list", "x"), ("email", "a@b.c")]);
            let request = browser.request("POST", &target).with("Content-Type", FORM).body(form);
            assert_eq!(server.ask(request).await.status, 403, "{target}");
        }
        let nobody = Request::new("POST", &target).with("Content-Type", FORM).body("");
        assert_eq!(
            server.ask(nobody).await.status,
            303,
            "{target}: without a session it redirects to the sign-in page"
        );
    }
    assert!(browser.page(&format!("/app/contacts/{id}")).await.contains("Bruce"));
}

on_each_store!(
    a_teammate_signs_in_with_a_password_of_their_own,
    settings_show_who_is_signed_in,
    guessing_a_teammates_password_is_slowed_down,
    a_teammate_gets_a_new_password_and_is_blocked_and_unblocked,
    a_teammate_needs_a_name_and_an_address_of_its_own,
    a_token_is_shown_once_and_revoked,
    lists_are_created_and_deleted,
    a_long_list_has_pages,
    settings_forms_of_other_sites_are_refused,
);
