//! stackspot-lsp puts StackSpot AI agents into every editor that speaks the Language Server Protocol.
//!
//! **A code action starts a job; a job takes a snapshot, asks an agent, streams its answer, and turns it into one safe
//! edit.** The modules follow that sentence; `docs/architecture.md` has the map of them, the floors on which they stand, and
//! the invariants that hold the parts together.
//!
//! The package is a program. The library holds its inside for the tests, is no interface, and promises nothing from one release to
//! the next.

mod actions;
mod agents_api;
mod cli;
mod config;
mod display;
mod documents;
mod edit;
mod encoding;
mod files;
mod guard;
mod i18n;
mod job;
mod languages;
mod memory;
mod remarks;
mod sandbox;
mod server;
mod service;
mod syntax;
mod tasks;
#[doc(hidden)]
pub mod testing;
mod unseen;

pub use cli::main;
