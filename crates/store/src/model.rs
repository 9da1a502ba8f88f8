//! The executable specification of a store: plain maps behind a lock.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use contact::{
    Attachment, AttachmentId, Channel, ChannelId, ChannelType, Command, CompanyId, CompanyName, Contact, ContactId,
    Conversation, ConversationId, Entry, HandleKey, MessageId, Received, Seq, Time, View,
};
use tokio::sync::{mpsc, watch};

use crate::batch::Batch;
use crate::{
    Added, AddedChannel, Company, Content, Cursor, Error, NewChannel, Outcomes, Record, Records, SCAN_AHEAD_MAX,
    SecretHash, Session, Store, Told, search,
};

/// A store that lasts as long as the program.
#[derive(Default)]
pub struct Model {
    books: Mutex<BTreeMap<CompanyId, Book>>,
    written: watch::Sender<u64>,
}

/// All that is kept of a company.
#[derive(Clone)]
struct Book {
    company: Company,
    journal: Vec<Entry>,
    view: View,
    history: Vec<(ContactId, Seq)>,
    channels: Vec<Channel>,
    contents: Vec<Content>,
    sessions: Vec<Session>,
}

impl Model {
    fn books(&self) -> MutexGuard<'_, BTreeMap<CompanyId, Book>> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn book(&self, company: CompanyId) -> Option<Book> {
        self.books().get(&company).cloned()
    }
}

impl Book {
    fn take(&mut self, batch: Batch) {
        self.view = batch.view;
        self.journal.extend(batch.changes.entries);
        self.history.extend(batch.changes.history);
        self.contents.extend(batch.contents);
    }

    fn entry(&self, seq: Seq) -> &Entry {
        // Entries are numbered from 1 without gaps.
        &self.journal[usize::try_from(seq.0 - 1).unwrap_or(usize::MAX)]
    }
}

#[async_trait]
impl Store for Model {
    async fn add_company(&self, company: Company) -> Result<Added, Error> {
        let mut books = self.books();
        if books.values().any(|book| book.company.name == company.name) {
            return Ok(Added::NameTaken);
        }
        if books.contains_key(&company.id) {
            return Ok(Added::NumberTaken);
        }
        let view = View::new(company.id);
        let book = Book {
            company: company.clone(),
            journal: Vec::new(),
            view,
            history: Vec::new(),
            channels: Vec::new(),
            contents: Vec::new(),
            sessions: Vec::new(),
        };
        books.insert(company.id, book);
        Ok(Added::Done)
    }

    async fn company(&self, name: &CompanyName) -> Result<Option<Company>, Error> {
        Ok(self.books().values().map(|book| &book.company).find(|company| company.name == *name).cloned())
    }

    async fn companies(&self) -> Result<Vec<Company>, Error> {
        let mut companies: Vec<Company> = self.books().values().map(|book| book.company.clone()).collect();
        companies.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(companies)
    }

    async fn set_secret(&self, company: CompanyId, secret: SecretHash) -> Result<bool, Error> {
        let mut books = self.books();
        let book = books.get_mut(&company);
        Ok(book.map(|book| (book.company.secret, book.sessions) = (secret, Vec::new())).is_some())
    }

    async fn write(&self, company: CompanyId, at: Time, commands: Vec<Command>) -> Result<Outcomes, Error> {
        let mut books = self.books();
        let book = books.get_mut(&company).ok_or(Error::NoCompany)?;
        let mut batch = Batch::new(std::mem::replace(&mut book.view, View::new(company)));
        let outcomes = batch.perform(&commands, at);
        book.take(batch);
        self.written.send_modify(|written| *written += 1);
        Ok(outcomes)
    }

    async fn restore(&self, company: CompanyId, told: Vec<Told>) -> Result<(), Error> {
        let mut books = self.books();
        let book = books.get_mut(&company).ok_or(Error::NoCompany)?;
        let mut batch = Batch::new(book.view.clone());
        batch.restore(told)?;
        book.take(batch);
        self.written.send_modify(|written| *written += 1);
        Ok(())
    }

    async fn contact(&self, company: CompanyId, id: ContactId) -> Result<Option<Contact>, Error> {
        Ok(self.books().get(&company).and_then(|book| book.view.contact(id)))
    }

    async fn owner(&self, company: CompanyId, handle: HandleKey) -> Result<Option<Contact>, Error> {
        Ok(self.books().get(&company).and_then(|book| book.view.contact(book.view.owner(&handle)?)))
    }

    async fn contacts(&self, company: CompanyId, after: Option<Cursor>, limit: usize) -> Result<Vec<Contact>, Error> {
        let books = self.books();
        let Some(Book { view, .. }) = books.get(&company) else { return Ok(Vec::new()) };
        let mut changed: Vec<_> = view.members.values().filter(|member| member.merged_into.is_none()).collect();
        changed.retain(|member| after.is_none_or(|after| (member.changed, member.id) < after));
        changed.sort_by_key(|member| std::cmp::Reverse((member.changed, member.id)));
        Ok(changed.into_iter().filter_map(|member| view.contact(member.id)).take(limit).collect())
    }

    async fn view(&self, company: CompanyId, _contacts: &[ContactId], _merge: Option<Seq>) -> Result<View, Error> {
        Ok(self.book(company).map_or_else(|| View::new(company), |book| book.view))
    }

    async fn people(&self, company: CompanyId, ids: &[ContactId]) -> Result<Vec<(ContactId, Contact)>, Error> {
        let view = self.view(company, ids, None).await?;
        Ok(ids.iter().filter_map(|id| Some((*id, view.contact(*id)?))).collect())
    }

    async fn history(
        &self,
        company: CompanyId,
        contact: ContactId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        let Some(book) = self.book(company) else { return Ok(Vec::new()) };
        let Some(shown) = book.view.contact(contact) else { return Ok(Vec::new()) };
        let parts: Vec<ContactId> = std::iter::once(shown.id).chain(shown.merged).collect();
        let firsts = parts.iter().filter_map(|part| book.view.members.get(part)).map(|member| member.first);
        let later = book.history.iter().filter(|(contact, _)| parts.contains(contact)).map(|(_, seq)| *seq);
        let seqs: BTreeSet<Seq> = firsts.chain(later).filter(|seq| before.is_none_or(|before| *seq < before)).collect();
        let entries = seqs.into_iter().rev().take(limit).map(|seq| book.entry(seq).clone());
        Ok(entries.collect())
    }

    async fn entries(&self, company: CompanyId, after: Seq, limit: usize) -> Result<Vec<Entry>, Error> {
        let journal = self.book(company).map(|book| book.journal).unwrap_or_default();
        Ok(journal.into_iter().filter(|entry| entry.seq > after).take(limit).collect())
    }

    async fn head(&self, company: CompanyId) -> Result<Seq, Error> {
        Ok(self.book(company).map(|book| book.view.head).unwrap_or_default())
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }

    async fn search(&self, company: CompanyId, words: &[String], limit: usize) -> Result<Vec<Contact>, Error> {
        let Some(Book { view, .. }) = self.book(company) else { return Ok(Vec::new()) };
        let roots = view.members.values().rev().filter(|member| member.merged_into.is_none());
        let mut people: Vec<Contact> = roots.filter_map(|root| view.contact(root.id)).collect();
        let wanted = search::wanted(words);
        people.retain(|contact| {
            let words = search::words_of(contact);
            let begins = |start: &String| words.iter().any(|word| word.starts_with(start));
            !wanted.is_empty() && wanted.iter().all(begins)
        });
        people.truncate(limit);
        Ok(people)
    }

    async fn add_channel(&self, company: CompanyId, channel: NewChannel) -> Result<AddedChannel, Error> {
        let mut books = self.books();
        let NewChannel { kind, address, token, created_at } = channel;
        let is_taken = |other: &Channel| other.kind == kind && other.key() == address.key();
        let reach = |book: &&Book| kind == ChannelType::Email || book.company.id == company;
        if books.values().filter(reach).any(|book| book.channels.iter().any(is_taken)) {
            return Ok(AddedChannel::AddressTaken);
        }
        let Some(book) = books.get_mut(&company) else { return Ok(AddedChannel::NoCompany) };
        let id = ChannelId::nth(company, book.channels.len() as u64 + 1);
        let channel = Channel { id, kind, address, token, created_at };
        book.channels.push(channel.clone());
        Ok(AddedChannel::Done(channel))
    }

    async fn channels(&self, company: CompanyId) -> Result<Vec<Channel>, Error> {
        Ok(self.book(company).map(|book| book.channels).unwrap_or_default())
    }

    async fn mailbox(&self, address: &HandleKey) -> Result<Option<(Company, Channel)>, Error> {
        let books = self.books();
        let is_it = |channel: &&Channel| channel.kind == ChannelType::Email && channel.key() == address;
        let found =
            books.values().find_map(|book| Some((book.company.clone(), book.channels.iter().find(is_it)?.clone())));
        Ok(found)
    }

    async fn company_by_id(&self, company: CompanyId) -> Result<Option<Company>, Error> {
        Ok(self.book(company).map(|book| book.company))
    }

    async fn conversations(
        &self,
        company: CompanyId,
        of: Option<ContactId>,
        after: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Conversation>, Error> {
        let Some(Book { view, .. }) = self.book(company) else { return Ok(Vec::new()) };
        let is_of = |home: ContactId| of.is_none_or(|of| view.root(of).is_some() && view.root(of) == view.root(home));
        let mut all: Vec<&Conversation> = view.conversations.values().filter(|one| is_of(one.home)).collect();
        all.retain(|one| after.is_none_or(|after| one.changed < after));
        all.sort_by_key(|one| std::cmp::Reverse(one.changed));
        Ok(all.into_iter().take(limit).cloned().collect())
    }

    async fn conversation(&self, company: CompanyId, id: ConversationId) -> Result<Option<Conversation>, Error> {
        Ok(self.book(company).and_then(|book| book.view.conversations.get(&id).cloned()))
    }

    async fn messages(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<Received>, Error> {
        let Some(Book { contents, .. }) = self.book(company) else { return Ok(Vec::new()) };
        let mut messages: Vec<Received> = contents.into_iter().map(|content| content.received).collect();
        messages.retain(|one| one.conversation == conversation && before.is_none_or(|before| one.id < before));
        Ok(messages.split_off(messages.len().saturating_sub(limit)))
    }

    async fn attachment(&self, company: CompanyId, id: AttachmentId) -> Result<Option<Attachment>, Error> {
        let Some(Book { contents, .. }) = self.book(company) else { return Ok(None) };
        let find = |Content { received, attachments }: &Content| {
            let place = received.attachments.iter().position(|attachment| attachment.id == id)?;
            attachments.get(place).cloned()
        };
        Ok(contents.iter().find_map(find))
    }

    async fn add_session(&self, company: CompanyId, session: Session, now: Time) -> Result<(), Error> {
        let mut books = self.books();
        let book = books.get_mut(&company).ok_or(Error::NoCompany)?;
        book.sessions.retain(|session| session.expires_at > now);
        book.sessions.push(session);
        Ok(())
    }

    async fn session(&self, company: CompanyId, token: SecretHash) -> Result<Option<Time>, Error> {
        let sessions = self.book(company).map(|book| book.sessions).unwrap_or_default();
        Ok(sessions.into_iter().find(|session| session.token == token).map(|session| session.expires_at))
    }

    async fn remove_session(&self, company: CompanyId, token: SecretHash) -> Result<(), Error> {
        let mut books = self.books();
        books.get_mut(&company).ok_or(Error::NoCompany)?.sessions.retain(|session| session.token != token);
        Ok(())
    }

    async fn scan(&self, company: CompanyId) -> Result<Records, Error> {
        let book = self.books().get(&company).cloned();
        let (send, records) = mpsc::channel(SCAN_AHEAD_MAX);
        tokio::spawn(async move {
            let Some(Book { journal, view, .. }) = book else { return };
            let entries = journal.into_iter().map(Record::Entry);
            let members = view.members.into_values().map(Record::Member);
            let claims = view.claims.into_iter().map(|(handle, claim)| Record::Claim(handle, claim));
            let conversations = view.conversations.into_values().map(Record::Conversation);
            for record in entries.chain(members).chain(claims).chain(conversations) {
                if send.send(Ok(record)).await.is_err() {
                    return;
                }
            }
        });
        Ok(records)
    }

    async fn backup(&self, _file: &Path) -> Result<(), Error> {
        Err(Error::Unusable("A store in memory has no backup.".into()))
    }

    async fn ready(&self) -> Result<(), Error> {
        Ok(())
    }
}
