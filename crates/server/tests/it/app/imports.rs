//! Imports in the app: the dry run, the import, the report; and the export.

use crate::browser::{Browser, between};
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

async fn a_file_is_checked_and_then_imported(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    let fields = [("map", "Where to write=email"), ("dry", "yes")];
    let job = place(&browser.send_file(IMPORT, &fields, ("file", PEOPLE)).await);
    let page = ended(&browser, &job).await;
    assert!(page.contains("Nothing is changed.") && page.contains("Line 4: "), "{page}");
    let counts = |page: &str| ["New contacts", "Merged contacts", "Refused"].map(|what| counted(page, what));
    assert_eq!(counts(&page), ["2", "1", "1"]);
    assert!(server.contacts().await.is_empty(), "nothing was done");

    let taken = place(&browser.send(&format!("{job}/take"), &[]).await);
    assert_ne!(taken, job);
    let page = ended(&browser, &taken).await;
    assert!(page.contains("All 4 rows were read.") && counts(&page) == ["2", "1", "1"], "{page}");
    assert!(page.contains("How the columns were read") && page.contains("<dd>email</dd>"), "{page}");
    let contacts = server.contacts().await;
    assert_eq!((contacts.len(), contacts[0]["name"].as_str()), (1, Some("Bruce Wayne")));
    let report = browser.ask(&format!("{taken}/report")).await;
    assert!(report.header("content-disposition").unwrap().contains("report.csv"));
    assert!(report.body.starts_with("row,line,contact,result,") && report.body.lines().count() == 5, "{report:?}");

    let again = place(&browser.send_file(IMPORT, &fields[..1], ("file", PEOPLE)).await);
    let page = ended(&browser, &again).await;
    assert!(page.contains("only gaps are filled") && counted(&page, "Unchanged") == "3", "{page}");
    let late = browser.send(&format!("{job}/take"), &[]).await;
    assert!(late.status == 409 && late.body.contains("Upload this one again."), "{late:?}");
    let list = browser.page(IMPORT).await;
    assert!(list.contains("4 rows checked; nothing was changed") && list.contains("all 4 rows"), "{list}");
}

async fn an_unavailable_store_is_reported(server: Server) {
    let browser = Browser::of(&server, &server.wayne).await;
    for (fields, file, why) in
        [(&[("map", "Mail=post")][..], PEOPLE, "is nothing that a column can be"), (&[], b"", "The file is empty.")]
    {
        let refused = browser.send_file(IMPORT, fields, ("file", file)).await;
        assert!(refused.status == 422 && refused.body.contains(why), "{why}: {refused:?}");
    }
    let job = place(&browser.send_file(IMPORT, &[], ("file", PEOPLE)).await);
    let page = ended(&browser, &job).await;
    // Mobile Phone is a known column; other names need a mapping.
    assert!(page.contains("ignored") && counted(&page, "Refused") == "2", "{page}");
    let job = place(&browser.send_file(IMPORT, &[("map", "When=email")], ("file", PEOPLE)).await);
    assert!(ended(&browser, &job).await.contains("Column &quot;When&quot; not found."));
    let kent = server.company("kent").await;
    let theirs = Browser::of(&server, &kent).await;
    for path in [job.clone(), format!("{job}/report")] {
        assert_eq!(theirs.ask(&path).await.status, 404, "another company's import is not there");
    }
    assert_eq!(theirs.send(&format!("{job}/take"), &[]).await.status, 404);
    assert!(!theirs.page(IMPORT).await.contains("<bdi>x</bdi>"));
    let parts =
        "--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nemail\r\n--part--\r\n";
    let foreign = browser.request("POST", IMPORT).with("Content-Type", "multipart/form-data; boundary=part");
    assert_eq!(server.ask(foreign.body(parts)).await.status, 403, "a form without the token");
    let stranger = Request::new("POST", IMPORT).with("Content-Type", "multipart/form-data; boundary=part");
    assert_eq!(server.ask(stranger.body(parts)).await.status, 303, "there is no session");
}

on_each_store!(a_file_is_checked_and_then_imported, an_unavailable_store_is_reported);
