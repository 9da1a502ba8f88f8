//! The traits of [`store::Store`], implemented.

mod accounts;
mod companies;
mod contacts;
mod conversations;
mod journal;
mod search;
mod store;
