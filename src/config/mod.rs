//! Settings, the user file and the environment.
//!
//! Two questions are separate, because their sources have different trust:
//!
//! - **Which service receives the user's code, with which credential** ([`load_connection`]): credentials, endpoints,
//!   proxy, roots. Sources: only the [`Environment`], the user's [`UserFile`] and the [`CredentialStore`] of `login`.
//! - **How the server behaves** ([`Settings`]): the editor's settings override the user file, then come the defaults.
//!
//! Only [`Environment::from_process`] reads the process's environment. Only [`LoadedConnection::connection`] runs a
//! program or asks the keyring, when the first request needs the secret.

mod connection;
mod credential_store;
mod environment;
mod layers;
mod schema;
mod secret_command;
mod settings;
mod table;
mod user_file;
mod wrapping;

pub(crate) use connection::LoadedConnection;
pub use connection::load_connection;
pub(crate) use credential_store::{CredentialStore, StoredCredential, StoredIn};
pub use environment::Environment;
pub(crate) use layers::{Warning, holds_a_setting};
pub use schema::settings_schema;
pub(crate) use secret_command::SecretCommand;
pub use settings::Settings;
pub(crate) use settings::{
    AgentChoice, AnswerSurface, ContextSettings, EditApply, KnowledgeSettings, RemarkSurface, SecretGuard,
};
pub(crate) use user_file::Rewritten;
pub use user_file::UserFile;
pub(crate) use wrapping::{unwrapped, unwrapped_token};
