//! Stores that fail: the status, the time to retry, and no details of the error.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use contact::{
    Account, AccountAlias, AccountId, Attachment, AttachmentId, Channel, Command, CompanyId, CompanyName, Contact,
    ContactId, Conversation, ConversationId, Entry, Group, HandleKey, MessageId, Picture, Received, Seq, Settings,
    TeammateId, Time, View,
};
use store::{
    AccountCursor, Accounts, Added, AddedChannel, Companies, Company, ContactStream, Contacts, Conversations,
    DuplicatePair, Error, Found, IndexProgress, Journal, JournalRecord, ListRequest, NewChannel, Note, Order, Outcomes,
    Query, ScanItems, Search, SecretHash, Session, Sqlite, Store, Token,
};
use tokio::sync::watch;

use crate::client::Answer;
use crate::harness::{Server, person};
use crate::mail::{Client, mail_of};

/// A text that a log may have and a response must not.
const SECRET: &str = "disk sda1 in /srv/kith.db";

/// A store that fails every call, except for its companies and their mail addresses.
struct Failing {
    store: Arc<dyn Store>,
    error: fn(String) -> Error,
}

impl Failing {
    fn fail<T>(&self) -> Result<T, Error> {
        Err((self.error)(SECRET.into()))
    }
}

#[async_trait]
impl Companies for Failing {
    async fn add_company(&self, _: Company) -> Result<Added, Error> {
        self.fail()
    }

    async fn company(&self, name: &CompanyName) -> Result<Option<Company>, Error> {
        self.store.company(name).await
    }

    async fn company_by_id(&self, company: CompanyId) -> Result<Option<Company>, Error> {
        self.store.company_by_id(company).await
    }

    async fn companies(&self) -> Result<Vec<Company>, Error> {
        self.store.companies().await
    }

    async fn set_secret(&self, _: CompanyId, _: SecretHash) -> Result<bool, Error> {
        self.fail()
    }

    async fn set_rate_limit(&self, _: CompanyId, _: Option<u32>) -> Result<bool, Error> {
        self.fail()
    }

    async fn set_teammate_secret(&self, _: CompanyId, _: TeammateId, _: Option<SecretHash>) -> Result<(), Error> {
        self.fail()
    }

    async fn teammate_secrets(&self, _: CompanyId) -> Result<Vec<(TeammateId, SecretHash)>, Error> {
        self.fail()
    }

    async fn add_token(&self, _: CompanyId, _: Token) -> Result<(), Error> {
        self.fail()
    }

    async fn tokens(&self, _: CompanyId) -> Result<Vec<Token>, Error> {
        self.fail()
    }

    async fn token(&self, _: CompanyId, _: SecretHash) -> Result<Option<Token>, Error> {
        self.fail()
    }

    async fn remove_token(&self, _: CompanyId, _: SecretHash) -> Result<bool, Error> {
        self.fail()
    }

    async fn add_session(&self, _: CompanyId, _: Session, _: Time) -> Result<(), Error> {
        self.fail()
    }

    async fn session(&self, _: CompanyId, _: SecretHash) -> Result<Option<Session>, Error> {
        self.fail()
    }

    async fn remove_session(&self, _: CompanyId, _: SecretHash) -> Result<(), Error> {
        self.fail()
    }

    async fn add_channel(&self, _: CompanyId, _: NewChannel) -> Result<AddedChannel, Error> {
        self.fail()
    }

    async fn channels(&self, _: CompanyId) -> Result<Vec<Channel>, Error> {
        self.fail()
    }

    async fn mailbox(&self, address: &HandleKey) -> Result<Option<(Company, Channel)>, Error> {
        self.store.mailbox(address).await
    }
}

#[async_trait]
impl Journal for Failing {
    async fn write_shared(&self, _: CompanyId, _: Time, _: Arc<[Command]>) -> Result<Outcomes, Error> {
        self.fail()
    }

    async fn restore(&self, _: CompanyId, _: Vec<JournalRecord>) -> Result<(), Error> {
        self.fail()
    }

    async fn entries(&self, _: CompanyId, _: Seq, _: usize) -> Result<Vec<Entry>, Error> {
        self.fail()
    }

    async fn head(&self, _: CompanyId) -> Result<Seq, Error> {
        self.fail()
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.store.watch()
    }

    async fn scan(&self, _: CompanyId) -> Result<ScanItems, Error> {
        self.fail()
    }
}

#[async_trait]
impl Contacts for Failing {
    async fn duplicates(&self, _: CompanyId, _: Option<DuplicatePair>, _: usize) -> Result<Vec<DuplicatePair>, Error> {
        self.fail()
    }

    async fn contact(&self, _: CompanyId, _: ContactId) -> Result<Option<Contact>, Error> {
        self.fail()
    }

    async fn owner(&self, _: CompanyId, _: HandleKey) -> Result<Option<Contact>, Error> {
        self.fail()
    }

    async fn contacts(&self, _: CompanyId, _: ListRequest, _: usize) -> Result<Vec<Contact>, Error> {
        self.fail()
    }

    async fn all_contacts(&self, _: CompanyId) -> Result<ContactStream, Error> {
        self.fail()
    }

    async fn members(
        &self,
        _: CompanyId,
        _: Group,
        _: Option<ContactId>,
        _: usize,
    ) -> Result<Vec<(ContactId, Option<Contact>)>, Error> {
        self.fail()
    }

    async fn view(&self, _: CompanyId, _: &[ContactId], _: Option<Seq>) -> Result<View, Error> {
        self.fail()
    }

    async fn people(&self, _: CompanyId, _: &[ContactId]) -> Result<Vec<(ContactId, Contact)>, Error> {
        self.fail()
    }

    async fn history(&self, _: CompanyId, _: ContactId, _: Option<Seq>, _: usize) -> Result<Vec<Entry>, Error> {
        self.fail()
    }

    async fn notes(&self, _: CompanyId, _: ContactId, _: usize) -> Result<Vec<Note>, Error> {
        self.fail()
    }

    async fn picture(&self, _: CompanyId, _: Seq) -> Result<Option<Picture>, Error> {
        self.fail()
    }

    async fn settings(&self, _: CompanyId) -> Result<Settings, Error> {
        self.fail()
    }
}

#[async_trait]
impl Search for Failing {
    async fn search(&self, _: CompanyId, _: &Query, _: usize) -> Result<Found, Error> {
        self.fail()
    }

    async fn index(&self, _: CompanyId) -> Result<IndexProgress, Error> {
        self.fail()
    }

    async fn reindex(&self, _: CompanyId) -> Result<(), Error> {
        self.fail()
    }
}

#[async_trait]
impl Accounts for Failing {
    async fn account(&self, _: CompanyId, _: AccountId) -> Result<Option<Account>, Error> {
        self.fail()
    }

    async fn account_called(&self, _: CompanyId, _: &AccountAlias) -> Result<Option<Account>, Error> {
        self.fail()
    }

    async fn accounts(
        &self,
        _: CompanyId,
        _: Order,
        _: Option<AccountCursor>,
        _: usize,
    ) -> Result<Vec<Account>, Error> {
        self.fail()
    }
}

#[async_trait]
impl Conversations for Failing {
    async fn conversations(
        &self,
        _: CompanyId,
        _: Option<ContactId>,
        _: bool,
        _: Option<Seq>,
        _: usize,
    ) -> Result<Vec<Conversation>, Error> {
        self.fail()
    }

    async fn conversation(&self, _: CompanyId, _: ConversationId) -> Result<Option<Conversation>, Error> {
        self.fail()
    }

    async fn messages(
        &self,
        _: CompanyId,
        _: ConversationId,
        _: Option<MessageId>,
        _: usize,
    ) -> Result<Vec<Received>, Error> {
        self.fail()
    }

    async fn message(&self, _: CompanyId, _: MessageId) -> Result<Option<Received>, Error> {
        self.fail()
    }

    async fn attachment(&self, _: CompanyId, _: AttachmentId) -> Result<Option<Attachment>, Error> {
        self.fail()
    }
}

#[async_trait]
impl Store for Failing {
    async fn backup(&self, _: &Path) -> Result<(), Error> {
        self.fail()
    }

    async fn rehearse(&self, _: CompanyId, _: &Path) -> Result<Sqlite, Error> {
        self.fail()
    }

    async fn ready(&self) -> Result<(), Error> {
        self.fail()
    }
}

/// Returns a server whose store fails. Earlier reports are on the store of `server`.
async fn failing(server: &Server, error: fn(String) -> Error) -> Server {
    server.beside(Arc::new(Failing { store: server.store.clone(), error }), None).await
}

/// Returns the responses to all reading requests.
async fn reads(server: &Server, id: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for target in ["/contacts", &format!("/contacts/{id}"), "/contacts/alt:email:h1@wayne.inc"] {
        answers.push(server.get(target).await);
    }
    answers
}

#[track_caller]
fn tells_no_secret(answer: &Answer) {
    for part in ["sda1", "kith.db", "store holds"] {
        assert!(!answer.body.contains(part), "{answer:?}");
    }
}

async fn an_unavailable_store_is_a_503_with_retry_after(server: Server) {
    let id = server.report(&person([1])).await;
    let broken = failing(&server, Error::Unavailable).await;
    let answer = broken.send_report(&person([1, 2])).await;
    assert_eq!(answer.errors(503).len(), 1);
    assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    tells_no_secret(&answer);
    for answer in reads(&broken, &id).await {
        answer.message(503);
        assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
        tells_no_secret(&answer);
    }
    server.get("/contacts/alt:email:h2@wayne.inc").await.message(404);
}

async fn a_damaged_store_is_a_500_without_details(server: Server) {
    let id = server.report(&person([1])).await;
    for error in [Error::Damaged, Error::Unusable] {
        let broken = failing(&server, error).await;
        let answer = broken.send_report(&person([1, 2])).await;
        assert_eq!(answer.errors(500).len(), 1);
        tells_no_secret(&answer);
        for answer in reads(&broken, &id).await {
            answer.message(500);
            tells_no_secret(&answer);
        }
    }
    server.get("/contacts/alt:email:h2@wayne.inc").await.message(404);
}

async fn a_server_whose_store_fails_is_alive_but_not_ready(server: Server) {
    let broken = failing(&server, Error::Unavailable).await;
    assert_eq!(broken.get("/healthz").await.status, 200);
    let answer = broken.get("/readyz").await;
    assert_eq!(answer.status, 503);
    tells_no_secret(&answer);
    assert_eq!(server.get("/readyz").await.status, 200);
}

async fn mail_is_refused_temporarily_without_a_store(server: Server) {
    let channel = server.channel("wayne", "email", "support@wayne.example").await;
    let raw = b"From: a@b.example\r\n\r\nHi";
    for error in [Error::Unavailable, Error::Damaged] {
        let broken = failing(&server, error).await;
        let mut client = Client::greeted(mail_of(&broken).await).await;
        // The connection still works, and no part of the message is stored.
        for _ in 0..2 {
            let (code, text) = client.send("a@b.example", &["support@wayne.example"], raw).await;
            assert_eq!((code, text.contains(SECRET)), (451, false));
        }
    }
    let mut client = Client::greeted(mail_of(&server).await).await;
    assert_eq!(client.send("a@b.example", &["support@wayne.example"], raw).await.0, 250);
    assert_eq!(server.lengths(&channel).await, [1]);
}

on_each_store!(
    mail_is_refused_temporarily_without_a_store,
    an_unavailable_store_is_a_503_with_retry_after,
    a_damaged_store_is_a_500_without_details,
    a_server_whose_store_fails_is_alive_but_not_ready,
);
