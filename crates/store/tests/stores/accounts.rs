//! The conformance tests of accounts.

use contact::{
    Account, AccountAlias, AccountId, AccountUpdate, Command, CompanyId, CreatedItem, Domain, ExternalId, Group, Link,
    Origin, Refused,
};
use store::{InMemory, Order, SortBy, Store, verify};

use crate::conformance::{Fresh, at, with_wayne};
use crate::settings::{ask, create};

fn update(domains: &[&str], external: Option<&str>) -> Box<AccountUpdate> {
    Box::new(AccountUpdate {
        domains: Some(domains.iter().map(|domain| Domain::parse(domain).unwrap()).collect()),
        external_id: Some(external.map(|id| ExternalId::parse(id).unwrap())),
        ..AccountUpdate::default()
    })
}

fn domain(text: &str) -> AccountAlias {
    AccountAlias::Domain(Domain::parse(text).unwrap())
}

fn make(domains: &[&str], external: Option<&str>) -> Command {
    Command::CreateAccount { facts: update(domains, external), by: Origin::Api(None) }
}

fn change(account: AccountId, domains: &[&str]) -> Command {
    let update = Box::new(AccountUpdate { external_id: None, ..*update(domains, None) });
    Command::UpdateAccount { account, update, by: Origin::Api(None) }
}

fn delete(account: AccountId) -> Command {
    Command::DeleteAccount { account, by: Origin::Api(None) }
}

pub async fn made(store: &dyn Store, company: CompanyId, domains: &[&str], external: Option<&str>) -> AccountId {
    match ask(store, company, make(domains, external)).await.unwrap().created_item {
        Some(CreatedItem::Account(account)) => account,
        other => panic!("not an account: {other:?}"),
    }
}

async fn called(store: &dyn Store, company: CompanyId, alias: &AccountAlias) -> Option<AccountId> {
    store.account_called(company, alias).await.unwrap().map(|account| account.id)
}

pub async fn account_aliases_are_unique(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let one = made(store, wayne, &["Wayne.example", "wayne.example", "bücher.example"], Some("X 1")).await;
    let two = made(store, wayne, &[], Some("x 1")).await;
    assert_eq!(called(store, wayne, &domain("xn--bcher-kva.example")).await, Some(one));
    let external = |id| AccountAlias::External(ExternalId::parse(id).unwrap());
    assert_eq!(called(store, wayne, &external("X 1")).await, Some(one), "external ids are case-sensitive");
    assert_eq!(called(store, wayne, &external("x 1")).await, Some(two));
    for refused in [make(&["other.example", "WAYNE.example"], None), change(two, &["wayne.example"])] {
        assert_eq!(ask(store, wayne, refused).await, Err(Refused::AccountTaken(domain("wayne.example"), one)));
    }
    assert_eq!(called(store, wayne, &domain("other.example")).await, None);
    let facts = store.account(wayne, one).await.unwrap().unwrap().facts;
    assert_eq!(facts.domains.len(), 2);
    ask(store, wayne, change(one, &["bücher.example"])).await.unwrap();
    ask(store, wayne, change(two, &["wayne.example"])).await.unwrap();
    assert_eq!(called(store, wayne, &domain("wayne.example")).await, Some(two));
    assert_eq!(called(store, wayne, &external("X 1")).await, Some(one), "facts missing in an update stay");
    let head = store.head(wayne).await.unwrap();
    ask(store, wayne, change(two, &["wayne.example"])).await.unwrap();
    assert_eq!(store.head(wayne).await.unwrap(), head, "an update without changes writes nothing");
    ask(store, wayne, delete(two)).await.unwrap();
    assert_eq!(
        (called(store, wayne, &domain("wayne.example")).await, store.account(wayne, two).await.unwrap()),
        (None, None)
    );
    for gone in [change(two, &[]), delete(two)] {
        assert_eq!(ask(store, wayne, gone).await, Err(Refused::NoAccount(two)));
    }
    let three = made(store, wayne, &["wayne.example"], Some("x 1")).await;
    assert_eq!(three.count(), 3, "an id is never used again");
    assert_eq!(verify(store, &InMemory, wayne).await.unwrap(), []);
}

/// Aliases move from one account to another within a batch, and are free after a deletion.
pub async fn account_aliases_freed_by_a_write_are_free_for_queued_writes(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    for round in 0..30_u64 {
        let [a, b] = ["a", "b"].map(|name| format!("{name}{round}.example"));
        let one = made(store, wayne, &[&a], Some(&a)).await;
        let two = made(store, wayne, &[&b], None).await;
        // The two writes may be executed in either order.
        let first = vec![change(one, &[]), change(two, &[&a]), delete(one), delete(two)];
        let (first, second) = tokio::join!(
            store.write(wayne, at(1), first),
            store.write(wayne, at(1), vec![make(&[&a, &b], Some(&a)), change(two, &[&b])])
        );
        assert!(first.unwrap().iter().all(Result::is_ok), "round {round}");
        let second = second.unwrap();
        let owner = called(store, wayne, &domain(&a)).await;
        assert_eq!(owner.is_some(), second[0].is_ok(), "round {round}");
        let three = if second[0].is_ok() { owner.unwrap() } else { made(store, wayne, &[&a, &b], Some(&a)).await };
        assert_eq!(three.count(), round * 3 + 3);
    }
    assert_eq!(verify(store, &InMemory, wayne).await.unwrap(), []);
}

pub async fn accounts_are_listed_in_every_order(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(made(store, wayne, &[], None).await);
    }
    let named = AccountUpdate {
        name: Some("Wäyne \"Inc\"".into()),
        description: Some(Some("Big".into())),
        logo_url: Some(Some(Link::parse("https://wayne.example/logo.png").unwrap())),
        ..AccountUpdate::default()
    };
    let named = Command::UpdateAccount { account: ids[1], update: Box::new(named), by: Origin::Api(None) };
    store.write(wayne, at(7), vec![named, delete(ids[3])]).await.unwrap();
    let shown = store.account(wayne, ids[1]).await.unwrap().unwrap();
    assert_eq!((shown.facts.name.as_str(), shown.facts.description.as_deref()), ("Wäyne \"Inc\"", Some("Big")));
    assert_eq!((shown.created_at, shown.changed_at), (at(1), at(7)));
    for (by, ascending, expected) in [
        (SortBy::Created, true, [1, 2, 3, 5, 6]),
        (SortBy::Created, false, [6, 5, 3, 2, 1]),
        (SortBy::Changed, true, [1, 3, 5, 6, 2]),
        (SortBy::Changed, false, [2, 6, 5, 3, 1]),
    ] {
        for size in 1..=6 {
            let (mut seen, mut after) = (vec![], None);
            loop {
                let page = store.accounts(wayne, Order { by, ascending }, after, size).await.unwrap();
                let Some(Account { changed, id, .. }) = page.last() else { break };
                after = Some((*changed, *id));
                seen.extend(page.iter().map(|account| account.id.count()));
            }
            assert_eq!(seen, expected, "by {by:?}, {ascending}, in pages of {size}");
        }
    }
}

pub async fn contacts_are_added_to_accounts_and_removed(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let account = made(store, wayne, &["wayne.example"], None).await;
    let bruce = Command::Create { observation: create(&[1]).into(), lists: vec![] };
    let bruce = ask(store, wayne, bruce).await.unwrap().contact.unwrap();
    let group = Group::Account(account);
    let put = |inside| Command::Group { group, contacts: vec![bruce], inside, by: Origin::Api(None) };
    let inside = async || store.members(wayne, group, None, 9).await.unwrap().len();
    for (is_inside, count) in [(true, 1), (true, 1), (false, 0), (false, 0), (true, 1)] {
        ask(store, wayne, put(is_inside)).await.unwrap();
        assert_eq!(inside().await, count);
    }
    // A list of the same number is another group.
    let list = Group::List(contact::ListId::nth(wayne, account.count()));
    assert_eq!(store.members(wayne, list, None, 9).await.unwrap(), []);
    ask(store, wayne, delete(account)).await.unwrap();
    assert_eq!(store.contact(wayne, bruce).await.unwrap().unwrap().groups, [group], "its contacts stay");
    assert_eq!(ask(store, wayne, put(false)).await, Err(Refused::NoAccount(account)));
    assert_eq!(verify(store, &InMemory, wayne).await.unwrap(), []);
}
