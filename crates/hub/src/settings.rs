//! Settings of a company: lists, custom fields and teammates; and notes about contacts.

use contact::{
    Command, CompanyId, Contact, ContactId, CreatedItem, CustomField, CustomName, CustomType, FieldId, FieldTarget,
    Group, Handle, List, ListId, ListName, NoteBody, Origin, Seq, Settings, SettingsChange, Teammate, TeammateId, Text,
    Time,
};

use crate::access::Password;
use crate::{Company, Error, Hub, Page};

/// The company whose teammates are looked up for an unknown one. Which it is does not matter.
const NOBODY: CompanyId = CompanyId::new(1).unwrap();

/// A note about a contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// Its journal entry.
    pub seq: Seq,
    /// When it was written.
    pub at: Time,
    /// The teammate who wrote it.
    pub author: TeammateId,
    /// Its text.
    pub body: NoteBody,
}

impl From<store::Note> for Note {
    fn from(store::Note { seq, at, author, body }: store::Note) -> Note {
        Note { seq, at, author, body }
    }
}

impl Hub {
    /// The settings of a company.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn settings(&self, company: CompanyId) -> Result<Settings, Error> {
        Ok(self.store.settings(company).await?)
    }

    pub(crate) async fn settings_change(
        &self,
        company: CompanyId,
        settings_change: SettingsChange,
        by: Origin,
    ) -> Result<Option<CreatedItem>, Error> {
        Ok(self.perform(company, Command::ChangeSettings { change: settings_change, by }).await?.created_item)
    }

    /// Creates a list, or returns the one with this name.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if there are too many; [`Error::Store`] if the store does not accept it.
    pub async fn make_list(
        &self,
        company: CompanyId,
        name: ListName,
        owner: Option<TeammateId>,
        by: Origin,
    ) -> Result<List, Error> {
        let created = self.settings_change(company, SettingsChange::CreateList { name, owner }, by).await?;
        let Some(CreatedItem::List(list)) = created else { return Err(nothing_created()) };
        self.settings(company).await?.lists.remove(&list).ok_or_else(nothing_created)
    }

    /// Deletes a list. Its contacts stay.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it is not found; [`Error::Store`] if the store does not accept it.
    pub async fn delete_list(&self, company: CompanyId, list: ListId, by: Origin) -> Result<(), Error> {
        self.settings_change(company, SettingsChange::DeleteList(list), by).await.map(drop)
    }

    /// Creates a custom field.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if another field has the name or there are too many; [`Error::Store`] if the store does not accept
    /// it.
    pub async fn make_field(
        &self,
        company: CompanyId,
        target: FieldTarget,
        name: CustomName,
        description: String,
        kind: CustomType,
        by: Origin,
    ) -> Result<CustomField, Error> {
        let created =
            self.settings_change(company, SettingsChange::CreateField { target, name, description, kind }, by).await?;
        let Some(CreatedItem::Field(field)) = created else { return Err(nothing_created()) };
        self.settings(company).await?.fields.remove(&field).ok_or_else(nothing_created)
    }

    /// Deletes a custom field. Its values are hidden.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it is not found; [`Error::Store`] if the store does not accept it.
    pub async fn delete_field(&self, company: CompanyId, field: FieldId, by: Origin) -> Result<(), Error> {
        self.settings_change(company, SettingsChange::DeleteField(field), by).await.map(drop)
    }

    /// Adds a teammate, and returns their password for the app.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if another teammate has the address or there are too many; [`Error::Store`] if the store does not
    /// accept it.
    pub async fn add_teammate(
        &self,
        company: CompanyId,
        email: Handle,
        name: Text,
        by: Origin,
    ) -> Result<(Teammate, Password), Error> {
        let created = self.settings_change(company, SettingsChange::AddTeammate { email, name }, by).await?;
        let Some(CreatedItem::Teammate(id)) = created else { return Err(nothing_created()) };
        let teammate = self.settings(company).await?.teammates.remove(&id).ok_or_else(nothing_created)?;
        let password = self.password();
        self.store.set_teammate_secret(company, id, Some(password.hash())).await?;
        Ok((teammate, password))
    }

    /// Gives a teammate a new password. The old one stops working, and its sessions end.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not accept it.
    pub async fn rotate_teammate(&self, company: CompanyId, teammate: TeammateId) -> Result<Password, Error> {
        let password = self.password();
        self.store.set_teammate_secret(company, teammate, Some(password.hash())).await?;
        Ok(password)
    }

    /// Blocks a teammate: they cannot sign in, and their sessions end. Their notes stay.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the teammate is not found; [`Error::Store`] if the store does not accept it.
    pub async fn block_teammate(&self, company: CompanyId, teammate: TeammateId, by: Origin) -> Result<(), Error> {
        self.settings_change(company, SettingsChange::BlockTeammate { teammate, is_blocked: true }, by).await?;
        self.store.set_teammate_secret(company, teammate, None).await?;
        Ok(())
    }

    /// Unblocks a teammate, and returns a new password.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the teammate is not found; [`Error::Store`] if the store does not accept it.
    pub async fn unblock_teammate(
        &self,
        company: CompanyId,
        teammate: TeammateId,
        by: Origin,
    ) -> Result<Password, Error> {
        self.settings_change(company, SettingsChange::BlockTeammate { teammate, is_blocked: false }, by).await?;
        self.rotate_teammate(company, teammate).await
    }

    /// Checks a teammate's e-mail address and password, and returns the teammate and the company. A wrong address takes as long
    /// as a wrong password.
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
        // An unknown company is looked up like a known one, so that the time of an answer does not reveal which it is.
        let id = company.as_ref().map_or(NOBODY, |company| company.id);
        let settings = self.store.settings(id).await?;
        let secrets = self.store.teammate_secrets(id).await?;
        let teammate = settings.teammate_by_email(email).filter(|teammate| !teammate.is_blocked).map(|one| one.id);
        let secret = secrets.into_iter().find(|(id, _)| Some(*id) == teammate).map(|(_, secret)| secret);
        let matches = given.matches(secret);
        let found = company.zip(teammate).filter(|_| matches);
        Ok(found.map(|(company, teammate)| (company.into(), teammate)))
    }

    /// Adds contacts to a list or an account, or removes them.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if one of them is not found; [`Error::Store`] if the store does not accept it.
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

    /// The contacts in a list or an account, the newest first: at most `size` of them after a contact.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn members(
        &self,
        company: CompanyId,
        group: Group,
        after: Option<ContactId>,
        size: usize,
    ) -> Result<Page<Contact, ContactId>, Error> {
        let mut last = after;
        let mut items = Vec::with_capacity(size);
        loop {
            let found = self.store.members(company, group, last, size + 1).await?;
            let is_all = found.len() <= size;
            for (id, contact) in found {
                if items.len() == size && contact.is_some() {
                    return Ok(Page { items, next: last });
                }
                items.extend(contact);
                last = Some(id);
            }
            if is_all {
                return Ok(Page::last(items));
            }
        }
    }

    /// Writes a note about a contact.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the contact or the author is not found; [`Error::Store`] if the store does not accept it.
    pub async fn note(
        &self,
        company: CompanyId,
        contact: ContactId,
        author: TeammateId,
        body: NoteBody,
        by: Origin,
    ) -> Result<Note, Error> {
        let command = Command::Note { contact, author, body: body.clone(), by };
        let seq = self.perform(company, command).await?.note.ok_or_else(nothing_created)?;
        let before = Seq(seq.0.saturating_sub(1));
        let entry = self.store.entries(company, before, 1).await?.into_iter().next().ok_or_else(nothing_created)?;
        Ok(Note { seq: entry.seq, at: entry.at, author, body })
    }

    /// The notes about a contact, the newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn notes(&self, company: CompanyId, contact: ContactId) -> Result<Vec<Note>, Error> {
        Ok(self.store.notes(company, contact, contact::NOTES_MAX).await?.into_iter().map(Note::from).collect())
    }
}

pub(crate) fn nothing_created() -> Error {
    store::Error::Damaged("a new item is missing".into()).into()
}
