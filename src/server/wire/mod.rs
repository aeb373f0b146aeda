//! LSP's shapes: parameters, capabilities, positions, menu entries, errors. Nothing here knows a session.

pub(crate) mod capabilities;
pub(crate) mod command;
pub(crate) mod errors;
pub(crate) mod header;
pub(crate) mod links;
pub(crate) mod markdown;
pub(crate) mod menu;
pub(crate) mod message_kind;
pub(crate) mod names;
pub(crate) mod params;
pub(crate) mod positions;
pub(crate) mod profile;
