//! Tests of copying a store to another of the same or another kind.

use std::collections::BTreeSet;
use std::sync::Arc;

use contact::{Attachment, ChannelType, Command, CompanyId, Message, Region, Seq, SignatureKey, TeammateId};
use store::{
    AddedChannel, Error, InMemory, Journal, ListRequest, Model, NewChannel, ScanItem, SecretHash, Step, Store, Token,
    copy,
};

use crate::conformance::{Fresh, at, company};
use crate::history::{handle, histories, named, observed};

fn wayne() -> CompanyId {
    CompanyId::new(7).unwrap()
}

fn message(channel: &contact::Channel, n: usize) -> Command {
    let file = Attachment { name: format!("{n}.bin"), media_type: "x/y".into(), content: vec![0, 255, 7].into() };
    Command::Receive(Arc::new(Message {
        channel: channel.id,
        sender: handle(n),
        name: None,
        subject: "A cat".into(),
        text: format!("text {n}"),
        html: n.is_multiple_of(2).then(|| "<b>text</b>".into()),
        attachments: vec![file; n % 3],
        uid: Some(n.to_string()),
        replies_to: vec![format!("ref:{}", n / 2)],
        references: vec![format!("ref:{}", n / 2)],
    }))
}

/// Fills a store with two companies and records of every kind.
async fn fill(store: &dyn Store) {
    store.add_company(company(7, "wayne")).await.unwrap();
    store.add_company(company(8, "empty")).await.unwrap();
    let address = contact::Channel::address(ChannelType::Email, "help@wayne.example", Region::default()).unwrap();
    let signature_key = Some(SignatureKey::new("t"));
    let new = NewChannel { kind: ChannelType::Email, address, signature_key, created_at: at(3) };
    let AddedChannel::Done(channel) = store.add_channel(wayne(), new).await.unwrap() else { panic!("no channel") };
    for byte in [1, 2] {
        let (hash, scopes) = (SecretHash([byte; 32]), "contacts:read".into());
        let token = Token { hash, name: format!("token {byte}"), scopes, created_at: at(3) };
        store.add_token(wayne(), token).await.unwrap();
        let teammate = TeammateId::nth(wayne(), byte.into());
        store.set_teammate_secret(wayne(), teammate, Some(SecretHash([byte + 10; 32]))).await.unwrap();
    }
    store.set_rate_limit(wayne(), Some(600)).await.unwrap();
    for (n, history) in histories(wayne(), 4).into_iter().enumerate() {
        store.write(wayne(), at(4), history).await.unwrap();
        store.write(wayne(), at(5), vec![message(&channel, n), message(&channel, n + 4)]).await.unwrap();
    }
}

/// All records of a company, sorted as text.
async fn records(store: &dyn Store, company: CompanyId) -> BTreeSet<String> {
    let mut scan = store.scan(company).await.unwrap();
    let mut records = BTreeSet::new();
    while let Some(record) = scan.recv().await {
        let record: ScanItem = record.unwrap();
        records.insert(format!("{record:?}"));
    }
    records
}

/// Copies a store. Returns the name, the entries and the copied entries of each company.
async fn copied(from: &dyn Store, to: &dyn Store) -> Result<Vec<(String, u64, u64)>, Error> {
    let mut steps = Vec::new();
    let all = copy(from, to, &InMemory, &mut |progress| steps.push(progress.step)).await?;
    assert!([Step::Copying, Step::Verifying].iter().all(|step| steps.contains(step)));
    assert!(all.iter().all(|one| one.wrong_before.is_empty() && one.wrong_after.is_empty()), "{all:?}");
    Ok(all.into_iter().map(|one| (one.company.as_str().to_owned(), one.entries, one.copied)).collect())
}

/// Checks that both stores have the same data.
async fn assert_copy(from: &dyn Store, to: &dyn Store) {
    for id in [7, 8].map(|number| CompanyId::new(number).unwrap()) {
        assert_eq!(records(from, id).await, records(to, id).await);
        assert!(from.tokens(id).await.unwrap() == to.tokens(id).await.unwrap());
        assert!(from.teammate_secrets(id).await.unwrap() == to.teammate_secrets(id).await.unwrap());
        let listed = async |store: &dyn Store| store.contacts(id, ListRequest::latest(None), 1_000).await.unwrap();
        let contacts = listed(from).await;
        assert_eq!(contacts, listed(to).await);
        for contact in contacts {
            let notes = from.notes(id, contact.id, 100).await.unwrap();
            assert_eq!(notes, to.notes(id, contact.id, 100).await.unwrap());
            if let Some(info) = contact.picture {
                let picture = from.picture(id, info.entry).await.unwrap();
                assert!(picture.is_some() && picture == to.picture(id, info.entry).await.unwrap());
            }
        }
        assert_eq!(from.channels(id).await.unwrap(), to.channels(id).await.unwrap());
        for conversation in from.conversations(id, None, false, None, 100).await.unwrap() {
            let one = from.messages(id, conversation.id, None, 100).await.unwrap();
            assert_eq!(one, to.messages(id, conversation.id, None, 100).await.unwrap());
            for file in one.iter().flat_map(|message| &message.attachments) {
                let content = from.attachment(id, file.id).await.unwrap();
                assert!(content.is_some() && content == to.attachment(id, file.id).await.unwrap());
            }
        }
    }
    assert!(from.companies().await.unwrap() == to.companies().await.unwrap());
}

/// Copies from each store to the next, and compares the last with the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_is_copied_between_all_kinds_of_stores() {
    let mut stores: Vec<Fresh> = vec![Fresh { store: Arc::new(Model::default()), _keep: None }];
    fill(&*stores[0].store).await;
    stores.push(crate::sqlite::fresh(100_000));
    stores.push(crate::postgres::fresh().await);
    stores.push(crate::postgres::fresh().await);
    stores.push(crate::sqlite::fresh(0));
    for pair in stores.windows(2) {
        let (from, to) = (&*pair[0].store, &*pair[1].store);
        let entries = from.head(wayne()).await.unwrap().0;
        let all = copied(from, to).await.unwrap();
        assert_eq!(all, [("empty".into(), 0, 0), ("wayne".into(), entries, entries)]);
        assert_copy(from, to).await;
    }
    assert_copy(&*stores[0].store, &*stores[4].store).await;
    // A later copy adds only the new entries.
    let (from, to) = (&*stores[0].store, &*stores[2].store);
    from.write(wayne(), at(9), vec![named(&[90], Some("Later"))]).await.unwrap();
    let entries = from.head(wayne()).await.unwrap().0;
    assert_eq!(copied(from, to).await.unwrap()[1], ("wayne".into(), entries, 1));
    assert_eq!(copied(from, to).await.unwrap()[1], ("wayne".into(), entries, 0));
    assert_copy(from, to).await;
    // Revoked tokens and passwords are removed from the copy.
    assert!(from.remove_token(wayne(), SecretHash([1; 32])).await.unwrap());
    from.set_teammate_secret(wayne(), TeammateId::nth(wayne(), 1), None).await.unwrap();
    from.set_teammate_secret(wayne(), TeammateId::nth(wayne(), 2), Some(SecretHash([99; 32]))).await.unwrap();
    from.set_rate_limit(wayne(), None).await.unwrap();
    copied(from, to).await.unwrap();
    assert_copy(from, to).await;
    // The copy continues as a store: its next contact has the next number.
    let next = vec![named(&[91], Some("Next"))];
    let ids = [from.write(wayne(), at(9), next.clone()).await.unwrap(), to.write(wayne(), at(9), next).await.unwrap()];
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_copy_never_overwrites_other_data() {
    let from = Model::default();
    fill(&from).await;
    for fresh in [crate::sqlite::fresh(3), crate::postgres::fresh().await] {
        let to = &*fresh.store;
        to.add_company(company(7, "wayne")).await.unwrap();
        to.write(wayne(), at(1), vec![observed(&[55])]).await.unwrap();
        let before = records(to, wayne()).await;
        let refused = copied(&from, to).await.unwrap_err();
        assert!(matches!(&refused, Error::Unusable(text) if text.contains("wayne cannot be copied")), "{refused}");
        assert_eq!(records(to, wayne()).await, before);
        to.add_company(company(9, "other")).await.unwrap();
        let refused = copied(&from, to).await.unwrap_err();
        assert!(refused.to_string().contains("a company that the source does not have: other"), "{refused}");
    }
}

#[tokio::test]
async fn restored_entries_must_be_consecutive() {
    let from = Model::default();
    fill(&from).await;
    let entries = from.entries(wayne(), Seq(0), 3).await.unwrap();
    let record = |n: usize| vec![store::JournalRecord { entry: entries[n].clone(), content: None }];
    let stores = [crate::sqlite::fresh(3), crate::postgres::fresh().await];
    for fresh in stores.into_iter().chain([Fresh { store: Arc::new(Model::default()), _keep: None }]) {
        let to = &*fresh.store;
        to.add_company(company(7, "wayne")).await.unwrap();
        assert!(matches!(to.restore(CompanyId::new(9).unwrap(), record(0)).await, Err(Error::NoCompany)));
        assert!(matches!(to.restore(wayne(), record(1)).await, Err(Error::Unusable(_))));
        to.restore(wayne(), record(0)).await.unwrap();
        assert!(to.restore(wayne(), [record(1), record(1)].concat()).await.is_err());
        assert_eq!(to.head(wayne()).await.unwrap(), Seq(1), "all or nothing");
        to.restore(wayne(), [record(1), record(2)].concat()).await.unwrap();
        assert_eq!(store::verify(to, &InMemory, wayne()).await.unwrap(), []);
    }
}
