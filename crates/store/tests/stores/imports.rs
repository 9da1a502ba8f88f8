//! Tests of imports: a batch equals single writes, and importing a file again only reads.

use std::time::Duration;

use contact::{Command, Observation, Time};
use store::{Access, Companies, Contacts, ImportBatch, InMemory, Journal, Model, Store, verify};
use store_postgres::{Limits, Postgres};
use store_sqlite::Sqlite;
use tokio::time::timeout;

use crate::conformance::company;
use crate::history::{handle, named, observed, record_name};
use crate::sqlite::wayne;

/// An import batch of some observations.
fn batch(commands: &[Command]) -> ImportBatch {
    let observation = |command: &Command| match command {
        Command::Observe(observation) => observation.clone(),
        other => unreachable!("not an observation: {other:?}"),
    };
    ImportBatch::new(commands.iter().map(observation).collect(), None)
}

/// Law 5 for the bulk pipeline, also if another process writes to the file in between.
#[tokio::test]
async fn an_import_batch_equals_single_writes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let open = |access, claims| Sqlite::open_with(&file, access, claims).unwrap();
    let (serving, importing, model) = (open(Access::Serve, 0), open(Access::Change, 5_000), Model::default());
    serving.add_company(company(7, "wayne")).await.unwrap();
    model.add_company(company(7, "wayne")).await.unwrap();
    let mut mixed = 1_usize;
    let mut next = |most: usize| {
        mixed = mixed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (mixed >> 33) % most
    };
    for (round, count) in [1_500, 60, 2_000, 1_200, 40, 1_000].into_iter().enumerate() {
        let mut row = |n: usize| {
            // A contact with up to three handles, sometimes merged with its neighbour.
            let contact = next(1_500);
            let mut handles = vec![contact * 3 + next(3), contact * 3 + next(3)];
            handles.extend((next(10) == 0).then(|| contact * 3 + 3 + next(3)));
            named(&handles, [None, Some("Bruce"), Some("Alfred")][n % 3])
        };
        let commands: Vec<_> = (0..count).map(&mut row).collect();
        let at = Time::from_millis(1);
        let written = if count < 100 {
            let mut written = Vec::new();
            for command in &commands {
                written.extend(serving.write(wayne(), at, vec![command.clone()]).await.unwrap());
            }
            written
        } else {
            importing.import(wayne(), at, batch(&commands)).await.unwrap()
        };
        assert_eq!(written, model.write(wayne(), at, commands).await.unwrap(), "round {round}");
        for n in (0..4_600).step_by(7) {
            let handle = handle(n).key().clone();
            let owner = model.owner(wayne(), handle.clone()).await.unwrap();
            assert_eq!(importing.owner(wayne(), handle).await.unwrap(), owner, "handle {n} in round {round}");
        }
        assert_eq!(verify(&serving, &InMemory, wayne()).await.unwrap(), [], "round {round}");
    }
    let head = model.head(wayne()).await.unwrap();
    assert_eq!(importing.head(wayne()).await.unwrap(), head);
    drop(importing);
    assert_eq!(
        serving.entries(wayne(), contact::Seq(0), 20_000).await.unwrap(),
        model.entries(wayne(), contact::Seq(0), 20_000).await.unwrap()
    );
}

/// A record that is replaced takes away what the pipeline has loaded, or loads later.
#[tokio::test]
async fn a_handle_that_an_import_takes_away_is_free_for_later_rows() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open_with(&folder.path().join("kith.db"), Access::Serve, 5_000).unwrap();
    let model = Model::default();
    let about = |record: usize, handles: &[usize]| {
        let Command::Observe(observed) = observed(handles) else { unreachable!("not an observation") };
        Command::from(Observation { record: Some(record_name(record)), ..*observed })
    };
    let new = |n: usize| about(n, &[n * 2, n * 2 + 1]);
    let first = vec![about(1, &[1, 2])];
    // The first record gives up a handle in the first step; another one reports it some steps later.
    let mut second = vec![about(2, &[3]), about(1, &[1, 2, 4]), about(1, &[2])];
    second.extend((100..900).map(new));
    second.push(about(3, &[1]));
    store.add_company(company(7, "wayne")).await.unwrap();
    model.add_company(company(7, "wayne")).await.unwrap();
    for commands in [first, second] {
        let at = Time::from_millis(1);
        let written = store.import(wayne(), at, batch(&commands)).await.unwrap();
        assert_eq!(written, model.write(wayne(), at, commands).await.unwrap());
    }
    let [one, two] = [1, 2].map(|n| store.owner(wayne(), handle(n).key().clone()));
    assert_ne!(one.await.unwrap(), two.await.unwrap());
    assert_eq!(verify(&store, &InMemory, wayne()).await.unwrap(), []);
}

#[tokio::test]
async fn importing_a_file_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let open = |access| Sqlite::open_with(&file, access, 500).unwrap();
    let (serving, importing) = (open(Access::Serve), open(Access::Change));
    import_again(&serving, &importing).await;
}

/// The reimport check does not wait for a writer that holds the lock of the company.
#[tokio::test]
async fn importing_a_file_again_into_postgresql_changes_nothing() {
    let url = cluster::fresh(cluster::shared()).await;
    let open = async |access| Postgres::open(&url, access, Limits::default()).await.unwrap();
    let (serving, importing) = (open(Access::Serve).await, open(Access::Change).await);
    let rows = import_again(&serving, &importing).await;
    let client = cluster::connect(&url).await;
    client.batch_execute("BEGIN; SELECT FROM ends WHERE company = 7 FOR UPDATE").await.unwrap();
    let again = importing.import(wayne(), Time::from_millis(1), batch(&rows));
    let outcomes = timeout(Duration::from_secs(20), again).await.expect("the check waited for the writer").unwrap();
    assert!(outcomes.iter().all(|outcome| !outcome.as_ref().unwrap().changed));
}

/// Imports rows repeatedly, with other writes and a new row in between, and compares with the model.
///
/// Returns rows that no longer change anything.
async fn import_again(serving: &dyn Store, importing: &dyn Store) -> Vec<Command> {
    let model = Model::default();
    serving.add_company(company(7, "wayne")).await.unwrap();
    model.add_company(company(7, "wayne")).await.unwrap();
    let at = Time::from_millis(1);
    // Some rows merge two contacts, and some have handles of distant ones.
    let row = |n: usize| {
        let handles = [n * 2, n * 2 + 1 + usize::from(n.is_multiple_of(10)), n % 500 * 3_000];
        let handles = &handles[..if n % 500 == 499 { 3 } else { 2 }];
        let Command::Observe(observed) = named(handles, [None, Some("Bruce")][n % 2]) else {
            unreachable!("not an observation")
        };
        Command::from(Observation { only_fill_gaps: true, ..*observed })
    };
    let rows: Vec<Command> = (0..2_500).map(row).collect();
    let mut with_new_row = rows.clone();
    with_new_row[1_200] = observed(&[2_400, 900_000]);
    // The first import, a repeated one, one after another write, and one with a new row in the middle.
    for (round, (commands, between)) in
        [(&rows, None), (&rows, None), (&rows, Some(observed(&[7, 8]))), (&with_new_row, None), (&with_new_row, None)]
            .into_iter()
            .enumerate()
    {
        if let Some(command) = between {
            serving.write(wayne(), at, vec![command.clone()]).await.unwrap();
            model.write(wayne(), at, vec![command]).await.unwrap();
        }
        let written = importing.import(wayne(), at, batch(commands)).await.unwrap();
        assert_eq!(written, model.write(wayne(), at, commands.clone()).await.unwrap(), "round {round}");
        let heads = (importing.head(wayne()).await.unwrap(), model.head(wayne()).await.unwrap());
        assert_eq!(heads.0, heads.1, "round {round}");
    }
    assert_eq!(verify(serving, &InMemory, wayne()).await.unwrap(), []);
    rows
}
