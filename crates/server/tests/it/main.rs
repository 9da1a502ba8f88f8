//! Kith through its doors: a real server, a real connection, a store of its own for each test.
#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

/// Makes a test of each function for each store. A function that is not listed is one that the compiler warns of.
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
mod anything;
mod api2_access;
mod api2_contacts;
mod api2_groups;
mod api2_search;
mod app;
mod broken;
mod bulk;
mod client;
mod conversation_search;
mod described;
mod golden;
mod harness;
mod incoming;
mod limits;
mod login;
mod mail;
mod pages;
mod promises;
mod reads;
mod refused;
mod sms;
mod told;
mod visitor;
