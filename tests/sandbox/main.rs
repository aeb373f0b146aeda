//! The sandbox over its socket, as a client meets it.

// Clippy exempts test functions from these lints, but not the helpers beside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[allow(unreachable_pub)]
#[path = "../support/patience.rs"]
mod patience;

mod models;
mod scenarios;
mod service;
mod tolerance;
mod world;
