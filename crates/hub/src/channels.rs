//! Channels: the addresses that people write to, and receiving messages.

use std::sync::Arc;

use contact::{Channel, ChannelId, ChannelType, Command, CompanyId, Handle, HandleKey, Message, Outcome, SignatureKey};
use store::{AddedChannel, NewChannel};

use crate::{Company, Error, Hub};

impl Hub {
    /// Creates a channel. `token` signs the requests that deliver its messages. It is not stored.
    ///
    /// # Errors
    ///
    /// [`Error::ChannelTaken`] if another channel has the address, for e-mail in any company; [`Error::Store`] if the store
    /// does not accept it.
    pub async fn add_channel(
        &self,
        company: CompanyId,
        kind: ChannelType,
        address: Handle,
        token: Option<String>,
    ) -> Result<Channel, Error> {
        let shown = address.text().to_owned();
        let signature_key = token.map(|token| SignatureKey::new(&token));
        let new = NewChannel { kind, address, signature_key, created_at: self.clock.now() };
        match self.store.add_channel(company, new).await? {
            AddedChannel::Done(channel) => Ok(channel),
            AddedChannel::AddressTaken => Err(Error::ChannelTaken(shown)),
            AddedChannel::NoCompany => Err(store::Error::NoCompany.into()),
        }
    }

    /// All channels of a company, by id.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn channels(&self, company: CompanyId) -> Result<Vec<Channel>, Error> {
        Ok(self.store.channels(company).await?)
    }

    /// The channel with an id.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn channel(&self, company: CompanyId, id: ChannelId) -> Result<Option<Channel>, Error> {
        Ok(self.channels(company).await?.into_iter().find(|channel| channel.id == id))
    }

    /// The channel with an address.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn channel_at(&self, company: CompanyId, address: &HandleKey) -> Result<Option<Channel>, Error> {
        Ok(self.channels(company).await?.into_iter().find(|channel| channel.key() == address))
    }

    /// The e-mail channel with an address, and the company that has it.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn mailbox(&self, address: &HandleKey) -> Result<Option<(Company, Channel)>, Error> {
        let found = self.store.mailbox(address).await?;
        Ok(found.map(|(company, channel)| (company.into(), channel)))
    }

    /// Receives a message. When this returns, it is on disk and every read shows it.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not accept it.
    pub async fn receive(&self, company: CompanyId, message: Message) -> Result<Outcome, Error> {
        self.perform(company, Command::Receive(Arc::new(message))).await
    }
}
