//! Writing many rows with few statements, all of them sent at once.
//!
//! A statement with many rows of `VALUES` runs on one shard; Citus would plan `INSERT … SELECT FROM unnest(…)` on the
//! coordinator. Each number of rows needs a prepared statement of its own, so rows are written in a few fixed sizes.

use std::fmt::Write as _;
use std::sync::OnceLock;
use std::task::Poll;

use deadpool_postgres::ClientWrapper;
use futures_util::poll;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use crate::error::{Error, Result};

/// The numbers of rows that a statement may have. The largest stays far below the limit of 65,535 parameters.
const SIZES: [usize; 18] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];

/// A value of a row.
pub type Value<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// An `INSERT` into one table.
pub struct Insert {
    /// The table and its columns, the company first.
    into: &'static str,
    /// The number of columns besides the company.
    columns: usize,
    /// The `ON CONFLICT` clause.
    conflict: &'static str,
    statements: [OnceLock<String>; SIZES.len()],
}

impl Insert {
    pub const fn new(into: &'static str, columns: usize, conflict: &'static str) -> Insert {
        Insert { into, columns, conflict, statements: [const { OnceLock::new() }; SIZES.len()] }
    }

    /// The statement with four rows, to be explained.
    pub fn example(&self) -> &str {
        self.statement(3)
    }

    fn statement(&self, size: usize) -> &str {
        self.statements[size].get_or_init(|| {
            let mut sql = format!("INSERT INTO {} VALUES ", self.into);
            let mut next = 2;
            for row in 0..SIZES[size] {
                sql.push_str(if row == 0 { "($1" } else { ", ($1" });
                for _ in 0..self.columns {
                    write!(sql, ", ${next}").expect("a string accepts all text");
                    next += 1;
                }
                sql.push(')');
            }
            sql + self.conflict
        })
    }
}

/// Prepared statements with their parameters, to be sent together.
pub struct Pipeline<'a> {
    client: &'a ClientWrapper,
    company: i64,
    statements: Vec<(Statement, Vec<Value<'a>>)>,
}

impl<'a> Pipeline<'a> {
    /// An empty pipeline for statements on one company.
    pub fn new(client: &'a ClientWrapper, company: i64) -> Pipeline<'a> {
        Pipeline { client, company, statements: Vec::new() }
    }

    /// Adds a statement, whose first parameter is the company.
    pub async fn add(&mut self, sql: &str, values: Vec<Value<'a>>) -> Result<()> {
        self.statements.push((self.client.prepare_cached(sql).await?, values));
        Ok(())
    }

    /// Adds the statements that insert rows into a table.
    pub async fn insert(&mut self, into: &Insert, rows: Vec<Vec<Value<'a>>>) -> Result<()> {
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let size = SIZES.iter().rposition(|size| *size <= rows.len()).unwrap_or_default();
            let values = rows.by_ref().take(SIZES[size]).flatten().collect();
            self.add(into.statement(size), values).await?;
        }
        Ok(())
    }

    /// Sends all statements and then `last` without waiting in between, and waits for all results.
    ///
    /// The outer result is that of the statements, the inner one that of `last`. If a statement fails, so do those
    /// after it in the same transaction.
    pub async fn send(self, last: &str) -> Result<Result<()>> {
        let Pipeline { client, company, statements } = self;
        let (mut sent, mut done) = (Vec::with_capacity(statements.len()), Ok(()));
        for (statement, values) in &statements {
            let company = std::iter::once(&company as &(dyn ToSql + Sync));
            let values = values.iter().map(|value| &**value as &(dyn ToSql + Sync));
            let parameters: Vec<_> = company.chain(values).collect();
            let mut execute = Box::pin(async move { client.execute(statement, &parameters).await.map(drop) });
            // The first poll sends the statement (tokio-postgres, "Pipelining").
            match poll!(&mut execute) {
                Poll::Pending => sent.push(execute),
                Poll::Ready(executed) => done = done.and(executed),
            }
        }
        let mut last = Box::pin(client.batch_execute(last));
        let early = poll!(&mut last);
        for execute in sent {
            let executed = execute.await;
            done = done.and(executed);
        }
        let ended = if let Poll::Ready(ended) = early { ended } else { last.await };
        done?;
        Ok(ended.map_err(Error::from))
    }
}
