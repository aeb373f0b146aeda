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

mod added_context;
mod agents;
mod answers;
mod arguments;
mod cancel;
mod cancel_anywhere;
mod changed_lines;
mod conformance;
mod context;
mod conversations;
mod doubtful_edits;
mod edit_parts;
mod editor_quirks;
mod explain;
mod failures;
mod files;
mod fix_loop;
mod follow_up;
mod gate;
mod guard;
mod hostile_texts;
mod hover;
mod imports;
mod initialize;
mod knowledge;
mod languages;
mod lenses;
mod load;
mod menu_order;
mod out_of_sync;
mod persistence;
mod progress;
mod prompt_files;
mod prompt_preview;
mod proposals;
mod queue;
mod refactor;
mod remarks;
mod review_languages;
mod settings;
mod shop;
mod shown_answers;
mod slow_disk;
mod syntax;
mod typing;
mod uploads;
mod verify;
mod warm;
mod workspace_agents;
mod world;
