//! What the guard asks about, and what it leaves alone.
//!
//! Every token below is made at run time from halves, so that nothing that looks like a secret stands in the source.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod files;
mod laws;
mod ordinary;
mod secrets;
mod suspicion;
