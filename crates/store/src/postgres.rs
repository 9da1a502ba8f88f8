//! The store for more than one machine: a PostgreSQL database, perhaps spread over several by Citus.
//!
//! Any number of servers work on one database, and none of them keeps anything of its own. A company's row of `ends` is
//! its lock. Every statement names one company, so it goes to one shard.

mod append;
mod companies;
mod connect;
mod conversations;
mod load;
mod news;
mod rows;
mod schema;
mod search;
mod tls;
mod writer;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use contact::{
    Attachment, AttachmentId, Channel, Command, CompanyId, CompanyName, Contact, ContactId, Conversation,
    ConversationId, Entry, HandleKey, MessageId, Received, Seq, Time, View,
};
use futures_util::TryStreamExt as _;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_postgres::types::ToSql;

use crate::{
    Access, Added, AddedChannel, Company, Cursor, Error, NewChannel, Outcomes, Prepared, Record, Records,
    SCAN_AHEAD_MAX, SecretHash, Session, Store, Told,
};
use companies::Logins;
use connect::{Address, Pool, Transaction};
use load::{company as number, limit, stored};
use news::{Heard, Notes};
use writer::Writer;

pub use connect::Limits;

/// A store in a PostgreSQL database.
pub struct Postgres {
    pool: Pool,
    writer: Arc<Writer>,
    at_hand: Arc<AtHand>,
    written: watch::Sender<u64>,
    access: Access,
    /// What goes on beside reads and writes while the store is served.
    upkeep: Vec<JoinHandle<()>>,
}

/// What of the database is kept at hand, and who is told when it changes.
#[derive(Default)]
struct AtHand {
    logins: Logins,
    due: Arc<search::Due>,
}

impl Heard for AtHand {
    fn written(&self, companies: &BTreeSet<CompanyId>, is_own: bool) {
        self.due.add(companies.iter().copied(), is_own);
    }

    fn companies(&self) {
        self.logins.forget();
    }
}

impl Postgres {
    /// Opens the store in the database at an address, such as `postgres://kith@db.example.org/kith`, and brings its schema
    /// up to date unless it is only to be read.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] if the address is none, or the database is not a Kith store, was made by a newer Kith or may
    /// not be changed; [`Error::Unavailable`] if it cannot be reached for as long as `limits` says.
    pub async fn open(url: &str, access: Access, limits: Limits) -> Result<Postgres, Error> {
        let address = Address::parse(url)?;
        let is_spread = connect::patiently(limits.connect_time, || look(address.clone(), access)).await?;
        let pool = Pool::new(address.clone(), access, limits, is_spread)?;
        let (at_hand, written) = (Arc::new(AtHand::default()), watch::Sender::new(0));
        let is_served = access == Access::Serve;
        let own: Option<Arc<dyn Heard>> = is_served.then(|| Arc::clone(&at_hand) as Arc<dyn Heard>);
        let notes = Notes::new(pool.clone(), written.clone(), own);
        let mut upkeep = Vec::new();
        if is_served {
            upkeep.push(news::listen(address, written.clone(), Arc::clone(&at_hand) as Arc<dyn Heard>));
            upkeep.push(search::run(pool.clone(), Arc::clone(&at_hand.due)));
        }
        let writer = Arc::new(Writer::new(pool.clone(), notes));
        Ok(Postgres { pool, writer, at_hand, written, access, upkeep })
    }

    /// Brings the schema of the database at an address up to date, and spreads it over the machines of a Citus cluster if
    /// it is one.
    ///
    /// # Errors
    ///
    /// As [`open`](Postgres::open).
    pub async fn migrate(url: &str, limits: Limits) -> Result<Prepared, Error> {
        let address = Address::parse(url)?;
        connect::patiently(limits.connect_time, || prepare(address.clone())).await
    }

    /// An address without its password, to be shown.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] if it is none.
    pub fn shown(url: &str) -> Result<String, Error> {
        Ok(Address::parse(url)?.shown().to_owned())
    }

    /// The statements that reads and writes are made of, to be explained. Each names one company, by its first parameter,
    /// but for those that find out which company it is.
    pub fn statements() -> Vec<String> {
        let reads = [
            load::BY_ID,
            load::BY_HANDLE,
            load::BY_CHANGE,
            load::CLAIMS,
            load::ENDS,
            load::LOCK,
            load::ENTRIES,
            load::ENTRIES_BY_SEQ,
            load::HISTORY,
            conversations::MARKS,
            conversations::BY_ID,
            conversations::LATEST,
            conversations::LATEST_OF,
            conversations::MESSAGES,
            conversations::ATTACHMENT,
            conversations::ATTACH,
            companies::BY_NAME,
            companies::BY_ID,
            companies::CHANNELS,
            companies::CHANNEL,
            companies::MAILBOX,
            companies::SESSION,
            companies::ADD_SESSION,
            companies::END_SESSIONS,
            companies::REMOVE_SESSION,
            companies::REMOVE_SESSIONS,
            search::BEHIND,
            search::CURSOR,
            search::ADVANCE,
            search::FORGET,
            search::insert(),
        ];
        let scans = SCANS.map(str::to_owned);
        let made = append::statements().into_iter().chain([search::find_statement(2)]).chain(scans);
        reads.map(str::to_owned).into_iter().chain(made).collect()
    }

    /// The part of a view that a statement finds.
    async fn people_by(&self, id: CompanyId, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<View, Error> {
        load::people(id, &self.pool.query(sql, parameters).await?)
    }

    async fn whole(&self, company: CompanyId, contacts: &[ContactId]) -> Result<View, Error> {
        self.people_by(company, load::BY_ID, &[&number(company), &load::numbers(contacts)]).await
    }
}

/// Looks at the schema of a database, or brings it up to date, and says whether it can be spread.
async fn look(address: Address, access: Access) -> Result<bool, Error> {
    if access == Access::Read {
        let client = Client::connect(&address).await?;
        schema::check(&client.client).await?;
        return schema::is_spread(&client.client).await;
    }
    if access == Access::Change {
        schema::check_there(&Client::connect(&address).await?.client).await?;
    }
    let prepared = prepare(address).await?;
    if prepared.from < prepared.to {
        tracing::info!(from = prepared.from, to = prepared.to, "the schema was brought up to date");
    }
    if !prepared.spread.is_empty() {
        tracing::info!(tables = prepared.spread.len(), "tables were spread over the cluster");
    }
    Ok(prepared.is_spread)
}

async fn prepare(address: Address) -> Result<Prepared, Error> {
    schema::prepare(&mut Client::connect(&address).await?.client).await
}

/// A connection of its own, for what a pool is not for.
struct Client {
    client: tokio_postgres::Client,
    driver: JoinHandle<()>,
}

impl Client {
    async fn connect(address: &Address) -> Result<Client, Error> {
        let (client, connection) = address.connect().await?;
        let driver = tokio::spawn(async move {
            // Whoever uses the connection is told.
            let _ = connection.await;
        });
        Ok(Client { client, driver })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        for task in &self.upkeep {
            task.abort();
        }
    }
}

#[async_trait]
impl Store for Postgres {
    async fn add_company(&self, company: Company) -> Result<Added, Error> {
        self.at_hand.logins.forget();
        let added = companies::add(&self.pool, &company).await;
        self.at_hand.logins.forget();
        added
    }

    async fn company(&self, name: &CompanyName) -> Result<Option<Company>, Error> {
        self.at_hand.logins.find(&self.pool, name, self.access == Access::Serve).await
    }

    async fn companies(&self) -> Result<Vec<Company>, Error> {
        let rows = self.pool.query(companies::ALL, &[]).await?;
        rows.iter().map(companies::company).collect()
    }

    async fn set_secret(&self, company: CompanyId, secret: SecretHash) -> Result<bool, Error> {
        let is_set = companies::set_secret(&self.pool, company, secret).await;
        self.at_hand.logins.forget();
        is_set
    }

    async fn write(&self, company: CompanyId, at: Time, commands: Vec<Command>) -> Result<Outcomes, Error> {
        self.writer.write(company, at, commands).await
    }

    async fn restore(&self, company: CompanyId, told: Vec<Told>) -> Result<(), Error> {
        self.writer.restore(company, told).await
    }

    async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error> {
        Ok(self.whole(company, &[id]).await?.contact(id))
    }

    async fn owner(&self, company: CompanyId, handle: HandleKey) -> Result<Option<Contact>, Error> {
        let (source, key) = (handle.source().name(), handle.as_str());
        let view = self.people_by(company, load::BY_HANDLE, &[&number(company), &source, &key]).await?;
        let home = view.claims.get(&handle).and_then(|claim| claim.home);
        Ok(home.and_then(|home| view.contact(home)))
    }

    async fn contacts(&self, company: CompanyId, after: Option<Cursor>, most: usize) -> Result<Vec<Contact>, Error> {
        let (changed, contact) = load::cursor(after);
        let parameters: [&(dyn ToSql + Sync); 4] = [&number(company), &changed, &contact, &limit(most)];
        let view = self.people_by(company, load::BY_CHANGE, &parameters).await?;
        let roots = view.members.values().filter(|member| member.merged_into.is_none());
        let mut people: Vec<Contact> = roots.filter_map(|root| view.contact(root.id)).collect();
        people.sort_by_key(|person| std::cmp::Reverse((person.changed, person.id)));
        Ok(people)
    }

    async fn view(&self, company: CompanyId, contacts: &[ContactId], merge: Option<Seq>) -> Result<View, Error> {
        let transaction = Transaction::reading(self.pool.get().await?).await?;
        let client = transaction.client();
        let ends = load::query(client, load::ENDS, &[&number(company)]).await?;
        let mut view = ends.first().map_or_else(|| Ok(View::new(company)), |ends| load::open(company, ends))?;
        let mut contacts = contacts.to_vec();
        if let Some(merge) = merge {
            contacts.extend(load::joined_by(client, company, merge).await?);
        }
        let parameters: [&(dyn ToSql + Sync); 2] = [&number(company), &load::numbers(&contacts)];
        load::add(&mut view, &load::query(client, load::BY_ID, &parameters).await?)?;
        transaction.roll_back().await?;
        Ok(view)
    }

    async fn people(&self, company: CompanyId, ids: &[ContactId]) -> Result<Vec<(ContactId, Contact)>, Error> {
        let view = self.whole(company, ids).await?;
        Ok(ids.iter().filter_map(|id| Some((*id, view.contact(*id)?))).collect())
    }

    async fn history(
        &self,
        company: CompanyId,
        contact: ContactId,
        before: Option<Seq>,
        most: usize,
    ) -> Result<Vec<Entry>, Error> {
        let view = self.whole(company, &[contact]).await?;
        let parts = view.parts(contact);
        let before = before.map_or(load::BEYOND, |before| stored(before.0));
        let firsts = parts.iter().filter_map(|part| view.members.get(part)).map(|member| stored(member.first.0));
        let firsts: Vec<i64> = firsts.filter(|first| *first < before).collect();
        let parameters: [&(dyn ToSql + Sync); 5] =
            [&number(company), &firsts, &load::numbers(&parts), &before, &limit(most)];
        load::entries(&self.pool.query(load::HISTORY, &parameters).await?)
    }

    async fn entries(&self, company: CompanyId, after: Seq, most: usize) -> Result<Vec<Entry>, Error> {
        let parameters: [&(dyn ToSql + Sync); 3] = [&number(company), &stored(after.0), &limit(most)];
        load::entries(&self.pool.query(load::ENTRIES, &parameters).await?)
    }

    async fn head(&self, company: CompanyId) -> Result<Seq, Error> {
        let ends = self.pool.query(load::ENDS, &[&number(company)]).await?;
        ends.first().map_or(Ok(Seq(0)), |ends| Ok(Seq(load::number(ends, 0)?)))
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }

    async fn search(&self, company: CompanyId, words: &[String], most: usize) -> Result<Vec<Contact>, Error> {
        let ids = search::find(&self.pool, company, words, most).await?;
        let view = self.whole(company, &ids).await?;
        Ok(ids.into_iter().filter_map(|id| view.contact(id)).collect())
    }

    async fn add_channel(&self, company: CompanyId, channel: NewChannel) -> Result<AddedChannel, Error> {
        companies::add_channel(&self.pool, company, channel).await
    }

    async fn channels(&self, company: CompanyId) -> Result<Vec<Channel>, Error> {
        companies::channels(&self.pool, company).await
    }

    async fn mailbox(&self, address: &HandleKey) -> Result<Option<(Company, Channel)>, Error> {
        companies::mailbox(&self.pool, address).await
    }

    async fn company_by_id(&self, company: CompanyId) -> Result<Option<Company>, Error> {
        let rows = self.pool.query(companies::BY_ID, &[&number(company)]).await?;
        rows.first().map(companies::company).transpose()
    }

    async fn conversations(
        &self,
        company: CompanyId,
        of: Option<ContactId>,
        after: Option<Seq>,
        most: usize,
    ) -> Result<Vec<Conversation>, Error> {
        let homes = match of {
            Some(of) => Some(self.whole(company, &[of]).await?.parts(of)),
            None => None,
        };
        conversations::latest(&self.pool, company, homes.as_deref(), after, most).await
    }

    async fn conversation(&self, company: CompanyId, id: ConversationId) -> Result<Option<Conversation>, Error> {
        conversations::conversation(&self.pool, company, id).await
    }

    async fn messages(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        before: Option<MessageId>,
        most: usize,
    ) -> Result<Vec<Received>, Error> {
        conversations::messages(&self.pool, company, conversation, before, most).await
    }

    async fn attachment(&self, company: CompanyId, id: AttachmentId) -> Result<Option<Attachment>, Error> {
        conversations::attachment(&self.pool, company, id).await
    }

    async fn add_session(&self, company: CompanyId, session: Session, now: Time) -> Result<(), Error> {
        companies::add_session(&self.pool, company, &session, now).await
    }

    async fn session(&self, company: CompanyId, token: SecretHash) -> Result<Option<Time>, Error> {
        companies::session(&self.pool, company, token).await
    }

    async fn remove_session(&self, company: CompanyId, token: SecretHash) -> Result<(), Error> {
        companies::remove_session(&self.pool, company, token).await
    }

    async fn scan(&self, company: CompanyId) -> Result<Records, Error> {
        let transaction = Transaction::reading(self.pool.get().await?).await?;
        let (send, records) = mpsc::channel(SCAN_AHEAD_MAX);
        tokio::spawn(async move {
            if let Err(error) = scan(transaction, company, &send).await {
                // Nobody listens any more if this fails too.
                let _ = send.send(Err(error)).await;
            }
        });
        Ok(records)
    }

    async fn backup(&self, _file: &Path) -> Result<(), Error> {
        let how = "copy it with pg_dump, or into a file with `kith copy`";
        Err(Error::Unusable(format!("A store in a database is backed up by that: {how}.")))
    }

    async fn ready(&self) -> Result<(), Error> {
        self.pool.query("SELECT schema FROM kith", &[]).await.map(drop)
    }
}

/// What a scan reads: the journal, the contacts, the handles, and the conversations.
const SCANS: [&str; 4] = [
    "SELECT seq, at, body FROM journal WHERE company = $1 ORDER BY seq",
    "SELECT contact, changed, merged_into, merge, body FROM contact WHERE company = $1 ORDER BY contact",
    "SELECT source, key, home, shared FROM handle WHERE company = $1 ORDER BY key, source",
    "SELECT conversation, home, changed, body FROM conversation WHERE company = $1 ORDER BY conversation",
];

/// Sends all that is kept of a company, until nobody listens.
async fn scan(
    transaction: Transaction,
    company: CompanyId,
    send: &mpsc::Sender<Result<Record, Error>>,
) -> Result<(), Error> {
    let client = transaction.client();
    // It takes as long as whoever listens.
    client.batch_execute("SET LOCAL statement_timeout = 0").await?;
    for (scan, sql) in SCANS.into_iter().enumerate() {
        let statement = client.prepare_cached(sql).await?;
        let mut rows = Box::pin(client.query_raw(&statement, [number(company)]).await?);
        while let Some(row) = rows.try_next().await? {
            let record = match scan {
                0 => Record::Entry(load::entry(&row)?),
                1 => Record::Member(load::member(&row)?),
                2 => {
                    let (handle, claim) = load::to_claim(&row)?;
                    Record::Claim(handle, claim)
                }
                _ => Record::Conversation(conversations::to_conversation(&row)?),
            };
            if send.send(Ok(record)).await.is_err() {
                return Ok(());
            }
        }
    }
    transaction.roll_back().await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
