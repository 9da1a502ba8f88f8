//! The items of a scan, and their order.

use contact::{
    Account, AccountId, ChannelId, Claim, Conversation, ConversationId, Entry, Group, Guards, HandleKey, MessageRef,
    Record, RecordId, RecordName, Seq, Settings,
};

use crate::record::from_group;

/// One item that a store holds of a company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanItem {
    /// An entry of the journal.
    Entry(Entry),
    /// A record.
    Record(Record),
    /// The name of a record.
    Name(RecordName, RecordId),
    /// The claim of a handle.
    Claim(HandleKey, Claim),
    /// A record that reports a handle, besides the one that reported it first.
    Reporter(HandleKey, RecordId),
    /// An entry of the history of a record.
    History(RecordId, Seq),
    /// An entry that is a note about a record.
    Note(RecordId, Seq),
    /// A record that is in a group.
    Membership(Group, RecordId),
    /// The guards against false merges.
    Guards(Guards),
    /// An account.
    Account(Account),
    /// The settings of the company.
    Settings(Settings),
    /// A conversation.
    Conversation(Conversation),
    /// What a reference of a channel's messages stands for.
    Reference(ChannelId, String, MessageRef),
}

/// The position of an item in a scan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Position<'a> {
    Entry(Seq),
    Record(RecordId),
    Name(&'a str, &'a str),
    Claim(&'a str, &'a str),
    Reporter(&'a str, &'a str, RecordId),
    History(RecordId, Seq),
    Note(RecordId, Seq),
    Membership(&'a str, u64, RecordId),
    Guards,
    Account(AccountId),
    Settings,
    Conversation(ConversationId),
    Reference(ChannelId, &'a str),
}

impl ScanItem {
    pub(crate) fn position(&self) -> Position<'_> {
        match self {
            ScanItem::Entry(entry) => Position::Entry(entry.seq),
            ScanItem::Record(record) => Position::Record(record.id),
            ScanItem::Name(name, _) => Position::Name(name.system(), name.id()),
            ScanItem::Claim(handle, _) => Position::Claim(handle.source().name(), handle.as_str()),
            ScanItem::Reporter(handle, record) => Position::Reporter(handle.source().name(), handle.as_str(), *record),
            ScanItem::History(record, entry) => Position::History(*record, *entry),
            ScanItem::Note(record, entry) => Position::Note(*record, *entry),
            ScanItem::Membership(group, record) => {
                let (kind, number) = from_group(*group);
                Position::Membership(kind, number, *record)
            }
            ScanItem::Guards(_) => Position::Guards,
            ScanItem::Account(account) => Position::Account(account.id),
            ScanItem::Settings(_) => Position::Settings,
            ScanItem::Conversation(conversation) => Position::Conversation(conversation.id),
            ScanItem::Reference(channel, reference, _) => Position::Reference(*channel, reference),
        }
    }
}
