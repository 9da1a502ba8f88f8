//! Importing a file in the app: its columns are chosen, it is checked, imported and undone.

use std::fs;

use browser::Look;

use crate::reach::axe;
use crate::stage::Stage;

const FILE: &str = "Wer,Adresse,Adresse,<b>Tea</b>\n\
    Bruce,bruce@wayne.inc,bw@wayne.example,Assam\n\
    Selina,selina@gotham.example,no address,\n";

#[tokio::test]
async fn a_file_is_mapped_imported_and_undone() {
    for has_scripts in [true, false] {
        let mut stage = Stage::with(Look { has_scripts, ..Look::WIDE }).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("people.csv");
        fs::write(&file, FILE).unwrap();
        let browser = &stage.browser;
        stage.goto("/app/settings/import").await;
        browser.type_into("#file", file.to_str().unwrap()).await;
        browser.click("#import button.primary").await;
        browser.until_there("#columns").await;
        let text = browser.text("main").await;
        assert!(text.contains("No column is known to hold e-mail addresses") && text.contains("<b>Tea</b>"), "{text}");
        for (column, field) in [("column-0", "name"), ("column-1", "email"), ("column-2", "email")] {
            browser.click(&format!("#{column} option[value='{field}']")).await;
        }
        if has_scripts {
            let axe = axe();
            for look in [Look::NARROW, Look { is_dark: true, ..Look::WIDE }, Look::WIDE] {
                stage.browser.look(look).await;
                assert_eq!(stage.browser.held_against(&axe).await, "", "the columns");
            }
        }
        let browser = &stage.browser;
        browser.click("#columns button.primary").await;
        browser.until_there("form[action$='/take']").await;
        let text = browser.text("main").await;
        assert!(text.contains("Refused rows: 1") && text.contains("no address"), "{text}");
        if has_scripts {
            assert_eq!(browser.held_against(&axe()).await, "", "the dry run");
        }
        browser.click("form[action$='/take'] a.button").await;
        browser.until_there("#columns").await;
        browser.click("#column-2 option[value='ignore']").await;
        browser.click("#columns button.primary").await;
        browser.until_there("form[action$='/take']").await;
        assert!(!browser.text("main").await.contains("Refused rows"));
        browser.click("form[action$='/take'] button").await;
        browser.until_there("form[action$='/undo'] button").await;
        browser.click("form[action$='/undo'] button").await;
        browser.until_there("form[action*='/undo/'] button").await;
        if has_scripts {
            assert_eq!(browser.held_against(&axe()).await, "", "the undo");
        }
        browser.click("form[action*='/undo/'] button").await;
        browser.until_there("a.button[href='/app/contacts']").await;
        assert!(browser.text("main").await.contains("The import is undone."));
        stage.goto("/app/contacts").await;
        assert!(!browser.text("main").await.contains("Selina"));
        stage.end().await;
    }
}
