//! Who is asked, and on whose behalf. These values decide who receives the user's code and secrets, so they are made
//! from the environment, the user's own file, the keyring or flags alone; see `config`.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::i18n::Message;

/// Everything needed to reach the service. `Debug` shows no secret, not even a password in the proxy's URL.
#[derive(Clone)]
pub struct Connection {
    /// Base URLs, without a trailing slash.
    pub endpoints: Endpoints,
    /// How the bearer token is obtained.
    pub credential: Credential,
    /// Sent as `x-account-id` with uploads.
    pub account_id: Option<String>,
    /// Extra PEM roots, added to the system's.
    pub ca_bundle: Option<PathBuf>,
    /// The proxy on the way, and who is reached without it.
    pub proxy: ProxySettings,
    /// Where the processes of this user keep what they know of the account's request limit together; `None` where each
    /// counts for itself.
    pub state_dir: Option<PathBuf>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("credential", &self.credential)
            .field("ca_bundle", &self.ca_bundle)
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}

/// The proxy of a connection. `Debug` shows no URL, which may hold a password.
#[derive(Debug, Clone, Default)]
pub struct ProxySettings {
    /// The proxy that was set; where none was, the settings of the system count.
    pub proxy: Option<ProxyAddress>,
    /// Who is reached without it, as `NO_PROXY` lists them.
    pub no_proxy: String,
}

/// A proxy as it was set. Whether it is one shows when it is needed.
#[derive(Debug, Clone)]
pub struct ProxyAddress {
    /// Where it was set, such as `HTTPS_PROXY`.
    pub setting: Message,
    /// What was set there.
    pub url: SecretString,
}

/// Base URLs of the services, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Issues tokens.
    pub idm: String,
    /// Answers chats.
    pub inference: String,
    /// Takes file uploads.
    pub data: String,
    /// Lists agents.
    pub agents: String,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            idm: "https://idm.stackspot.com".into(),
            inference: "https://genai-inference-app.stackspot.com".into(),
            data: "https://data-integration-api.stackspot.com".into(),
            agents: "https://genai-agent-tools-api.stackspot.com".into(),
        }
    }
}

impl Endpoints {
    /// All four services behind one base URL, as the sandbox serves them.
    pub fn all_at(base_url: &str) -> Self {
        let base = base_url.trim_end_matches('/').to_owned();
        Self { idm: base.clone(), inference: base.clone(), data: base.clone(), agents: base }
    }
}

/// How the bearer token is obtained. `Debug` never shows a secret (`secrecy` sees to it).
#[derive(Debug, Clone)]
pub enum Credential {
    /// A Personal Access Token or a Service Credential: both are a client id and a secret in an account's realm.
    ClientSecret {
        /// Account slug.
        realm: String,
        /// Client id.
        client_id: String,
        /// Client secret, or client key.
        client_secret: SecretString,
    },
    /// A ready bearer token. It cannot be renewed.
    Token(SecretString),
    /// Nothing usable was configured; the text says what is missing and how to provide it.
    Missing(Message),
}
