//! Scratch stores: temporary copies of one company, for trying out changes.

use std::sync::Arc;

use async_trait::async_trait;
use contact::CompanyId;

use crate::copy::copy_company;
use crate::error::Error;
use crate::model::Model;
use crate::traits::Store;

/// Makes scratch stores.
#[async_trait]
pub trait Scratch: Send + Sync {
    /// Copies `company` of `store` as it is now to a scratch store, which is deleted when dropped.
    async fn copy_of(&self, store: &dyn Store, company: CompanyId) -> Result<Arc<dyn Store>, Error>;
}

/// Scratch stores in memory, for companies that fit into it.
pub struct InMemory;

#[async_trait]
impl Scratch for InMemory {
    async fn copy_of(&self, store: &dyn Store, company: CompanyId) -> Result<Arc<dyn Store>, Error> {
        let scratch = Model::default();
        copy_company(store, &scratch, company).await?;
        Ok(Arc::new(scratch))
    }
}
