//! Scratch stores: temporary stores, for trying out changes and for comparing.

use std::sync::Arc;

use async_trait::async_trait;
use contact::CompanyId;

use crate::copy_company::copy_company;
use crate::error::Error;
use crate::model::Model;
use crate::traits::Store;

/// Makes scratch stores, which are deleted when dropped.
#[async_trait]
pub trait Scratch: Send + Sync {
    /// Makes an empty scratch store.
    async fn empty(&self) -> Result<Arc<dyn Store>, Error>;

    /// Copies `company` of `store` as it is now to a scratch store.
    async fn copy_of(&self, store: &dyn Store, company: CompanyId) -> Result<Arc<dyn Store>, Error> {
        let scratch = self.empty().await?;
        copy_company(store, &*scratch, company).await?;
        Ok(scratch)
    }
}

/// Scratch stores in memory, for companies that fit into it.
pub struct InMemory;

#[async_trait]
impl Scratch for InMemory {
    async fn empty(&self) -> Result<Arc<dyn Store>, Error> {
        Ok(Arc::new(Model::default()))
    }
}
