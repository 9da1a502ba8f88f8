//! Writing many rows with few statements.
//!
//! A statement with many rows of `VALUES` goes to one machine of a cluster, where `INSERT … SELECT FROM unnest(…)` would
//! be worked on by the one that was asked. It has a form for each number of rows, so rows are written in powers of two,
//! whose statements stay prepared.

use std::fmt::Write as _;
use std::sync::OnceLock;

use deadpool_postgres::ClientWrapper;
use futures_util::future::try_join_all;
use tokio_postgres::types::ToSql;

use crate::Error;

/// The most rows of a statement, as a power of two. Those of six columns are then far below the 65,535 parameters that
/// a statement may have.
const ROWS_MAX_LOG2: usize = 9;

/// A value of a row.
pub type Value<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// Writing rows to one table.
pub struct Insert {
    /// The table and its columns but for the first, which is the company.
    into: &'static str,
    /// How many columns those are.
    columns: usize,
    /// What to do with a row that is there.
    conflict: &'static str,
    statements: [OnceLock<String>; ROWS_MAX_LOG2 + 1],
}

impl Insert {
    pub const fn new(into: &'static str, columns: usize, conflict: &'static str) -> Insert {
        Insert { into, columns, conflict, statements: [const { OnceLock::new() }; ROWS_MAX_LOG2 + 1] }
    }

    /// The statement for two to the power of `log2` rows.
    pub fn statement(&self, log2: usize) -> &str {
        self.statements[log2].get_or_init(|| {
            let mut sql = format!("INSERT INTO {} VALUES ", self.into);
            let mut next = 2;
            for row in 0..1_usize << log2 {
                sql.push_str(if row == 0 { "($1" } else { ", ($1" });
                for _ in 0..self.columns {
                    write!(sql, ", ${next}").expect("a text takes everything");
                    next += 1;
                }
                sql.push(')');
            }
            sql + self.conflict
        })
    }

    /// Writes rows, all at once.
    pub async fn run(&self, client: &ClientWrapper, company: i64, rows: &[Vec<Value<'_>>]) -> Result<(), Error> {
        let mut rest = rows;
        let mut chunks = Vec::new();
        while !rest.is_empty() {
            let log2 = (rest.len().ilog2() as usize).min(ROWS_MAX_LOG2);
            let (chunk, later) = rest.split_at(1 << log2);
            let statement = client.prepare_cached(self.statement(log2)).await?;
            chunks.push((statement, chunk));
            rest = later;
        }
        let company = &company;
        try_join_all(chunks.iter().map(async |(statement, chunk)| {
            let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![company];
            parameters.extend(chunk.iter().flatten().map(|value| &**value as &(dyn ToSql + Sync)));
            client.execute(statement, &parameters).await
        }))
        .await?;
        Ok(())
    }
}
