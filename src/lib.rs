//! stackspot-lsp puts StackSpot AI agents into every editor that speaks the Language Server Protocol.
//!
//! **A code action starts a job; a job takes a snapshot, asks an agent, streams its answer, and turns it into one safe
//! edit.** The modules follow that sentence; read them in this order:
//!
//! 1. `server` — everything that knows LSP on the wire: transport loop, capabilities, commands, progress.
//! 2. `documents` — the text: ropes, position encodings, versions, anchors that follow the typing.
//! 3. `actions` — what can be asked, about which part of the text, with which prompt.
//! 4. `syntax` — the shape of the text: enclosing definitions, syntax errors, instructions in comments, test files.
//! 5. `guard` — what must not leave the machine unasked: secrets in names and texts.
//! 6. `job` — the life of one run, from the queue to its outcome.
//! 7. `agents_api` — the service: token, chat, the SSE path, errors, retries.
//! 8. `edit` — from a reply to the smallest edit that is safe.
//! 9. `remarks` — what an agent says about single lines, and where in the text those are.
//! 10. `config` — settings, user file, environment.
//! 11. `i18n` — what the user reads, in each language.
//! 12. `display` — an answer as it may be shown: data, and nothing that is obeyed.
//! 13. `sandbox` — the same API served on loopback, for newcomers, demos and tests.
//! 14. `cli` — the commands of the binary.
//!
//! The package is a program. The library holds its inside for the tests, is no interface, and promises nothing from one release to
//! the next.
//!
//! Dependencies point one way: `cli → server → job → {actions, edit, agents_api} → {documents, syntax}`. The invariants that hold
//! the parts together are written down in `docs/architecture.md`.

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
