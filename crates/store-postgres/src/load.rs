//! Loading what a batch of commands needs, in few round trips.

use std::collections::{BTreeMap, BTreeSet};

use contact::{Claim, Claims, CompanyId, HandleKey, RecordId, RecordName, View};
use deadpool_postgres::ClientWrapper;
use futures_util::future::{try_join, try_join3};
use store::{Batch, Needs};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::codec::{company, stored};
use crate::connect::query;
use crate::error::{Error, Result};
use crate::{accounts, codec, contacts, conversations, handles, journal, settings};

/// What is loaded of a company, and the changes to it.
pub struct Loaded {
    /// The loaded records, with the changes. What the batch has changed is newer than the tables.
    pub batch: Batch,
    /// The claims that were loaded, as they are in the table.
    pub before: Claims,
}

/// The rows that are found by keys known beforehand.
struct Found {
    claims: Vec<Row>,
    names: Vec<Row>,
    references: Vec<Row>,
    settings: Vec<Row>,
    accounts: Vec<Row>,
    aliased_accounts: Vec<Row>,
}

/// Begins a transaction that locks a company, and loads all that is needed; none without such a company.
///
/// Takes two round trips, however much is needed. More are needed for handles that several records report.
pub async fn begin(client: &ClientWrapper, id: CompanyId, needs: &Needs<'_>) -> Result<Option<Loaded>> {
    let lock = client.prepare_cached(journal::LOCK).await?;
    let number = company(id);
    let mut loaded = Loaded::new(View::new(id));
    // The statements are sent in this order without waiting, and the server runs one after the other: those after the
    // lock see all that was written before it was acquired.
    let begin = async { Ok::<_, Error>(client.batch_execute("BEGIN").await?) };
    let lock = async { Ok::<_, Error>(client.query_opt(&lock, &[&number]).await?) };
    let ((), ends, found) = try_join3(begin, lock, loaded.find(client, needs)).await?;
    let Some(ends) = ends else { return Ok(None) };
    loaded.batch = Batch::new(journal::empty_view(id, &ends)?);
    loaded.add(client, needs, found).await?;
    Ok(Some(loaded))
}

impl Loaded {
    /// A company's view of which nothing is loaded yet.
    pub fn new(view: View) -> Loaded {
        Loaded { batch: Batch::new(view), before: Claims::default() }
    }

    /// Loads all that is needed and not loaded yet.
    ///
    /// What the batch has changed or forgotten is not loaded again. Settings, accounts and conversations are loaded only
    /// before it changes anything.
    pub async fn load(&mut self, client: &ClientWrapper, needs: &Needs<'_>) -> Result<()> {
        let found = self.find(client, needs).await?;
        self.add(client, needs, found).await
    }

    /// Reads what is found by known keys. The statements are sent at once.
    async fn find(&self, client: &ClientWrapper, needs: &Needs<'_>) -> Result<Found> {
        let Batch { view, changes, .. } = &self.batch;
        let number = company(view.company);
        let is_unknown = |handle: &&HandleKey| view.claims.get(handle).is_none() && !changes.claims.contains(*handle);
        let unknown: BTreeSet<&HandleKey> =
            needs.handles.iter().chain(&needs.reporters).copied().filter(is_unknown).collect();
        let is_unnamed = |name: &&RecordName| !view.names.contains_key(*name) && !changes.names.contains(*name);
        let unnamed: BTreeSet<&RecordName> = needs.names.iter().map(AsRef::as_ref).filter(is_unnamed).collect();
        let (systems, ids): (Vec<&str>, Vec<&str>) = unnamed.iter().map(|name| (name.system(), name.id())).unzip();
        let (channels, references): (Vec<i64>, Vec<&str>) =
            needs.references.iter().map(|(channel, reference)| (stored(channel.number()), reference.as_str())).unzip();
        let accounts: Vec<i64> = needs.accounts.iter().map(|id| stored(id.number())).collect();
        let (aliases, values): (Vec<&str>, Vec<&str>) =
            needs.account_aliases.iter().map(|alias| (alias.name(), alias.value())).unzip();
        let ((claims, names, references), (settings, accounts, aliased_accounts)) = try_join(
            try_join3(
                handles::find(client, view.company, handles::CLAIMS, unknown),
                rows(client, !ids.is_empty(), contacts::BY_NAME, &[&number, &systems, &ids]),
                rows(client, !references.is_empty(), conversations::BY_REFERENCE, &[&number, &channels, &references]),
            ),
            try_join3(
                rows(client, needs.settings, settings::SETTINGS, &[&number]),
                rows(client, !accounts.is_empty(), accounts::BY_ID, &[&number, &accounts]),
                rows(client, !aliases.is_empty(), accounts::BY_ALIAS, &[&number, &aliases, &values]),
            ),
        )
        .await?;
        Ok(Found { claims, names, references, settings, accounts, aliased_accounts })
    }

    /// Adds what was found, and loads the rest of what is needed.
    async fn add(&mut self, client: &ClientWrapper, needs: &Needs<'_>, found: Found) -> Result<()> {
        for row in &found.claims {
            let (handle, claim) = handles::claim(row)?;
            self.add_claim(handle, claim);
        }
        let view = &mut self.batch.view;
        for row in &found.names {
            let (name, record) = contacts::name(row)?;
            view.names.insert(name, record);
        }
        let mut conversations: BTreeSet<i64> = needs.conversations.iter().map(|id| stored(id.number())).collect();
        for row in &found.references {
            let (key, message) = conversations::reference(row)?;
            conversations.insert(stored(message.conversation.number()));
            view.references.insert(key, message);
        }
        if let Some(row) = found.settings.first() {
            view.settings = settings::from_row(row)?;
        }
        for row in found.accounts.iter().chain(&found.aliased_accounts) {
            let account = accounts::account(row)?;
            view.account_aliases.extend(account.facts.aliases().map(|alias| (alias, account.id)));
            view.accounts.insert(account.id, account);
        }
        let (id, conversations) = (view.company, conversations.into_iter().collect::<Vec<i64>>());
        let unreported = self.unreported(needs);
        let (records, conversations, others) = try_join3(
            by_ids(client, id, contacts::BY_ID, self.unloaded(self.needed_records(needs))),
            by_ids(client, id, conversations::BY_ID, conversations),
            handles::find(client, id, handles::OTHERS, &unreported),
        )
        .await?;
        self.add_records(&records)?;
        for row in conversations {
            let conversation = conversations::conversation(&row)?;
            self.batch.view.conversations.insert(conversation.id, conversation);
        }
        let reporters = self.add_others(unreported, &others)?;
        self.add_records(&by_ids(client, id, contacts::BY_ID, self.unloaded(reporters)).await?)?;
        if !needs.contacts.is_empty() {
            let unclaimed = handles::unclaimed(&self.batch.view);
            for row in handles::find(client, id, handles::CLAIMS, &unclaimed).await? {
                let (handle, claim) = handles::claim(&row)?;
                self.add_claim(handle, claim);
            }
        }
        Ok(())
    }

    /// The records that are needed whatever else is.
    fn needed_records(&self, needs: &Needs<'_>) -> BTreeSet<RecordId> {
        let view = &self.batch.view;
        let home = |handle: &&HandleKey| view.claims.get(handle)?.home;
        let homes = needs.handles.iter().chain(&needs.reporters).filter_map(home);
        let named = needs.names.iter().filter_map(|name| view.names.get(name.as_ref()).copied());
        needs.contacts.iter().copied().chain(homes).chain(named).collect()
    }

    /// The needed handles of which the other records that report them are needed too, and are not loaded.
    ///
    /// An observation does not need the reporters of a handle that identifies nobody.
    fn unreported(&self, needs: &Needs<'_>) -> BTreeSet<HandleKey> {
        let claims = &self.batch.view.claims;
        let identifies = |handle: &&HandleKey| claims.obstacle(handle).is_none();
        let is_unreported =
            |handle: &&HandleKey| claims.get(handle).is_some_and(|claim| claim.has_more) && !claims.has_others(handle);
        let needed = needs.handles.iter().copied().filter(identifies).chain(needs.reporters.iter().copied());
        needed.filter(is_unreported).cloned().collect()
    }

    /// Whether a record is neither loaded nor forgotten by the batch.
    fn is_unloaded(&self, id: RecordId) -> bool {
        let Batch { view, changes, .. } = &self.batch;
        !view.records.contains_key(&id) && !changes.records.contains(&id)
    }

    /// The numbers of those of some records that are to be loaded.
    fn unloaded(&self, records: BTreeSet<RecordId>) -> Vec<i64> {
        codec::contacts(&records.into_iter().filter(|id| self.is_unloaded(*id)).collect::<Vec<_>>())
    }

    fn add_claim(&mut self, handle: HandleKey, claim: Claim) {
        let Batch { view, changes, .. } = &mut self.batch;
        if view.claims.get(&handle).is_none() && !changes.claims.contains(&handle) {
            self.before.put(handle.clone(), claim);
            view.claims.put(handle, claim);
        }
    }

    /// Adds records with their claims.
    fn add_records(&mut self, rows: &[Row]) -> Result<()> {
        for row in rows {
            let record = contacts::record(row)?;
            if !self.is_unloaded(record.id) {
                continue;
            }
            // Data about one handle of a contact often names the others too.
            for (handle, claim) in record.facts.claims(record.id) {
                self.add_claim(handle.clone(), claim);
            }
            self.batch.view.records.insert(record.id, record);
        }
        Ok(())
    }

    /// Adds the other records that report these handles, and returns them.
    fn add_others(&mut self, handles: BTreeSet<HandleKey>, rows: &[Row]) -> Result<BTreeSet<RecordId>> {
        let mut others: BTreeMap<HandleKey, BTreeSet<RecordId>> =
            handles.into_iter().map(|handle| (handle, BTreeSet::new())).collect();
        for row in rows {
            let (handle, record) = handles::other(row)?;
            others.entry(handle).or_default().insert(record);
        }
        let Batch { view, changes, .. } = &mut self.batch;
        for ((handle, record), is_one) in &changes.others {
            if let Some(others) = others.get_mut(handle) {
                if *is_one {
                    others.insert(*record)
                } else {
                    others.remove(record)
                };
            }
        }
        let reporters = others.values().flatten().copied().collect();
        for (handle, others) in others {
            view.claims.put_others(handle, others);
        }
        Ok(reporters)
    }
}

/// Runs a statement if it is needed.
async fn rows(
    client: &ClientWrapper,
    is_needed: bool,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>> {
    if is_needed { query(client, sql, parameters).await } else { Ok(Vec::new()) }
}

async fn by_ids(client: &ClientWrapper, id: CompanyId, sql: &str, ids: Vec<i64>) -> Result<Vec<Row>> {
    rows(client, !ids.is_empty(), sql, &[&company(id), &ids]).await
}
