//! What is true of the embedded store alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::search::Query;
use contact::{CompanyId, Region, Time};
use store::{Access, Companies, Contacts, Difference, Error, Journal, ListRequest, Model, Search, Store, verify};
use store_sqlite::Sqlite;

use crate::conformance::{self, Fresh, company};
use crate::history::{HANDLES, handle, histories, named, told};
use crate::search;

pub fn fresh(claims_waiting_max: usize) -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open_with(&folder.path().join("kith.db"), Access::Serve, claims_waiting_max).unwrap();
    Fresh { store: Arc::new(store), _keep: Some(folder) }
}

pub fn wayne() -> CompanyId {
    CompanyId::new(7).unwrap()
}

async fn write_some(store: &Sqlite) {
    store.add_company(company(7, "wayne")).await.unwrap();
    let commands = vec![named(&[1, 2], Some("Bruce")), told(&[3]), told(&[2, 3])];
    store.write(wayne(), Time::from_millis(1), commands).await.unwrap();
}

#[track_caller]
fn refused(file: &Path, access: Access, reason: &str) {
    let Err(error) = Sqlite::open(file, access) else { panic!("{} was opened", file.display()) };
    let text = error.to_string();
    assert!(matches!(error, Error::Unusable(_)) && text.contains(reason), "{text}");
    assert!(text.contains(&file.display().to_string()), "{text} names the file");
}

#[tokio::test]
async fn it_lasts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    write_some(&Sqlite::open(&file, Access::Serve).unwrap()).await;
    let store = Sqlite::open(&file, Access::Serve).unwrap();
    let people = store.contacts(wayne(), ListRequest::latest(None), 10).await.unwrap();
    assert_eq!((people.len(), people[0].handles.len(), people[0].name()), (1, 3, "Bruce"));
    assert_eq!(verify(&store, wayne()).await.unwrap(), []);
}

#[tokio::test]
async fn one_serves_and_others_help() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let serving = Sqlite::open(&file, Access::Serve).unwrap();
    refused(&file, Access::Serve, &format!("served already, by process {}", std::process::id()));
    let beside = Sqlite::open(&file, Access::Change).unwrap();
    let name = "wayne".parse().unwrap();
    assert!(serving.company(&name).await.unwrap().is_none());
    write_some(&beside).await;
    assert!(serving.company(&name).await.unwrap().is_some(), "a company counts at the next request");
    assert_eq!(serving.contacts(wayne(), ListRequest::latest(None), 10).await.unwrap().len(), 1);
    drop(serving);
    Sqlite::open(&file, Access::Serve).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_serves_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let open = async |access| Arc::new(Sqlite::open(&file, access).unwrap()) as Arc<dyn Store>;
    conformance::who_serves_is_seen(open).await;
}

#[tokio::test]
async fn files_that_are_no_store_are_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "not a database, but a text of more than a hundred bytes, ".repeat(4)).unwrap();
    let before = fs::read(&text).unwrap();
    refused(&text, Access::Serve, "is not a Kith store");
    assert_eq!(fs::read(&text).unwrap(), before);

    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let before = fs::read(&other).unwrap();
    refused(&other, Access::Serve, "another program");
    assert_eq!(fs::read(&other).unwrap(), before);

    let newer = folder.path().join("newer.db");
    drop(Sqlite::open(&newer, Access::Make).unwrap());
    rusqlite::Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    refused(&newer, Access::Serve, "newer Kith");
    refused(&newer, Access::Read, "newer Kith");

    refused(&folder.path().join("missing.db"), Access::Read, "cannot be opened");
    refused(&folder.path().join("missing.db"), Access::Change, "cannot be opened");
    refused(&folder.path().join("missing/kith.db"), Access::Make, "cannot be opened");
    let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let strangers: Vec<String> =
        left.filter(|name| name.ends_with("-serving") || name.starts_with("missing")).collect();
    assert!(strangers.is_empty(), "{strangers:?} were left behind");
}

#[tokio::test]
async fn what_is_opened_to_be_read_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    write_some(&Sqlite::open(&file, Access::Make).unwrap()).await;
    let store = Sqlite::open(&file, Access::Read).unwrap();
    assert_eq!(store.contacts(wayne(), ListRequest::latest(None), 10).await.unwrap().len(), 1);
    let error = store.write(wayne(), Time::from_millis(2), vec![told(&[9])]).await.unwrap_err();
    assert!(matches!(error, Error::Unusable(_)));
}

#[tokio::test]
async fn verify_names_what_is_not_the_fold() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let store = Sqlite::open_with(&file, Access::Serve, 0).unwrap();
    write_some(&store).await;
    // The claims of a write are in their table when the next is.
    for _ in 0..2 {
        store.write(wayne(), Time::from_millis(1), vec![told(&[3])]).await.unwrap();
    }
    let tamper = rusqlite::Connection::open(&file).unwrap();
    let contact = contact::ContactId::nth(wayne(), 1);
    let handle = crate::history::handle(3).key().clone();
    for (damage, difference) in [
        (
            "UPDATE contact SET body = replace(body, 'Bruce', 'Joker') WHERE merged_into IS NULL",
            Difference::Contact(contact),
        ),
        ("DELETE FROM handle WHERE key = 'h3@example.org'", Difference::Handle(handle)),
        ("DELETE FROM journal WHERE seq = 2", Difference::Gap { due: 2, came: 3 }),
    ] {
        assert_eq!(tamper.execute(damage, []).unwrap(), 1);
        assert!(verify(&store, wayne()).await.unwrap().contains(&difference), "{damage}");
    }
    tamper.execute("UPDATE contact SET body = '{' WHERE merged_into IS NULL", []).unwrap();
    assert!(matches!(verify(&store, wayne()).await, Err(Error::Damaged(_))));
}

/// A damaged record fails whoever needs it and nobody who waits beside them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_fails_only_whom_it_concerns() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let store = Arc::new(Sqlite::open(&file, Access::Serve).unwrap());
    write_some(&store).await;
    let tamper = rusqlite::Connection::open(&file).unwrap();
    tamper.execute("UPDATE contact SET body = '{'", []).unwrap();
    let mut writes = tokio::task::JoinSet::new();
    for n in 0..40 {
        let store = Arc::clone(&store);
        writes.spawn(async move { (n, store.write(wayne(), Time::from_millis(2), vec![told(&[n])]).await) });
    }
    for (n, written) in writes.join_all().await {
        assert_eq!(written.is_err(), (1..=3).contains(&n), "handle {n}");
    }
}

#[tokio::test]
async fn a_backup_is_whole_and_replaces_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("kith.db"), Access::Serve).unwrap();
    write_some(&store).await;
    let copy = folder.path().join("copy.db");
    store.backup(&copy).await.unwrap();
    let restored = Sqlite::open(&copy, Access::Serve).unwrap();
    assert_eq!(verify(&restored, wayne()).await.unwrap(), []);
    assert_eq!(
        restored.contacts(wayne(), ListRequest::latest(None), 10).await.unwrap(),
        store.contacts(wayne(), ListRequest::latest(None), 10).await.unwrap()
    );
    let error = store.backup(&copy).await.unwrap_err().to_string();
    assert!(error.contains("is there already"), "{error}");
    let error = store.backup(&folder.path().join("missing/copy.db")).await.unwrap_err().to_string();
    assert!(error.contains("cannot be written"), "{error}");
}

/// Whoever writes to the file has claims in memory that the others find in the journal only.
#[tokio::test]
async fn all_who_have_the_file_agree_who_has_a_handle() {
    let companies = [wayne(), CompanyId::new(8).unwrap()];
    for (n, history) in histories(wayne(), 20).into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kith.db");
        let open = |access| Sqlite::open_with(&file, access, [0, 1, 4, 1_000][n % 4]).unwrap();
        let mut serving = open(Access::Serve);
        let (beside, model) = (open(Access::Change), Model::default());
        for (id, name) in companies.into_iter().zip(["wayne", "kent"]) {
            serving.add_company(company(id.number(), name)).await.unwrap();
            model.add_company(company(id.number(), name)).await.unwrap();
        }
        for (step, command) in history.into_iter().enumerate() {
            let (id, at) = (companies[step / 2 % 2], Time::from_millis(1));
            if step == 25 {
                drop(serving);
                serving = open(Access::Serve);
            }
            let writer = if step * 7 % 5 < 3 { &serving } else { &beside };
            let written = writer.write(id, at, vec![command.clone()]).await.unwrap();
            assert_eq!(written, model.write(id, at, vec![command]).await.unwrap());
            let looking = Sqlite::open(&file, Access::Read).unwrap();
            for handle in (0..HANDLES).map(|n| handle(n).key().clone()) {
                let owner = model.owner(id, handle.clone()).await.unwrap();
                for store in [&serving, &beside, &looking] {
                    assert_eq!(store.owner(id, handle.clone()).await.unwrap(), owner, "after step {step}");
                }
            }
            assert_eq!(verify(&looking, id).await.unwrap(), [], "after step {step}");
        }
    }
}

/// Enough people that the round through the claims is made a few times.
#[tokio::test]
async fn a_tail_is_written_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let store = Sqlite::open_with(&file, Access::Serve, 50).unwrap();
    store.add_company(company(7, "wayne")).await.unwrap();
    for first in (0..1_000).step_by(20) {
        let people = (first..first + 20).map(|n| told(&[n * 7919 % 1_000, 1_000 + n])).collect();
        store.write(wayne(), Time::from_millis(1), people).await.unwrap();
    }
    let look = rusqlite::Connection::open(&file).unwrap();
    let number = |query: &str| look.query_row(query, [], |row| row.get::<_, u64>(0)).unwrap();
    // The last batch only just came to those that wait.
    assert!((1_910..=1_950).contains(&number("SELECT count(*) FROM handle")));
    assert!(number("SELECT handles_folded FROM company") > 800);
    drop(store);
    let store = Sqlite::open_with(&file, Access::Serve, 50).unwrap();
    for n in 0..2_000 {
        assert!(store.owner(wayne(), handle(n).key().clone()).await.unwrap().is_some(), "handle {n}");
    }
    assert_eq!(verify(&store, wayne()).await.unwrap(), []);
    let again = store.write(wayne(), Time::from_millis(2), vec![told(&[3, 1_003])]).await.unwrap();
    assert_eq!(again[0].as_ref().unwrap().merged.len(), 1);
}

/// Which contacts look alike is kept beside the store, and made anew where it is missing, of another version, or of another
/// journal: that of the store before a backup was put back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pairs_are_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let [file, beside, backup] = ["kith.db", "kith.db-duplicates", "backup.db"].map(|name| folder.path().join(name));
    let two = || vec![named(&[1], Some("Bruce Wayne")), named(&[2], Some("Wayne, Bruce"))];
    let pairs = async |wanted: usize| {
        let store = Sqlite::open(&file, Access::Serve).unwrap();
        for _ in 0..1_000 {
            if store.duplicates(wayne(), None, 9).await.unwrap().len() == wanted {
                return store;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{:?} and not {wanted}", store.duplicates(wayne(), None, 9).await.unwrap());
    };
    let store = Sqlite::open(&file, Access::Make).unwrap();
    store.add_company(company(7, "wayne")).await.unwrap();
    store.backup(&backup).await.unwrap();
    store.write(wayne(), Time::from_millis(1), two()).await.unwrap();
    assert_eq!(store.duplicates(wayne(), None, 9).await.unwrap(), [], "nobody has made any yet");
    drop(store);
    drop(pairs(1).await);
    fs::remove_file(&beside).unwrap();
    drop(pairs(1).await);
    rusqlite::Connection::open(&beside).unwrap().execute_batch("DROP TABLE pair; PRAGMA user_version = 9").unwrap();
    drop(pairs(1).await);
    fs::write(&beside, "no database at all, but long enough to look at: it has more bytes than a head of a file")
        .unwrap();
    drop(pairs(1).await);
    fs::rename(&backup, &file).unwrap();
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(folder.path().join(format!("kith.db{ending}")));
    }
    let store = Sqlite::open(&file, Access::Change).unwrap();
    let told = vec![named(&[3], Some("Selina")), named(&[4], Some("Alfred")), named(&[5], Some("Kyle"))];
    store.write(wayne(), Time::from_millis(2), told).await.unwrap();
    drop(store);
    drop(pairs(0).await);
}

#[tokio::test]
async fn a_store_of_a_development_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    drop(Sqlite::open(&file, Access::Make).unwrap());
    let old = rusqlite::Connection::open(&file).unwrap();
    old.execute_batch("PRAGMA application_id = 1265202280; PRAGMA user_version = 10").unwrap();
    drop(old);
    for access in [Access::Serve, Access::Change, Access::Read] {
        refused(&file, access, "was made by a development version of Kith");
    }
}

fn search_files(file: &Path) -> [PathBuf; 3] {
    ["-search", "-search-wal", "-search-shm"].map(|ending| file.with_file_name(format!("kith.db{ending}")))
}

async fn is_found(store: &Sqlite, text: &str) -> bool {
    let query = Query::parse(text, Region::default()).unwrap();
    !store.search(wayne(), &query, 10).await.unwrap().contacts.is_empty()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_is_lost_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let store = Sqlite::open(&file, Access::Serve).unwrap();
    write_some(&store).await;
    search::caught_up(&store, wayne()).await;
    drop(store);
    let damage: [&dyn Fn(&Path); 4] = [
        &|file| fs::remove_file(file).unwrap(),
        &|file| fs::write(file, "no database, but long enough that it is looked at".repeat(99)).unwrap(),
        &|file| fs::write(file, "").unwrap(),
        &|file| {
            let index = rusqlite::Connection::open(file).unwrap();
            index.execute_batch("DROP TABLE place; PRAGMA user_version = 99").unwrap();
        },
    ];
    for (n, damage) in damage.into_iter().enumerate() {
        let [index, log, shared] = search_files(&file);
        // A read's connection may be closed a moment after its answer, and takes the log of the file along that has its name then.
        for _ in (0..1_000).take_while(|_| log.exists()) {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        damage(&index);
        for beside in [log, shared].iter().filter(|file| file.exists()) {
            fs::remove_file(beside).unwrap();
        }
        let reading = Sqlite::open(&file, Access::Read).unwrap();
        assert!(n == 1 || !is_found(&reading, "bruce").await, "nobody has made it anew yet");
        drop(reading);
        let store = Sqlite::open(&file, Access::Serve).unwrap();
        assert_eq!(search::found(&store, wayne(), "bruce").await.len(), 1, "{n}");
        assert!(is_found(&store, "ruc").await);
    }
}

/// A store that is older, or has gone another way since, in the place of the one that was indexed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_of_another_store_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = (folder.path().join("kith.db"), folder.path().join("copy.db"));
    let store = Sqlite::open(&file, Access::Serve).unwrap();
    write_some(&store).await;
    store.backup(&copy).await.unwrap();
    store.write(wayne(), Time::from_millis(70), vec![named(&[8], Some("Joker"))]).await.unwrap();
    assert_eq!(search::found(&store, wayne(), "joker").await.len(), 1);
    drop(store);
    fs::rename(&copy, &file).unwrap();
    for ending in ["kith.db-wal", "kith.db-shm"] {
        let _ = fs::remove_file(folder.path().join(ending));
    }
    let store = Sqlite::open(&file, Access::Make).unwrap();
    for n in 0..5 {
        let name = format!("Robin {n}");
        store.write(wayne(), Time::from_millis(80), vec![named(&[8], Some(&name))]).await.unwrap();
    }
    drop(store);
    let store = Sqlite::open(&file, Access::Serve).unwrap();
    assert_eq!(search::found(&store, wayne(), "robin").await.len(), 1);
    assert!(search::found(&store, wayne(), "joker").await.is_empty());
    assert_eq!(search::found(&store, wayne(), "bruce").await.len(), 1);
}

/// Whoever reads a file that nobody serves can bring its index along, but writes nothing to the store.
#[tokio::test]
async fn an_index_is_brought_along_beside_a_store_that_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    write_some(&Sqlite::open(&file, Access::Make).unwrap()).await;
    let store = Sqlite::open(&file, Access::Read).unwrap();
    let query = Query::parse("bruce", Region::default()).unwrap();
    let found = store.search(wayne(), &query, 10).await.unwrap();
    assert!(found.contacts.is_empty() && !found.is_complete);
    assert_eq!(search::found(&store, wayne(), "bruce").await.len(), 1);
    store.reindex(wayne()).await.unwrap();
    assert!(!is_found(&store, "bruce").await);
    assert_eq!(search::found(&store, wayne(), "bruce").await.len(), 1);
}

/// What is told is found within a second while others write.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn who_was_told_of_is_found_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Sqlite::open(&folder.path().join("kith.db"), Access::Serve).unwrap());
    write_some(&store).await;
    let writing = Arc::clone(&store);
    let busy = tokio::spawn(async move {
        for n in 100.. {
            writing.write(wayne(), Time::from_millis(2), vec![named(&[n], Some("Somebody"))]).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        }
    });
    for n in 0..10 {
        let name = format!("Person{n}");
        store.write(wayne(), Time::from_millis(2), vec![named(&[50 + n], Some(&name))]).await.unwrap();
        let told = std::time::Instant::now();
        while !is_found(&store, &name[1..]).await {
            assert!(told.elapsed().as_millis() < 1_000, "{name} is not found");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
    busy.abort();
}

/// Closed again and again while an index is made of many contacts, it goes on where it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_is_interrupted_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let store = Sqlite::open(&file, Access::Make).unwrap();
    write_some(&store).await;
    for first in (100..3_100).step_by(500) {
        let people = (first..first + 500).map(|n| named(&[n], Some(&format!("Person {n}")))).collect();
        store.write(wayne(), Time::from_millis(2), people).await.unwrap();
    }
    drop(store);
    for pause in [1, 5, 10, 20, 40, 80] {
        let store = Sqlite::open(&file, Access::Serve).unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
        store
            .write(wayne(), Time::from_millis(3), vec![named(&[100], Some(&format!("Renamed {pause}")))])
            .await
            .unwrap();
    }
    let store = Sqlite::open(&file, Access::Serve).unwrap();
    for n in (101..3_100).step_by(37) {
        let name = format!("Person {n}");
        assert_eq!(search::found(&store, wayne(), &name).await[0].name(), name);
    }
    assert_eq!(search::found(&store, wayne(), "renamed").await.len(), 1);
}
