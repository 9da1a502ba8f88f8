//! Signing in and out.

use browser::Look;

use crate::stage::Stage;

#[tokio::test]
async fn one_signs_in_and_out_by_forms_and_a_wrong_password_says_so() {
    let stage = Stage::signed_out(Look::WIDE).await;
    let browser = &stage.browser;
    stage.goto("/app/contacts").await;
    stage.fill_in("not the password").await;
    browser.until_text("#wrong", "No company has this name and password.").await;
    // Chromium itself notes the status of the page.
    let noted = browser.errors().await;
    assert!(noted.len() == 1 && noted[0].contains("422"), "{noted:?}");
    stage.fill_in(&stage.login.password).await;
    // Where one wanted to go in the first place.
    browser.until("location.pathname === '/app/contacts'").await;
    stage.goto("/app/settings").await;
    browser.click("form[action='/app/sign-out'] button").await;
    browser.until("location.pathname === '/app/sign-in'").await;
    stage.goto("/app/inbox").await;
    browser.until("location.pathname === '/app/sign-in'").await;
    stage.end().await;
}
