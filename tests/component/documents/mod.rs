//! The open documents: the same text, positions and anchors as in a naive model, and little work in a large text.

mod large_documents;
mod positions;
mod stories;
mod sync_properties;
