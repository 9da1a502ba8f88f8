//! A store in memory, the executable specification of all stores: plain maps behind a lock.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use contact::{
    Account, AccountAlias, AccountId, Attachment, AttachmentId, Channel, ChannelId, ChannelType, Claim, Command,
    CompanyId, CompanyName, Contact, ContactId, Conversation, ConversationId, Entry, Group, HandleKey, HandleStatus,
    MessageId, Missing, Picture, Received, Record, RecordId, RecordName, Seq, Settings, TeammateId, Time, View,
};
use tokio::sync::{mpsc, watch};

use search::Query;
use search::duplicates::{self, DuplicatePair};

use crate::batch::Batch;
use crate::error::Error;
use crate::import_batch::ImportBatch;
use crate::journal_record::{Content, JournalRecord};
use crate::record;
use crate::scan_item::ScanItem;
use crate::traits::{
    AccountCursor, Accounts, Added, AddedChannel, CONTACTS_AHEAD_MAX, Companies, Company, ContactStream, Contacts,
    Conversations, Found, IndexProgress, Journal, ListRequest, NewChannel, Note, Order, Outcomes, SCAN_AHEAD_MAX,
    ScanItems, Search, SecretHash, Session, SortBy, Store, Token,
};

/// A store in memory, without durability.
#[derive(Default)]
pub struct Model {
    tenants: Mutex<BTreeMap<CompanyId, CompanyRecords>>,
    written: watch::Sender<u64>,
}

/// All records of a company.
#[derive(Clone)]
struct CompanyRecords {
    company: Company,
    journal: Vec<Entry>,
    view: View,
    history: Vec<(ContactId, Seq)>,
    notes: Vec<(ContactId, Seq)>,
    channels: Vec<Channel>,
    contents: Vec<Content>,
    sessions: Vec<Session>,
    tokens: Vec<Token>,
    teammate_secrets: BTreeMap<TeammateId, SecretHash>,
}

impl Model {
    fn tenants(&self) -> MutexGuard<'_, BTreeMap<CompanyId, CompanyRecords>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn records(&self, company: CompanyId) -> Option<CompanyRecords> {
        self.tenants().get(&company).cloned()
    }

    /// Changes the records of a company.
    fn change<T>(&self, company: CompanyId, change: impl FnOnce(&mut CompanyRecords) -> T) -> Result<T, Error> {
        self.tenants().get_mut(&company).map(change).ok_or(Error::NoCompany)
    }
}

impl CompanyRecords {
    fn new(company: Company) -> CompanyRecords {
        CompanyRecords {
            view: View::new(company.id),
            company,
            journal: Vec::new(),
            history: Vec::new(),
            notes: Vec::new(),
            channels: Vec::new(),
            contents: Vec::new(),
            sessions: Vec::new(),
            tokens: Vec::new(),
            teammate_secrets: BTreeMap::new(),
        }
    }

    /// Stores the changes of a batch.
    fn store(&mut self, batch: Batch) {
        self.view = batch.view;
        self.journal.extend(batch.changes.entries);
        self.history.extend(batch.changes.history);
        self.notes.extend(batch.changes.notes);
        self.contents.extend(batch.contents);
    }

    fn entry(&self, seq: Seq) -> &Entry {
        // Entries are numbered from 1 without gaps.
        &self.journal[usize::try_from(seq.0 - 1).unwrap_or(usize::MAX)]
    }

    /// All items, in the order of a scan.
    fn into_items(self) -> Vec<ScanItem> {
        let CompanyRecords { journal, view, history, notes, .. } = self;
        let mut items: Vec<ScanItem> = journal.into_iter().map(ScanItem::Entry).collect();
        for record in view.records.into_values() {
            items.extend(record.facts.groups.iter().map(|group| ScanItem::Membership(group.value, record.id)));
            items.push(ScanItem::Record(record));
        }
        items.extend(view.names.into_iter().map(|(name, record)| ScanItem::Name(name, record)));
        for (handle, others) in view.claims.all_others() {
            items.extend(others.iter().map(|record| ScanItem::Reporter(handle.clone(), *record)));
        }
        items.extend(view.claims.into_iter().map(|(handle, claim)| ScanItem::Claim(handle, claim)));
        let history: BTreeSet<(RecordId, Seq)> = history.into_iter().collect();
        items.extend(history.into_iter().map(|(record, entry)| ScanItem::History(record, entry)));
        items.extend(notes.into_iter().map(|(record, entry)| ScanItem::Note(record, entry)));
        items.push(ScanItem::Guards(view.guards));
        items.extend(view.accounts.into_values().map(ScanItem::Account));
        items.extend(Some(view.settings).filter(|settings| *settings != Settings::default()).map(ScanItem::Settings));
        items.extend(view.conversations.into_values().map(ScanItem::Conversation));
        let references = view.references.into_iter();
        items.extend(references.map(|((channel, text), message)| ScanItem::Reference(channel, text, message)));
        items.sort_by(|one, other| one.position().cmp(&other.position()));
        items
    }

    fn messages(&self) -> impl Iterator<Item = (&Received, &Vec<Attachment>)> {
        self.contents.iter().filter_map(|content| match content {
            Content::Message { received, attachments } => Some((received, attachments)),
            Content::Picture { .. } => None,
        })
    }
}

#[async_trait]
impl Companies for Model {
    async fn add_company(&self, company: Company) -> Result<Added, Error> {
        let mut tenants = self.tenants();
        if tenants.values().any(|records| records.company.name == company.name) {
            return Ok(Added::NameTaken);
        }
        if tenants.contains_key(&company.id) {
            return Ok(Added::NumberTaken);
        }
        tenants.insert(company.id, CompanyRecords::new(company));
        Ok(Added::Done)
    }

    async fn company(&self, name: &CompanyName) -> Result<Option<Company>, Error> {
        Ok(self.tenants().values().map(|records| &records.company).find(|company| company.name == *name).cloned())
    }

    async fn company_by_id(&self, company: CompanyId) -> Result<Option<Company>, Error> {
        Ok(self.records(company).map(|records| records.company))
    }

    async fn companies(&self) -> Result<Vec<Company>, Error> {
        let mut companies: Vec<Company> = self.tenants().values().map(|records| records.company.clone()).collect();
        companies.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(companies)
    }

    async fn set_secret(&self, company: CompanyId, secret: SecretHash) -> Result<bool, Error> {
        let set = |records: &mut CompanyRecords| {
            records.company.secret = secret;
            records.sessions.retain(|session| session.teammate.is_some());
        };
        Ok(self.change(company, set).is_ok())
    }

    async fn set_rate_limit(&self, company: CompanyId, limit: Option<u32>) -> Result<bool, Error> {
        Ok(self.change(company, |records| records.company.rate_limit = limit).is_ok())
    }

    async fn set_teammate_secret(
        &self,
        company: CompanyId,
        teammate: TeammateId,
        secret: Option<SecretHash>,
    ) -> Result<(), Error> {
        self.change(company, |records| {
            records.sessions.retain(|session| session.teammate != Some(teammate));
            records.teammate_secrets.remove(&teammate);
            records.teammate_secrets.extend(secret.map(|secret| (teammate, secret)));
        })
    }

    async fn teammate_secrets(&self, company: CompanyId) -> Result<Vec<(TeammateId, SecretHash)>, Error> {
        Ok(self.records(company).map(|records| records.teammate_secrets.into_iter().collect()).unwrap_or_default())
    }

    async fn add_token(&self, company: CompanyId, token: Token) -> Result<(), Error> {
        self.change(company, |records| records.tokens.push(token))
    }

    async fn tokens(&self, company: CompanyId) -> Result<Vec<Token>, Error> {
        let mut tokens = self.records(company).map(|records| records.tokens).unwrap_or_default();
        tokens.sort_by_key(|token| (token.created_at, token.hash.0));
        Ok(tokens)
    }

    async fn token(&self, company: CompanyId, hash: SecretHash) -> Result<Option<Token>, Error> {
        let records = self.records(company);
        Ok(records.and_then(|records| records.tokens.into_iter().find(|token| token.hash == hash)))
    }

    async fn remove_token(&self, company: CompanyId, hash: SecretHash) -> Result<bool, Error> {
        let remove = |records: &mut CompanyRecords| {
            let before = records.tokens.len();
            records.tokens.retain(|token| token.hash != hash);
            records.tokens.len() < before
        };
        Ok(self.change(company, remove).unwrap_or(false))
    }

    async fn add_session(&self, company: CompanyId, session: Session, now: Time) -> Result<(), Error> {
        let mut tenants = self.tenants();
        let records = tenants.get_mut(&company).ok_or(Error::NoCompany)?;
        records.sessions.retain(|session| session.expires_at > now);
        records.sessions.push(session);
        Ok(())
    }

    async fn session(&self, company: CompanyId, token: SecretHash) -> Result<Option<Session>, Error> {
        let sessions = self.records(company).map(|records| records.sessions).unwrap_or_default();
        Ok(sessions.into_iter().find(|session| session.token == token))
    }

    async fn remove_session(&self, company: CompanyId, token: SecretHash) -> Result<(), Error> {
        let mut tenants = self.tenants();
        tenants.get_mut(&company).ok_or(Error::NoCompany)?.sessions.retain(|session| session.token != token);
        Ok(())
    }

    async fn add_channel(&self, company: CompanyId, channel: NewChannel) -> Result<AddedChannel, Error> {
        let mut tenants = self.tenants();
        let NewChannel { kind, address, signature_key, created_at } = channel;
        let is_taken = |other: &Channel| other.kind == kind && other.key() == address.key();
        let reach = |records: &&CompanyRecords| kind == ChannelType::Email || records.company.id == company;
        if tenants.values().filter(reach).any(|records| records.channels.iter().any(is_taken)) {
            return Ok(AddedChannel::AddressTaken);
        }
        let Some(records) = tenants.get_mut(&company) else { return Ok(AddedChannel::NoCompany) };
        let id = ChannelId::nth(company, records.channels.len() as u64 + 1);
        let channel = Channel { id, kind, address, signature_key, created_at };
        records.channels.push(channel.clone());
        Ok(AddedChannel::Done(channel))
    }

    async fn channels(&self, company: CompanyId) -> Result<Vec<Channel>, Error> {
        Ok(self.records(company).map(|records| records.channels).unwrap_or_default())
    }

    async fn mailbox(&self, address: &HandleKey) -> Result<Option<(Company, Channel)>, Error> {
        let tenants = self.tenants();
        let is_match = |channel: &&Channel| channel.kind == ChannelType::Email && channel.key() == address;
        let found = tenants
            .values()
            .find_map(|records| Some((records.company.clone(), records.channels.iter().find(is_match)?.clone())));
        Ok(found)
    }
}

#[async_trait]
impl Journal for Model {
    async fn write(&self, company: CompanyId, at: Time, commands: Vec<Command>) -> Result<Outcomes, Error> {
        let mut tenants = self.tenants();
        let records = tenants.get_mut(&company).ok_or(Error::NoCompany)?;
        let mut batch = Batch::new(std::mem::replace(&mut records.view, View::new(company)));
        let mut outcomes = Outcomes::with_capacity(commands.len());
        let missing = batch.perform(&commands, at, &mut outcomes);
        records.store(batch);
        if let Some(missing) = missing {
            return Err(Error::Damaged(format!("a whole view lacks {missing:?}")));
        }
        self.written.send_modify(|written| *written += 1);
        Ok(outcomes)
    }

    async fn import(&self, company: CompanyId, at: Time, batch: ImportBatch) -> Result<Outcomes, Error> {
        self.write(company, at, batch.commands().to_vec()).await
    }

    async fn restore(&self, company: CompanyId, appended: Vec<JournalRecord>) -> Result<(), Error> {
        let mut tenants = self.tenants();
        let records = tenants.get_mut(&company).ok_or(Error::NoCompany)?;
        let mut batch = Batch::new(records.view.clone());
        batch.restore(appended)?;
        records.store(batch);
        self.written.send_modify(|written| *written += 1);
        Ok(())
    }

    async fn entries(&self, company: CompanyId, after: Seq, limit: usize) -> Result<Vec<Entry>, Error> {
        let journal = self.records(company).map(|records| records.journal).unwrap_or_default();
        Ok(journal.into_iter().filter(|entry| entry.seq > after).take(limit).collect())
    }

    async fn head(&self, company: CompanyId) -> Result<Seq, Error> {
        Ok(self.records(company).map(|records| records.view.head).unwrap_or_default())
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }

    async fn scan(&self, company: CompanyId) -> Result<ScanItems, Error> {
        let records = self.tenants().get(&company).cloned();
        let (send, items) = mpsc::channel(SCAN_AHEAD_MAX);
        tokio::spawn(async move {
            let Some(records) = records else { return };
            for item in records.into_items() {
                if send.send(Ok(item)).await.is_err() {
                    return;
                }
            }
        });
        Ok(items)
    }
}

#[async_trait]
impl Contacts for Model {
    async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error> {
        Ok(self.tenants().get(&company).and_then(|records| records.view.contact(id)))
    }

    async fn owner(&self, company: CompanyId, handle: HandleKey) -> Result<Option<Contact>, Error> {
        Ok(self.tenants().get(&company).and_then(|records| records.view.contact(records.view.owner(&handle)?)))
    }

    async fn contacts(&self, company: CompanyId, listing: ListRequest, limit: usize) -> Result<Vec<Contact>, Error> {
        let Some(CompanyRecords { view, .. }) = self.records(company) else { return Ok(Vec::new()) };
        let ListRequest { order, after, changed_after, changed_before, owner } = listing;
        let position = |(changed, id): (Seq, ContactId)| match order.by {
            SortBy::Created => (Seq(0), id),
            SortBy::Changed => (changed, id),
        };
        let mut listed: Vec<&Record> = view.records.values().filter(|record| record.contact == record.id).collect();
        listed.retain(|record| {
            let own = position((record.changed, record.id));
            let follows = |after| if order.ascending { own > position(after) } else { own < position(after) };
            record.owner == owner
                && after.is_none_or(follows)
                && changed_after.is_none_or(|time| record.changed_at > time)
                && changed_before.is_none_or(|time| record.changed_at < time)
        });
        listed.sort_by_key(|record| position((record.changed, record.id)));
        if !order.ascending {
            listed.reverse();
        }
        Ok(listed.into_iter().filter_map(|record| view.contact(record.id)).take(limit).collect())
    }

    async fn all_contacts(&self, company: CompanyId) -> Result<ContactStream, Error> {
        let listing =
            ListRequest { order: Order { by: SortBy::Created, ascending: true }, ..ListRequest::latest(None) };
        let all = self.contacts(company, listing, usize::MAX).await?;
        let (send, contacts) = mpsc::channel(CONTACTS_AHEAD_MAX);
        tokio::spawn(async move {
            for contact in all {
                // The receiver may stop reading early.
                if send.send(Ok(contact)).await.is_err() {
                    break;
                }
            }
        });
        Ok(contacts)
    }

    async fn members(
        &self,
        company: CompanyId,
        group: Group,
        before: Option<ContactId>,
        limit: usize,
    ) -> Result<Vec<(ContactId, Option<Contact>)>, Error> {
        let Some(CompanyRecords { view, .. }) = self.records(company) else { return Ok(Vec::new()) };
        let is_in = |record: &&Record| record.facts.groups.iter().any(|stamped| stamped.value == group);
        let inside: BTreeSet<ContactId> = view.records.values().filter(is_in).map(|record| record.id).collect();
        let inside = inside.into_iter().rev().filter(|id| before.is_none_or(|before| *id < before));
        let shown = |id| view.contact(id).filter(|_| view.member_as(id, group) == Some(id));
        Ok(inside.map(|id| (id, shown(id))).take(limit).collect())
    }

    async fn view(&self, company: CompanyId, _contacts: &[ContactId], _missing: &Missing) -> Result<View, Error> {
        Ok(self.records(company).map_or_else(|| View::new(company), |records| records.view))
    }

    async fn reporters(
        &self,
        company: CompanyId,
        handle: &HandleKey,
        after: Option<ContactId>,
        limit: usize,
    ) -> Result<Vec<Contact>, Error> {
        let Some(CompanyRecords { view, .. }) = self.records(company) else { return Ok(Vec::new()) };
        let reporters = view.claims.reporters(handle).into_iter().flatten();
        let contacts: BTreeSet<ContactId> = reporters.filter_map(|record| view.root(record)).collect();
        let contacts = contacts.into_iter().filter(|contact| after.is_none_or(|after| *contact > after));
        Ok(contacts.filter_map(|contact| view.contact(contact)).take(limit).collect())
    }

    async fn handle(&self, company: CompanyId, handle: &HandleKey) -> Result<(Claim, u64), Error> {
        let Some(CompanyRecords { view, .. }) = self.records(company) else { return Ok((Claim::default(), 0)) };
        let claim = view.claims.get(handle).unwrap_or_default();
        let reporters = view.claims.reporters(handle).into_iter().flatten();
        let contacts: BTreeSet<ContactId> = reporters.filter_map(|record| view.root(record)).collect();
        Ok((claim, contacts.len() as u64))
    }

    async fn record_names(
        &self,
        company: CompanyId,
        system: &str,
        after: Option<&RecordName>,
        limit: usize,
    ) -> Result<Vec<RecordName>, Error> {
        let Some(CompanyRecords { view, .. }) = self.records(company) else { return Ok(Vec::new()) };
        let names: BTreeSet<RecordName> = view.names.into_keys().filter(|name| name.system() == system).collect();
        Ok(names.into_iter().filter(|name| after.is_none_or(|after| name > after)).take(limit).collect())
    }

    async fn marked_handles(
        &self,
        company: CompanyId,
        status: HandleStatus,
        after: Option<HandleKey>,
        limit: usize,
    ) -> Result<Vec<(HandleKey, Claim)>, Error> {
        let Some(CompanyRecords { view, .. }) = self.records(company) else { return Ok(Vec::new()) };
        let name = |handle: &HandleKey| (handle.source().name(), handle.as_str().to_owned());
        let is_marked = |(_, claim): &(HandleKey, Claim)| claim.status == status && claim.status != HandleStatus::Plain;
        let mut marked: Vec<(HandleKey, Claim)> = view.claims.into_iter().filter(is_marked).collect();
        marked.sort_by_key(|(handle, _)| name(handle));
        let marked =
            marked.into_iter().filter(|(handle, _)| after.as_ref().is_none_or(|after| name(handle) > name(after)));
        Ok(marked.take(limit).collect())
    }

    async fn people(&self, company: CompanyId, ids: &[ContactId]) -> Result<Vec<(ContactId, Contact)>, Error> {
        let view = self.view(company, ids, &Missing::default()).await?;
        Ok(ids.iter().filter_map(|id| Some((*id, view.contact(*id)?))).collect())
    }

    async fn history(
        &self,
        company: CompanyId,
        contact: ContactId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        let Some(records) = self.records(company) else { return Ok(Vec::new()) };
        let Some(shown) = records.view.contact(contact) else { return Ok(Vec::new()) };
        let parts: Vec<ContactId> = std::iter::once(shown.id).chain(shown.others).collect();
        let firsts = parts.iter().filter_map(|part| records.view.records.get(part)).map(|record| record.first);
        let later = records.history.iter().filter(|(contact, _)| parts.contains(contact)).map(|(_, seq)| *seq);
        let seqs: BTreeSet<Seq> = firsts.chain(later).filter(|seq| before.is_none_or(|before| *seq < before)).collect();
        let entries = seqs.into_iter().rev().take(limit).map(|seq| records.entry(seq).clone());
        Ok(entries.collect())
    }

    async fn notes(&self, company: CompanyId, contact: ContactId, limit: usize) -> Result<Vec<Note>, Error> {
        let Some(records) = self.records(company) else { return Ok(Vec::new()) };
        let parts = records.view.parts(contact);
        let about = records.notes.iter().rev().filter(|(home, _)| parts.contains(home));
        Ok(about.filter_map(|(_, seq)| record::note(records.entry(*seq).clone())).take(limit).collect())
    }

    async fn picture(&self, company: CompanyId, entry: Seq) -> Result<Option<Picture>, Error> {
        let contents = self.records(company).map(|records| records.contents).unwrap_or_default();
        let picture = |content| match content {
            Content::Picture { entry: of, picture } if of == entry => Some(picture),
            _ => None,
        };
        Ok(contents.into_iter().find_map(picture))
    }

    async fn duplicates(
        &self,
        company: CompanyId,
        after: Option<DuplicatePair>,
        limit: usize,
    ) -> Result<Vec<DuplicatePair>, Error> {
        let Some(CompanyRecords { view, .. }) = self.records(company) else { return Ok(Vec::new()) };
        let follows = |pair: &DuplicatePair| after.is_none_or(|after| *pair < after);
        Ok(duplicates::pairs(&view).into_iter().filter(follows).take(limit).collect())
    }

    async fn settings(&self, company: CompanyId) -> Result<Settings, Error> {
        Ok(self.records(company).map(|records| records.view.settings).unwrap_or_default())
    }
}

#[async_trait]
impl Search for Model {
    async fn search(&self, company: CompanyId, query: &Query, limit: usize) -> Result<Found, Error> {
        let view = self.view(company, &[], &Missing::default()).await?;
        let roots = view.records.values().filter(|record| record.contact == record.id);
        let contacts = roots.filter_map(|root| view.contact(root.id));
        let mut found: Vec<_> = contacts.filter_map(|contact| Some((query.tier(&contact)?, contact))).collect();
        found.sort_by_key(|(tier, contact)| (*tier, Reverse((contact.changed, contact.id))));
        Ok(Found { contacts: found.into_iter().map(|(_, contact)| contact).take(limit).collect(), is_complete: true })
    }

    async fn index(&self, company: CompanyId) -> Result<IndexProgress, Error> {
        let head = self.records(company).ok_or(Error::NoCompany)?.view.head;
        Ok(IndexProgress { done: head, of: head, is_built: true })
    }

    async fn reindex(&self, company: CompanyId) -> Result<(), Error> {
        self.index(company).await.map(drop)
    }
}

#[async_trait]
impl Accounts for Model {
    async fn account(&self, company: CompanyId, id: AccountId) -> Result<Option<Account>, Error> {
        Ok(self.records(company).and_then(|mut records| records.view.accounts.remove(&id)))
    }

    async fn account_called(&self, company: CompanyId, alias: &AccountAlias) -> Result<Option<Account>, Error> {
        let Some(CompanyRecords { mut view, .. }) = self.records(company) else { return Ok(None) };
        Ok(view.account_aliases.get(alias).copied().and_then(|id| view.accounts.remove(&id)))
    }

    async fn accounts(
        &self,
        company: CompanyId,
        order: Order,
        after: Option<AccountCursor>,
        limit: usize,
    ) -> Result<Vec<Account>, Error> {
        let Some(CompanyRecords { view, .. }) = self.records(company) else { return Ok(Vec::new()) };
        let position = |(changed, id): AccountCursor| match order.by {
            SortBy::Created => (Seq(0), id),
            SortBy::Changed => (changed, id),
        };
        let mut listed: Vec<Account> = view.accounts.into_values().collect();
        listed.retain(|account| {
            let own = position((account.changed, account.id));
            after.is_none_or(|after| if order.ascending { own > position(after) } else { own < position(after) })
        });
        listed.sort_by_key(|account| position((account.changed, account.id)));
        if !order.ascending {
            listed.reverse();
        }
        listed.truncate(limit);
        Ok(listed)
    }
}

#[async_trait]
impl Conversations for Model {
    async fn conversations(
        &self,
        company: CompanyId,
        of: Option<ContactId>,
        ascending: bool,
        after: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Conversation>, Error> {
        let Some(CompanyRecords { view, .. }) = self.records(company) else { return Ok(Vec::new()) };
        let is_of = |home: ContactId| of.is_none_or(|of| view.root(of).is_some() && view.root(of) == view.root(home));
        let mut all: Vec<&Conversation> = view.conversations.values().filter(|one| is_of(one.home)).collect();
        all.retain(|one| after.is_none_or(|after| if ascending { one.changed > after } else { one.changed < after }));
        all.sort_by_key(|one| Reverse(one.changed));
        if ascending {
            all.reverse();
        }
        Ok(all.into_iter().take(limit).cloned().collect())
    }

    async fn conversation(&self, company: CompanyId, id: ConversationId) -> Result<Option<Conversation>, Error> {
        Ok(self.records(company).and_then(|records| records.view.conversations.get(&id).cloned()))
    }

    async fn messages(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<Received>, Error> {
        let Some(records) = self.records(company) else { return Ok(Vec::new()) };
        let mut messages: Vec<Received> = records.messages().map(|(received, _)| received.clone()).collect();
        messages.retain(|one| one.conversation == conversation && before.is_none_or(|before| one.id < before));
        Ok(messages.split_off(messages.len().saturating_sub(limit)))
    }

    async fn message(&self, company: CompanyId, id: MessageId) -> Result<Option<Received>, Error> {
        let Some(records) = self.records(company) else { return Ok(None) };
        Ok(records.messages().map(|(received, _)| received).find(|received| received.id == id).cloned())
    }

    async fn attachment(&self, company: CompanyId, id: AttachmentId) -> Result<Option<Attachment>, Error> {
        let Some(records) = self.records(company) else { return Ok(None) };
        let find = |(received, attachments): (&Received, &Vec<Attachment>)| {
            let position = received.attachments.iter().position(|attachment| attachment.id == id)?;
            attachments.get(position).cloned()
        };
        Ok(records.messages().find_map(find))
    }
}

#[async_trait]
impl Store for Model {
    async fn backup(&self, _file: &Path) -> Result<(), Error> {
        Err(Error::Unusable("A store in memory cannot be backed up.".into()))
    }

    async fn ready(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn check_pages(&self) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }
}
