//! Loading what a batch of commands needs, in two round trips.

use std::collections::BTreeSet;

use contact::{Change, CompanyId, ContactId, HandleKey, View};
use deadpool_postgres::ClientWrapper;
use futures_util::future::{try_join, try_join3, try_join4};
use store::Needs;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use crate::codec::{company, stored};
use crate::connect::query;
use crate::error::{Error, Result};
use crate::{accounts, codec, contacts, conversations, handles, journal, settings};

/// The rows that are found by keys known beforehand.
struct Found {
    ends: Row,
    claims: Vec<Row>,
    merges: Vec<Row>,
    references: Vec<Row>,
    settings: Vec<Row>,
    accounts: Vec<Row>,
    aliased_accounts: Vec<Row>,
}

/// Prepares a statement if it is needed.
async fn prepare_if(client: &ClientWrapper, is_needed: bool, sql: &str) -> Result<Option<Statement>> {
    if is_needed { Ok(Some(client.prepare_cached(sql).await?)) } else { Ok(None) }
}

/// Runs such a statement.
async fn rows(
    client: &ClientWrapper,
    statement: Option<&Statement>,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>> {
    let Some(statement) = statement else { return Ok(Vec::new()) };
    Ok(client.query(statement, parameters).await?)
}

/// Begins a transaction that locks a company, and reads what is found by known keys; none without such a company.
async fn begin_and_find(
    client: &ClientWrapper,
    id: CompanyId,
    needs: &Needs<'_>,
    handles: &[&HandleKey],
) -> Result<Option<Found>> {
    let number = company(id);
    let keys: Vec<&str> = handles.iter().map(|handle| handle.as_str()).collect();
    let seqs: Vec<i64> = needs.merges.iter().map(|seq| stored(seq.0)).collect();
    let (channels, references): (Vec<i64>, Vec<&str>) =
        needs.references.iter().map(|(channel, reference)| (stored(channel.number()), reference.as_str())).unzip();
    let ids: Vec<i64> = needs.accounts.iter().map(|id| stored(id.number())).collect();
    let (names, values): (Vec<&str>, Vec<&str>) =
        needs.account_aliases.iter().map(|alias| (alias.name(), alias.value())).unzip();
    let lock = client.prepare_cached(journal::LOCK).await?;
    let claims = prepare_if(client, !keys.is_empty(), handles::CLAIMS).await?;
    let merges = prepare_if(client, !seqs.is_empty(), journal::ENTRIES_BY_SEQ).await?;
    let by_reference = prepare_if(client, !references.is_empty(), conversations::BY_REFERENCE).await?;
    let settings = prepare_if(client, needs.settings, settings::SETTINGS).await?;
    let by_id = prepare_if(client, !ids.is_empty(), accounts::BY_ID).await?;
    let by_alias = prepare_if(client, !names.is_empty(), accounts::BY_ALIAS).await?;
    // The statements are sent in this order without waiting, and the server runs one after the other: those after the
    // lock see all that was written before it was acquired.
    let begin = async { Ok::<_, Error>(client.batch_execute("BEGIN").await?) };
    let lock = async { Ok::<_, Error>(client.query_opt(&lock, &[&number]).await?) };
    let ((), ends, (claims, merges, references), (settings, accounts, aliased_accounts)) = try_join4(
        begin,
        lock,
        try_join3(
            rows(client, claims.as_ref(), &[&number, &keys]),
            rows(client, merges.as_ref(), &[&number, &seqs]),
            rows(client, by_reference.as_ref(), &[&number, &channels, &references]),
        ),
        try_join3(
            rows(client, settings.as_ref(), &[&number]),
            rows(client, by_id.as_ref(), &[&number, &ids]),
            rows(client, by_alias.as_ref(), &[&number, &names, &values]),
        ),
    )
    .await?;
    Ok(ends.map(|ends| Found { ends, claims, merges, references, settings, accounts, aliased_accounts }))
}

/// Begins a transaction that locks a company, and loads all that is needed; none without such a company.
///
/// Takes two round trips at most, however much is needed.
pub async fn begin(client: &ClientWrapper, id: CompanyId, needs: &Needs<'_>) -> Result<Option<View>> {
    let mut handles: Vec<&HandleKey> = needs.handles.clone();
    handles.sort_unstable();
    handles.dedup();
    let Some(found) = begin_and_find(client, id, needs, &handles).await? else { return Ok(None) };
    let mut view = journal::empty_view(id, &found.ends)?;

    let mut contacts: BTreeSet<i64> = needs.contacts.iter().map(|id| stored(id.number())).collect();
    for row in &found.claims {
        let (handle, claim) = handles::claim(row)?;
        // Another source may have the same key.
        if handles.binary_search(&&handle).is_ok() {
            contacts.extend(claim.home.map(|home| stored(home.number())));
            view.claims.put(handle, claim);
        }
    }
    for row in &found.merges {
        if let Change::Merged { joined, .. } = journal::entry(row)?.change {
            contacts.insert(stored(joined.number()));
        }
    }
    let mut conversations: BTreeSet<i64> = needs.conversations.iter().map(|id| stored(id.number())).collect();
    for row in &found.references {
        let (key, message) = conversations::reference(row)?;
        conversations.insert(stored(message.conversation.number()));
        view.references.insert(key, message);
    }
    view.settings = settings::settings(&found.settings)?;
    for row in found.accounts.iter().chain(&found.aliased_accounts) {
        let account = accounts::account(row)?;
        view.account_aliases.extend(account.facts.aliases().map(|alias| (alias, account.id)));
        view.accounts.insert(account.id, account);
    }
    let contacts: Vec<i64> = contacts.into_iter().collect();
    let conversations: Vec<i64> = conversations.into_iter().collect();
    let (contacts, conversations) = try_join(
        by_ids(client, id, contacts::BY_ID, &contacts),
        by_ids(client, id, conversations::BY_ID, &conversations),
    )
    .await?;
    contacts::add_to_view(&mut view, &contacts)?;
    for row in conversations {
        let conversation = conversations::conversation(&row)?;
        view.conversations.insert(conversation.id, conversation);
    }
    Ok(Some(view))
}

async fn by_ids(client: &ClientWrapper, id: CompanyId, sql: &str, ids: &[i64]) -> Result<Vec<Row>> {
    if ids.is_empty() { Ok(Vec::new()) } else { query(client, sql, &[&company(id), &ids]).await }
}

/// Loads who has these handles into a view, but for those that it has already.
pub async fn add_owners(client: &ClientWrapper, view: &mut View, handles: &[&HandleKey]) -> Result<()> {
    let missing: BTreeSet<&HandleKey> =
        handles.iter().filter(|handle| view.claims.get(handle).is_none()).copied().collect();
    let keys: Vec<&str> = missing.iter().map(|handle| handle.as_str()).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let mut homes = BTreeSet::new();
    for row in query(client, handles::CLAIMS, &[&company(view.company), &keys]).await? {
        let (handle, claim) = handles::claim(&row)?;
        // Another source may have the same key.
        if missing.contains(&handle) {
            homes.extend(claim.home.filter(|home| !is_loaded(view, *home)));
            view.claims.put(handle, claim);
        }
    }
    let homes: Vec<ContactId> = homes.into_iter().collect();
    let rows = by_ids(client, view.company, contacts::BY_ID, &codec::contacts(&homes)).await?;
    contacts::add_to_view(view, &rows)
}

/// Whether the person that a contact is part of is loaded, with every part.
fn is_loaded(view: &View, id: ContactId) -> bool {
    let root = view.root(id).and_then(|root| view.members.get(&root));
    root.is_some_and(|root| root.members.iter().all(|part| view.members.contains_key(part)))
}
