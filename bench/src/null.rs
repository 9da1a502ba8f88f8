//! The same router, sign-in and reading of JSON as Kith, on a store that keeps nothing.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use contact::{
    Account, AccountAlias, AccountId, Attachment, AttachmentId, Channel, Command, CompanyId, CompanyName, Contact,
    ContactId, Conversation, ConversationId, Entry, Group, HandleKey, MessageId, Outcome, Picture, Received, Region,
    Seq, Settings, TeammateId, Time, View,
};
use hub::{Clock, Hub, Random};
use server::App;
use store::{
    Access, AccountCursor, Accounts, Added, AddedChannel, Companies, Company, ContactStream, Contacts, Conversations,
    DuplicatePair, Error, Found, IndexProgress, Journal, JournalRecord, ListRequest, NewChannel, Note, Order, Outcomes,
    Query, ScanItems, Search, SecretHash, Session, Sqlite, Store, Token,
};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, watch};

/// Knows one company, and answers every write at once.
#[derive(Default)]
struct Null {
    company: Mutex<Option<Company>>,
}

#[async_trait]
impl Companies for Null {
    async fn add_company(&self, company: Company) -> Result<Added, Error> {
        *self.company.lock().await = Some(company);
        Ok(Added::Done)
    }

    async fn company(&self, _name: &CompanyName) -> Result<Option<Company>, Error> {
        Ok(self.company.lock().await.clone())
    }

    async fn company_by_id(&self, _: CompanyId) -> Result<Option<Company>, Error> {
        nothing()
    }

    async fn companies(&self) -> Result<Vec<Company>, Error> {
        Ok(Vec::new())
    }

    async fn set_secret(&self, _: CompanyId, _: SecretHash) -> Result<bool, Error> {
        Ok(false)
    }

    async fn set_rate_limit(&self, _: CompanyId, _: Option<u32>) -> Result<bool, Error> {
        nothing()
    }

    async fn set_teammate_secret(&self, _: CompanyId, _: TeammateId, _: Option<SecretHash>) -> Result<(), Error> {
        nothing()
    }

    async fn teammate_secrets(&self, _: CompanyId) -> Result<Vec<(TeammateId, SecretHash)>, Error> {
        nothing()
    }

    async fn add_token(&self, _: CompanyId, _: Token) -> Result<(), Error> {
        nothing()
    }

    async fn tokens(&self, _: CompanyId) -> Result<Vec<Token>, Error> {
        nothing()
    }

    async fn token(&self, _: CompanyId, _: SecretHash) -> Result<Option<Token>, Error> {
        nothing()
    }

    async fn remove_token(&self, _: CompanyId, _: SecretHash) -> Result<bool, Error> {
        nothing()
    }

    async fn add_session(&self, _: CompanyId, _: Session, _: Time) -> Result<(), Error> {
        nothing()
    }

    async fn session(&self, _: CompanyId, _: SecretHash) -> Result<Option<Session>, Error> {
        nothing()
    }

    async fn remove_session(&self, _: CompanyId, _: SecretHash) -> Result<(), Error> {
        nothing()
    }

    async fn add_channel(&self, _: CompanyId, _: NewChannel) -> Result<AddedChannel, Error> {
        nothing()
    }

    async fn channels(&self, _: CompanyId) -> Result<Vec<Channel>, Error> {
        nothing()
    }

    async fn mailbox(&self, _: &HandleKey) -> Result<Option<(Company, Channel)>, Error> {
        nothing()
    }
}

#[async_trait]
impl Journal for Null {
    async fn write_shared(&self, company: CompanyId, _at: Time, commands: Arc<[Command]>) -> Result<Outcomes, Error> {
        let outcome = Outcome { contact: Some(ContactId::nth(company, 1)), ..Outcome::default() };
        Ok(commands.iter().map(|_| Ok(outcome.clone())).collect())
    }

    async fn restore(&self, _: CompanyId, _: Vec<JournalRecord>) -> Result<(), Error> {
        Ok(())
    }

    async fn entries(&self, _: CompanyId, _: Seq, _: usize) -> Result<Vec<Entry>, Error> {
        nothing()
    }

    async fn head(&self, _: CompanyId) -> Result<Seq, Error> {
        nothing()
    }

    fn watch(&self) -> watch::Receiver<u64> {
        watch::channel(0).1
    }

    async fn scan(&self, _: CompanyId) -> Result<ScanItems, Error> {
        Ok(mpsc::channel(1).1)
    }
}

#[async_trait]
impl Contacts for Null {
    async fn duplicates(&self, _: CompanyId, _: Option<DuplicatePair>, _: usize) -> Result<Vec<DuplicatePair>, Error> {
        nothing()
    }

    async fn all_contacts(&self, _: CompanyId) -> Result<ContactStream, Error> {
        Ok(mpsc::channel(1).1)
    }

    async fn contact(&self, _: CompanyId, _: ContactId) -> Result<Option<Contact>, Error> {
        Ok(None)
    }

    async fn owner(&self, _: CompanyId, _: HandleKey) -> Result<Option<Contact>, Error> {
        Ok(None)
    }

    async fn contacts(&self, _: CompanyId, _: ListRequest, _: usize) -> Result<Vec<Contact>, Error> {
        Ok(Vec::new())
    }

    async fn members(
        &self,
        _: CompanyId,
        _: Group,
        _: Option<ContactId>,
        _: usize,
    ) -> Result<Vec<(ContactId, Option<Contact>)>, Error> {
        nothing()
    }

    async fn view(&self, _: CompanyId, _: &[ContactId], _: Option<Seq>) -> Result<View, Error> {
        nothing()
    }

    async fn people(&self, _: CompanyId, _: &[ContactId]) -> Result<Vec<(ContactId, Contact)>, Error> {
        nothing()
    }

    async fn history(&self, _: CompanyId, _: ContactId, _: Option<Seq>, _: usize) -> Result<Vec<Entry>, Error> {
        nothing()
    }

    async fn notes(&self, _: CompanyId, _: ContactId, _: usize) -> Result<Vec<Note>, Error> {
        nothing()
    }

    async fn picture(&self, _: CompanyId, _: Seq) -> Result<Option<Picture>, Error> {
        nothing()
    }

    async fn settings(&self, _: CompanyId) -> Result<Settings, Error> {
        nothing()
    }
}

#[async_trait]
impl Search for Null {
    async fn search(&self, _: CompanyId, _: &Query, _: usize) -> Result<Found, Error> {
        nothing()
    }

    async fn index(&self, _: CompanyId) -> Result<IndexProgress, Error> {
        nothing()
    }

    async fn reindex(&self, _: CompanyId) -> Result<(), Error> {
        nothing()
    }
}

#[async_trait]
impl Accounts for Null {
    async fn account(&self, _: CompanyId, _: AccountId) -> Result<Option<Account>, Error> {
        nothing()
    }

    async fn account_called(&self, _: CompanyId, _: &AccountAlias) -> Result<Option<Account>, Error> {
        nothing()
    }

    async fn accounts(
        &self,
        _: CompanyId,
        _: Order,
        _: Option<AccountCursor>,
        _: usize,
    ) -> Result<Vec<Account>, Error> {
        nothing()
    }
}

#[async_trait]
impl Conversations for Null {
    async fn conversations(
        &self,
        _: CompanyId,
        _: Option<ContactId>,
        _: bool,
        _: Option<Seq>,
        _: usize,
    ) -> Result<Vec<Conversation>, Error> {
        nothing()
    }

    async fn conversation(&self, _: CompanyId, _: ConversationId) -> Result<Option<Conversation>, Error> {
        nothing()
    }

    async fn messages(
        &self,
        _: CompanyId,
        _: ConversationId,
        _: Option<MessageId>,
        _: usize,
    ) -> Result<Vec<Received>, Error> {
        nothing()
    }

    async fn message(&self, _: CompanyId, _: MessageId) -> Result<Option<Received>, Error> {
        nothing()
    }

    async fn attachment(&self, _: CompanyId, _: AttachmentId) -> Result<Option<Attachment>, Error> {
        nothing()
    }
}

#[async_trait]
impl Store for Null {
    async fn rehearse(&self, _: CompanyId, file: &Path) -> Result<Sqlite, Error> {
        Sqlite::open(file, Access::Make)
    }

    async fn backup(&self, _file: &Path) -> Result<(), Error> {
        Ok(())
    }

    async fn ready(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn nothing<T>() -> Result<T, Error> {
    Err(Error::Unavailable("This store keeps nothing.".into()))
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Time {
        Time::from_millis(0)
    }
}

impl Random for Still {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// Serves until it is killed. Prints its password in the words of `kith company add --json`.
pub async fn serve(listen: &str) {
    let hub = Hub::new(Arc::new(Null::default()), Arc::new(Still), Arc::new(Still));
    let name: CompanyName = "main".parse().expect("a name");
    let (_, password) = hub.add_company(name, Region::default()).await.expect("it takes everything");
    let listener = TcpListener::bind(listen).await.expect("a free port");
    println!("{}", serde_json::json!({"company": "main", "password": password.reveal()}));
    server::serve(listener, App::new(Arc::new(hub), None).router(), std::future::pending()).await;
}
