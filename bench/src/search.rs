//! Searches by API 2 on a store of many contacts, with and without concurrent writes.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::api2::made;
use crate::ask::Asker;
use crate::run::{serve, settled};
use crate::{fill, people};

const PORT: u16 = 18_083;
/// Searches of each kind.
const SEARCHES: u64 = 100;
/// The time between two concurrent writes.
const WRITE_PAUSE: Duration = Duration::from_millis(3);
/// How long to wait for the index.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The text of a search, by the number of a contact.
type Typed = fn(u64, u64) -> String;

/// The searches.
const KINDS: [(&str, Typed); 10] = [
    ("a name", |n, _| format!("Person {n}")),
    ("the beginning of a name", |n, _| format!("Per {}", n.to_string().split_at(2.min(n.to_string().len())).0)),
    ("one letter", |n, _| char::from(b'a' + u8::try_from(n % 26).unwrap_or_default()).to_string()),
    ("wrong accents", |n, _| format!("PÉRSÖN {n}")),
    ("the middle of an e-mail", |n, _| people::email(n)[3..14].to_owned()),
    ("an e-mail", |n, _| people::email(n)),
    ("a phone in groups", |n, _| {
        let digits = people::phone(n);
        format!("({}) {}-{}", &digits[..3], &digits[3..6], &digits[6..])
    }),
    ("the end of a phone", |n, _| people::phone(n)[4..].to_owned()),
    ("name and description", |n, _| format!("person {} since", n % 1_000)),
    ("nobody", |n, count| format!("Person {n} zq{count}")),
];

/// The times of searches of a kind, in milliseconds.
struct Row {
    what: &'static str,
    found: u64,
    times: Vec<f64>,
}

/// Measures with the binaries beside this one, and writes the table to `results`.
pub async fn run(contacts: u64, results: &Path) {
    let folder = tempfile::tempdir_in("target").expect("a folder");
    let file = folder.path().join("kith.db");
    made(&["company", "add", "main", "--json"], &file, "password");
    let token = made(&["token", "add", "main", "--name", "bench", "--json"], &file, "token");
    fill::fill(&file, "main", 0..contacts, 1_000, fill::CLAIMS_WAITING).await;
    let authorization = format!("Bearer {token}");
    let begun = Instant::now();
    let server = serve(file.as_os_str(), PORT, authorization.clone());
    wait_for_last(&authorization);
    let indexed = begun.elapsed().as_secs_f64();
    settled(&server).await;
    let bytes = fs::metadata(folder.path().join("kith.db-search")).expect("an index").len();
    let alone = measure(&authorization, contacts);
    let stop = AtomicBool::new(false);
    let (beside, writes) = thread::scope(|scope| {
        let writer = scope.spawn(|| write(&authorization, contacts, &stop));
        let rows = measure(&authorization, contacts);
        stop.store(true, Ordering::Relaxed);
        (rows, writer.join().expect("a writer"))
    });
    let mut text = format!(
        "# Searches\n\n{contacts} contacts, made ready in {indexed:.0} s; {:.0} MB beside the store. Milliseconds of \
         `GET /contacts?search=…&limit=50`, {SEARCHES} of each kind, one after the other; then the same beside \
         {writes:.0} writes a second. `make bench-search` makes this.\n\n\
         | what is looked for | found | p50 | p99 | p50 beside writes | p99 beside writes |\n|---|---|---|---|---|---|\n",
        bytes_in_mb(bytes)
    );
    let all = |rows: &[Row]| Row {
        what: "**all**",
        found: rows.iter().map(|row| row.found).sum(),
        times: rows.iter().flat_map(|row| row.times.iter().copied()).collect(),
    };
    let pairs = alone.iter().zip(&beside).map(|(alone, beside)| line(alone, beside));
    text.extend(pairs);
    text.push_str(&line(&all(&alone), &all(&beside)));
    print!("{text}");
    fs::write(results, text).expect("a written table");
}

/// Waits until the latest contact is found. Contacts are indexed in the order of their changes.
fn wait_for_last(authorization: &str) {
    let asker = Asker::new(PORT, authorization.to_owned());
    let page = asker.get("/contacts?limit=1");
    let email = page["_results"][0]["handles"][0]["handle"].as_str().expect("a contact with an address");
    while asker.found(email) == 0 {
        thread::sleep(LOOK_EVERY);
    }
}

fn measure(authorization: &str, contacts: u64) -> Vec<Row> {
    let asker = Asker::new(PORT, authorization.to_owned());
    let of_kind = |(what, typed): (&'static str, Typed)| {
        let (mut found, mut times) = (0, Vec::new());
        for n in 0..SEARCHES {
            // Some that are far from each other.
            let text = typed((n * 7_919_993) % contacts, n);
            let begun = Instant::now();
            found += asker.found(&text) as u64;
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        println!("{what}: {found} found");
        Row { what, found, times }
    };
    KINDS.into_iter().map(of_kind).collect()
}

/// Reports new contacts until it is stopped, and returns how many per second.
fn write(authorization: &str, contacts: u64, stop: &AtomicBool) -> f64 {
    let asker = Asker::new(PORT, authorization.to_owned());
    let begun = Instant::now();
    let mut written = 0_u32;
    while !stop.load(Ordering::Relaxed) {
        let n = contacts + u64::from(written);
        let body = serde_json::json!({
            "name": format!("Person {n}"), "handles": [{"source": "email", "handle": people::email(n)}]
        });
        asker.send("POST", "/contacts", &body.to_string());
        written += 1;
        thread::sleep(WRITE_PAUSE);
    }
    f64::from(written) / begun.elapsed().as_secs_f64()
}

fn line(alone: &Row, beside: &Row) -> String {
    let mut line = format!("| {} | {} |", alone.what, alone.found);
    for row in [alone, beside] {
        let mut times = row.times.clone();
        times.sort_by(f64::total_cmp);
        for share in [50, 99] {
            let at = (times.len() - 1) * share / 100;
            write!(line, " {:.1} |", times[at]).expect("a text takes everything");
        }
    }
    line + "\n"
}

#[expect(clippy::cast_precision_loss, reason = "sizes are small")]
fn bytes_in_mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
