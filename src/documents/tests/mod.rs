//! Stories and properties of the documents as a whole.

mod large_documents;
mod positions;
mod stories;
mod sync_properties;
mod uris;
