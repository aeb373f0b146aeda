//! The whole server with an editor on one side and a scripted service on the other.
//!
//! The stories run in every editor that [`support::profiles`] knows. They differ only by the editor's capabilities.
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

mod added;
mod again;
mod agents;
mod answers;
mod arguments;
mod cancel;
mod cancel_anywhere;
mod changed;
mod conformance;
mod context;
mod conversations;
mod doubts;
mod explain;
mod failures;
mod files;
mod fix_loop;
mod gate;
mod guard;
mod hostile_texts;
mod hover;
mod imports;
mod initialize;
mod kept;
mod knowledge;
mod languages;
mod lenses;
mod load;
mod menu_order;
mod out_of_sync;
mod parts;
mod progress;
mod prompt_files;
mod prompt_preview;
mod proposals;
mod queue;
mod quirks;
mod refactor;
mod remarks;
mod reviewed;
mod settings;
mod shown;
mod slow_disk;
mod trust;
mod typing;
mod understanding;
mod uploads;
mod verify;
mod warm;
mod world;
