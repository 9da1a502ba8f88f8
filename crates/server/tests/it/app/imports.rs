//! Imports in the app: the dry run, the import, the report; and the export.

use std::fmt::Write as _;

use serde_json::json;

use crate::browser::{Browser, Mailbox, between};
use crate::client::{Answer, Request};
use crate::harness::Server;

const IMPORT: &str = "/app/settings/import";
const PEOPLE: &[u8] = b"Name,Where to write,Mobile Phone\n\
    Bruce,bruce@wayne.inc,\n\
    Batman,,650 814 9999\n\
    Bruce Wayne,bruce@wayne.inc,650 814 9999\n\
    Nobody,,\n";

/// Reloads the page of an import until it ends.
async fn ended(browser: &Browser<'_>, path: &str) -> String {
    wait::until_async(&format!("{path} ends"), async || {
        let answer = browser.ask(path).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.header("refresh").is_none().then_some(answer.body)
    })
    .await
}

fn place(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{answer:?}");
    answer.header("location").unwrap().to_owned()
}

/// Returns the value beside a label of a page.
fn counted(page: &str, what: &str) -> String {
    between(page, &format!("<dt>{what}</dt><dd>"), "</dd>").to_owned()
}

/// Uploads a table, and returns the page where its columns are chosen.
async fn upload(browser: &Browser<'_>, options: &[(&str, &str)], file: &[u8]) -> String {
    let columns = place(&browser.send_file(IMPORT, options, ("file", file)).await);
    assert!(columns.starts_with("/app/settings/import/files/"), "{columns}");
    columns
}

/// Checks a file with these choices, and returns the page of the dry run.
async fn check(browser: &Browser<'_>, columns: &str, choices: &[(&str, &str)]) -> String {
    place(&browser.send(columns, &[&[("go", "check")], choices].concat()).await)
}

/// The field that is chosen for a column.
fn chosen<'a>(page: &'a str, column: &str) -> &'a str {
    let select = between(page, &format!("<select id=\"{column}\""), "</select>");
    let before = select.split_once("\" selected").unwrap().0;
    before.rsplit_once("value=\"").unwrap().1
}

async fn a_file_is_checked_and_then_imported(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let columns = upload(&browser, &[], PEOPLE).await;
    let page = browser.page(&columns).await;
    assert!(page.contains("<bdi>Where to write</bdi>") && page.contains("<bdi>bruce@wayne.inc</bdi>"), "{page}");
    assert_eq!(["column-0", "column-1", "column-2"].map(|column| chosen(&page, column)), ["name", "ignore", "phone"]);
    let job = check(&browser, &columns, &[("column-1", "email")]).await;
    let page = ended(&browser, &job).await;
    assert!(page.contains("Nothing is changed.") && page.contains("Line 4: "), "{page}");
    let counts = |page: &str| ["New contacts", "Merged contacts", "Refused"].map(|what| counted(page, what));
    assert_eq!(counts(&page), ["2", "1", "1"]);
    assert!(server.contacts().await.is_empty(), "nothing was done");

    // Back to the columns, which are as they were chosen.
    assert!(page.contains(&format!("href=\"{columns}\"")), "{page}");
    assert_eq!(chosen(&browser.page(&columns).await, "column-1"), "email");

    let taken = place(&browser.send(&format!("{job}/take"), &[]).await);
    assert_ne!(taken, job);
    let page = ended(&browser, &taken).await;
    assert!(page.contains("All 4 rows were read.") && counts(&page) == ["2", "1", "1"], "{page}");
    assert!(page.contains("How the columns were read") && page.contains("<bdi>E-mail</bdi>"), "{page}");
    let contacts = server.contacts().await;
    assert_eq!((contacts.len(), contacts[0]["name"].as_str()), (1, Some("Bruce Wayne")));
    let report = browser.ask(&format!("{taken}/report")).await;
    assert!(report.header("content-disposition").unwrap().contains("report.csv"));
    assert!(report.body.starts_with("row,line,contact,result,") && report.body.lines().count() == 5, "{report:?}");
    let late = browser.send(&format!("{job}/take"), &[]).await;
    assert!(late.status == 409 && late.body.contains("Upload it again."), "{late:?}");

    let again = upload(&browser, &[], PEOPLE).await;
    let page = ended(&browser, &check(&browser, &again, &[("column-1", "email")]).await).await;
    assert!(page.contains("only gaps are filled") && counted(&page, "Unchanged") == "3", "{page}");
    let list = browser.page(IMPORT).await;
    assert!(list.contains("4 rows checked; nothing was changed") && list.contains("all 4 rows"), "{list}");
}

async fn an_unavailable_store_is_reported(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    for (file, why) in [(&b""[..], "The file is empty."), (b"PK\x03\x04 and nothing", "The workbook cannot be read")] {
        let refused = browser.send_file(IMPORT, &[], ("file", file)).await;
        assert!(refused.status == 422 && refused.body.contains(why), "{why}: {refused:?}");
    }
    let columns = upload(&browser, &[], PEOPLE).await;
    let job = check(&browser, &columns, &[]).await;
    let page = ended(&browser, &job).await;
    // Mobile Phone is a known column; what other names mean is to be chosen.
    assert!(page.contains("Left out") && counted(&page, "Refused") == "2", "{page}");
    let kent = server.company("kent").await;
    let theirs = Browser::of(&server, &kent).await;
    for path in [job.clone(), format!("{job}/report"), columns.clone()] {
        assert_eq!(theirs.ask(&path).await.status, 404, "another company's import is not there");
    }
    assert_eq!(theirs.send(&format!("{job}/take"), &[]).await.status, 404);
    assert_eq!(theirs.send(&columns, &[("go", "check")]).await.status, 404);
    assert!(!theirs.page(IMPORT).await.contains("<bdi>x</bdi>"));
    let parts =
        "--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nemail\r\n--part--\r\n";
    let foreign = browser.request("POST", IMPORT).with("Content-Type", "multipart/form-data; boundary=part");
    assert_eq!(server.ask(foreign.body(parts)).await.status, 403, "a form without the token");
    let stranger = Request::new("POST", IMPORT).with("Content-Type", "multipart/form-data; boundary=part");
    assert_eq!(server.ask(stranger.body(parts)).await.status, 303, "there is no session");
}

async fn columns_of_any_names_are_chosen_by_position(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let long = "x".repeat(5_000);
    let file = format!(
        "Exported by a product;;;;\nWer;Adresse;Adresse;<b>&\"';;{long}\nBruce;bruce@wayne.inc;bw@wayne.example;+49 30 901820;;\n"
    );
    let columns = upload(&browser, &[], file.as_bytes()).await;
    let page = browser.page(&columns).await;
    assert!(page.contains("No column is known to hold e-mail addresses"), "{page}");
    assert!(page.contains("6 columns, separated by semicolons. Columns without a name"), "{page}");
    assert!(page.contains("&lt;b&gt;&amp;&quot;") && !page.contains("<b>&") && !page.contains(&long), "{page}");
    assert!(!page.contains("id=\"column-4\""), "a column without a name and values is not shown: {page}");

    let refused = browser.send(&columns, &[("go", "check"), ("column-0", "name")]).await;
    assert!(refused.status == 422 && refused.body.contains("role=\"alert\""), "{refused:?}");
    assert_eq!(chosen(&refused.body, "column-0"), "name", "the choice is kept");
    let wrong = browser.send(&columns, &[("go", "check"), ("column-0", "shoe size")]).await;
    assert!(wrong.status == 400 || wrong.status == 422, "{wrong:?}");

    let choices = [("column-1", "email"), ("column-2", "email"), ("column-3", "phone")];
    let job = check(&browser, &columns, &choices).await;
    assert_eq!(counted(&ended(&browser, &job).await, "New contacts"), "1");
    ended(&browser, &place(&browser.send(&format!("{job}/take"), &[]).await)).await;
    let contacts = server.contacts().await;
    assert_eq!(contacts[0]["name"], "Bruce", "{contacts:?}");
    assert_eq!(contacts[0]["handles"].as_array().unwrap().len(), 3, "{contacts:?}");

    let cancelled = upload(&browser, &[], file.as_bytes()).await;
    assert_eq!(place(&browser.send(&cancelled, &[("go", "cancel")]).await), IMPORT);
    assert_eq!(browser.ask(&cancelled).await.status, 404);
}

async fn a_column_becomes_a_custom_field(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let columns = upload(&browser, &[], b"Email,Shoe size,\nbruce@wayne.inc,44,x\n").await;
    let page = browser.page(&columns).await;
    assert_eq!(page.matches("New custom field").count(), 2, "none for a column without a name: {page}");
    let job = check(&browser, &columns, &[("column-1", "new")]).await;
    ended(&browser, &job).await;
    assert_eq!(chosen(&browser.page(&columns).await, "column-1"), "new");
    assert!(!browser.page("/app/settings/fields").await.contains("Shoe size"), "a dry run makes no field");
    ended(&browser, &place(&browser.send(&format!("{job}/take"), &[]).await)).await;
    assert_eq!(server.contacts().await[0]["custom_fields"]["Shoe size"], "44");
    let again = browser.page(&upload(&browser, &[], b"Email,Shoe size\nbruce@wayne.inc,45\n").await).await;
    assert_eq!(chosen(&again, "column-1"), "field:Shoe size");
}

async fn many_columns_are_on_several_pages(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let names: Vec<String> = (0..files::COLUMNS_MAX).map(|n| format!("c{n}")).collect();
    let cells: Vec<String> = (0..files::COLUMNS_MAX).map(|n| format!("p{n}@wayne.inc")).collect();
    let file = format!("{}\n{}\n", names.join(","), cells.join(","));
    let columns = upload(&browser, &[], file.as_bytes()).await;
    let page = browser.page(&columns).await;
    assert!(page.contains("Page 1 of 20") && page.len() < 500_000, "{} bytes", page.len());
    let next = place(&browser.send(&columns, &[("go", "20"), ("column-7", "email")]).await);
    let last = browser.page(&next).await;
    assert!(last.contains("id=\"column-1999\"") && last.contains("Page 20 of 20"), "{last}");
    let page = ended(&browser, &check(&browser, &columns, &[("column-1999", "email")]).await).await;
    assert_eq!(counted(&page, "New contacts"), "1", "{page}");
    let first = browser.page(&columns).await;
    assert_eq!(chosen(&first, "column-7"), "email");
}

async fn refused_rows_are_shown_and_valid_parts_can_be_taken(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let mut file = "Name,Email,Website\n".to_owned();
    for n in 0..60 {
        writeln!(file, "<i>{n},x{n}@wayne.inc,not-a-link-{n}").unwrap();
    }
    let columns = upload(&browser, &[], file.as_bytes()).await;
    let page = ended(&browser, &check(&browser, &columns, &[]).await).await;
    assert!(page.contains("Refused rows: 60") && page.contains("These are the first 50."), "{page}");
    let row = between(&page, "id=\"refused-0\"", "</tr>");
    assert!(row.contains(">2<") && row.contains("<bdi>Website</bdi>") && row.contains("not-a-link-0"), "{row}");
    assert!(!page.contains("not-a-link-50"), "{page}");

    let columns = upload(&browser, &[("lenient", "yes")], file.as_bytes()).await;
    let page = ended(&browser, &check(&browser, &columns, &[]).await).await;
    assert_eq!(
        (counted(&page, "New contacts"), counted(&page, "<bdi>Website</bdi>")),
        ("60".into(), "60".into()),
        "{page}"
    );
}

async fn a_file_without_columns_is_checked_at_once(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let card = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bruce\r\nEMAIL:bruce@wayne.inc\r\nEND:VCARD\r\n";
    let job = place(&browser.send_file(IMPORT, &[], ("file", card)).await);
    let page = ended(&browser, &job).await;
    assert!(counted(&page, "New contacts") == "1" && !page.contains("Change the columns"), "{page}");
    ended(&browser, &place(&browser.send(&format!("{job}/take"), &[]).await)).await;
    assert_eq!(server.contacts().await.len(), 1);
}

/// Counts what an undo would do from the page of an import or the list, and returns the page of the count and its address.
async fn undo(browser: &Browser<'_>, page: &str) -> (String, String) {
    let import = between(page, "name=\"import\" value=\"", "\"").to_owned();
    let counting = place(&browser.send(&format!("{IMPORT}/undo"), &[("import", &import)]).await);
    (ended(browser, &counting).await, counting)
}

async fn an_import_is_undone_and_imported_again(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let report = |name: &str, address: &str| json!({"name": name, "fields": [{"source": "email", "handle": address}]});
    let robin = server.report(&report("Robin", "robin@wayne.inc")).await;
    let people = b"Name,Email,Phone\nBruce,bruce@wayne.inc,\nThe Boy Wonder,robin@wayne.inc,+16505550123\nAl,alfred@wayne.inc,\nSelina,selina@gotham.org,\n";
    let import = async || {
        let columns = upload(&browser, &[], people).await;
        let checked = check(&browser, &columns, &[]).await;
        ended(&browser, &checked).await;
        ended(&browser, &place(&browser.send(&format!("{checked}/take"), &[]).await)).await
    };
    let names = async || {
        let contacts = server.contacts().await;
        let mut names: Vec<_> = contacts.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let done = import().await;
    server.report(&report("Alfred", "alfred@wayne.inc")).await;
    let conversation =
        Mailbox::of(&server).await.wrote(&server, "selina@gotham.org", "A cat", "Have you seen her?").await;
    assert_eq!(names().await, ["Alfred", "Bruce", "Selina", "The Boy Wonder"]);

    let (counted_page, counting) = undo(&browser, &done).await;
    let counts =
        |page: &str| ["Records withdrawn", "Records that stay", "Joins taken back"].map(|what| counted(page, what));
    assert_eq!(counts(&counted_page), ["2", "2", "0"]);
    assert!(counted_page.contains("Nothing is changed yet.") && names().await.len() == 4, "{counted_page}");
    let page = ended(&browser, &place(&browser.send(&counting, &[]).await)).await;
    assert!(page.contains("The import is undone.") && counts(&page) == ["2", "2", "0"], "{page}");
    assert_eq!(names().await, ["Alfred", "Robin", "Selina"]);
    assert!(browser.page(&conversation).await.contains("Selina"));
    let card = browser.page(&format!("/app/contacts/{robin}")).await;
    let handles = between(&card, "id=\"card-handles\"", "</section>");
    assert!(!handles.contains("+16505550123") && card.contains("What it reported counts as never reported."), "{card}");

    // Nothing is left to undo, and the list says so.
    let list = browser.page(IMPORT).await;
    assert!(list.contains("undone") && !list.contains("Undo this import"), "{list}");
    let (nothing, _) = undo(&browser, &done).await;
    assert!(nothing.contains("Nothing of this import is left to undo."), "{nothing}");

    let page = import().await;
    assert!(!page.contains("only gaps are filled") && counted(&page, "New contacts") == "1", "{page}");
    assert_eq!(names().await, ["Al", "Bruce", "Selina", "The Boy Wonder"]);
    let kent = server.company("kent").await;
    let theirs = Browser::of(&server, &kent).await;
    assert_eq!(theirs.ask(&counting).await.status, 404);
    assert_eq!(theirs.send(&counting, &[]).await.status, 404);
    let import = between(&done, "name=\"import\" value=\"", "\"");
    assert_eq!(theirs.send(&format!("{IMPORT}/undo"), &[("import", import)]).await.status, 404);
}

on_each_store!(
    an_import_is_undone_and_imported_again,
    a_file_is_checked_and_then_imported,
    an_unavailable_store_is_reported,
    columns_of_any_names_are_chosen_by_position,
    a_column_becomes_a_custom_field,
    many_columns_are_on_several_pages,
    refused_rows_are_shown_and_valid_parts_can_be_taken,
    a_file_without_columns_is_checked_at_once,
);
