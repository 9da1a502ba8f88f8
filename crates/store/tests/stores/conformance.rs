//! What every store must do, whatever it is made of.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use contact::{CompanyId, Contact, ContactId, Entry, Group, Refused, Region, Seq, TeammateId, Time};
use store::{Access, Added, Company, Cursor, Error, ListRequest, ScanItem, SecretHash, Store, verify};

use crate::history::{STEPS, handle, histories, merge, moved, named, split, told};

/// An empty store, and whatever must be kept while it is used.
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

async fn everyone(store: &dyn Store, company: CompanyId) -> Vec<Contact> {
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

/// By the bytes of their names, whatever the machine takes for the order of its language.
pub async fn companies_are_listed_alike(fresh: Fresh) {
    let names = ["a-b", "a.b", "a0", "a_b", "aa", "ab", "b"];
    for (n, name) in (1..).zip(names.iter().rev()) {
        fresh.store.add_company(company(n, name)).await.unwrap();
    }
    let listed = fresh.store.companies().await.unwrap();
    assert_eq!(listed.iter().map(|company| company.name.as_str()).collect::<Vec<_>>(), names);
}

pub async fn what_is_written_is_read(fresh: Fresh) {
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
    assert_eq!(everyone(&**store, wayne).await, [contact]);
    store.ready().await.unwrap();
}

pub async fn an_id_that_was_merged_away_still_answers(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let commands = vec![told(&[3]), told(&[2]), told(&[1]), told(&[1, 2]), told(&[2, 3])];
    let outcomes = fresh.store.write(wayne, at(1), commands).await.unwrap();
    let [first, second, third] = [1, 2, 3].map(|n| ContactId::nth(wayne, n));
    assert_eq!(outcomes[3].as_ref().unwrap().merged, [third]);
    assert_eq!(outcomes[4].as_ref().unwrap().merged, [second]);
    for id in [first, second, third] {
        let contact = fresh.store.contact(wayne, id).await.unwrap().unwrap();
        assert_eq!((contact.id, contact.merged), (first, vec![second, third]));
    }
    assert_eq!(everyone(&*fresh.store, wayne).await.len(), 1);
}

pub async fn a_list_goes_by_the_latest_change(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &fresh.store;
    for n in 0..7 {
        store.write(wayne, at(1), vec![told(&[n])]).await.unwrap();
    }
    store.write(wayne, at(9), vec![named(&[2], Some("Ada")), told(&[0, 1])]).await.unwrap();
    // Both sides of a split change by one entry, and a page may end between them.
    store.write(wayne, at(9), vec![split(Seq(10))]).await.unwrap();
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

pub async fn what_is_refused_changes_nothing(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &fresh.store;
    let stranger = ContactId::nth(wayne, 99);
    let commands = vec![told(&[1]), merge(vec![stranger, stranger]), told(&[2])];
    let outcomes = store.write(wayne, at(1), commands).await.unwrap();
    assert_eq!(outcomes[1], Err(Refused::NoContact(stranger)));
    let kept: Vec<u64> =
        [&outcomes[0], &outcomes[2]].map(|outcome| outcome.as_ref().unwrap().contact.unwrap().count()).to_vec();
    assert_eq!(kept, [1, 2]);
    assert_eq!(journal(&**store, wayne).await.len(), 2);
    let nobody = CompanyId::new(99).unwrap();
    assert!(matches!(store.write(nobody, at(1), vec![told(&[1])]).await, Err(Error::NoCompany)));
}

pub async fn told_twice_is_told_once(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let command = named(&[1, 2], Some("Ada"));
    fresh.store.write(wayne, at(1), vec![command.clone()]).await.unwrap();
    let before = records(&*fresh.store, wayne).await;
    let again = fresh.store.write(wayne, at(2), vec![command.clone(), command]).await.unwrap();
    assert!(again.iter().all(|outcome| !outcome.as_ref().unwrap().created));
    assert_eq!(records(&*fresh.store, wayne).await, before);
}

/// Laws 4 and 5: one transaction, many, or retried: the same journal, and views that are its fold.
pub async fn a_batch_is_a_sequence(fresh: Fresh) {
    let store = &*fresh.store;
    for (n, history) in histories(CompanyId::new(1).unwrap(), 60).into_iter().enumerate() {
        let mut ends = Vec::new();
        for (way, size) in [1, 3, STEPS].into_iter().enumerate() {
            // The commands name contacts of company 1, so each way has a company whose ids are told apart below.
            let number = u32::try_from(100 + n * 3 + way).unwrap();
            let id = CompanyId::new(number).unwrap();
            store.add_company(company(number, &format!("c{number}"))).await.unwrap();
            let mut refused = Vec::new();
            for batch in history.chunks(size) {
                let commands = batch.iter().map(|command| moved(command, id)).collect();
                let outcomes = store.write(id, at(1), commands).await.unwrap();
                refused.extend(outcomes.iter().map(Result::is_err));
            }
            assert_eq!(verify(store, id).await.unwrap(), [], "history {n} in batches of {size}");
            let people: Vec<_> = everyone(store, id).await.iter().map(shown).collect();
            let accounts = store.accounts(id, ListRequest::latest(None).order, None, 100).await.unwrap();
            let accounts: Vec<_> = accounts.into_iter().map(|account| (account.id.count(), account.facts)).collect();
            ends.push((refused, people, accounts, journal(store, id).await.len()));
        }
        assert!(ends.iter().all(|end| *end == ends[0]), "history {n}");
    }
}

/// What a person shows, alike in every company.
fn shown(contact: &Contact) -> String {
    let parts: Vec<u64> = contact.merged.iter().map(|id| id.count()).collect();
    let groups = contact.groups.iter().map(|group| match group {
        Group::List(list) => ("list", list.count()),
        Group::Account(account) => ("account", account.count()),
    });
    let (groups, owner) = (groups.collect::<Vec<_>>(), contact.owner.map(TeammateId::count));
    let Contact { id, attributes, handles, links, custom, picture, changed, .. } = contact;
    let id = id.count();
    format!("{id} {attributes:?} {handles:?} {links:?} {custom:?} {picture:?} {changed} {parts:?} {groups:?} {owner:?}")
}

/// Law 7.
pub async fn companies_are_islands(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &fresh.store;
    let acme = company(8, "acme");
    store.add_company(acme.clone()).await.unwrap();
    store.write(wayne, at(1), vec![named(&[1, 2], Some("Bruce"))]).await.unwrap();
    assert_eq!(records(&**store, acme.id).await, []);
    let outcomes = store.write(acme.id, at(1), vec![told(&[1]), told(&[2])]).await.unwrap();
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().unwrap().created));
    let bruce = ContactId::nth(wayne, 1);
    assert_eq!(store.contact(acme.id, bruce).await.unwrap(), None);
    let joined = merge(vec![ContactId::nth(acme.id, 1), bruce]);
    assert_eq!(store.write(acme.id, at(1), vec![joined]).await.unwrap(), [Err(Refused::NoContact(bruce))]);
    assert_eq!(store.write(acme.id, at(1), vec![told(&[1, 2])]).await.unwrap()[0].as_ref().unwrap().merged.len(), 1);
    let one = store.contact(wayne, bruce).await.unwrap().unwrap();
    assert_eq!((one.name(), one.handles.len(), one.changed), ("Bruce", 2, Seq(1)));
}

/// Writers whose observations overlap: the groups are those of any order (law 1), nothing is doubled.
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
                // Each writer ties one handle of the ring to the next.
                let (one, next) = (ring * SIZE + writer, ring * SIZE + (writer + 1) % SIZE);
                let outcome = store.write(wayne, at(1), vec![told(&[one, next])]).await.unwrap();
                assert!(outcome[0].is_ok());
            }
        });
    }
    writers.join_all().await;
    let people = everyone(&**store, wayne).await;
    assert_eq!(people.len(), RINGS);
    assert!(people.iter().all(|contact| contact.handles.len() == SIZE));
    let numbers: BTreeSet<u64> = journal(&**store, wayne).await.iter().map(|entry| entry.seq.0).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect());
    assert_eq!(verify(&**store, wayne).await.unwrap(), []);
}

/// A command sees a server come and go, and no other command.
pub async fn who_serves_is_seen(open: impl AsyncFn(Access) -> Arc<dyn Store>) {
    let command = open(Access::Make).await;
    let other = open(Access::Change).await;
    assert!(!command.is_shared().await && !other.is_shared().await);
    for _ in 0..2 {
        let server = open(Access::Serve).await;
        until(async || command.is_shared().await).await;
        assert!(other.is_shared().await && !server.is_shared().await);
        drop(server);
        until(async || !command.is_shared().await).await;
    }
}

/// Looks again and again until it is so.
pub async fn until(look: impl AsyncFn() -> bool) {
    for _ in 0..1_000 {
        if look().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to be");
}

macro_rules! suite {
    ($name:ident, $fresh:expr) => {
        mod $name {
            suite!(@ $fresh, conformance: companies_are_found_by_name, companies_are_listed_alike, what_is_written_is_read,
                an_id_that_was_merged_away_still_answers, a_list_goes_by_the_latest_change,
                what_is_refused_changes_nothing, told_twice_is_told_once, a_batch_is_a_sequence,
                companies_are_islands, concurrent_writers_agree);
            suite!(@ $fresh, conversations: channels_have_addresses_of_their_own,
                a_message_finds_its_sender_and_its_conversation, conversations_go_with_their_contact,
                readers_of_the_journal_are_woken, sign_ins_end, nothing_crosses_companies);
            suite!(@ $fresh, search: people_are_found_by_any_part, texts_are_folded_alike, phones_are_typed_any_way,
                the_best_come_first, who_was_merged_is_found_as_what_they_are_now, searches_cross_no_companies,
                all_stores_find_the_same, what_is_looked_for_has_limits);
            suite!(@ $fresh, settings: a_contact_is_made_changed_and_deleted, a_person_is_deleted_with_every_part,
                what_a_batch_takes_away_is_free_for_the_rest_of_it, handles_are_free_for_whoever_waits,
                people_are_listed_in_every_order, each_person_is_in_a_list_once,
                notes_and_pictures_go_with_their_contact, what_is_set_up_is_read_back, tokens_and_limits_are_kept,
                teammates_sign_in_by_themselves, what_is_set_up_crosses_no_companies);
            suite!(@ $fresh, accounts: accounts_have_names_of_their_own, names_of_accounts_are_free_for_whoever_waits,
                accounts_are_listed_in_every_order, contacts_are_put_into_accounts);
            suite!(@ $fresh, streams: all_contacts_come_in_the_order_made, a_scratch_copy_is_changed_alone);
            suite!(@ $fresh, duplicates: those_who_look_alike_are_found, those_who_are_kept_apart_are_not_alike,
                a_name_of_very_many_is_not_enough, a_teammates_own_are_nobody_elses_to_compare,
                pairs_are_what_the_journal_comes_to);
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
suite!(sqlite_with_a_short_tail, crate::sqlite::fresh(3));
suite!(sqlite_without_a_tail, crate::sqlite::fresh(0));
suite!(postgres, crate::postgres::fresh().await);
