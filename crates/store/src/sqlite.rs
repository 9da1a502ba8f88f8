//! The embedded store: one SQLite file with a write-ahead log.
//!
//! One thread writes. What waits while it commits is the next batch, and a batch is one transaction, so
//! many writers share one sync of the disk. Readers have connections of their own and never wait for it.

mod channels;
mod conversations;
mod load;
mod open;
mod search;
mod tail;
mod upkeep;
mod writer;

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use contact::{
    Attachment, AttachmentId, Channel, Command, CompanyId, CompanyName, Contact, ContactId, Conversation,
    ConversationId, Entry, HandleKey, MessageId, Received, Seq, Time, View,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;

use crate::{
    Access, Added, AddedChannel, Company, Cursor, Error, NewChannel, Outcomes, Prepared, Record, Records,
    SCAN_AHEAD_MAX, SecretHash, Session, Store, Told, record,
};
use tail::Tail;
use writer::Writer;

/// Most companies whose logins are kept at hand.
const COMPANIES_AT_HAND_MAX: usize = 10_000;

/// Most reads at once; more would only wait for the same disk and processors. Scans and backups come on top.
const READS_MAX: usize = 16;

/// Most claims of handles that wait in memory, about 150 bytes each. With so many, a page of the table gets several at
/// once even among the handles of a million people.
const CLAIMS_WAITING_MAX: usize = 65_536;

/// A store in one SQLite file.
pub struct Sqlite {
    file: PathBuf,
    companies: Arc<Mutex<Companies>>,
    readers: Arc<Readers>,
    written: watch::Sender<u64>,
    /// What keeps the search index up to date and looks for what others write, while the store is served.
    upkeep: Option<JoinHandle<()>>,
    tail: Arc<RwLock<Tail>>,
    writer: Option<Writer>,
    /// Held while the store is served, so that nobody else serves it.
    _served: Option<File>,
}

impl Sqlite {
    /// Opens the store in a file, and brings its schema up to date unless it is only to be read. To be called
    /// within a runtime.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`], with the file's name, if it is not a Kith store, was made by a newer Kith,
    /// cannot be opened as asked, or is served already.
    pub fn open(file: &Path, access: Access) -> Result<Sqlite, Error> {
        Sqlite::open_with(file, access, CLAIMS_WAITING_MAX)
    }

    /// The same, with another limit to the claims of handles that wait in memory to be written in the order of their
    /// table. None of them can be lost, since the journal has them.
    ///
    /// # Errors
    ///
    /// As [`open`](Sqlite::open).
    pub fn open_with(file: &Path, access: Access, claims_waiting_max: usize) -> Result<Sqlite, Error> {
        // What is no store is left alone, without even a lock beside it.
        open::look(file, access)?;
        let served = if access == Access::Serve { Some(open::claim(file)?) } else { None };
        let tail = Arc::new(RwLock::new(Tail::new(claims_waiting_max)));
        let written = watch::Sender::new(0);
        let writer = if access == Access::Read {
            None
        } else {
            let mut connection = open::connect(file, access)?;
            if access == Access::Serve {
                let transaction = connection.transaction()?;
                write_lock(&tail).catch_up_unfolded(&transaction)?;
                transaction.finish()?;
            }
            Some(Writer::start(connection, Arc::clone(&tail), written.clone())?)
        };
        let companies =
            Companies { connection: open::connect(file, Access::Read)?, version: 0, at_hand: HashMap::new() };
        let readers = Arc::new(Readers {
            file: file.to_owned(),
            free: Arc::new(Semaphore::new(READS_MAX)),
            idle: Mutex::new(Vec::new()),
        });
        let companies = Arc::new(Mutex::new(companies));
        let upkeep = writer
            .as_ref()
            .filter(|_| access == Access::Serve)
            .map(|writer| tokio::spawn(upkeep::run(Arc::clone(&companies), writer.handle(), written.clone())));
        Ok(Sqlite { file: file.to_owned(), companies, readers, written, upkeep, tail, writer, _served: served })
    }

    /// Brings the schema of the store in a file up to date. The file is made if it is not there.
    ///
    /// # Errors
    ///
    /// As [`open`](Sqlite::open).
    pub fn migrate(file: &Path) -> Result<Prepared, Error> {
        open::migrate(file)
    }

    fn writer(&self) -> Result<&Writer, Error> {
        self.writer.as_ref().ok_or_else(|| Error::Unusable(format!("{} is opened to be read.", self.file.display())))
    }

    /// Runs a read on a connection of its own, in one transaction.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let readers = Arc::clone(&self.readers);
        let permit = Arc::clone(&readers.free).acquire_owned().await;
        let reading = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            readers.with(read)
        });
        reading.await.map_err(|_| Error::Unavailable("A read was interrupted.".into()))?
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        if let Some(upkeep) = &self.upkeep {
            upkeep.abort();
        }
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn add_company(&self, company: Company) -> Result<Added, Error> {
        self.writer()?.run(move |connection| add_company(connection, &company)).await
    }

    async fn company(&self, name: &CompanyName) -> Result<Option<Company>, Error> {
        lock(&self.companies).find(name)
    }

    async fn companies(&self) -> Result<Vec<Company>, Error> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT company, name, secret, region, created_at FROM company ORDER BY name")?;
            let companies = statement.query_and_then([], company)?.collect::<Result<Vec<_>, _>>()?;
            Ok(companies)
        })
        .await
    }

    async fn set_secret(&self, company: CompanyId, secret: SecretHash) -> Result<bool, Error> {
        let set = move |connection: &Connection| {
            channels::remove_sessions(connection, company, None)?;
            let mut statement = connection.prepare_cached("UPDATE company SET secret = ?2 WHERE company = ?1")?;
            Ok(statement.execute(params![company.number(), secret.0])? > 0)
        };
        self.writer()?.run(set).await
    }

    async fn write(&self, company: CompanyId, at: Time, commands: Vec<Command>) -> Result<Outcomes, Error> {
        self.writer()?.write(company, at, commands).await
    }

    async fn restore(&self, company: CompanyId, told: Vec<Told>) -> Result<(), Error> {
        self.writer()?.restore(company, told).await
    }

    async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error> {
        self.read(move |connection| contact(connection, company, id)).await
    }

    async fn owner(&self, company: CompanyId, handle: HandleKey) -> Result<Option<Contact>, Error> {
        // Asked before the read begins: what leaves the tail after this is in the table that is read.
        let known = read_lock(&self.tail).known(company, &handle);
        let read = move |connection: &Connection| {
            let (claim, behind) = tail::claim(connection, company, &handle, &known)?;
            let owner = claim.and_then(|claim| claim.home).map(|home| contact(connection, company, home));
            Ok((owner.transpose()?.flatten(), behind))
        };
        let (owner, behind) = self.read(read).await?;
        if let Some(writer) = self.writer.as_ref().filter(|_| behind.is_far()) {
            writer.catch_up(company);
        }
        Ok(owner)
    }

    async fn contacts(&self, company: CompanyId, after: Option<Cursor>, limit: usize) -> Result<Vec<Contact>, Error> {
        self.read(move |connection| {
            let ids = load::changed(connection, company, after, limit)?;
            let mut people = Vec::with_capacity(ids.len());
            for id in ids {
                people.extend(contact(connection, company, id)?);
            }
            Ok(people)
        })
        .await
    }

    async fn view(&self, company: CompanyId, contacts: &[ContactId], merge: Option<Seq>) -> Result<View, Error> {
        let contacts = contacts.to_vec();
        self.read(move |connection| {
            let head = load::ends(connection, company)?.map(|ends| ends.head).unwrap_or_default();
            let mut view = View { head, ..View::new(company) };
            let joined = merge.map(|merge| load::joined_by(connection, company, merge)).transpose()?.flatten();
            for contact in contacts.into_iter().chain(joined) {
                load::whole(connection, &mut view, contact)?;
            }
            Ok(view)
        })
        .await
    }

    async fn people(&self, company: CompanyId, ids: &[ContactId]) -> Result<Vec<(ContactId, Contact)>, Error> {
        let ids = ids.to_vec();
        self.read(move |connection| {
            let mut view = View::new(company);
            let mut people = Vec::with_capacity(ids.len());
            for id in ids {
                load::whole(connection, &mut view, id)?;
                people.extend(view.contact(id).map(|contact| (id, contact)));
            }
            Ok(people)
        })
        .await
    }

    async fn history(
        &self,
        company: CompanyId,
        contact: ContactId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        self.read(move |connection| load::history(connection, company, contact, before, limit)).await
    }

    async fn entries(&self, company: CompanyId, after: Seq, limit: usize) -> Result<Vec<Entry>, Error> {
        self.read(move |connection| load::entries(connection, company, after, limit)).await
    }

    async fn head(&self, company: CompanyId) -> Result<Seq, Error> {
        let ends = self.read(move |connection| load::ends(connection, company)).await?;
        Ok(ends.map(|ends| ends.head).unwrap_or_default())
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }

    async fn search(&self, company: CompanyId, words: &[String], limit: usize) -> Result<Vec<Contact>, Error> {
        let words = words.to_vec();
        self.read(move |connection| {
            let ids = search::find(connection, company, &words, limit)?;
            let mut people = Vec::with_capacity(ids.len());
            for id in ids {
                people.extend(contact(connection, company, id)?);
            }
            Ok(people)
        })
        .await
    }

    async fn add_channel(&self, company: CompanyId, channel: NewChannel) -> Result<AddedChannel, Error> {
        self.writer()?.run(move |connection| channels::add(connection, company, channel)).await
    }

    async fn channels(&self, company: CompanyId) -> Result<Vec<Channel>, Error> {
        self.read(move |connection| channels::of(connection, company)).await
    }

    async fn mailbox(&self, address: &HandleKey) -> Result<Option<(Company, Channel)>, Error> {
        let address = address.clone();
        self.read(move |connection| channels::mailbox(connection, &address)).await
    }

    async fn company_by_id(&self, company: CompanyId) -> Result<Option<Company>, Error> {
        self.read(move |connection| company_by_id(connection, company)).await
    }

    async fn conversations(
        &self,
        company: CompanyId,
        of: Option<ContactId>,
        after: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Conversation>, Error> {
        self.read(move |connection| {
            let Some(of) = of else { return conversations::latest(connection, company, None, after, limit) };
            let mut view = View::new(company);
            load::whole(connection, &mut view, of)?;
            conversations::latest(connection, company, Some(&view.parts(of)), after, limit)
        })
        .await
    }

    async fn conversation(&self, company: CompanyId, id: ConversationId) -> Result<Option<Conversation>, Error> {
        self.read(move |connection| conversations::conversation(connection, company, id)).await
    }

    async fn messages(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<Received>, Error> {
        self.read(move |connection| conversations::messages(connection, company, conversation, before, limit)).await
    }

    async fn attachment(&self, company: CompanyId, id: AttachmentId) -> Result<Option<Attachment>, Error> {
        self.read(move |connection| conversations::attachment(connection, company, id)).await
    }

    async fn add_session(&self, company: CompanyId, session: Session, now: Time) -> Result<(), Error> {
        self.writer()?.run(move |connection| channels::add_session(connection, company, &session, now)).await
    }

    async fn session(&self, company: CompanyId, token: SecretHash) -> Result<Option<Time>, Error> {
        self.read(move |connection| channels::session(connection, company, token)).await
    }

    async fn remove_session(&self, company: CompanyId, token: SecretHash) -> Result<(), Error> {
        self.writer()?.run(move |connection| channels::remove_sessions(connection, company, Some(token))).await
    }

    async fn scan(&self, company: CompanyId) -> Result<Records, Error> {
        let (send, records) = mpsc::channel(SCAN_AHEAD_MAX);
        let readers = Arc::clone(&self.readers);
        tokio::task::spawn_blocking(move || {
            let mut visit = |record: Record| send.blocking_send(Ok(record)).is_ok();
            let scanned = readers.with(|connection| load::scan(connection, company, &mut visit));
            if let Err(error) = scanned {
                // Nobody listens any more if this fails too.
                let _ = send.blocking_send(Err(error));
            }
        });
        Ok(records)
    }

    async fn backup(&self, file: &Path) -> Result<(), Error> {
        let (from, to) = (self.file.clone(), file.to_owned());
        let copying = tokio::task::spawn_blocking(move || open::copy(&from, &to));
        copying.await.map_err(|_| Error::Unavailable("The backup was interrupted.".into()))?
    }

    async fn ready(&self) -> Result<(), Error> {
        self.read(|connection| Ok(connection.query_row("SELECT count(*) FROM company", [], |_| Ok(()))?)).await
    }
}

/// The logins of companies, as of the last change of the file by anyone.
struct Companies {
    connection: Connection,
    version: i64,
    /// Names that were looked up, those that no company has among them: a wrong name is answered as
    /// fast as a right one.
    at_hand: HashMap<CompanyName, Option<Company>>,
}

impl Companies {
    /// Becomes another number when anyone has written to the file.
    fn version(&self) -> Result<i64, Error> {
        Ok(self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
    }

    fn find(&mut self, name: &CompanyName) -> Result<Option<Company>, Error> {
        let version = self.version()?;
        if version != self.version || self.at_hand.len() >= COMPANIES_AT_HAND_MAX {
            self.at_hand.clear();
            self.version = version;
        }
        if let Some(found) = self.at_hand.get(name) {
            return Ok(found.clone());
        }
        let query = "SELECT company, name, secret, region, created_at FROM company WHERE name = ?1";
        let mut statement = self.connection.prepare_cached(query)?;
        let found = statement.query_and_then([name.as_str()], company)?.next().transpose()?;
        self.at_hand.insert(name.clone(), found.clone());
        Ok(found)
    }
}

/// Connections for reads, as many as are read from at once.
struct Readers {
    file: PathBuf,
    free: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let idle = lock(&self.idle).pop();
        let mut connection = idle.map_or_else(|| open::connect(&self.file, Access::Read), Ok)?;
        let transaction = connection.transaction()?;
        let result = read(&transaction);
        transaction.finish()?;
        lock(&self.idle).push(connection);
        result
    }
}

fn add_company(connection: &Connection, company: &Company) -> Result<Added, Error> {
    let taken = |query: &str, value: &dyn rusqlite::ToSql| {
        connection.prepare_cached(query)?.query_row([value], |_| Ok(())).optional()
    };
    if taken("SELECT 1 FROM company WHERE name = ?1", &company.name.as_str())?.is_some() {
        return Ok(Added::NameTaken);
    }
    if taken("SELECT 1 FROM company WHERE company = ?1", &company.id.number())?.is_some() {
        return Ok(Added::NumberTaken);
    }
    connection.execute(
        "INSERT INTO company (company, name, secret, region, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            company.id.number(),
            company.name.as_str(),
            company.secret.0,
            company.region.to_string(),
            company.created_at.millis()
        ],
    )?;
    Ok(Added::Done)
}

fn company_by_id(connection: &Connection, id: CompanyId) -> Result<Option<Company>, Error> {
    let query = "SELECT company, name, secret, region, created_at FROM company WHERE company = ?1";
    let mut statement = connection.prepare_cached(query)?;
    statement.query_and_then([id.number()], company)?.next().transpose()
}

fn company(row: &Row) -> Result<Company, Error> {
    let (id, name, region): (u32, String, String) = (row.get(0)?, row.get(1)?, row.get(3)?);
    let damaged = |what: &str| Error::Damaged(format!("{what} is not of a company"));
    Ok(Company {
        id: record::company_id(id)?,
        name: name.parse().map_err(|_| damaged("name"))?,
        secret: SecretHash(row.get(2)?),
        region: region.parse().map_err(|_| damaged("region"))?,
        created_at: Time::from_millis(row.get(4)?),
    })
}

fn contact(connection: &Connection, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error> {
    let mut view = View::new(company);
    load::whole(connection, &mut view, id)?;
    Ok(view.contact(id))
}

fn read_lock<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write_lock<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::DiskFull) => Error::Unavailable("The disk that holds the store is full.".into()),
            Some(Code::DatabaseCorrupt | Code::NotADatabase) | None => Error::Damaged(error.to_string()),
            Some(_) => Error::Unavailable(format!("The store cannot be used at the moment: {error}.")),
        }
    }
}
