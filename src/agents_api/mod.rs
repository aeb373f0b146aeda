//! The StackSpot AI Agents API: credentials to token, chat over SSE or REST, files, agents, errors, retries.
//!
//! All jobs of a connection share one [`AgentsApi`]. [`AgentsApi::chat`] returns a stream of [`ChatEvent`]s; dropping
//! the stream closes its socket. This module does not know editors.

mod agents;
mod budget;
mod chat;
mod client;
mod connection;
mod endpoint;
mod error;
mod error_reply;
mod frame;
mod http;
mod private_address;
mod request;
mod retry;
mod simple_request;
pub(crate) mod sse;
mod token;
mod upload;
mod warm_up;

pub(crate) use agents::{Agent, agent_called, without_page};
pub use chat::{Chat, ChatEnd, ChatEvent, Shortfall};
pub use client::AgentsApi;
pub(crate) use client::Usage;
pub use connection::{Connection, Credential, Endpoints, ProxyAddress, ProxySettings};
pub(crate) use endpoint::permit;
pub use endpoint::{Endpoint, EndpointProblem};
pub use error::{ApiError, ApiPhase, ErrorKind, FileProblem, MAX_UPLOAD_BYTES, Operation};
pub(crate) use error_reply::{ErrorBody, read_body, tidy};
pub(crate) use frame::Source;
pub use frame::parse_event;
pub(crate) use http::{parse_proxy, root_cause};
pub(crate) use private_address::is_loopback;
pub use request::{ChatRequest, Knowledge};
pub use retry::{Limits, Retry, Timeouts};
pub use token::TokenState;
pub use upload::{UploadContent, UploadFile};
