//! Code that several test programs share. Each uses only a part of it.
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    unreachable_pub
)]

pub mod editor;
pub mod editor_answers;
pub mod editor_documents;
pub mod editor_state;
pub mod editor_text;
pub mod editor_tokens;
pub mod editor_wire;
pub mod folder;
pub mod patience;
#[macro_use]
pub mod paths;
pub mod peer;
pub mod profiles;
pub mod protocol;
pub mod proxy;
pub mod tls;
