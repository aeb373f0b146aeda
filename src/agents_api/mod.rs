//! The StackSpot AI Agents API: credentials to token, chat over SSE or REST, files, agents, errors, retries.
//!
//! One [`AgentsApi`] is shared by every job of a connection. [`AgentsApi::chat`] gives a stream of [`ChatEvent`]s; to
//! drop that stream is to close its socket. Nothing here knows of editors.

mod agents;
mod budget;
mod call;
mod chat;
mod client;
mod connection;
mod error;
mod failure;
mod frame;
mod http;
mod inward;
mod line;
mod probe;
mod request;
mod retry;
pub mod sse;
mod token;
mod upload;

pub(crate) use agents::without_page;
pub use agents::{Agent, agent_called};
pub use chat::{Chat, ChatEnd, ChatEvent, Shortfall};
pub use client::{AgentsApi, Usage};
pub use connection::{Connection, Credential, Endpoints, ProxyAddress, ProxySettings};
pub use error::{Again, ApiError, ErrorKind, FileProblem, MAX_FILE_NAME_BYTES, MAX_UPLOAD_BYTES, Phase, Task};
pub use frame::{Frame, FrameError, Source, Tokens, parse_event, parse_frame};
pub use http::{NoProxyUrl, parse_proxy};
pub(crate) use inward::is_loopback;
pub use request::{ChatRequest, Knowledge};
pub use retry::{Limits, Retry, Timeouts};
pub use token::TokenState;
pub use upload::{UploadContent, UploadFile};
