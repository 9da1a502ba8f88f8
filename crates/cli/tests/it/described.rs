//! The APIs do what their description says: schemathesis makes requests from it, good ones and bad ones, and looks at every
//! answer.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Place, Server};

/// The checks that are left out. Many wrong passwords slow the client down. A handle that a contact does not have is
/// mistaken for one that was created and is missing, a list that a contact left for one that was deleted.
const EXCEPT: &str = "ignored_auth,ensure_resource_availability,use_after_free";
/// How long it may take. The first phases take some twenty seconds; what is left goes to chance.
const SECONDS: u32 = 45;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis")
}

#[test]
fn every_answer_is_one_that_is_described() {
    let schemathesis = folder().join(".venv/bin/schemathesis");
    assert!(schemathesis.exists(), "schemathesis is missing: `make test` installs it");
    let place = Place::new();
    let server = Server::start(&mut place.kith(&["serve", "--demo", "--listen", "127.0.0.1:0"]));
    place.says(&["teammate", "add", "wayne", "--email", "alfred@wayne.inc", "--name", "Alfred Pennyworth"]);
    place.says(&["field", "add", "wayne", "--name", "Plan", "--type", "enum", "--choice", "free", "--choice", "paid"]);
    let made = place.says(&["token", "add", "wayne", "--name", "schemathesis", "--json"]);
    let token = serde_json::from_str::<serde_json::Value>(&made).unwrap()["token"].as_str().unwrap().to_owned();
    let run = |arguments: &[&str]| {
        let output = Command::new(&schemathesis)
            .arg("--config-file")
            .arg(folder().join("schemathesis.toml"))
            .args(["run", &format!("http://{}/openapi.json", server.address)])
            .args(["--header", &format!("Authorization: Bearer {token}"), "--workers", "1", "--no-color"])
            // The same requests at every run: what fails here fails for whoever looks into it.
            .args(["--seed", "1", "--generation-deterministic"])
            .args(arguments)
            .current_dir(place.path(""))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        println!("{}", said.split("SUMMARY").last().unwrap_or_default());
    };
    let seconds = SECONDS.to_string();
    run(&["--checks", "all", "--exclude-checks", EXCEPT, "--max-time", &seconds]);
    // Whoever sends many wrong passwords is slowed down with 429, so this is looked at where it takes few; that every operation
    // refuses wrong credentials is tested with the server.
    run(&["--checks", "ignored_auth", "--include-path", "/me", "--include-path", "/contacts", "--max-time", "5"]);
    assert_eq!(server.stop("TERM").code(), Some(0));
}
