//! Tests of the SQLite store.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::search::Query;
use contact::{Channel, ChannelType, CompanyId, Region, SignatureKey, Time};
use store::{
    Access, Companies, Contacts, Difference, Error, InMemory, Journal, ListRequest, Model, NewChannel, Scratch, Search,
    Store, verify,
};
use store_sqlite::{Sqlite, TemporaryFiles};

use crate::conformance::{self, Fresh, company};
use crate::history::{HANDLES, handle, histories, named, observed};
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
    let commands = vec![named(&[1, 2], Some("Bruce")), observed(&[3]), observed(&[2, 3])];
    store.write(wayne(), Time::from_millis(1), commands).await.unwrap();
}

#[track_caller]
fn refused(file: &Path, access: Access, reason: &str) {
    let Err(error) = Sqlite::open(file, access) else { panic!("{} was opened", file.display()) };
    let text = error.to_string();
    assert!(matches!(error, Error::Unusable(_)) && text.contains(reason), "{text}");
    assert!(text.contains(&file.display().to_string()), "the error does not name the file: {text}");
}

#[tokio::test]
async fn a_closed_store_keeps_its_data() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    write_some(&Sqlite::open(&file, Access::Serve).unwrap()).await;
    let store = Sqlite::open(&file, Access::Serve).unwrap();
    let contacts = store.contacts(wayne(), ListRequest::latest(None), 10).await.unwrap();
    assert_eq!((contacts.len(), contacts[0].handles.len(), contacts[0].name()), (1, 3, "Bruce"));
    assert_eq!(verify(&store, &InMemory, wayne()).await.unwrap(), []);
}

#[tokio::test]
async fn one_process_serves_and_others_may_write() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let serving = Sqlite::open(&file, Access::Serve).unwrap();
    refused(&file, Access::Serve, &format!("served already, by process {}", std::process::id()));
    let second = Sqlite::open(&file, Access::Change).unwrap();
    let name = "wayne".parse().unwrap();
    assert!(serving.company(&name).await.unwrap().is_none());
    write_some(&second).await;
    assert!(serving.company(&name).await.unwrap().is_some(), "a new company is visible to the next request");
    assert_eq!(serving.contacts(wayne(), ListRequest::latest(None), 10).await.unwrap().len(), 1);
    drop(serving);
    Sqlite::open(&file, Access::Serve).unwrap();
}

#[tokio::test]
async fn an_older_store_forgets_the_tokens_of_channels() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let store = Sqlite::open(&file, Access::Serve).unwrap();
    store.add_company(company(7, "wayne")).await.unwrap();
    let address = Channel::address(ChannelType::Sms, "+16505550100", Region::default()).unwrap();
    let signature_key = Some(SignatureKey::new(""));
    let new = NewChannel { kind: ChannelType::Sms, address, signature_key, created_at: Time::from_millis(1) };
    store.add_channel(wayne(), new).await.unwrap();
    drop(store);
    let old = rusqlite::Connection::open(&file).unwrap();
    old.execute_batch(
        "ALTER TABLE channel RENAME COLUMN signature_key TO token; UPDATE channel SET token = 'my-auth-token';
         PRAGMA user_version = 1",
    )
    .unwrap();
    drop(old);
    let has_token = || {
        let contents = ["kith.db", "kith.db-wal"].map(|name| fs::read(folder.path().join(name)).unwrap_or_default());
        String::from_utf8_lossy(&contents.concat()).contains("my-auth-token")
    };
    assert!(has_token());
    let store = Sqlite::open(&file, Access::Serve).unwrap();
    assert_eq!(store.channels(wayne()).await.unwrap()[0].signature_key, Some(SignatureKey::new("my-auth-token")));
    drop(store);
    assert!(!has_token());
}

#[tokio::test]
async fn a_link_to_a_store_is_the_same_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("links")).unwrap();
    std::os::unix::fs::symlink("../kith.db", path("links/one.db")).unwrap();
    std::os::unix::fs::symlink(path("links/one.db"), path("two.db")).unwrap();
    // The store does not exist yet.
    let serving = Sqlite::open(&path("two.db"), Access::Serve).unwrap();
    write_some(&serving).await;
    for name in ["kith.db", "links/one.db", "two.db"] {
        let error = Sqlite::open(&path(name), Access::Serve).err().unwrap().to_string();
        assert!(error.contains("kith.db is served already"), "{name}: {error}");
        Sqlite::open(&path(name), Access::Change).unwrap();
    }
    drop(serving);
    let mut names: Vec<_> = [folder.path().to_owned(), path("links")]
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.retain(|name| name.starts_with("one.db-") || name.starts_with("two.db-"));
    assert_eq!(names, [] as [String; 0]);
    // A hard link is another name, beside which there is neither a log nor a lock.
    std::fs::hard_link(path("kith.db"), path("three.db")).unwrap();
    for name in ["kith.db", "three.db"] {
        refused(&path(name), Access::Serve, "has several names");
        refused(&path(name), Access::Change, "has several names");
    }
    std::fs::remove_file(path("three.db")).unwrap();
    let serving = Sqlite::open(&path("kith.db"), Access::Serve).unwrap();
    std::fs::hard_link(path("kith.db"), path("three.db")).unwrap();
    refused(&path("three.db"), Access::Serve, "has several names");
    refused(&path("three.db"), Access::Read, "has several names");
    drop(serving);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_processes_see_whether_the_store_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let open = async |access| Arc::new(Sqlite::open(&file, access).unwrap()) as Arc<dyn Store>;
    conformance::other_processes_see_whether_the_store_is_served(open).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_process_lets_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let open = async |access| Arc::new(Sqlite::open(&file, access).unwrap()) as Arc<dyn Store>;
    conformance::a_busy_process_lets_others_write(open).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_stopped_before_its_turn_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    drop(Sqlite::open(&file, Access::Make).unwrap());
    let stopped = fs::File::open(folder.path().join("kith.db-turn")).unwrap();
    stopped.lock().unwrap();
    let store = Sqlite::open(&file, Access::Change).unwrap();
    assert_eq!(store.add_company(company(7, "wayne")).await.unwrap(), store::Added::Done);
}

#[tokio::test]
async fn files_that_are_not_stores_are_refused_and_unchanged() {
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
    let created: Vec<String> = left.filter(|name| name.ends_with("-serving") || name.starts_with("missing")).collect();
    assert!(created.is_empty(), "files were created: {created:?}");
}

#[tokio::test]
async fn a_store_opened_for_reading_refuses_writes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    write_some(&Sqlite::open(&file, Access::Make).unwrap()).await;
    let store = Sqlite::open(&file, Access::Read).unwrap();
    assert_eq!(store.contacts(wayne(), ListRequest::latest(None), 10).await.unwrap().len(), 1);
    let error = store.write(wayne(), Time::from_millis(2), vec![observed(&[9])]).await.unwrap_err();
    assert!(matches!(error, Error::Unusable(_)));
}

#[tokio::test]
async fn verify_reports_damaged_records() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let store = Sqlite::open_with(&file, Access::Serve, 0).unwrap();
    write_some(&store).await;
    // Without a buffer, the claims of a write are in the table after the next one.
    for _ in 0..2 {
        store.write(wayne(), Time::from_millis(1), vec![observed(&[3])]).await.unwrap();
    }
    let tamper = rusqlite::Connection::open(&file).unwrap();
    let contact = contact::ContactId::nth(wayne(), 1);
    let handle = crate::history::handle(3).key().clone();
    for (damage, difference) in [
        (
            "UPDATE record SET body = replace(body, 'Bruce', 'Joker') WHERE body LIKE '%Bruce%'",
            Difference::Contact(contact),
        ),
        ("DELETE FROM handle WHERE key = 'h3@example.org'", Difference::Handle(handle)),
        (
            "DELETE FROM history WHERE seq = 4 AND record = (1 << 24 | company)",
            Difference::History(contact, contact::Seq(4)),
        ),
        (
            "INSERT INTO history SELECT company, record, 1 FROM record LIMIT 1",
            Difference::History(contact, contact::Seq(1)),
        ),
        (
            "INSERT INTO note SELECT company, record, 1 FROM record LIMIT 1",
            Difference::History(contact, contact::Seq(1)),
        ),
        (
            "INSERT INTO message_reference SELECT company, (1 << 24) | company, '<a@b>', (1 << 24) | company,
             (1 << 24) | company FROM company",
            Difference::Reference("<a@b>".into()),
        ),
        ("UPDATE company SET shared_after = 7", Difference::Guards),
    ] {
        assert_eq!(tamper.execute(damage, []).unwrap(), 1, "{damage}");
        for scratch in [&InMemory as &dyn Scratch, &TemporaryFiles] {
            assert!(verify(&store, scratch, wayne()).await.unwrap().contains(&difference), "{damage}");
        }
    }
    tamper.execute("UPDATE record SET body = '{' WHERE contact = record", []).unwrap();
    assert!(matches!(verify(&store, &InMemory, wayne()).await, Err(Error::Damaged(_))));
    assert_eq!(tamper.execute("DELETE FROM journal WHERE seq = 2", []).unwrap(), 1);
    assert_eq!(verify(&store, &InMemory, wayne()).await.unwrap(), [Difference::Gap { due: 2, came: 3 }]);
}

/// A damaged record fails only the writes that need it, not others in the same batch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_record_fails_only_writes_that_need_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let store = Arc::new(Sqlite::open(&file, Access::Serve).unwrap());
    write_some(&store).await;
    let tamper = rusqlite::Connection::open(&file).unwrap();
    tamper.execute("UPDATE record SET body = '{'", []).unwrap();
    let mut writes = tokio::task::JoinSet::new();
    for n in 0..40 {
        let store = Arc::clone(&store);
        writes.spawn(async move { (n, store.write(wayne(), Time::from_millis(2), vec![observed(&[n])]).await) });
    }
    for (n, written) in writes.join_all().await {
        assert_eq!(written.is_err(), (1..=3).contains(&n), "handle {n}");
    }
}

#[tokio::test]
async fn a_backup_is_complete_and_replaces_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("kith.db"), Access::Serve).unwrap();
    write_some(&store).await;
    let copy = folder.path().join("copy.db");
    store.backup(&copy).await.unwrap();
    let restored = Sqlite::open(&copy, Access::Serve).unwrap();
    assert_eq!(verify(&restored, &InMemory, wayne()).await.unwrap(), []);
    assert_eq!(
        restored.contacts(wayne(), ListRequest::latest(None), 10).await.unwrap(),
        store.contacts(wayne(), ListRequest::latest(None), 10).await.unwrap()
    );
    let error = store.backup(&copy).await.unwrap_err().to_string();
    assert!(error.contains("already exists"), "{error}");
    let error = store.backup(&folder.path().join("missing/copy.db")).await.unwrap_err().to_string();
    assert!(error.contains("cannot be written"), "{error}");
}

/// Each writing process has unflushed claims in memory, which the others read from the journal.
#[tokio::test]
async fn all_processes_agree_on_the_owner_of_a_handle() {
    let companies = [wayne(), CompanyId::new(8).unwrap()];
    for (n, history) in histories(wayne(), 20).into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kith.db");
        let open = |access| Sqlite::open_with(&file, access, [0, 1, 4, 1_000][n % 4]).unwrap();
        let mut serving = open(Access::Serve);
        let (second, model) = (open(Access::Change), Model::default());
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
            let writer = if step * 7 % 5 < 3 { &serving } else { &second };
            let written = writer.write(id, at, vec![command.clone()]).await.unwrap();
            assert_eq!(written, model.write(id, at, vec![command]).await.unwrap());
            let reading = Sqlite::open(&file, Access::Read).unwrap();
            for handle in (0..HANDLES).map(|n| handle(n).key().clone()) {
                let owner = model.owner(id, handle.clone()).await.unwrap();
                for store in [&serving, &second, &reading] {
                    assert_eq!(store.owner(id, handle.clone()).await.unwrap(), owner, "after step {step}");
                }
            }
            assert_eq!(verify(&reading, &InMemory, id).await.unwrap(), [], "after step {step}");
        }
    }
}

/// Enough contacts for several rounds of flushes.
#[tokio::test]
async fn buffered_claims_are_flushed_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let store = Sqlite::open_with(&file, Access::Serve, 50).unwrap();
    store.add_company(company(7, "wayne")).await.unwrap();
    for first in (0..1_000).step_by(20) {
        let contacts = (first..first + 20).map(|n| observed(&[n * 7919 % 1_000, 1_000 + n])).collect();
        store.write(wayne(), Time::from_millis(1), contacts).await.unwrap();
    }
    let connection = rusqlite::Connection::open(&file).unwrap();
    let number = |query: &str| connection.query_row(query, [], |row| row.get::<_, u64>(0)).unwrap();
    // The claims of the last batches are still buffered.
    assert!((1_910..=1_950).contains(&number("SELECT count(*) FROM handle")));
    assert!(number("SELECT handles_flushed FROM company") > 800);
    drop(store);
    let store = Sqlite::open_with(&file, Access::Serve, 50).unwrap();
    for n in 0..2_000 {
        assert!(store.owner(wayne(), handle(n).key().clone()).await.unwrap().is_some(), "handle {n}");
    }
    assert_eq!(verify(&store, &InMemory, wayne()).await.unwrap(), []);
    let again = store.write(wayne(), Time::from_millis(2), vec![observed(&[3, 1_003])]).await.unwrap();
    assert_eq!(again[0].as_ref().unwrap().merged.len(), 1);
}

/// The sidecar of duplicates is rebuilt if it is missing, damaged, of another version, or of another journal.
///
/// It belongs to another journal after the store was restored from a backup.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_of_duplicates_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let [file, sidecar, backup] = ["kith.db", "kith.db-duplicates", "backup.db"].map(|name| folder.path().join(name));
    let two = || vec![named(&[1], Some("Bruce Wayne")), named(&[2], Some("Wayne, Bruce"))];
    let pairs = async |expected: usize| {
        let store = Sqlite::open(&file, Access::Serve).unwrap();
        let are_there = async || (store.duplicates(wayne(), None, 9).await.unwrap().len() == expected).then_some(());
        wait::until_async(&format!("{expected} pairs"), are_there).await;
        store
    };
    let store = Sqlite::open(&file, Access::Make).unwrap();
    store.add_company(company(7, "wayne")).await.unwrap();
    store.backup(&backup).await.unwrap();
    store.write(wayne(), Time::from_millis(1), two()).await.unwrap();
    assert_eq!(store.duplicates(wayne(), None, 9).await.unwrap(), [], "the index does not exist yet");
    drop(store);
    drop(pairs(1).await);
    fs::remove_file(&sidecar).unwrap();
    drop(pairs(1).await);
    rusqlite::Connection::open(&sidecar).unwrap().execute_batch("DROP TABLE pair; PRAGMA user_version = 9").unwrap();
    drop(pairs(1).await);
    fs::write(
        &sidecar,
        "not a database, but longer than the header of a database file: so SQLite reads the header first",
    )
    .unwrap();
    drop(pairs(1).await);
    fs::rename(&backup, &file).unwrap();
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(folder.path().join(format!("kith.db{ending}")));
    }
    let store = Sqlite::open(&file, Access::Change).unwrap();
    let observed = vec![named(&[3], Some("Selina")), named(&[4], Some("Alfred")), named(&[5], Some("Kyle"))];
    store.write(wayne(), Time::from_millis(2), observed).await.unwrap();
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
async fn a_lost_or_damaged_search_index_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let store = Sqlite::open(&file, Access::Serve).unwrap();
    write_some(&store).await;
    search::caught_up(&store, wayne()).await;
    drop(store);
    let damage: [&dyn Fn(&Path); 4] = [
        &|file| fs::remove_file(file).unwrap(),
        &|file| fs::write(file, "not a database, but longer than the header of one".repeat(99)).unwrap(),
        &|file| fs::write(file, "").unwrap(),
        &|file| {
            let index = rusqlite::Connection::open(file).unwrap();
            index.execute_batch("DROP TABLE indexed; PRAGMA user_version = 99").unwrap();
        },
    ];
    for (n, damage) in damage.into_iter().enumerate() {
        let [index, log, shared] = search_files(&file);
        // A reading connection may be closed a moment after its read, and then deletes the log.
        wait::until_async("the log of the index is gone", async || (!log.exists()).then_some(())).await;
        damage(&index);
        for sidecar in [log, shared].iter().filter(|file| file.exists()) {
            fs::remove_file(sidecar).unwrap();
        }
        let reading = Sqlite::open(&file, Access::Read).unwrap();
        assert!(n == 1 || !is_found(&reading, "bruce").await, "the index is not rebuilt yet");
        drop(reading);
        let store = Sqlite::open(&file, Access::Serve).unwrap();
        assert_eq!(search::found(&store, wayne(), "bruce").await.len(), 1, "{n}");
        assert!(is_found(&store, "ruc").await);
    }
}

/// The indexed store is replaced by an older copy, which then gets other entries.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_search_index_of_another_store_is_rebuilt() {
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

/// A process that reads a store can update its index if no server runs, but writes nothing to the store.
#[tokio::test]
async fn a_reader_updates_the_search_index() {
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

/// A new contact is found within a second, while other writes go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_new_contact_is_found_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Sqlite::open(&folder.path().join("kith.db"), Access::Serve).unwrap());
    write_some(&store).await;
    let writing = Arc::clone(&store);
    let busy = tokio::spawn(async move {
        for n in 100.. {
            writing.write(wayne(), Time::from_millis(2), vec![named(&[n], Some("Other"))]).await.unwrap();
            // sleeps: others write at a steady rate
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        }
    });
    for n in 0..10 {
        let name = format!("Person{n}");
        store.write(wayne(), Time::from_millis(2), vec![named(&[50 + n], Some(&name))]).await.unwrap();
        let written = std::time::Instant::now();
        wait::until_async(&name, async || is_found(&store, &name[1..]).await.then_some(())).await;
        assert!(written.elapsed().as_millis() < 1_000, "{name} was found only after {:?}", written.elapsed());
    }
    busy.abort();
}

/// A rebuild of the index that is interrupted several times continues where it stopped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_rebuild_of_the_search_index_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kith.db");
    let store = Sqlite::open(&file, Access::Make).unwrap();
    write_some(&store).await;
    for first in (100..3_100).step_by(500) {
        let contacts = (first..first + 500).map(|n| named(&[n], Some(&format!("Person {n}")))).collect();
        store.write(wayne(), Time::from_millis(2), contacts).await.unwrap();
    }
    drop(store);
    for pause in [1, 5, 10, 20, 40, 80] {
        let store = Sqlite::open(&file, Access::Serve).unwrap();
        // sleeps: the store is closed at different moments of the indexing
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
