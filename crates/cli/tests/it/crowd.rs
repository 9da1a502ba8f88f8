//! Thousands who connect and say nothing, and one who says it slowly, keep nobody else waiting.

use std::io::Write;
use std::net::TcpStream;

use crate::harness::Place;
use crate::http;

const IDLE: usize = 2_000;
/// Most memory that the server may take with all of them connected.
const MEMORY_KIB_MAX: u64 = 200 * 1024;

#[test]
fn a_silent_crowd_keeps_nobody_waiting() {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    assert!(files > IDLE as u64 + 500, "this test needs more than {files} files");
    let place = Place::new();
    let server = place.serve();
    let client = server.client();
    let crowd: Vec<TcpStream> = (0..IDLE).map(|_| http::connect(server.address).unwrap()).collect();

    let mut slow = http::connect(server.address).unwrap();
    let head = http::request("GET", "/contacts", &[client.login.header()], "");
    for (n, byte) in head.bytes().enumerate() {
        slow.write_all(&[byte]).unwrap();
        let told = client.tell(&[&format!("n{n}@example.org")]).unwrap();
        assert_eq!(told.status, 202, "{told:?}");
    }
    assert_eq!(http::answer(&mut slow).unwrap().status, 200, "slow is not wrong");
    let memory: u64 = server.process.status("VmRSS").strip_suffix(" kB").unwrap().parse().unwrap();
    assert!(memory < MEMORY_KIB_MAX, "{memory} KiB");
    // Each of them is still connected, and would be answered.
    for mut one in crowd.into_iter().step_by(IDLE / 10) {
        one.write_all(http::request("GET", "/healthz", &[], "").as_bytes()).unwrap();
        assert_eq!(http::answer(&mut one).unwrap().status, 200);
    }
}
