//! Receiving messages.

use super::observe;
use crate::attribute::{Attribute, Attributes};
use crate::decision::{Decision, Undecided};
use crate::entry::Change;
use crate::id::{ConversationId, MessageId};
use crate::message::{Message, MessageRef, uid_reference};
use crate::observation::Observation;
use crate::origin::Origin;
use crate::record_name::RecordName;
use crate::view::View;

/// Receives a message: finds its contact and the conversation that it continues.
pub fn receive(view: &View, message: &Message) -> Result<Decision, Undecided> {
    let find = |reference: &String| view.references.get(&(message.channel, reference.clone())).copied();
    if let Some(known) = message.uid.as_deref().map(uid_reference).as_ref().and_then(find) {
        let mut decision = Decision::default();
        decision.outcome.contact = view.owner(message.sender.key());
        decision.outcome.message = Some(known);
        return Ok(decision);
    }
    let (mut decision, home) = observe::report(view, &observation(view, message))?;
    let continued = message.replies_to.iter().find_map(find);
    let conversation = continued.map_or_else(
        || ConversationId::nth(view.company, view.conversations_made + 1),
        |continued| continued.conversation,
    );
    let id = MessageId::nth(view.company, view.messages_made + 1);
    decision.outcome.message = Some(MessageRef { conversation, message: id });
    decision.outcome.received = true;
    let uid = message.uid.as_deref().map(uid_reference);
    decision.changes.push(Change::Received {
        message: id,
        conversation,
        channel: message.channel,
        home,
        sender: message.sender.clone(),
        subject: message.subject.clone(),
        snippet: message.snippet(),
        references: uid.into_iter().chain(message.references.iter().cloned()).collect(),
    });
    Ok(decision)
}

/// The observation of the sender of a message. A handle that identifies nobody is that of a sender of its own.
fn observation(view: &View, message: &Message) -> Observation {
    let is_nobody = view.claims.obstacle(message.sender.key()).is_some();
    let name = message.name.as_ref().filter(|name| !name.is_empty());
    Observation {
        attributes: Attributes::from_fn(|attribute| name.filter(|_| attribute == Attribute::Name).cloned()),
        handles: vec![message.sender.clone()],
        record: is_nobody.then(|| RecordName::of_sender(&message.sender)),
        ..Observation::from(Origin::Message)
    }
}
