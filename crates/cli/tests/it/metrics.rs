//! What a server measures, and the dashboard and the alerts that are made of it.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::database::fresh;
use crate::harness::{Place, Server, finish, until};
use crate::http::{self, Client, Login};

/// Starts a server that measures, and returns where.
fn measured(place: &Place, more: &[&str]) -> (Server, SocketAddr) {
    let arguments = [&["serve", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"], more].concat();
    let server = Server::start(&mut place.kith(&arguments));
    let address = until("the server logs where it measures", || {
        let log = server.log();
        log.split_once("measuring metrics=")?.1.split_whitespace().next()?.parse().ok()
    });
    (server, address)
}

fn metrics(address: SocketAddr) -> String {
    let answer = http::ask(address, "GET", "/metrics", &[], "").unwrap();
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain; version=0.0.4")));
    answer.body
}

/// The value of a sample; none if it is missing.
fn value(text: &str, sample: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok())
}

/// The names of the metrics of a page.
fn names(text: &str) -> BTreeSet<String> {
    let names = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    names.map(ToOwned::to_owned).collect()
}

fn monitoring(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/monitoring").join(file)
}

/// The metrics that an expression names.
fn named(expression: &str) -> impl Iterator<Item = String> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let metrics = words.filter(|word| word.starts_with("kith_") || word.starts_with("process_"));
    metrics
        .map(|word| ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word).into())
}

fn what_is_measured(store: &[&str], files: bool) {
    let place = Place::new();
    let (server, address) = measured(&place, store);
    let client = server.client();
    for emails in [&["ada@example.org"][..], &["grace@example.org"], &["ada@example.org", "grace@example.org"]] {
        assert_eq!(client.tell(emails).unwrap().status, 202);
    }
    assert_eq!(client.tell(&["not an address"]).unwrap().status, 422);
    assert_eq!(client.get("/contacts/alt:email:ada@example.org").status, 200);
    assert_eq!(client.get("/nowhere/ada@example.org").status, 404);
    let text = metrics(address);
    let route = r#"method="POST",route="/api/1/contacts""#;
    assert_eq!(value(&text, &format!("kith_requests_total{{{route},status=\"202\"}}")), Some(3.0), "{text}");
    assert_eq!(value(&text, &format!("kith_requests_total{{{route},status=\"422\"}}")), Some(1.0));
    assert_eq!(value(&text, &format!("kith_request_seconds_count{{{route}}}")), Some(4.0));
    assert_eq!(value(&text, &format!("kith_request_seconds_bucket{{{route},le=\"+Inf\"}}")), Some(4.0));
    let one = r#"kith_requests_total{method="GET",route="/contacts/{contact_id}",status="200"}"#;
    assert_eq!(value(&text, one), Some(1.0), "{text}");
    assert_eq!(value(&text, r#"kith_requests_total{method="GET",route="other",status="404"}"#), Some(1.0));
    for (sample, expected) in
        [("kith_merges_total", 1.0), ("kith_writes_total", 3.0), ("kith_writes_waiting", 0.0), ("kith_ready", 1.0)]
    {
        assert_eq!(value(&text, sample), Some(expected), "{sample} in {text}");
    }
    assert!(value(&text, "kith_batches_total").unwrap() >= 3.0 && value(&text, "kith_journal_entries").unwrap() >= 3.0);
    assert_eq!(value(&text, r#"kith_share_limit{limit="connections"}"#), Some(20_000.0));
    assert!(value(&text, r#"kith_share_used{limit="connections"}"#).is_some_and(|used| used >= 1.0), "{text}");
    assert_eq!(value(&text, r#"kith_share_used{limit="exports"}"#), Some(0.0));
    let sizes = [r#"kith_store_bytes{file="store"}"#, r#"kith_store_bytes{file="log"}"#];
    assert!(sizes.iter().all(|size| value(&text, size).is_some_and(|bytes| bytes > 0.0) == files), "{text}");
    for personal in ["ada", "grace", "main", "example.org"] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
    for reader in ["search", "duplicates"] {
        let lag = format!("kith_reader_lag_entries{{reader=\"{reader}\"}}");
        until("the readers have read all", || (value(&metrics(address), &lag) == Some(0.0)).then_some(()));
    }
    assert_eq!(
        http::ask(server.address, "GET", "/metrics", &[], "").unwrap().status,
        404,
        "not where everyone can ask"
    );
    // Prometheus reads it, and finds nothing to improve.
    fs::write(place.path("metrics"), &text).unwrap();
    let checked = finish(&mut place.shell("promtool check metrics < metrics"));
    assert_eq!((checked.code, checked.err.as_str()), (Some(0), ""), "{}", checked.out);
}

#[test]
fn a_server_on_a_file_measures() {
    what_is_measured(&[], true);
}

#[test]
fn a_server_on_a_database_measures() {
    what_is_measured(&["--store", &fresh()], false);
}

#[test]
fn companies_are_named_if_the_operator_wants_it() {
    let place = Place::new();
    let acme = Login::json(&place.says(&["company", "add", "acme", "--json"]));
    place.says(&["company", "add", "wayne"]);
    let (server, address) = measured(&place, &["--metrics-companies"]);
    assert_eq!(Client::new(server.address, acme).tell(&["ada@example.org"]).unwrap().status, 202);
    let text = metrics(address);
    let entries = |company: &str| value(&text, &format!("kith_journal_entries{{company=\"{company}\"}}"));
    assert_eq!((entries("acme"), entries("wayne")), (Some(1.0), Some(0.0)), "{text}");
    assert!(value(&text, r#"kith_reader_lag_entries{reader="search",company="wayne"}"#).is_some(), "{text}");
}

#[test]
fn the_status_is_that_of_the_server_or_of_the_store() {
    let place = Place::new();
    let (server, address) = measured(&place, &[]);
    assert_eq!(server.client().tell(&["ada@example.org"]).unwrap().status, 202);
    let address = address.to_string();
    let screen = place.says(&["status", "--metrics", &address]);
    for line in [
        format!("Kith {} at {address}, up for 0 d 0 h 0 min.\n", env!("CARGO_PKG_VERSION")),
        "  ready      yes\n".into(),
        "  requests   2, 0 failed\n".into(),
        " 0 merges, 0 waiting\n".into(),
        " of 20000 connections".into(),
        "  files      store ".into(),
    ] {
        assert!(screen.contains(&line), "{line:?} in {screen}");
    }
    let json: Value = serde_json::from_str(&place.says(&["status", "--metrics", &address, "--json"])).unwrap();
    assert_eq!(
        (&json["server"], &json["metrics"]["kith_writes_total"][0]["value"]),
        (&address.clone().into(), &1.0.into())
    );
    let entries = json["metrics"]["kith_journal_entries"][0]["value"].clone();

    // The store alone, beside a server and without one.
    let alone = place.says(&["status"]);
    assert!(alone.starts_with("Without --metrics, kith.db alone shows:\n") && !alone.contains("requests"), "{alone}");
    assert!(server.stop("TERM").success());
    let alone = place.says(&["status", "--metrics", &address]);
    assert!(alone.starts_with(&format!("No server answers at {address}. kith.db alone shows:\n")), "{alone}");
    let json: Value = serde_json::from_str(&place.says(&["status", "--json"])).unwrap();
    assert_eq!((&json["server"], &json["metrics"]["kith_journal_entries"][0]["value"]), (&Value::Null, &entries));
}

#[test]
fn documents_dashboard_and_alerts_name_the_metrics_that_exist() {
    let (_server, address) = measured(&Place::new(), &[]);
    let exist = names(&metrics(address));
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operating.md")).unwrap();
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let documented: BTreeSet<String> =
        rows.map(|(name, _)| name.to_owned()).filter(|name| named(name).next().as_ref() == Some(name)).collect();
    assert_eq!(documented, exist);

    let alerts = fs::read_to_string(monitoring("alerts.yml")).unwrap();
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(monitoring("dashboard.json")).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let expressions: Vec<&str> = targets.map(|target| target["expr"].as_str().unwrap()).collect();
    assert!(expressions.len() >= 8);
    for expression in expressions {
        let metrics: Vec<String> = named(expression).collect();
        assert!(!metrics.is_empty() && metrics.iter().all(|metric| exist.contains(metric)), "{expression}");
    }
    let unknown: Vec<String> = named(&alerts).filter(|metric| !exist.contains(metric)).collect();
    assert_eq!(unknown, [] as [String; 0]);
}

#[test]
fn alerts_fire_when_they_should() {
    let place = Place::new();
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]] {
        let mut promtool = place.command("promtool");
        promtool.args(arguments).current_dir(monitoring("")).stdin(Stdio::null());
        let done = finish(&mut promtool);
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    }
}

#[test]
fn a_health_check_of_a_container_needs_no_metrics() {
    let place = Place::new();
    let server = place.serve();
    let listen = server.address.to_string();
    assert_eq!(place.says(&["status", "--ready", "--listen", &listen]), "");
    server.kill();
    assert_eq!(place.run(&["status", "--ready", "--listen", &listen]).code, Some(1));
}
