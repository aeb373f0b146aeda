//! The StackSpot AI Agents API: credentials to token, chat over SSE or REST, errors, retries.

mod connection;

pub use connection::{Connection, Credential, Endpoints};
