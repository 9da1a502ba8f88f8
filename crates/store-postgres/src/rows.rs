//! Writing many rows with few statements, all of them sent at once.
//!
//! A statement with many rows of `VALUES` goes to one machine of a cluster, where `INSERT … SELECT FROM unnest(…)` would
//! be worked on by the one that was asked. It has a form for each number of rows, so rows are written so many at a time
//! that there are few forms, which stay prepared.

use std::fmt::Write as _;
use std::sync::OnceLock;
use std::task::Poll;

use deadpool_postgres::ClientWrapper;
use futures_util::poll;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use crate::Error;

/// How many rows a statement may have. Those with the most have far fewer than the 65,535 parameters that are allowed.
const SIZES: [usize; 18] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];

/// A value of a row.
pub type Value<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// Writing rows to one table.
pub struct Insert {
    /// The table and its columns, of which the first is the company.
    into: &'static str,
    /// How many columns there are but for that.
    columns: usize,
    /// What to do with a row that is there.
    conflict: &'static str,
    statements: [OnceLock<String>; SIZES.len()],
}

impl Insert {
    pub const fn new(into: &'static str, columns: usize, conflict: &'static str) -> Insert {
        Insert { into, columns, conflict, statements: [const { OnceLock::new() }; SIZES.len()] }
    }

    /// The statement of a size.
    pub fn statement(&self, size: usize) -> &str {
        self.statements[size].get_or_init(|| {
            let mut sql = format!("INSERT INTO {} VALUES ", self.into);
            let mut next = 2;
            for row in 0..SIZES[size] {
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
}

/// Statements that are ready to be sent.
pub struct Pipeline<'a> {
    client: &'a ClientWrapper,
    company: i64,
    statements: Vec<(Statement, Vec<Value<'a>>)>,
}

impl<'a> Pipeline<'a> {
    /// Statements about one company, none so far.
    pub fn of(client: &'a ClientWrapper, company: i64) -> Pipeline<'a> {
        Pipeline { client, company, statements: Vec::new() }
    }

    /// Adds a statement, whose first parameter is the company.
    pub async fn add(&mut self, sql: &str, values: Vec<Value<'a>>) -> Result<(), Error> {
        self.statements.push((self.client.prepare_cached(sql).await?, values));
        Ok(())
    }

    /// Adds what writes rows to a table.
    pub async fn insert(&mut self, into: &Insert, rows: Vec<Vec<Value<'a>>>) -> Result<(), Error> {
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let size = SIZES.iter().rposition(|size| *size <= rows.len()).unwrap_or_default();
            let values = rows.by_ref().take(SIZES[size]).flatten().collect();
            self.add(into.statement(size), values).await?;
        }
        Ok(())
    }

    /// Sends all of them, and then `last`, without waiting in between, and waits until all are done. If one fails, those
    /// that follow within the same transaction do too. What becomes of the last is told apart.
    pub async fn send(self, last: &str) -> Result<Result<(), Error>, Error> {
        let Pipeline { client, company, statements } = self;
        let (mut sent, mut done) = (Vec::with_capacity(statements.len()), Ok(()));
        for (statement, values) in &statements {
            let company = std::iter::once(&company as &(dyn ToSql + Sync));
            let values = values.iter().map(|value| &**value as &(dyn ToSql + Sync));
            let parameters: Vec<_> = company.chain(values).collect();
            let mut execute = Box::pin(async move { client.execute(statement, &parameters).await.map(drop) });
            // The first look at it sends it (tokio-postgres, "Pipelining").
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
