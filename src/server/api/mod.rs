//! The methods of the protocol: `language_server` is the table of contents, and each other file is a method or a command.

pub(crate) mod code_actions;
pub(crate) mod commands;
pub(crate) mod context;
pub(crate) mod fix_rule;
pub(crate) mod language_server;
pub(crate) mod lenses;
pub(crate) mod prompt_preview;
pub(crate) mod run;
