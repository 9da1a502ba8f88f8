//! Killed at any moment and started again, a server has everything that it acknowledged.
//!
//! `KITH_KILLS` says how many kills there are, where there is time for more than a few.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::harness::{Place, Server, until};
use crate::http::Client;

const KILLS_DEFAULT: u32 = 3;
const WRITERS: usize = 6;
/// A kill comes within this time after the writers begin.
const LIFE_MS_MAX: u64 = 250;

/// The handles of observations that were answered with 202, each written down after its answer was read.
#[derive(Default)]
struct Acknowledged {
    observations: Vec<Vec<String>>,
    merges: usize,
}

/// The handles of the `n`th observation of a writer. The `n`th ones of all writers share a handle, so several write to
/// one contact at once. Every fourth merges two earlier contacts of its writer.
fn observation(round: u32, writer: usize, n: usize) -> Vec<String> {
    let own = format!("own-{round}-{writer}-{n}@example.org");
    let meeting = |n: usize| format!("meeting-{round}-{n}@example.org");
    if n % 4 == 3 { vec![own, meeting(n - 1), meeting(n - 2)] } else { vec![own, meeting(n)] }
}

/// Tells one observation after another until the server is gone.
fn write(client: &Client, round: u32, writer: usize, acknowledged: &Mutex<Acknowledged>) {
    for n in 0.. {
        let handles = observation(round, writer, n);
        let emails: Vec<&str> = handles.iter().map(String::as_str).collect();
        let Ok(answer) = client.tell(&emails) else { return };
        assert_eq!(answer.status, 202, "{answer:?}");
        let mut acknowledged = acknowledged.lock().unwrap();
        acknowledged.merges += answer.json()["merged"].as_array().unwrap().len();
        acknowledged.observations.push(handles);
    }
}

/// Kills a server under the writes of a round, and returns what it had acknowledged.
fn killed(server: Server, client: &Client, round: u32) -> Acknowledged {
    let acknowledged = Arc::new(Mutex::new(Acknowledged::default()));
    let writers: Vec<JoinHandle<()>> = (0..WRITERS)
        .map(|writer| {
            let (client, acknowledged) = (client.clone(), Arc::clone(&acknowledged));
            thread::spawn(move || write(&client, round, writer, &acknowledged))
        })
        .collect();
    if round == 0 {
        // However slow the machine is, one kill hits a server that has something to lose.
        until("a merge is acknowledged", || (acknowledged.lock().unwrap().merges > 0).then_some(()));
    }
    // sleeps: the kill comes at a random moment
    thread::sleep(Duration::from_millis(getrandom::u64().unwrap() % LIFE_MS_MAX));
    server.kill();
    for writer in writers {
        writer.join().unwrap();
    }
    std::mem::take(&mut acknowledged.lock().unwrap())
}

/// How many observations are not found whole: by each of their handles, as one contact.
fn lost(client: &Client, observations: &[Vec<String>]) -> usize {
    let is_found = |handles: &&Vec<String>| {
        let ids = handles.iter().map(|handle| Some(client.find(handle)?["id"].to_string()));
        ids.collect::<Option<BTreeSet<_>>>().is_some_and(|ids| ids.len() == 1)
    };
    observations.iter().filter(|handles| !is_found(handles)).count()
}

#[test]
fn nothing_acknowledged_is_lost_by_kills() {
    let kills = std::env::var("KITH_KILLS").map_or(KILLS_DEFAULT, |kills| kills.parse().unwrap());
    let place = Place::new();
    let mut server = place.serve();
    let mut client = server.client();
    let mut all = Acknowledged::default();
    for round in 0..kills {
        let acknowledged = killed(server, &client, round);
        server = place.serve();
        client.address = server.address;
        assert_eq!(lost(&client, &acknowledged.observations), 0, "lost by kill {round}");
        place.says(&["verify"]);
        all.merges += acknowledged.merges;
        all.observations.extend(acknowledged.observations);
    }
    // What an earlier round was told must last through the later ones too.
    let lost = lost(&client, &all.observations);
    println!("{kills} kills, {} acknowledged, {lost} lost", all.observations.len());
    assert_eq!(lost, 0);
    assert!(all.merges > 0, "there was something to lose");
}
