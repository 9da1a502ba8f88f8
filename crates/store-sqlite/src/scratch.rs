//! Scratch stores in temporary files.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use async_trait::async_trait;
use store::{Access, Error, Scratch, Store};

use crate::sqlite::Sqlite;

/// Makes scratch stores in temporary folders, which are deleted with them.
pub struct TemporaryFiles;

#[async_trait]
impl Scratch for TemporaryFiles {
    async fn empty(&self) -> Result<Arc<dyn Store>, Error> {
        let mode = Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix("kith-").permissions(mode).tempdir();
        let folder =
            folder.map_err(|error| Error::Unavailable(format!("No temporary folder can be made: {error}.")))?;
        let scratch = Sqlite::open(&folder.path().join("kith.db"), Access::Make)?;
        Ok(Arc::new(scratch.deleted_with(folder)))
    }
}
