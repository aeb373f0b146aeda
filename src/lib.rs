//! stackspot-lsp puts StackSpot AI agents into every editor that supports the Language Server Protocol.
//!
//! **A code action starts a job; a job takes a snapshot, asks an agent, streams its answer, and turns it into one safe
//! edit.** The modules follow that sentence. `docs/architecture.md` has their map, their layers, and the invariants
//! that hold the parts together.
//!
//! The package is a program. The library exists for the tests. It is not a public interface, and may change with every
//! release.

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
mod prompt_tags;
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
