//! What becomes of replies: stories that a person can read, and laws that hold for every text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod laws;
mod matrix;
mod stories;
