//! A disk without room: what was acknowledged stays, what cannot be kept is refused, and it passes.

use std::process::Command;

use rlimit::Resource;

use crate::harness::{Place, Server, finish};

/// A `kith` that can write no more to files than it is let, as on a full disk.
fn limited(place: &Place, limit: &str, arguments: &str) -> Command {
    // Without the trap the first write past the limit would end the process, as no full disk does.
    place.shell(&format!(r#"trap "" XFSZ; {limit} exec kith {arguments}"#))
}

/// How many bytes a file that this server writes to may have from now on.
fn leave_room(server: &Server, bytes: u64) {
    let process = i32::try_from(server.id()).unwrap();
    rlimit::prlimit(process, Resource::FSIZE, Some((bytes, rlimit::INFINITY)), None).unwrap();
}

#[test]
fn a_full_disk_refuses_writes_and_loses_nothing() {
    let place = Place::new();
    let server = Server::start(&mut limited(&place, "", "serve --listen 127.0.0.1:0"));
    let mut client = server.client();
    assert_eq!(client.tell(&["before@example.org"]).unwrap().status, 202);

    leave_room(&server, 0);
    for _ in 0..3 {
        let refused = client.tell(&["full@example.org", "before@example.org"]).unwrap();
        assert_eq!(refused.status, 503, "{refused:?}");
        assert!(refused.header("retry-after").is_some_and(|wait| wait.parse::<u32>().is_ok()), "{refused:?}");
        assert_eq!(client.contacts().len(), 1, "reads go on");
        assert_eq!(client.find("full@example.org"), None, "what was refused was not stored");
    }

    leave_room(&server, rlimit::INFINITY);
    assert_eq!(client.tell(&["after@example.org"]).unwrap().status, 202, "room again is enough");
    assert_eq!(server.stop("TERM").code(), Some(0));

    let server = place.serve();
    client.address = server.address;
    assert!(client.find("before@example.org").is_some() && client.find("after@example.org").is_some());
    assert_eq!(client.find("full@example.org"), None);
    place.says(&["verify"]);
}

#[test]
fn a_disk_that_fills_up_keeps_what_was_acknowledged() {
    let place = Place::new();
    // 1 MiB, in the blocks of 512 bytes that POSIX has `ulimit` count in.
    let server = Server::start(&mut limited(&place, "ulimit -f 2048;", "serve --listen 127.0.0.1:0"));
    let mut client = server.client();
    let description = "x".repeat(10_000);
    let mut acknowledged = Vec::new();
    let refused = loop {
        let email = format!("n{}@example.org", acknowledged.len());
        let fields = format!(r#"[{{"source": "email", "handle": "{email}"}}]"#);
        let told = client.post(&format!(r#"{{"description": "{description}", "fields": {fields}}}"#)).unwrap();
        if told.status != 202 {
            break told;
        }
        acknowledged.push(email);
        assert!(acknowledged.len() < 1_000, "10 MB went into 1 MiB");
    };
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_eq!(client.get("/contacts").status, 200);
    server.kill();

    let server = place.serve();
    client.address = server.address;
    assert!(!acknowledged.is_empty());
    assert!(acknowledged.iter().all(|email| client.find(email).is_some()));
    place.says(&["verify"]);
}

#[test]
fn a_full_disk_at_the_start_is_named() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    let done = finish(&mut limited(&place, "ulimit -f 0;", "serve --listen 127.0.0.1:0"));
    assert_eq!(done.code, Some(1), "{}{}", done.out, done.err);
    assert!(done.err.contains("kith.db"), "{}", done.err);
    place.says(&["verify"]);
}

#[test]
fn a_store_that_had_no_room_to_begin_begins_later() {
    let place = Place::new();
    for blocks in [0, 1, 8, 16, 32] {
        let done = finish(&mut limited(&place, &format!("ulimit -f {blocks};"), "serve --listen 127.0.0.1:0"));
        assert_eq!(done.code, Some(1), "{}{}", done.out, done.err);
        assert!(!done.out.contains("password"), "a login that may not last was shown: {}", done.out);
    }
    let server = place.serve();
    assert_eq!(server.client().tell(&["ada@example.org"]).unwrap().status, 202);
    place.says(&["verify"]);
}

#[test]
fn a_full_disk_makes_no_company() {
    let place = Place::new();
    place.says(&["company", "add", "wayne"]);
    let done = finish(&mut limited(&place, "ulimit -f 0;", "company add acme"));
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{}", done.err);
    assert!(!place.says(&["company", "list"]).contains("acme"));
}

/// A copy that was not finished must not look like one that was.
#[test]
fn a_full_disk_leaves_no_backup() {
    let place = Place::new();
    let _server = place.serve();
    let done = finish(&mut limited(&place, "ulimit -f 8;", "backup copy.db"));
    assert_eq!(done.code, Some(1), "{}{}", done.out, done.err);
    assert!(done.err.contains("copy.db cannot be written"), "{}", done.err);
    assert!(!place.path("copy.db").exists());
    place.says(&["backup", "copy.db"]);
    place.says(&["verify", "--store", "copy.db"]);
}
