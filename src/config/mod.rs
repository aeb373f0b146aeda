//! Settings, the user file and the environment.
//!
//! Two questions are kept apart, because they are trusted differently:
//!
//! - **Who receives the user's code, and on whose behalf** ([`load_connection`]): credentials, endpoints, proxy, roots.
//!   Only the [`Environment`], the user's own [`UserFile`], and what `login` keeps ([`CredentialStore`]) answer it.
//! - **How the server behaves** ([`Settings`]): what the editor sends, over the user file, over the defaults.
//!
//! Nothing here reads the process's environment except [`Environment::from_process`], and nothing runs a program or asks
//! the keyring except [`LoadedConnection::connection`], when the first request needs the secret.

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
