//! Scratch stores: copies of one company, to try changes on that must not last.

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
    /// A store that holds what `company` holds in `store` at the moment. It disappears when it is dropped.
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
