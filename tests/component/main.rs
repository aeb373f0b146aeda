//! Tests of one part of the program at a time, through its interface, against a peer with the real protocol or a model.
//!
//! A folder contains the stories and the laws of one part. Tests that need the whole server, between an editor and the
//! service, belong to `tests/e2e`. Tests that need a separate process belong to `tests/process`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    unreachable_pub
)]

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod agents_api;
mod documents;
mod edit;
mod guard;
mod lives_of_edits;
mod sandbox;
mod syntax;
mod transport;
