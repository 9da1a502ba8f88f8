//! The conformance tests of contact streams and scratch copies.

use contact::{CompanyId, Contact};
use store::{InMemory, ListRequest, Order, Scratch, SortBy, Store, verify};
use store_sqlite::TemporaryFiles;

use crate::conformance::{Fresh, at, with_wayne};
use crate::history::{STEPS, histories, merge, observed};

async fn all_contacts(store: &dyn Store, company: CompanyId) -> Vec<Contact> {
    let mut contacts = store.all_contacts(company).await.unwrap();
    let mut all = Vec::new();
    while let Some(contact) = contacts.recv().await {
        all.push(contact.unwrap());
    }
    all
}

pub async fn all_contacts_are_streamed_oldest_first(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    assert_eq!(all_contacts(store, wayne).await, []);
    for history in histories(wayne, 3) {
        store.write(wayne, at(0), history).await.unwrap();
    }
    // More than one read returns.
    let many: Vec<_> = (0..700).map(|n| observed(&[100 + n])).collect();
    let outcomes = store.write(wayne, at(0), many).await.unwrap();
    let [one, other] = [3, 600].map(|n: usize| outcomes[n].clone().unwrap().contact.unwrap());
    store.write(wayne, at(0), vec![merge(vec![one, other])]).await.unwrap()[0].clone().unwrap();
    let listing = ListRequest { order: Order { by: SortBy::Created, ascending: true }, ..ListRequest::latest(None) };
    let listed = store.contacts(wayne, listing, usize::from(u16::MAX)).await.unwrap();
    assert!(listed.len() > 699);
    assert!(all_contacts(store, wayne).await == listed);
    // A reader may stop early.
    let mut contacts = store.all_contacts(wayne).await.unwrap();
    contacts.recv().await.unwrap().unwrap();
    drop(contacts);
    assert!(all_contacts(store, wayne).await == listed);
}

pub async fn changes_to_a_scratch_copy_leave_the_store_unchanged(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    for history in histories(wayne, 3) {
        store.write(wayne, at(0), history).await.unwrap();
    }
    let (before, head) = (all_contacts(store, wayne).await, store.head(wayne).await.unwrap());
    for scratch in [&InMemory as &dyn Scratch, &TemporaryFiles] {
        let scratch = &*scratch.copy_of(store, wayne).await.unwrap();
        assert!(all_contacts(scratch, wayne).await == before);
        let outcome = scratch.write(wayne, at(0), vec![observed(&[STEPS + 900])]).await.unwrap()[0].clone().unwrap();
        assert!(outcome.created && verify(scratch, &InMemory, wayne).await.unwrap().is_empty());
    }
    assert!(all_contacts(store, wayne).await == before);
    assert_eq!(store.head(wayne).await.unwrap(), head);
}
