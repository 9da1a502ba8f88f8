//! What holds of much that is written at once, as an import does.

use std::time::Duration;

use contact::{Command, Observation, Time};
use store::{Access, Companies, Contacts, Journal, Limits, Model, Postgres, Sqlite, Store, verify};
use tokio::time::timeout;

use crate::conformance::company;
use crate::history::{handle, named, told};
use crate::sqlite::wayne;

/// What is written at once is loaded, decided and stored by several threads if it is much. It comes to what it would come
/// to one by one, also where others write to the file between.
#[tokio::test]
async fn many_at_once_are_one_after_the_other() {
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
            // Somebody with up to three handles, who now and then turns out to be their neighbour too.
            let person = next(1_500);
            let mut handles = vec![person * 3 + next(3), person * 3 + next(3)];
            handles.extend((next(10) == 0).then(|| person * 3 + 3 + next(3)));
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
            importing.write(wayne(), at, commands.clone()).await.unwrap()
        };
        assert_eq!(written, model.write(wayne(), at, commands).await.unwrap(), "round {round}");
        for n in (0..4_600).step_by(7) {
            let handle = handle(n).key().clone();
            let owner = model.owner(wayne(), handle.clone()).await.unwrap();
            assert_eq!(importing.owner(wayne(), handle).await.unwrap(), owner, "handle {n} in round {round}");
        }
        assert_eq!(verify(&serving, wayne()).await.unwrap(), [], "round {round}");
    }
    let head = model.head(wayne()).await.unwrap();
    assert_eq!(importing.head(wayne()).await.unwrap(), head);
    drop(importing);
    assert_eq!(
        serving.entries(wayne(), contact::Seq(0), 20_000).await.unwrap(),
        model.entries(wayne(), contact::Seq(0), 20_000).await.unwrap()
    );
}

/// In a file.
#[tokio::test]
async fn much_that_is_told_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let open = |access| Sqlite::open_with(&file, access, 500).unwrap();
    let (serving, importing) = (open(Access::Serve), open(Access::Change));
    tell_much_again(&serving, &importing).await;
}

/// In a database. Whoever holds the company, to write to it, is not waited for.
#[tokio::test]
async fn much_that_is_told_again_changes_nothing_in_a_database() {
    let url = cluster::fresh(cluster::shared()).await;
    let open = async |access| Postgres::open(&url, access, Limits::default()).await.unwrap();
    let (serving, importing) = (open(Access::Serve).await, open(Access::Change).await);
    let rows = tell_much_again(&serving, &importing).await;
    let client = cluster::connect(&url).await;
    client.batch_execute("BEGIN; SELECT FROM ends WHERE company = 7 FOR UPDATE").await.unwrap();
    let again = importing.write(wayne(), Time::from_millis(1), rows);
    let outcomes = timeout(Duration::from_secs(20), again).await.expect("it waits for nobody").unwrap();
    assert!(outcomes.iter().all(|outcome| !outcome.as_ref().unwrap().changed));
}

/// Much that was told before is looked at by several readers, of what others have written meanwhile too. Whatever it changes
/// after all is written as anything else. Returns what changes nothing in the end.
async fn tell_much_again(serving: &dyn Store, importing: &dyn Store) -> Vec<Command> {
    let model = Model::default();
    serving.add_company(company(7, "wayne")).await.unwrap();
    model.add_company(company(7, "wayne")).await.unwrap();
    let at = Time::from_millis(1);
    // Some are two people's that become one, and one has parts from here and there.
    let row = |n: usize| {
        let handles = [n * 2, n * 2 + 1 + usize::from(n.is_multiple_of(10)), n % 500 * 3_000];
        let handles = &handles[..if n % 500 == 499 { 3 } else { 2 }];
        let Command::Observe(told) = named(handles, [None, Some("Bruce")][n % 2]) else {
            unreachable!("it tells something")
        };
        Command::from(Observation { only_fill_gaps: true, ..*told })
    };
    let rows: Vec<Command> = (0..2_500).map(row).collect();
    let mut beside = rows.clone();
    beside[1_200] = told(&[2_400, 900_000]);
    // Anew, again, after somebody else has told something, and with something new in the midst.
    for (round, (commands, between)) in
        [(&rows, None), (&rows, None), (&rows, Some(told(&[7, 8]))), (&beside, None), (&beside, None)]
            .into_iter()
            .enumerate()
    {
        if let Some(command) = between {
            serving.write(wayne(), at, vec![command.clone()]).await.unwrap();
            model.write(wayne(), at, vec![command]).await.unwrap();
        }
        let written = importing.write(wayne(), at, commands.clone()).await.unwrap();
        assert_eq!(written, model.write(wayne(), at, commands.clone()).await.unwrap(), "round {round}");
        let heads = (importing.head(wayne()).await.unwrap(), model.head(wayne()).await.unwrap());
        assert_eq!(heads.0, heads.1, "round {round}");
    }
    assert_eq!(verify(serving, wayne()).await.unwrap(), []);
    rows
}
