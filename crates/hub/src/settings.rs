//! What a company has set up for all of its contacts: lists, custom fields, and its teammates.

use contact::{
    Command, CompanyId, Contact, ContactId, CreatedItem, CustomField, CustomName, CustomType, FieldId, FieldTarget,
    Group, Handle, List, ListId, ListName, NoteBody, Origin, Settings, SettingsChange, Teammate, TeammateId, Text,
};
use store::Note;

use crate::access::Password;
use crate::{Company, Error, Hub, Listed, Mark};

impl Hub {
    /// What a company has set up.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn settings(&self, company: CompanyId) -> Result<Settings, Error> {
        Ok(self.store.settings(company).await?)
    }

    async fn settings_change(
        &self,
        company: CompanyId,
        settings_change: SettingsChange,
        by: Origin,
    ) -> Result<Option<CreatedItem>, Error> {
        Ok(self.perform(company, Command::ChangeSettings { change: settings_change, by }).await?.created_item)
    }

    /// Makes a list, or finds the one that is called so.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if there are too many; [`Error::Store`] if the store does not take it.
    pub async fn make_list(
        &self,
        company: CompanyId,
        name: ListName,
        owner: Option<TeammateId>,
        by: Origin,
    ) -> Result<List, Error> {
        let made = self.settings_change(company, SettingsChange::CreateList { name, owner }, by).await?;
        let Some(CreatedItem::List(list)) = made else { return Err(nothing_made()) };
        self.settings(company).await?.lists.remove(&list).ok_or_else(nothing_made)
    }

    /// Deletes a list. Those that were on it stay.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it is not there; [`Error::Store`] if the store does not take it.
    pub async fn delete_list(&self, company: CompanyId, list: ListId, by: Origin) -> Result<(), Error> {
        self.settings_change(company, SettingsChange::DeleteList(list), by).await.map(drop)
    }

    /// Makes a custom field.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the name is another's or there are too many; [`Error::Store`] if the store does not take it.
    pub async fn make_field(
        &self,
        company: CompanyId,
        target: FieldTarget,
        name: CustomName,
        description: String,
        kind: CustomType,
        by: Origin,
    ) -> Result<CustomField, Error> {
        let made =
            self.settings_change(company, SettingsChange::CreateField { target, name, description, kind }, by).await?;
        let Some(CreatedItem::Field(field)) = made else { return Err(nothing_made()) };
        self.settings(company).await?.fields.remove(&field).ok_or_else(nothing_made)
    }

    /// Deletes a custom field. Its values are shown no more.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it is not there; [`Error::Store`] if the store does not take it.
    pub async fn delete_field(&self, company: CompanyId, field: FieldId, by: Origin) -> Result<(), Error> {
        self.settings_change(company, SettingsChange::DeleteField(field), by).await.map(drop)
    }

    /// Adds a teammate and their password for the app.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the address is another's or there are too many; [`Error::Store`] if the store does not take it.
    pub async fn add_teammate(
        &self,
        company: CompanyId,
        email: Handle,
        name: Text,
        by: Origin,
    ) -> Result<(Teammate, Password), Error> {
        let made = self.settings_change(company, SettingsChange::AddTeammate { email, name }, by).await?;
        let Some(CreatedItem::Teammate(id)) = made else { return Err(nothing_made()) };
        let teammate = self.settings(company).await?.teammates.remove(&id).ok_or_else(nothing_made)?;
        let password = self.password();
        self.store.set_teammate_secret(company, id, Some(password.hash())).await?;
        Ok((teammate, password))
    }

    /// Gives a teammate a new password. The old one counts no more, and sign-ins with it end.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not take it.
    pub async fn rotate_teammate(&self, company: CompanyId, teammate: TeammateId) -> Result<Password, Error> {
        let password = self.password();
        self.store.set_teammate_secret(company, teammate, Some(password.hash())).await?;
        Ok(password)
    }

    /// Blocks a teammate: they can sign in no more, and their sign-ins end. What they wrote stays.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if they are not there; [`Error::Store`] if the store does not take it.
    pub async fn block_teammate(&self, company: CompanyId, teammate: TeammateId, by: Origin) -> Result<(), Error> {
        self.settings_change(company, SettingsChange::BlockTeammate { teammate, is_blocked: true }, by).await?;
        self.store.set_teammate_secret(company, teammate, None).await?;
        Ok(())
    }

    /// Takes a block back. The old password stays forgotten, so here is a new one.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if they are not there; [`Error::Store`] if the store does not take it.
    pub async fn unblock_teammate(
        &self,
        company: CompanyId,
        teammate: TeammateId,
        by: Origin,
    ) -> Result<Password, Error> {
        self.settings_change(company, SettingsChange::BlockTeammate { teammate, is_blocked: false }, by).await?;
        self.rotate_teammate(company, teammate).await
    }

    /// The teammate whose e-mail address and password these are, with the company. A wrong address takes as long as a wrong
    /// password.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn sign_in_teammate(
        &self,
        login: &str,
        email: &str,
        password: &str,
    ) -> Result<Option<(Company, TeammateId)>, Error> {
        let given = Password::from(password.to_owned());
        let company = match login.parse() {
            Ok(name) => self.store.company(&name).await?,
            Err(_) => None,
        };
        let Some(company) = company else { return Ok(None) };
        let settings = self.store.settings(company.id).await?;
        let secrets = self.store.teammate_secrets(company.id).await?;
        let teammate = settings.teammate_by_email(email).filter(|teammate| !teammate.is_blocked).map(|one| one.id);
        let secret = secrets.into_iter().find(|(id, _)| Some(*id) == teammate).map(|(_, secret)| secret);
        let matches = given.matches(secret);
        Ok(teammate.filter(|_| matches).map(|teammate| (company.into(), teammate)))
    }

    /// Puts contacts into a list or an account, or takes them from it.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if one of them is not there; [`Error::Store`] if the store does not take it.
    pub async fn group(
        &self,
        company: CompanyId,
        group: Group,
        contacts: Vec<ContactId>,
        inside: bool,
        by: Origin,
    ) -> Result<(), Error> {
        self.perform(company, Command::Group { group, contacts, inside, by }).await.map(drop)
    }

    /// Who is in a list or an account, the last made first: at most `size` of them.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn members(
        &self,
        company: CompanyId,
        group: Group,
        mark: Option<Mark>,
        size: usize,
    ) -> Result<Listed<Contact>, Error> {
        let mut before = match mark {
            Some(Mark::After { number, .. } | Mark::Since { number, .. }) => ContactId::from_number(number),
            None => None,
        };
        let mut items = Vec::with_capacity(size);
        loop {
            let found = self.store.members(company, group, before, size + 1).await?;
            let is_all = found.len() <= size;
            for (id, contact) in found {
                if items.len() == size && contact.is_some() {
                    let number = before.map_or(0, ContactId::number);
                    let next = Mark::After { changed: contact::Seq(0), number, began: contact::Seq(0) };
                    return Ok(Listed { items, next: Some(next) });
                }
                items.extend(contact);
                before = Some(id);
            }
            if is_all {
                return Ok(Listed { items, next: None });
            }
        }
    }

    /// Writes a note about a contact.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the contact or the author is not there; [`Error::Store`] if the store does not take it.
    pub async fn note(
        &self,
        company: CompanyId,
        contact: ContactId,
        author: TeammateId,
        body: NoteBody,
        by: Origin,
    ) -> Result<Note, Error> {
        let command = Command::Note { contact, author, body: body.clone(), by };
        let seq = self.perform(company, command).await?.note.ok_or_else(nothing_made)?;
        let before = contact::Seq(seq.0.saturating_sub(1));
        let entry = self.store.entries(company, before, 1).await?.into_iter().next().ok_or_else(nothing_made)?;
        Ok(Note { seq: entry.seq, at: entry.at, author, body })
    }

    /// The notes about a contact, the newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn notes(&self, company: CompanyId, contact: ContactId) -> Result<Vec<Note>, Error> {
        Ok(self.store.notes(company, contact, contact::NOTES_MAX).await?)
    }
}

pub(crate) fn nothing_made() -> Error {
    store::Error::Damaged("what was made is not there".into()).into()
}
