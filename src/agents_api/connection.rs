//! The service and the credential. These values decide who receives the user's code and secrets. Therefore only the
//! environment, the user's own file, the keyring and flags can set them; see `config`.

use std::path::PathBuf;

use secrecy::SecretString;

use super::endpoint::Endpoint;
use crate::i18n::Message;

/// Everything that a request to the service needs. `Debug` shows no secret, not even a password in the proxy's URL.
#[derive(Clone)]
pub struct Connection {
    /// Where it sends.
    pub endpoints: Endpoints,
    /// How the bearer token is obtained.
    pub credential: Credential,
    /// Sent as `x-account-id` with uploads.
    pub account_id: Option<String>,
    /// Extra PEM roots, added to the system's.
    pub ca_bundle: Option<PathBuf>,
    /// The proxy, and the hosts that are reached without it.
    pub proxy: ProxySettings,
    /// The folder of the request window that the processes of this user share; `None` if each process counts alone.
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

/// The proxy of a connection. `Debug` shows no URL, because it may hold a password.
#[derive(Debug, Clone, Default)]
pub struct ProxySettings {
    /// The configured proxy; without one, the settings of the system apply.
    pub proxy: Option<ProxyAddress>,
    /// The hosts that are reached without it, as in `NO_PROXY`.
    pub no_proxy: String,
}

/// A proxy as it was set. It is checked at the first use.
#[derive(Debug, Clone)]
pub struct ProxyAddress {
    /// The setting, such as `HTTPS_PROXY`.
    pub setting: Message,
    /// Its value.
    pub url: SecretString,
}

/// The services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Issues tokens.
    pub idm: Endpoint,
    /// Answers chats.
    pub inference: Endpoint,
    /// Takes file uploads.
    pub data: Endpoint,
    /// Lists agents.
    pub agents: Endpoint,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            idm: Endpoint::known("https://idm.stackspot.com"),
            inference: Endpoint::known("https://genai-inference-app.stackspot.com"),
            data: Endpoint::known("https://data-integration-api.stackspot.com"),
            agents: Endpoint::known("https://genai-agent-tools-api.stackspot.com"),
        }
    }
}

impl Endpoints {
    /// All four services at one base URL, like the sandbox.
    pub fn all_at(base: Endpoint) -> Self {
        Self { idm: base.clone(), inference: base.clone(), data: base.clone(), agents: base }
    }
}

/// The source of the bearer token. `Debug` never shows a secret, because of `secrecy`.
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
    /// A given bearer token. It cannot be renewed.
    Token(SecretString),
    /// No usable credential is configured. The text says what is missing and how to set it.
    Missing(Message),
}
