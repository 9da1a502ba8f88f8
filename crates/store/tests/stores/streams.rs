//! A company's contacts as a stream, and as a scratch copy.

use contact::{CompanyId, Contact};
use store::{InMemory, ListRequest, Order, Scratch, SortBy, Store, verify};
use store_sqlite::TemporaryFiles;

use crate::conformance::{Fresh, at, with_wayne};
use crate::history::{STEPS, histories, merge, told};

async fn all_contacts(store: &dyn Store, company: CompanyId) -> Vec<Contact> {
    let mut people = store.all_contacts(company).await.unwrap();
    let mut all = Vec::new();
    while let Some(contact) = people.recv().await {
        all.push(contact.unwrap());
    }
    all
}

pub async fn all_contacts_come_in_the_order_made(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    assert_eq!(all_contacts(store, wayne).await, []);
    for history in histories(wayne, 3) {
        store.write(wayne, at(0), history).await.unwrap();
    }
    // More than are read at once.
    let many: Vec<_> = (0..700).map(|n| told(&[100 + n])).collect();
    let outcomes = store.write(wayne, at(0), many).await.unwrap();
    let [one, other] = [3, 600].map(|n: usize| outcomes[n].clone().unwrap().contact.unwrap());
    store.write(wayne, at(0), vec![merge(vec![one, other])]).await.unwrap()[0].clone().unwrap();
    let listing = ListRequest { order: Order { by: SortBy::Created, ascending: true }, ..ListRequest::latest(None) };
    let listed = store.contacts(wayne, listing, usize::from(u16::MAX)).await.unwrap();
    assert!(listed.len() > 699);
    assert!(all_contacts(store, wayne).await == listed);
    // Whoever has enough stops, and the store goes on.
    let mut people = store.all_contacts(wayne).await.unwrap();
    people.recv().await.unwrap().unwrap();
    drop(people);
    assert!(all_contacts(store, wayne).await == listed);
}

pub async fn a_scratch_copy_is_changed_alone(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    for history in histories(wayne, 3) {
        store.write(wayne, at(0), history).await.unwrap();
    }
    let (before, head) = (all_contacts(store, wayne).await, store.head(wayne).await.unwrap());
    for scratch in [&InMemory as &dyn Scratch, &TemporaryFiles] {
        let scratch = &*scratch.copy_of(store, wayne).await.unwrap();
        assert!(all_contacts(scratch, wayne).await == before);
        let outcome = scratch.write(wayne, at(0), vec![told(&[STEPS + 900])]).await.unwrap()[0].clone().unwrap();
        assert!(outcome.created && verify(scratch, wayne).await.unwrap().is_empty());
    }
    assert!(all_contacts(store, wayne).await == before);
    assert_eq!(store.head(wayne).await.unwrap(), head);
}
