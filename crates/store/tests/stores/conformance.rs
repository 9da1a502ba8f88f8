//! The conformance tests that every store must pass.

use std::collections::BTreeSet;
use std::sync::Arc;

use contact::{CompanyId, Contact, ContactId, Entry, Group, Guards, Refused, Region, Seq, TeammateId, Time};
use store::{Access, Added, Company, Cursor, Error, InMemory, ListRequest, ScanItem, SecretHash, Store, verify};

use crate::history::{STEPS, handle, histories, merge, moved, named, observed, split};

/// An empty store, and the folder that must outlive it.
pub struct Fresh {
    pub store: Arc<dyn Store>,
    pub _keep: Option<tempfile::TempDir>,
}

fn in_memory() -> Fresh {
    Fresh { store: Arc::new(store::Model::default()), _keep: None }
}

pub fn company(number: u32, name: &str) -> Company {
    Company {
        id: CompanyId::new(number).unwrap(),
        name: name.parse().unwrap(),
        secret: SecretHash([7; 32]),
        region: Region::default(),
        rate_limit: None,
        created_at: Time::from_millis(1_700_000_000_123),
    }
}

pub fn at(millis: i64) -> Time {
    Time::from_millis(millis)
}

pub async fn with_wayne(fresh: Fresh) -> (Fresh, CompanyId) {
    let wayne = company(7, "wayne");
    assert_eq!(fresh.store.add_company(wayne.clone()).await.unwrap(), Added::Done);
    (fresh, wayne.id)
}

async fn records(store: &dyn Store, company: CompanyId) -> Vec<ScanItem> {
    let mut scan = store.scan(company).await.unwrap();
    let mut records = Vec::new();
    while let Some(record) = scan.recv().await {
        records.push(record.unwrap());
    }
    records
}

async fn journal(store: &dyn Store, company: CompanyId) -> Vec<Entry> {
    let entry = |record| if let ScanItem::Entry(entry) = record { Some(entry) } else { None };
    records(store, company).await.into_iter().filter_map(entry).collect()
}

async fn all_contacts(store: &dyn Store, company: CompanyId) -> Vec<Contact> {
    store.contacts(company, ListRequest::latest(None), usize::from(u16::MAX)).await.unwrap()
}

pub async fn companies_are_found_by_name(fresh: Fresh) {
    let store = &fresh.store;
    let (wayne, acme) = (company(7, "wayne"), company(3, "acme"));
    assert!(store.company(&wayne.name).await.unwrap().is_none());
    assert_eq!(store.add_company(wayne.clone()).await.unwrap(), Added::Done);
    assert_eq!(store.add_company(acme.clone()).await.unwrap(), Added::Done);
    assert_eq!(store.add_company(company(9, "wayne")).await.unwrap(), Added::NameTaken);
    assert_eq!(store.add_company(company(7, "other")).await.unwrap(), Added::NumberTaken);
    assert!(store.company(&wayne.name).await.unwrap() == Some(wayne.clone()));
    assert!(store.companies().await.unwrap() == [acme, wayne.clone()]);
    let secret = SecretHash([8; 32]);
    assert!(store.set_secret(wayne.id, secret).await.unwrap());
    assert!(store.company(&wayne.name).await.unwrap() == Some(Company { secret, ..wayne }));
    assert!(!store.set_secret(CompanyId::new(99).unwrap(), secret).await.unwrap());
}

/// Names are ordered by their bytes, not by the locale of the machine.
pub async fn companies_are_listed_by_name(fresh: Fresh) {
    let names = ["a-b", "a.b", "a0", "a_b", "aa", "ab", "b"];
    for (n, name) in (1..).zip(names.iter().rev()) {
        fresh.store.add_company(company(n, name)).await.unwrap();
    }
    let listed = fresh.store.companies().await.unwrap();
    assert_eq!(listed.iter().map(|company| company.name.as_str()).collect::<Vec<_>>(), names);
}

pub async fn a_written_contact_is_read_back(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &fresh.store;
    let outcomes = store.write(wayne, at(5), vec![named(&[1, 2], Some("Bruce \"B\" Wayné"))]).await.unwrap();
    let id = outcomes[0].as_ref().unwrap().contact.unwrap();
    let contact = store.contact(wayne, id).await.unwrap().unwrap();
    assert_eq!(contact.name(), "Bruce \"B\" Wayné");
    assert_eq!(contact.handles, [handle(1), handle(2)]);
    assert_eq!((contact.created_at, contact.changed_at, contact.changed), (at(5), at(5), Seq(1)));
    assert_eq!(store.owner(wayne, handle(2).key().clone()).await.unwrap(), Some(contact.clone()));
    assert_eq!(store.owner(wayne, handle(3).key().clone()).await.unwrap(), None);
    assert_eq!(store.contact(wayne, ContactId::nth(wayne, 2)).await.unwrap(), None);
    assert_eq!(all_contacts(&**store, wayne).await, [contact]);
    store.ready().await.unwrap();
}

pub async fn the_id_of_a_merged_contact_still_works(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let commands = vec![observed(&[3]), observed(&[2]), observed(&[1]), observed(&[1, 2]), observed(&[2, 3])];
    let outcomes = fresh.store.write(wayne, at(1), commands).await.unwrap();
    let [first, second, third] = [1, 2, 3].map(|n| ContactId::nth(wayne, n));
    assert_eq!(outcomes[3].as_ref().unwrap().merged, [third]);
    assert_eq!(outcomes[4].as_ref().unwrap().merged, [second]);
    for id in [first, second, third] {
        let contact = fresh.store.contact(wayne, id).await.unwrap().unwrap();
        let links = [4, 5].map(|n| ContactId::nth(wayne, n));
        assert_eq!((contact.id, contact.others), (first, vec![second, third, links[0], links[1]]));
    }
    assert_eq!(all_contacts(&*fresh.store, wayne).await.len(), 1);
}

pub async fn contacts_are_listed_by_latest_change(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &fresh.store;
    for n in 0..7 {
        store.write(wayne, at(1), vec![observed(&[n])]).await.unwrap();
    }
    store.write(wayne, at(9), vec![named(&[2], Some("Ada")), observed(&[0, 1])]).await.unwrap();
    // Both sides of a split change by one entry, and a page may end between them.
    store.write(wayne, at(9), vec![split(ContactId::nth(wayne, 2))]).await.unwrap();
    let counts = |page: &[Contact]| page.iter().map(|contact| contact.id.count()).collect::<Vec<_>>();
    for size in [1, 2, 3, 100] {
        let (mut seen, mut after): (Vec<u64>, Option<Cursor>) = (vec![], None);
        loop {
            let page = store.contacts(wayne, ListRequest::latest(after), size).await.unwrap();
            assert!(page.len() <= size);
            let Some(last) = page.last() else { break };
            after = Some((last.changed, last.id));
            seen.extend(counts(&page));
        }
        assert_eq!(seen, [2, 1, 3, 7, 6, 5, 4], "in pages of {size}");
    }
}

pub async fn a_refused_command_changes_nothing(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &fresh.store;
    let stranger = ContactId::nth(wayne, 99);
    let commands = vec![observed(&[1]), merge(vec![stranger, stranger]), observed(&[2])];
    let outcomes = store.write(wayne, at(1), commands).await.unwrap();
    assert_eq!(outcomes[1], Err(Refused::NoContact(stranger)));
    let kept: Vec<u64> =
        [&outcomes[0], &outcomes[2]].map(|outcome| outcome.as_ref().unwrap().contact.unwrap().count()).to_vec();
    assert_eq!(kept, [1, 2]);
    assert_eq!(journal(&**store, wayne).await.len(), 2);
    let unknown = CompanyId::new(99).unwrap();
    assert!(matches!(store.write(unknown, at(1), vec![observed(&[1])]).await, Err(Error::NoCompany)));
}

pub async fn a_repeated_observation_changes_nothing(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let command = named(&[1, 2], Some("Ada"));
    fresh.store.write(wayne, at(1), vec![command.clone()]).await.unwrap();
    let before = records(&*fresh.store, wayne).await;
    let again = fresh.store.write(wayne, at(2), vec![command.clone(), command]).await.unwrap();
    assert!(again.iter().all(|outcome| !outcome.as_ref().unwrap().created));
    assert_eq!(records(&*fresh.store, wayne).await, before);
}

/// Laws 4 and 5: one transaction or many give the same journal, and the views are its fold.
pub async fn a_batch_equals_single_writes(fresh: Fresh) {
    let store = &*fresh.store;
    for (n, history) in histories(CompanyId::new(1).unwrap(), 60).into_iter().enumerate() {
        let mut ends = Vec::new();
        for (way, size) in [1, 3, STEPS].into_iter().enumerate() {
            // The commands name contacts of company 1, so each way writes to a company of its own.
            let number = u32::try_from(100 + n * 3 + way).unwrap();
            let id = CompanyId::new(number).unwrap();
            store.add_company(company(number, &format!("c{number}"))).await.unwrap();
            let mut refused = Vec::new();
            for batch in history.chunks(size) {
                let commands = batch.iter().map(|command| moved(command, id)).collect();
                let outcomes = store.write(id, at(1), commands).await.unwrap();
                refused.extend(outcomes.iter().map(Result::is_err));
            }
            assert_eq!(verify(store, &InMemory, id).await.unwrap(), [], "history {n} in batches of {size}");
            let contacts: Vec<_> = all_contacts(store, id).await.iter().map(shown).collect();
            let accounts = store.accounts(id, ListRequest::latest(None).order, None, 100).await.unwrap();
            let accounts: Vec<_> = accounts.into_iter().map(|account| (account.id.count(), account.facts)).collect();
            ends.push((refused, contacts, accounts, journal(store, id).await.len()));
        }
        assert!(ends.iter().all(|end| *end == ends[0]), "history {n}");
    }
}

/// What a contact shows, without ids of its company.
fn shown(contact: &Contact) -> String {
    let parts: Vec<u64> = contact.others.iter().map(|id| id.count()).collect();
    let groups = contact.groups.iter().map(|group| match group {
        Group::List(list) => ("list", list.count()),
        Group::Account(account) => ("account", account.count()),
    });
    let (groups, owner) = (groups.collect::<Vec<_>>(), contact.owner.map(TeammateId::count));
    let Contact { id, attributes, handles, links, properties, custom, picture, changed, .. } = contact;
    let id = id.count();
    format!(
        "{id} {attributes:?} {handles:?} {links:?} {properties:?} {custom:?} {picture:?} {changed} {parts:?} {groups:?} {owner:?}"
    )
}

/// Law 7.
pub async fn companies_share_no_contacts(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &fresh.store;
    let acme = company(8, "acme");
    store.add_company(acme.clone()).await.unwrap();
    store.write(wayne, at(1), vec![named(&[1, 2], Some("Bruce"))]).await.unwrap();
    assert_eq!(records(&**store, acme.id).await, [ScanItem::Guards(Guards::default())]);
    let outcomes = store.write(acme.id, at(1), vec![observed(&[1]), observed(&[2])]).await.unwrap();
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().unwrap().created));
    let bruce = ContactId::nth(wayne, 1);
    assert_eq!(store.contact(acme.id, bruce).await.unwrap(), None);
    let joined = merge(vec![ContactId::nth(acme.id, 1), bruce]);
    assert_eq!(store.write(acme.id, at(1), vec![joined]).await.unwrap(), [Err(Refused::NoContact(bruce))]);
    assert_eq!(
        store.write(acme.id, at(1), vec![observed(&[1, 2])]).await.unwrap()[0].as_ref().unwrap().merged.len(),
        1
    );
    let one = store.contact(wayne, bruce).await.unwrap().unwrap();
    assert_eq!((one.name(), one.handles.len(), one.changed), ("Bruce", 2, Seq(1)));
}

/// Concurrent writers with overlapping observations give the same contacts as any order (law 1), without duplicates.
pub async fn concurrent_writers_agree(fresh: Fresh) {
    const RINGS: usize = 40;
    const SIZE: usize = 6;
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &fresh.store;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..SIZE {
        let store = Arc::clone(store);
        writers.spawn(async move {
            for ring in 0..RINGS {
                // Each writer connects one handle of the ring to the next.
                let (one, next) = (ring * SIZE + writer, ring * SIZE + (writer + 1) % SIZE);
                let outcome = store.write(wayne, at(1), vec![observed(&[one, next])]).await.unwrap();
                assert!(outcome[0].is_ok());
            }
        });
    }
    writers.join_all().await;
    let contacts = all_contacts(&**store, wayne).await;
    assert_eq!(contacts.len(), RINGS);
    assert!(contacts.iter().all(|contact| contact.handles.len() == SIZE));
    let numbers: BTreeSet<u64> = journal(&**store, wayne).await.iter().map(|entry| entry.seq.0).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect());
    assert_eq!(verify(&**store, &InMemory, wayne).await.unwrap(), []);
}

/// A command sees when a server starts and stops, and ignores other commands.
pub async fn other_processes_see_whether_the_store_is_served(open: impl AsyncFn(Access) -> Arc<dyn Store>) {
    let command = open(Access::Make).await;
    let other = open(Access::Change).await;
    assert!(!command.is_served().await && !other.is_served().await);
    for _ in 0..2 {
        let server = open(Access::Serve).await;
        until(async || command.is_served().await).await;
        assert!(other.is_served().await && server.is_served().await);
        drop(server);
        until(async || !command.is_served().await).await;
    }
}

/// While a process writes without a pause, the writes of another are done, and both see all of it.
pub async fn a_busy_process_lets_others_write(open: impl AsyncFn(Access) -> Arc<dyn Store>) {
    const WRITES: usize = 20;
    let server = open(Access::Serve).await;
    let wayne = company(7, "wayne");
    assert_eq!(server.add_company(wayne.clone()).await.unwrap(), Added::Done);
    let command = open(Access::Change).await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let busy = tokio::spawn(async move {
        let mut next = 1_000;
        while !*stopped.borrow() {
            let commands = (next..next + 100).map(|n| observed(&[n])).collect();
            command.write(wayne.id, at(1), commands).await.unwrap();
            next += 100;
        }
        next - 1_000
    });
    for n in 0..WRITES {
        assert!(server.write(wayne.id, at(1), vec![observed(&[n])]).await.unwrap()[0].is_ok());
    }
    stop.send_replace(true);
    let contacts = WRITES + busy.await.unwrap();
    assert_eq!(all_contacts(&*server, wayne.id).await.len(), contacts);
    assert_eq!(verify(&*server, &InMemory, wayne.id).await.unwrap(), []);
}

/// Polls a condition until it is true.
pub async fn until(is_true: impl AsyncFn() -> bool) {
    wait::until_async("the condition is true", async || is_true().await.then_some(())).await;
}

macro_rules! suite {
    ($name:ident, $fresh:expr) => {
        mod $name {
            suite!(@ $fresh, conformance: companies_are_found_by_name, companies_are_listed_by_name, a_written_contact_is_read_back,
                the_id_of_a_merged_contact_still_works, contacts_are_listed_by_latest_change,
                a_refused_command_changes_nothing, a_repeated_observation_changes_nothing, a_batch_equals_single_writes,
                companies_share_no_contacts, concurrent_writers_agree);
            suite!(@ $fresh, conversations: channel_addresses_are_unique,
                a_message_is_assigned_to_its_sender_and_conversation, conversations_follow_merges_and_splits,
                readers_of_the_journal_are_woken, sign_ins_expire_and_are_revoked, companies_share_no_conversations);
            suite!(@ $fresh, search: contacts_are_found_by_any_part_of_their_texts, searches_ignore_case_accents_and_script_variants, phone_numbers_are_found_in_any_notation,
                better_matches_come_first, search_follows_merges_splits_and_deletions, companies_share_no_search_results,
                search_results_equal_those_of_the_model, queries_have_limits);
            suite!(@ $fresh, settings: a_contact_is_created_updated_and_deleted, deleting_a_contact_deletes_all_merged_into_it,
                handles_removed_in_a_batch_are_free_for_its_later_commands, handles_freed_by_a_write_are_free_for_queued_writes,
                contacts_are_listed_in_every_order, a_merged_contact_is_in_a_list_once,
                notes_and_pictures_follow_merges_and_splits, settings_are_read_back, tokens_and_rate_limits_are_stored,
                teammates_have_their_own_sign_ins, companies_share_no_settings);
            suite!(@ $fresh, accounts: account_aliases_are_unique, account_aliases_freed_by_a_write_are_free_for_queued_writes,
                accounts_are_listed_in_every_order, contacts_are_added_to_accounts_and_removed);
            suite!(@ $fresh, streams: all_contacts_are_streamed_oldest_first, changes_to_a_scratch_copy_leave_the_store_unchanged);
            suite!(@ $fresh, duplicates: possible_duplicates_are_found, contacts_kept_apart_are_not_duplicates,
                contacts_with_a_handle_and_other_names_are_duplicates,
                a_very_common_name_alone_makes_no_duplicates, private_contacts_are_not_compared,
                pairs_equal_those_of_the_model);
        }
    };
    (@ $fresh:expr, $module:ident: $($test:ident),+) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            crate::$module::$test($fresh).await;
        })+
    };
}

suite!(model, crate::conformance::in_memory());
suite!(sqlite, crate::sqlite::fresh(100_000));
suite!(sqlite_with_a_small_claim_buffer, crate::sqlite::fresh(3));
suite!(sqlite_without_a_claim_buffer, crate::sqlite::fresh(0));
suite!(postgres, crate::postgres::fresh().await);
