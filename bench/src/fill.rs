//! Filling a store with contacts, through its journal.

use std::path::Path;

use contact::{CompanyId, CompanyName, Region, Time};
use store::{Access, Companies, Company, Journal, SecretHash};
use store_sqlite::Sqlite;

use crate::people;

/// How many claims of handles wait as a rule. A sample of rows is filled with none, so that the table has them all.
pub const CLAIMS_WAITING: usize = 65_536;

/// Writes contacts to a store in batches, in a new company or an existing one.
pub async fn fill(file: &Path, company: &str, people: std::ops::Range<u64>, batch: usize, waiting: usize) {
    let store = Sqlite::open_with(file, Access::Make, waiting).expect("a store");
    let name: CompanyName = company.parse().expect("a name");
    let id = match store.company(&name).await.expect("a store that answers") {
        Some(company) => company.id,
        None => add(&store, name).await,
    };
    let mut people = people;
    loop {
        let commands: Vec<_> = people.by_ref().take(batch).map(people::report).collect();
        if commands.is_empty() {
            // What the last batch claimed is in the table after one more.
            store.write(id, Time::from_millis(1_700_000_000_000), Vec::new()).await.expect("a write of nothing");
            return;
        }
        let outcomes = store.write(id, Time::from_millis(1_700_000_000_000), commands).await.expect("a written batch");
        assert!(outcomes.iter().all(Result::is_ok), "a person was refused");
    }
}

async fn add(store: &Sqlite, name: CompanyName) -> CompanyId {
    let id = CompanyId::new(7).expect("a number");
    let created_at = Time::from_millis(1_700_000_000_000);
    let secret = SecretHash([0; 32]);
    let company = Company { id, name, secret, region: Region::default(), rate_limit: None, created_at };
    store.add_company(company).await.expect("a new company");
    id
}
