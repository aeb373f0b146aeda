//! The transport with a toy server behind it: what a session must survive, and in which order it speaks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    unreachable_pub
)]

#[path = "../support/mod.rs"]
mod support;

mod editors;
mod endings;
mod frames;
mod requests;
mod toy;
