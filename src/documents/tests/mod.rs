//! Stories and properties of the documents as a whole.

mod positions;
mod uris;
