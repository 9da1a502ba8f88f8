//! What is true of the store in a database alone.

use std::sync::Arc;

use store::{Access, Limits, Postgres};

use crate::conformance::Fresh;

/// Few connections: a machine that tests has little to gain from more.
fn limits() -> Limits {
    Limits { connections: 4, ..Limits::default() }
}

pub async fn fresh() -> Fresh {
    let url = cluster::fresh(cluster::shared()).await;
    let store = Postgres::open(&url, Access::Serve, limits()).await.unwrap();
    Fresh { store: Arc::new(store), _keep: None }
}
