//! One part of the program at a time, through its interface, against a peer that speaks the real protocol or against a model.
//!
//! A folder holds the stories and the laws of one part. What needs the whole server, between an editor and the service, belongs to
//! `tests/e2e`; what only a process of its own shows, to `tests/process`.
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
mod edit;
mod guard;
mod lives_of_edits;
mod sandbox;
mod syntax;
mod transport;
