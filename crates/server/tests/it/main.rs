//! Tests of the server over real connections, with a store for each test.
#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

/// Creates a test of each function for each store. The compiler warns of functions that are not listed.
macro_rules! on_each_store {
    ($($test:ident),+ $(,)?) => {
        on_each_store!(@ model, $($test),+);
        on_each_store!(@ sqlite, $($test),+);
        on_each_store!(@ postgres, $($test),+);
    };
    (@ $store:ident, $($test:ident),+) => {
        mod $store {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::harness::Server::start(crate::harness::$store().await).await).await;
            })+
        }
    };
}

mod abuse;
mod api2_access;
mod api2_contacts;
mod api2_groups;
mod api2_history;
mod api2_search;
mod app;
mod broken;
mod browser;
mod bulk;
mod client;
mod conversation_search;
mod fair;
mod golden;
mod harness;
mod headers;
mod incoming;
mod invalid_bodies;
mod limits;
mod login;
mod mail;
mod merge_scripts;
mod openapi;
mod pages;
mod promises;
mod proxies;
mod random_input;
mod reads;
mod reports;
mod sms;
mod undo;
