//! A store that keeps nothing: it accepts every write, or fails every call.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use contact::{
    Account, AccountAlias, AccountId, Attachment, AttachmentId, Channel, Claim, Command, CompanyId, CompanyName,
    Contact, ContactId, Conversation, ConversationId, Entry, Group, HandleKey, HandleStatus, MessageId, Missing,
    Outcome, Picture, Received, RecordName, Seq, Settings, TeammateId, Time, View,
};
use search::Query;
use search::duplicates::DuplicatePair;
use store::{
    AccountCursor, Accounts, Added, AddedChannel, Companies, Company, ContactStream, Contacts, Conversations, Error,
    Found, ImportBatch, IndexProgress, Journal, JournalRecord, ListRequest, Model, NewChannel, Note, Order, Outcomes,
    ScanItems, Search, SecretHash, Session, Store, Token,
};
use tokio::sync::watch;

/// A store that knows companies and their mailboxes, and nothing else.
pub struct Stub {
    companies: Arc<dyn Store>,
    /// None if it accepts writes.
    failure: Option<Failure>,
}

struct Failure {
    error: fn(String) -> Error,
    reason: &'static str,
}

impl Stub {
    /// A store that accepts every write and stores none. Reads fail, except those of companies, which last as long as it.
    pub fn accepting() -> Stub {
        Stub { companies: Arc::new(Model::default()), failure: None }
    }

    /// A store whose calls all fail with this error, except reads of companies and mailboxes, which `companies` answers.
    pub fn failing(companies: Arc<dyn Store>, error: fn(String) -> Error, reason: &'static str) -> Stub {
        Stub { companies, failure: Some(Failure { error, reason }) }
    }

    fn fail<T>(&self) -> Result<T, Error> {
        Err(match &self.failure {
            Some(Failure { error, reason }) => error((*reason).to_owned()),
            None => Error::Unavailable("This store keeps nothing.".into()),
        })
    }

    /// The answer to a write.
    fn accept<T>(&self, answer: T) -> Result<T, Error> {
        if self.failure.is_none() { Ok(answer) } else { self.fail() }
    }
}

#[async_trait]
impl Companies for Stub {
    async fn add_company(&self, company: Company) -> Result<Added, Error> {
        if self.failure.is_none() { self.companies.add_company(company).await } else { self.fail() }
    }

    async fn company(&self, name: &CompanyName) -> Result<Option<Company>, Error> {
        self.companies.company(name).await
    }

    async fn company_by_id(&self, company: CompanyId) -> Result<Option<Company>, Error> {
        self.companies.company_by_id(company).await
    }

    async fn companies(&self) -> Result<Vec<Company>, Error> {
        self.companies.companies().await
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
        self.companies.mailbox(address).await
    }
}

#[async_trait]
impl Journal for Stub {
    async fn write(&self, company: CompanyId, _: Time, commands: Vec<Command>) -> Result<Outcomes, Error> {
        let outcome = Outcome { contact: Some(ContactId::nth(company, 1)), ..Outcome::default() };
        self.accept(commands.iter().map(|_| Ok(outcome.clone())).collect())
    }

    async fn import(&self, company: CompanyId, at: Time, batch: ImportBatch) -> Result<Outcomes, Error> {
        self.write(company, at, batch.commands().to_vec()).await
    }

    async fn restore(&self, _: CompanyId, _: Vec<JournalRecord>) -> Result<(), Error> {
        self.accept(())
    }

    async fn entries(&self, _: CompanyId, _: Seq, _: usize) -> Result<Vec<Entry>, Error> {
        self.fail()
    }

    async fn head(&self, _: CompanyId) -> Result<Seq, Error> {
        self.fail()
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.companies.watch()
    }

    async fn scan(&self, _: CompanyId) -> Result<ScanItems, Error> {
        self.fail()
    }
}

#[async_trait]
impl Contacts for Stub {
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

    async fn view(&self, _: CompanyId, _: &[ContactId], _: &Missing) -> Result<View, Error> {
        self.fail()
    }

    async fn reporters(
        &self,
        _: CompanyId,
        _: &HandleKey,
        _: Option<ContactId>,
        _: usize,
    ) -> Result<Vec<Contact>, Error> {
        self.fail()
    }

    async fn handle(&self, _: CompanyId, _: &HandleKey) -> Result<(Claim, u64), Error> {
        self.fail()
    }

    async fn record_names(
        &self,
        _: CompanyId,
        _: &str,
        _: Option<&RecordName>,
        _: usize,
    ) -> Result<Vec<RecordName>, Error> {
        self.fail()
    }

    async fn marked_handles(
        &self,
        _: CompanyId,
        _: HandleStatus,
        _: Option<HandleKey>,
        _: usize,
    ) -> Result<Vec<(HandleKey, Claim)>, Error> {
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
impl Search for Stub {
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
impl Accounts for Stub {
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
impl Conversations for Stub {
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
impl Store for Stub {
    async fn backup(&self, _: &Path) -> Result<(), Error> {
        self.fail()
    }

    async fn ready(&self) -> Result<(), Error> {
        self.accept(())
    }

    async fn check_pages(&self) -> Result<Vec<String>, Error> {
        self.accept(Vec::new())
    }
}
