//! Thousands who connect and say nothing, and one who says it slowly, keep nobody else waiting.
//!
//! `KITH_CROWD` says how many connect, where there is time and memory for more than a few.

use std::io::Write;
use std::net::TcpStream;

use crate::harness::Place;
use crate::http;

const IDLE_DEFAULT: usize = 2_000;
/// Most memory that the server may take with all of them connected.
const MEMORY_KIB_MAX: u64 = 150 * 1024;

#[test]
fn a_silent_crowd_keeps_nobody_waiting() {
    let idle = std::env::var("KITH_CROWD").map_or(IDLE_DEFAULT, |crowd| crowd.parse().unwrap());
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    assert!(files > idle as u64 + 500, "this test needs more than {files} files");
    let place = Place::new();
    let server = place.serve();
    let client = server.client();
    let crowd: Vec<TcpStream> = (0..idle).map(|_| http::connect(server.address).unwrap()).collect();

    let mut slow = http::connect(server.address).unwrap();
    let head = http::request("GET", "/contacts", &[client.login.header()], "");
    for (n, byte) in head.bytes().enumerate() {
        slow.write_all(&[byte]).unwrap();
        let told = client.tell(&[&format!("n{n}@example.org")]).unwrap();
        assert_eq!(told.status, 202, "{told:?}");
    }
    assert_eq!(http::answer(&mut slow).unwrap().status, 200, "slow is not wrong");
    let memory = server.process.memory_kib("VmRSS");
    println!("{idle} idle connections: {} MiB", memory / 1024);
    assert!(memory < MEMORY_KIB_MAX, "{memory} KiB");
    // Each of them is still connected, and would be answered.
    for mut one in crowd.into_iter().step_by(idle / 10) {
        one.write_all(http::request("GET", "/healthz", &[], "").as_bytes()).unwrap();
        assert_eq!(http::answer(&mut one).unwrap().status, 200);
    }
}
