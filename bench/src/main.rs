//! Measures Kith. `make bench` and the targets beside it in the Makefile run it.

mod api2;
mod ask;
mod bare;
mod beside;
mod fill;
mod live;
mod million;
mod null;
mod people;
mod plot;
mod postgres;
mod run;
mod search;
mod stream;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// As in `kith`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "bench")]
struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Measure everything and write the table.
    Run {
        /// How long each run takes.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        #[arg(long, default_value = "bench/contacts.lua")]
        script: PathBuf,
        #[arg(long, default_value = "bench/RESULTS.md")]
        results: PathBuf,
    },
    /// Measure the delay of live updates, and write the table.
    Live {
        #[arg(long, default_value = "bench/LIVE.md")]
        results: PathBuf,
    },
    /// Measure Kith on PostgreSQL, and write the tables.
    Postgres {
        /// How long each run takes.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        #[arg(long, default_value = "bench/contacts.lua")]
        script: PathBuf,
        #[arg(long, default_value = "bench/POSTGRES.md")]
        results: PathBuf,
    },
    /// Measure API 2, and write the table.
    Api2 {
        /// How many contacts there are.
        #[arg(long, default_value_t = 1_000_000)]
        contacts: u64,
        /// How long each run takes.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        #[arg(long, default_value = "bench/requests.lua")]
        script: PathBuf,
        #[arg(long, default_value = "bench/API2.md")]
        results: PathBuf,
    },
    /// Measure import, export and search at several sizes, and write the tables and a plot.
    Million {
        /// A Python with `DuckDB`, pandas and scipy.
        #[arg(long, default_value = "target/bench-python/bin/python")]
        python: PathBuf,
        /// How many rows a file has; otherwise several sizes. Can be given many times.
        #[arg(long = "rows")]
        sizes: Vec<u64>,
        #[arg(long, default_value = "bench/MILLION.md")]
        results: PathBuf,
        #[arg(long, default_value = "docs/growth.svg")]
        picture: PathBuf,
    },
    /// Measure the import of a file that is larger than memory, and write the table.
    Stream {
        /// How large the file is.
        #[arg(long, default_value_t = 10)]
        gigabytes: u64,
        #[arg(long, default_value = "bench/STREAM.md")]
        results: PathBuf,
    },
    /// Measure searches, and write the table.
    Search {
        /// How many contacts there are.
        #[arg(long, default_value_t = 1_000_000)]
        contacts: u64,
        #[arg(long, default_value = "bench/SEARCH.md")]
        results: PathBuf,
    },
    /// Measure imports beside a server, and write the table.
    Beside {
        /// How many rows the file has.
        #[arg(long, default_value_t = 100_000)]
        rows: u64,
        #[arg(long, default_value = "bench/BESIDE.md")]
        results: PathBuf,
    },
    /// Serve without a store.
    Null { listen: String },
    /// Fill a store with contacts.
    Fill {
        file: PathBuf,
        #[arg(long, default_value_t = 0)]
        from: u64,
        #[arg(long)]
        to: u64,
        #[arg(long, default_value_t = 1_000)]
        batch: usize,
        #[arg(long, default_value = "main")]
        company: String,
    },
}

#[tokio::main]
async fn main() {
    match Options::parse().what {
        What::Run { seconds, script, results } => run::run(seconds, &script, &results).await,
        What::Live { results } => live::run(&results).await,
        What::Postgres { seconds, script, results } => postgres::run(seconds, &script, &results).await,
        What::Api2 { contacts, seconds, script, results } => api2::run(contacts, seconds, &script, &results).await,
        What::Million { python, sizes, results, picture } => million::run(&python, &sizes, &results, &picture).await,
        What::Stream { gigabytes, results } => stream::run(gigabytes, &results).await,
        What::Search { contacts, results } => search::run(contacts, &results).await,
        What::Beside { rows, results } => beside::run(rows, &results).await,
        What::Null { listen } => null::serve(&listen).await,
        What::Fill { file, from, to, batch, company } => {
            fill::fill(&file, &company, from..to, batch, fill::CLAIMS_WAITING).await;
        }
    }
}
