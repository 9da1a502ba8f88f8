//! The same rows as Kith writes, into the same tables, with no rules and no server.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

const TABLES: [&str; 3] = ["journal", "contact", "handle"];

/// The rows of a store, by table, in the order of contacts.
pub struct Rows {
    tables: Vec<Vec<Vec<Value>>>,
    people: usize,
}

impl Rows {
    /// Reads the rows of a store that has only `people` contacts.
    pub fn of(file: &Path, people: usize) -> Rows {
        let connection = Connection::open(file).expect("a store");
        let orders = ["seq", "contact", "home"];
        let table = |(table, order): (&str, &str)| {
            let mut statement =
                connection.prepare(&format!("SELECT * FROM {table} ORDER BY {order}")).expect("a table");
            let columns = statement.column_count();
            let row = |row: &rusqlite::Row| (0..columns).map(|column| row.get(column)).collect();
            statement.query_map([], row).expect("rows").collect::<Result<Vec<Vec<Value>>, _>>().expect("rows")
        };
        Rows { tables: TABLES.into_iter().zip(orders).map(table).collect(), people }
    }

    /// Writes them to a store in transactions of `batch` contacts, for at most `time`. Returns contacts per second.
    pub fn write(&self, file: &Path, batch: usize, time: Duration) -> f64 {
        let mut connection = Connection::open(file).expect("a store");
        connection.pragma_update(None, "synchronous", "FULL").expect("a setting");
        connection.pragma_update(None, "cache_size", -16_384).expect("a setting");
        connection.pragma_update(None, "wal_autocheckpoint", 8_192).expect("a setting");
        let start = Instant::now();
        let mut written = 0;
        while written + batch <= self.people && start.elapsed() < time {
            let transaction = connection.transaction().expect("a transaction");
            for (name, rows) in TABLES.iter().zip(&self.tables) {
                let each = rows.len() / self.people;
                let columns = vec!["?"; rows[0].len()].join(", ");
                let insert = format!("INSERT INTO {name} VALUES ({columns})");
                let mut statement = transaction.prepare_cached(&insert).expect("a statement");
                for row in &rows[written * each..(written + batch) * each] {
                    statement.execute(params_from_iter(row)).expect("a written row");
                }
            }
            transaction.execute("UPDATE company SET entries = entries + 1", []).expect("a written row");
            transaction.commit().expect("a commit");
            written += batch;
        }
        #[expect(clippy::cast_precision_loss, reason = "a count of people")]
        let rate = written as f64 / start.elapsed().as_secs_f64();
        rate
    }
}
