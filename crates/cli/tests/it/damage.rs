//! Damaged pages of a store are errors, and neither "not found" nor silence.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::FileExt;

use crate::harness::{Place, Server, until};
use crate::http::{self, Client};

/// Bytes of a page of a new store.
const PAGE: usize = 8 << 10;
const PEOPLE: usize = 500;

/// A store of many contacts that is not served now, and a client with its login.
fn filled(place: &Place) -> Client {
    let server = place.serve();
    let client = server.client();
    assert_eq!(server.stop("TERM").code(), Some(0));
    let mut people = "email,name\n".to_owned();
    for n in 0..PEOPLE {
        writeln!(people, "known-{n}@example.org,Known {n}").unwrap();
    }
    fs::write(place.path("people.csv"), people).unwrap();
    place.says(&["import", "main", "people.csv"]);
    client
}

/// Changes every fourth page with contacts in place, and says how many they are.
fn damage(place: &Place, change: impl Fn(&mut [u8])) -> usize {
    let mut pages = fs::read(place.path("kith.db")).unwrap();
    let file = fs::OpenOptions::new().write(true).open(place.path("kith.db")).unwrap();
    let pages = pages.chunks_mut(PAGE).zip(0_u64..).skip(1);
    let has_contacts = |(page, _): &(&mut [u8], u64)| page.windows(6).any(|part| part == b"known-");
    let changed = pages.filter(has_contacts).step_by(4).map(|(page, n)| {
        change(page);
        file.write_all_at(page, n * PAGE as u64).unwrap();
    });
    changed.count()
}

fn is_ready(server: &Server) -> bool {
    http::ask(server.address, "GET", "/readyz", &[], "").unwrap().status == 200
}

#[test]
fn damaged_pages_are_errors() {
    are_errors("overwritten", |page| page.fill(0x5a));
    are_errors("zeroed", |page| page.fill(0));
    are_errors("overwritten but for its header", |page| page[12..].fill(0x5a));
    are_errors("half written", |page| page[PAGE / 2..].fill(0));
}

#[track_caller]
fn are_errors(how: &str, change: fn(&mut [u8])) {
    let place = Place::new();
    let client = filled(&place);
    assert!(place.says(&["verify", "--quick"]).contains("kith.db: no damaged page was found"));
    assert!(damage(&place, change) > 3, "{how}");
    let found = place.run(&["verify", "--quick"]);
    assert!(found.code == Some(1) && found.out.contains("kith.db: "), "{how}: {}{}", found.out, found.err);
    let server = place.serve();
    until("it is no longer ready", || (!is_ready(&server)).then_some(()));
    assert!(server.log().contains("pages of the store are damaged"), "{}", server.log());
    let client = Client::new(server.address, client.login);
    let status = |n| client.get(&format!("/contacts/alt:email:known-{n}@example.org")).status;
    let statuses: Vec<u16> = (0..PEOPLE).map(status).collect();
    let count = |status| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((count(200) + count(500), count(500) > 0), (PEOPLE, true), "{how}: {statuses:?}");
    // A known person whose page is damaged must not become another contact.
    assert_eq!(client.tell(&["known-1@example.org"]).unwrap().status, 500);
    assert_eq!(http::ask(server.address, "GET", "/healthz", &[], "").unwrap().status, 200);
}

/// The disk damages pages after they were checked.
#[test]
fn the_first_damaged_page_that_is_read_ends_readiness() {
    for path in ["/contacts/alt:email:", "/contacts?q="] {
        ends_readiness(path);
    }
}

/// `path` with an address finds a contact.
#[track_caller]
fn ends_readiness(path: &str) {
    let place = Place::new();
    let client = filled(&place);
    let server = Server::start(&mut place.kith(&["serve", "--listen", "127.0.0.1:0", "--log", "debug"]));
    until("the pages are checked", || server.log().contains("no page of the store is damaged").then_some(()));
    let client = Client::new(server.address, client.login);
    let get = |n| client.get(&format!("{path}known-{n}@example.org"));
    until("the last contact is found", || get(PEOPLE - 1).body.contains("Known").then_some(()));
    assert!(is_ready(&server));
    assert!(damage(&place, |page| page.fill(0x5a)) > 3);
    let is_damaged = |n: &usize| get(*n).status == 500;
    assert!((0..PEOPLE).find(is_damaged).is_some() && !is_ready(&server), "{path}: {}", server.log());
}
