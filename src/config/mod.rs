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

pub use connection::{ConnectionError, CredentialError, LoadedConnection, load_connection};
pub use credential_store::{CredentialStore, StoreError, StoredCredential, StoredIn};
pub use environment::Environment;
pub(crate) use layers::holds_a_setting;
pub use layers::{Problem, SettingsError, Warning};
pub use schema::settings_schema;
pub use secret_command::{SecretCommand, SecretCommandError, resolve_secret_command};
pub use settings::{
    ActionOverride, AgentChoice, AgentSettings, AnswerSettings, AnswerSurface, ContextSettings, ConversationSettings,
    EditApply, EditSettings, KnowledgeSettings, LanguageSetting, LimitSettings, OwnKnowledge, RemarkSettings,
    RemarkSurface, RetrySettings, SecretGuard, SecretSettings, Settings, TimeoutSettings,
};

pub(crate) use user_file::Rewritten;
pub use user_file::{FileConnection, FileEndpoints, UserFile, UserFileError};
pub(crate) use wrapping::{unwrapped, unwrapped_token};
