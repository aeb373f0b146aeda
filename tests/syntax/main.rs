//! The shape of the text: what a point in it means, what breaks it, what speaks to us in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod errors;
mod instructions;
mod robustness;
mod scopes;
mod test_places;
mod worker;

/// Grammars run in the program, as its worker: in this one nothing is parsed.
fn with_the_worker() {
    stackspot_lsp::testing::syntax::worker::parse_with(std::path::Path::new(env!("CARGO_BIN_EXE_stackspot-lsp")));
}
