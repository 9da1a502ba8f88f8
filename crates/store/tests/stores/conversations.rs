//! The conformance tests of channels, messages and sign-ins.

use std::sync::Arc;

use contact::{
    Attachment, AttachmentId, Attribute, Channel, ChannelType, Command, CompanyId, ContactId, ConversationId, Handle,
    Message, MessageId, Missing, Outcome, Region, Seq,
};
use store::{AddedChannel, Error, InMemory, NewChannel, SecretHash, Session, Store, verify};

use crate::conformance::{Fresh, at, company, with_wayne};
use crate::history::{handle, named, observed, split};

fn new(kind: ChannelType, address: &str) -> NewChannel {
    let address = Channel::address(kind, address, Region::default()).unwrap();
    NewChannel { kind, address, signature_key: None, created_at: at(1) }
}

async fn channel(store: &dyn Store, company: CompanyId) -> Channel {
    let added = store.add_channel(company, new(ChannelType::Email, "Support@Wayne.inc")).await.unwrap();
    let AddedChannel::Done(channel) = added else { panic!("{added:?}") };
    channel
}

fn from(channel: &Channel, sender: Handle, text: &str) -> Message {
    let from = format!("from:{}", sender.key().as_str());
    Message {
        channel: channel.id,
        sender,
        name: None,
        subject: "A cat".into(),
        text: text.into(),
        html: None,
        attachments: Vec::new(),
        uid: None,
        replies_to: vec![from.clone()],
        references: vec![from],
    }
}

async fn receive(store: &dyn Store, company: CompanyId, at_ms: i64, message: Message) -> Outcome {
    let command = Command::Receive(Arc::new(message));
    store.write(company, at(at_ms), vec![command]).await.unwrap().remove(0).unwrap()
}

async fn texts(store: &dyn Store, company: CompanyId, conversation: ConversationId) -> Vec<String> {
    let messages = store.messages(company, conversation, None, 100).await.unwrap();
    messages.into_iter().map(|message| message.text).collect()
}

async fn of(store: &dyn Store, company: CompanyId, contact: Option<ContactId>) -> Vec<ConversationId> {
    let found = store.conversations(company, contact, false, None, 100).await.unwrap();
    found.into_iter().map(|conversation| conversation.id).collect()
}

pub async fn channel_addresses_are_unique(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    store.add_company(company(8, "kent")).await.unwrap();
    let kent = CompanyId::new(8).unwrap();
    let mail = channel(store, wayne).await;
    assert_eq!((mail.address.text(), mail.id.to_string().starts_with("cha_")), ("Support@Wayne.inc", true));
    for company in [wayne, kent] {
        let again = store.add_channel(company, new(ChannelType::Email, "support@wayne.INC")).await.unwrap();
        assert_eq!(again, AddedChannel::AddressTaken, "mail is delivered by address alone");
        let custom = store.add_channel(company, new(ChannelType::Custom, "website")).await.unwrap();
        assert!(matches!(custom, AddedChannel::Done(channel) if channel.id.company() == company));
    }
    let unknown = CompanyId::new(9).unwrap();
    assert_eq!(store.add_channel(unknown, new(ChannelType::Custom, "x")).await.unwrap(), AddedChannel::NoCompany);
    let kinds = store.channels(wayne).await.unwrap().into_iter().map(|channel| channel.kind);
    assert_eq!(kinds.collect::<Vec<_>>(), [ChannelType::Email, ChannelType::Custom]);
    let (owner, found) = store.mailbox(mail.key()).await.unwrap().unwrap();
    assert_eq!((owner.id, found), (wayne, mail));
    assert!(store.mailbox(handle(1).key()).await.unwrap().is_none());
    assert_eq!(store.company_by_id(kent).await.unwrap().unwrap().name.as_str(), "kent");
    assert!(store.company_by_id(unknown).await.unwrap().is_none());
}

pub async fn a_message_is_assigned_to_its_sender_and_conversation(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let channel = channel(store, wayne).await;
    let known = store.write(wayne, at(1), vec![named(&[1], Some("Selina"))]).await.unwrap()[0].clone().unwrap();
    let name = Some(Attribute::Name.parse("catlover99").unwrap());
    let attachment =
        Attachment { name: "cat.png".into(), media_type: "image/png".into(), content: vec![0, 159, 146].into() };
    let message = Message {
        name: name.clone(),
        attachments: vec![attachment.clone()],
        html: Some("<b>cat</b>".into()),
        uid: Some("1".into()),
        ..from(&channel, handle(1), "Have you\n\nseen my cat?")
    };
    let first = receive(store, wayne, 2, message.clone()).await;
    assert_eq!((first.contact, first.received), (known.contact, true));
    let again = receive(store, wayne, 3, message).await;
    assert_eq!((again.message, again.received), (first.message, false), "a second delivery is the same message");
    let reply = receive(store, wayne, 4, from(&channel, handle(1), "She is back.")).await;
    let other = receive(store, wayne, 5, Message { name, ..from(&channel, handle(2), "Hello") }).await;
    let (first, reply, other_message) = (first.message.unwrap(), reply.message.unwrap(), other.message.unwrap());
    assert_eq!(first.conversation, reply.conversation);
    assert!(other.created && other_message.conversation != first.conversation);

    let shown = store.contact(wayne, known.contact.unwrap()).await.unwrap().unwrap();
    assert_eq!(shown.name(), "Selina", "the name in a message never replaces an observed one");
    let shown = store.contact(wayne, other.contact.unwrap()).await.unwrap().unwrap();
    assert_eq!(shown.name(), "catlover99");

    assert_eq!(texts(store, wayne, first.conversation).await, ["Have you\n\nseen my cat?", "She is back."]);
    assert_eq!(of(store, wayne, None).await, [other_message.conversation, first.conversation]);
    assert_eq!(of(store, wayne, known.contact).await, [first.conversation]);
    let conversation = store.conversation(wayne, first.conversation).await.unwrap().unwrap();
    assert_eq!((conversation.messages, conversation.snippet.as_str()), (2, "She is back."));
    assert_eq!((conversation.created_at, conversation.changed_at), (at(2), at(4)));
    let older = store.messages(wayne, first.conversation, Some(reply.message), 1).await.unwrap();
    assert_eq!((older[0].id, older[0].at, older[0].html.as_deref()), (first.message, at(2), Some("<b>cat</b>")));
    assert_eq!((older[0].attachments[0].bytes, older[0].attachments[0].name.as_str()), (3, "cat.png"));
    let file = older[0].attachments[0].id;
    assert_eq!(store.attachment(wayne, file).await.unwrap(), Some(attachment));
    assert_eq!(store.attachment(wayne, AttachmentId::of(reply.message, 0)).await.unwrap(), None);
    assert_eq!(verify(store, &InMemory, wayne).await.unwrap(), []);
}

pub async fn conversations_follow_merges_and_splits(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let channel = channel(store, wayne).await;
    let one = receive(store, wayne, 1, from(&channel, handle(1), "one")).await;
    let two = receive(store, wayne, 2, from(&channel, handle(2), "two")).await;
    let (bruce, robin) = (one.contact.unwrap(), two.contact.unwrap());
    let (one, two) = (one.message.unwrap().conversation, two.message.unwrap().conversation);
    store.write(wayne, at(3), vec![observed(&[1, 2])]).await.unwrap();
    assert_eq!(
        of(store, wayne, Some(robin)).await,
        [two, one],
        "both ids list the conversations of the merged contact"
    );
    let history = store.history(wayne, robin, None, 100).await.unwrap();
    let seqs: Vec<u64> = history.iter().map(|entry| entry.seq.0).collect();
    assert_eq!(seqs, [6, 5, 4, 3, 2, 1], "the history of both, the newest first");
    let some = store.history(wayne, robin, Some(Seq(5)), 2).await.unwrap();
    assert_eq!(some.iter().map(|entry| entry.seq.0).collect::<Vec<_>>(), [4, 3]);
    store.write(wayne, at(4), vec![split(robin)]).await.unwrap();
    assert_eq!((of(store, wayne, Some(bruce)).await, of(store, wayne, Some(robin)).await), (vec![one], vec![two]));
    let contacts = store.people(wayne, &[robin, ContactId::nth(wayne, 99), bruce]).await.unwrap();
    assert_eq!(
        contacts.iter().map(|(id, contact)| (*id, contact.id)).collect::<Vec<_>>(),
        [(robin, robin), (bruce, bruce)]
    );
    let view = store.view(wayne, &[robin], &Missing::default()).await.unwrap();
    assert!(view.contact(robin).is_some() && view.perform_is_refused(robin));
    assert_eq!(verify(store, &InMemory, wayne).await.unwrap(), []);
}

/// Whether a split would be refused.
trait Refuses {
    fn perform_is_refused(&self, record: ContactId) -> bool;
}

impl Refuses for contact::View {
    fn perform_is_refused(&self, record: ContactId) -> bool {
        self.clone().perform(&split(record), at(9)).is_err()
    }
}

pub async fn readers_of_the_journal_are_woken(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let mut watch = store.watch();
    watch.mark_unchanged();
    assert_eq!(store.head(wayne).await.unwrap(), Seq(0));
    store.write(wayne, at(1), vec![observed(&[1]), observed(&[2])]).await.unwrap();
    watch.changed().await.unwrap();
    assert_eq!(store.head(wayne).await.unwrap(), Seq(2));
    let entries = store.entries(wayne, Seq(1), 10).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [Seq(2)]);
    assert_eq!(store.entries(wayne, Seq(0), 1).await.unwrap().len(), 1);
}

pub async fn sign_ins_expire_and_are_revoked(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    let session =
        |byte: u8, expires: i64| Session { token: SecretHash([byte; 32]), teammate: None, expires_at: at(expires) };
    store.add_session(wayne, session(1, 10), at(1)).await.unwrap();
    store.add_session(wayne, session(2, 20), at(1)).await.unwrap();
    assert!(store.session(wayne, SecretHash([1; 32])).await.unwrap() == Some(session(1, 10)));
    assert!(store.session(CompanyId::new(8).unwrap(), SecretHash([1; 32])).await.unwrap().is_none());
    store.add_session(wayne, session(3, 30), at(10)).await.unwrap();
    assert!(store.session(wayne, SecretHash([1; 32])).await.unwrap().is_none(), "the sign-in has expired");
    store.remove_session(wayne, SecretHash([2; 32])).await.unwrap();
    assert!(store.session(wayne, SecretHash([2; 32])).await.unwrap().is_none());
    assert!(store.set_secret(wayne, SecretHash([9; 32])).await.unwrap());
    assert!(store.session(wayne, SecretHash([3; 32])).await.unwrap().is_none(), "a new password ends all sign-ins");
}

pub async fn companies_share_no_conversations(fresh: Fresh) {
    let (fresh, wayne) = with_wayne(fresh).await;
    let store = &*fresh.store;
    store.add_company(company(8, "kent")).await.unwrap();
    let kent = CompanyId::new(8).unwrap();
    let channel = channel(store, wayne).await;
    let file = Attachment { name: "a".into(), media_type: "b".into(), content: vec![1].into() };
    let message = Message { attachments: vec![file], ..from(&channel, handle(1), "secret") };
    let Outcome { message: Some(message_ref), contact: Some(contact), .. } = receive(store, wayne, 1, message).await
    else {
        panic!("no message")
    };
    assert!(store.conversation(kent, message_ref.conversation).await.unwrap().is_none());
    assert!(store.messages(kent, message_ref.conversation, None, 9).await.unwrap().is_empty());
    assert!(store.conversations(kent, None, false, None, 9).await.unwrap().is_empty());
    assert!(store.conversations(kent, Some(contact), false, None, 9).await.unwrap().is_empty());
    assert!(store.attachment(kent, AttachmentId::of(message_ref.message, 0)).await.unwrap().is_none());
    assert!(store.history(kent, contact, None, 9).await.unwrap().is_empty());
    assert!(store.entries(kent, Seq(0), 9).await.unwrap().is_empty());
    assert!(store.people(kent, &[contact]).await.unwrap().is_empty());
    assert!(store.channels(kent).await.unwrap().is_empty());
    assert!(matches!(store.write(CompanyId::new(9).unwrap(), at(1), vec![]).await, Err(Error::NoCompany)));
    assert_eq!(MessageId::nth(wayne, 1), message_ref.message);
}
