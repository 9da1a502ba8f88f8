//! Companies and their passwords.

use std::fmt;

use contact::{CompanyId, CompanyName, Region};
use data_encoding::{Encoding, Specification};
use sha2::{Digest, Sha256};
use store::{Added, SecretHash};
use subtle::ConstantTimeEq;

use crate::{Company, Error, Hub};

/// A password has 160 random bits.
const PASSWORD_BYTES: usize = 20;
/// Company ids that are drawn before giving up. With a thousand companies, the first is taken once in 16,000 times.
const DRAWS_MAX: usize = 16;

/// A generated password. It is shown once and only its hash is stored. `Debug` hides it.
pub struct Password(String);

impl Password {
    /// The password as text.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> SecretHash {
        // A random secret of 160 bits needs no slow hash, and one at every request would be the bottleneck.
        SecretHash(Sha256::digest(&self.0).into())
    }

    /// Whether it has the stored hash. The comparison takes as long when there is none.
    pub(crate) fn matches(&self, stored: Option<SecretHash>) -> bool {
        let is_equal = self.hash().0.ct_eq(&stored.map_or([0; 32], |stored| stored.0));
        bool::from(is_equal) && stored.is_some()
    }
}

impl From<String> for Password {
    fn from(text: String) -> Password {
        Password(text)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Hub {
    /// The company with a login and password. A wrong login takes as long as a wrong password.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn sign_in(&self, login: &str, password: &str) -> Result<Option<Company>, Error> {
        let given = Password::from(password.to_owned());
        let company = match login.parse() {
            Ok(name) => self.store.company(&name).await?,
            Err(_) => None,
        };
        let matches = given.matches(company.as_ref().map(|company| company.secret));
        Ok(company.filter(|_| matches).map(Company::from))
    }

    /// Creates a company and its password.
    ///
    /// # Errors
    ///
    /// [`Error::CompanyTaken`] if another company has the name; [`Error::Store`] if the store does not accept it.
    pub async fn add_company(&self, name: CompanyName, region: Region) -> Result<(Company, Password), Error> {
        let password = self.password();
        for _ in 0..DRAWS_MAX {
            let company = store::Company {
                id: self.draw_company_id(),
                name: name.clone(),
                secret: password.hash(),
                region,
                rate_limit: None,
                created_at: self.clock.now(),
            };
            match self.store.add_company(company.clone()).await? {
                Added::Done => return Ok((company.into(), password)),
                Added::NameTaken => return Err(Error::CompanyTaken(name)),
                Added::NumberTaken => {}
            }
        }
        Err(store::Error::Unavailable("No free company id was found. Try again.".into()).into())
    }

    /// Replaces a company's password. The old one stops working.
    ///
    /// # Errors
    ///
    /// [`Error::NoCompany`] if there is no company with this name; [`Error::Store`] if the store does not accept it.
    pub async fn rotate_password(&self, name: &CompanyName) -> Result<Password, Error> {
        let no_company = || Error::NoCompany(name.clone());
        let company = self.store.company(name).await?.ok_or_else(no_company)?;
        let password = self.password();
        let is_set = self.store.set_secret(company.id, password.hash()).await?;
        self.tokens.clear();
        if is_set { Ok(password) } else { Err(no_company()) }
    }

    /// All companies, by name.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn companies(&self) -> Result<Vec<Company>, Error> {
        Ok(self.store.companies().await?.into_iter().map(Company::from).collect())
    }

    /// The company with an id.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn company_by_id(&self, id: CompanyId) -> Result<Option<Company>, Error> {
        Ok(self.store.company_by_id(id).await?.map(Company::from))
    }

    /// Generates the token that signs the requests of a channel. It is as hard to guess as a password.
    pub fn channel_token(&self) -> String {
        self.password().0
    }

    pub(crate) fn password(&self) -> Password {
        let mut bytes = [0; PASSWORD_BYTES];
        self.random.fill(&mut bytes);
        Password(base32().encode(&bytes))
    }

    fn draw_company_id(&self) -> CompanyId {
        loop {
            let mut bytes = [0; 4];
            self.random.fill(&mut bytes[1..]);
            if let Some(id) = CompanyId::new(u32::from_be_bytes(bytes)) {
                return id;
            }
        }
    }
}

/// Lower-case letters and digits only: safe in a shell, a URL and over the telephone (RFC 4648, section 6).
fn base32() -> Encoding {
    let mut base32 = Specification::new();
    base32.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    base32.encoding().expect("32 different symbols are an encoding")
}
