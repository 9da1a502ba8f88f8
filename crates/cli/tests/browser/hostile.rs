//! Texts that were not written to be read.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use browser::Look;
use serde_json::json;

use crate::stage::Stage;

/// Longest of what a name and a subject may be.
const SHORT_CHARS: usize = 500;

#[tokio::test]
async fn hostile_texts_run_nothing_and_break_no_page() {
    let mut stage = Stage::new().await;
    let texts = [
        "<script>alert(1); window.pwned = true</script>".to_owned(),
        "\"'><img src=x onerror=\"alert(1); window.pwned = true\"></title></textarea><svg onload=alert(1)>".to_owned(),
        "</bdi></a>\u{202e}txt.exe\u{2066}\u{7}${alert(1)}{{7*7}}".to_owned(),
        "W".repeat(10_000),
        "👩‍👩‍👧‍👦🏴‍☠️🇺🇳 \u{301}\u{301}\u{301}Z̸̢̛̹".repeat(20),
        "ﷺ مرحبا \u{5d0}\u{5d1} right to left".to_owned(),
    ];
    let mut pages = vec!["/app/inbox".to_owned(), "/app/contacts".to_owned(), "/app/settings".to_owned()];
    let mut people = Vec::new();
    for (n, text) in texts.iter().enumerate() {
        let short: String = text.chars().take(SHORT_CHARS).collect();
        let sender = format!("sender{n}@example.org");
        pages.push(stage.wrote(&sender, &short, &short, text));
        pages.push(stage.wrote_html(
            &sender,
            &short,
            &format!("{n} {short}"),
            &format!("<p>{text}</p><pre>{text}</pre>"),
        ));
        let link: String = text.chars().filter(char::is_ascii).take(1_000).collect();
        let id = stage.tell(&json!({
            "name": short, "description": text, "fields": [{"source": "email", "handle": sender}],
            "links": [format!("https://example.org/?q={}", link.replace(|c: char| c.is_control() || c == ' ', ""))],
        }));
        pages.extend(["", "/edit", "/merge", "/merge?q=w", "/why"].map(|page| format!("/app/contacts/{id}{page}")));
        people.push(id);
    }
    pages.push(format!("/app/contacts/{}/merge?with={}", people[3], people[4]));
    pages.push("/app/contacts?q=w".to_owned());
    stage.tell(&json!({"fields": [
        {"source": "email", "handle": "sender0@example.org"}, {"source": "email", "handle": "sender3@example.org"},
    ]}));
    for (width, height) in [(1440, 900), (360, 740)] {
        stage.browser.look(Look { width, height, ..Look::WIDE }).await;
        for page in &pages {
            stage.goto(page).await;
            is_whole(&stage, page, width).await;
        }
    }
    // The same in a panel, and after a split is asked for.
    stage.goto(&format!("/app/contacts/{}", people[3])).await;
    stage.browser.click(".history a.button").await;
    stage.browser.until_there("form[action*='/split/']").await;
    is_whole(&stage, "split", 360).await;
    stage.goto("/app/contacts").await;
    stage.browser.click(".people a.row-link").await;
    stage.browser.until_there("#panel[open]").await;
    is_whole(&stage, "panel", 360).await;
    stage.end().await;
}

/// Nothing ran, and nothing is wider than the window.
async fn is_whole(stage: &Stage, page: &str, width: u32) {
    let browser = &stage.browser;
    assert!(browser.client.get_alert_text().await.is_err(), "{page} opened a dialog");
    let seen = browser
        .run(
            "return [window.pwned === undefined, innerWidth, document.documentElement.scrollWidth,
                 document.scripts.length, document.querySelectorAll('svg[onload], img').length]",
        )
        .await;
    let scroll_width = seen[2].as_u64().unwrap();
    assert_eq!((&seen[0], &seen[1]), (&json!(true), &json!(width)), "{page}");
    assert!(scroll_width <= u64::from(width), "{page} is {scroll_width} wide where there are {width}");
    assert_eq!((&seen[3], &seen[4]), (&json!(1), &json!(0)), "{page}");
    assert_eq!(browser.errors().await, Vec::<String>::new(), "{page} at {width}");
}

#[tokio::test]
async fn a_formatted_message_runs_nothing_and_fetches_nothing_until_asked() {
    let stage = Stage::new().await;
    let browser = &stage.browser;
    let remote = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = remote.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    thread::spawn(move || {
        for mut stream in remote.incoming().flatten() {
            counted.fetch_add(1, Ordering::SeqCst);
            // What it asks is all the same; a browser that went away already is no trouble.
            let _ = stream.read(&mut [0; 4096]);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: image/svg+xml\r\nConnection: close\r\n";
            let image = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>";
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{image}", image.len());
        }
    });
    let markup = format!(
        "<p id=seen>Look</p><script>top.pwned = true; fetch('http://{address}/script')</script>\
         <img src=\"http://{address}/pixel.svg\" onerror=\"top.pwned = true\">\
         <link rel=stylesheet href=\"http://{address}/style.css\"><style>@import 'http://{address}/import.css';</style>\
         <div style=\"background: url(http://{address}/background)\">x</div>\
         <video src=\"http://{address}/video\" poster=\"http://{address}/poster\"></video>\
         <iframe src=\"http://{address}/frame\"></iframe><meta http-equiv=refresh content=\"0;url=http://{address}/away\">"
    );
    let conversation = stage.wrote_html("ada@example.org", "Ada", "Look at this", &markup);
    stage.goto(&conversation).await;
    let frame = "document.querySelector('iframe.mail').contentDocument";
    browser.until(&format!("{frame}?.readyState === 'complete' && {frame}.body?.textContent.includes('Look')")).await;
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    browser.click(".mail-bar a").await;
    browser.until(&format!("{frame}?.querySelector('img')?.naturalWidth === 9")).await;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(browser.run("return window.pwned === undefined").await, true);
    stage.end().await;
}
