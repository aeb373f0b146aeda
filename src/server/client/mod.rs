//! What the client is asked for: edits, documents, answers of the user, progress, settings, registrations.

pub(crate) mod edits;
pub(crate) mod growing_document;
pub(crate) mod progress;
pub(crate) mod prompt_files;
pub(crate) mod requests;
pub(crate) mod settings;
