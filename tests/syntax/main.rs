//! The shape of the text: what a point in it means, what breaks it, what speaks to us in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod errors;
mod instructions;
mod robustness;
mod scopes;
mod test_places;
