//! Who is asked, and on whose behalf: the environment over the user file, and nothing else.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::sync::OnceCell;
use url::{Host, Url};

use super::secret_command::{SecretCommand, SecretCommandError, resolve_secret_command};
use super::user_file::FileConnection;
use super::{Environment, UserFile, Warning};
use crate::agents_api::{Connection, Credential, Endpoints};

/// What the environment and the user file say of the connection. Loading it does no I/O.
#[derive(Debug)]
pub struct LoadedConnection {
    /// The connection, but for a secret that a command has yet to print.
    pending: Connection,
    secret_command: Option<SecretCommand>,
    resolved: OnceCell<Connection>,
    /// `STACKSPOT_AGENT_ID`, else `agent` of the user file: an id, or a name from the setting `agents`. The setting
    /// `agent` goes over it, see `Settings::resolve_agent`.
    pub default_agent: Option<String>,
    /// The tracing filter: `STACKSPOT_LSP_LOG`, else `log` of the user file, else `info`.
    pub log: String,
    /// What the user should know.
    pub warnings: Vec<Warning>,
}

/// A value that would send code or credentials where they must not go, so that nothing is sent at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name} {problem}")]
pub struct ConnectionError {
    /// The variable, or the key of the user file.
    pub name: String,
    /// What is wrong with it and what to do.
    pub problem: String,
}

impl ConnectionError {
    /// A connection that sends nothing and gives this error for a reason, so that a server can start and say so.
    pub fn into_connection(self) -> LoadedConnection {
        let pending = Connection {
            endpoints: Endpoints::default(),
            credential: Credential::Missing(self.to_string()),
            ca_bundle: None,
            proxy: None,
            state_dir: None,
        };
        LoadedConnection {
            pending,
            secret_command: None,
            resolved: OnceCell::new(),
            default_agent: None,
            log: DEFAULT_LOG.into(),
            warnings: Vec::new(),
        }
    }
}

const DEFAULT_LOG: &str = "info";

/// Brings the environment and the user file together, each key by itself, the environment first. Runs nothing.
///
/// # Errors
/// Where an endpoint or the proxy is no usable URL, or an endpoint is plain `http://` and not on loopback.
pub fn load_connection(environment: &Environment, file: &UserFile) -> Result<LoadedConnection, ConnectionError> {
    let keys = &file.connection;
    let endpoint = |variable: &str, key: &str, in_file: &Option<String>, default: String| match (
        environment.get(variable),
        in_file,
    ) {
        (Some(text), _) => base_url(variable, text),
        (None, Some(text)) => base_url(&format!("`{key}` of config.toml"), text),
        (None, None) => Ok(default),
    };
    let default = Endpoints::default();
    let endpoints = Endpoints {
        idm: endpoint("STACKSPOT_IDM_URL", "endpoints.idm", &keys.endpoints.idm, default.idm)?,
        inference: endpoint(
            "STACKSPOT_INFERENCE_URL",
            "endpoints.inference",
            &keys.endpoints.inference,
            default.inference,
        )?,
        data: endpoint("STACKSPOT_DATA_URL", "endpoints.data", &keys.endpoints.data, default.data)?,
        agents: endpoint("STACKSPOT_AGENTS_URL", "endpoints.agents", &keys.endpoints.agents, default.agents)?,
    };
    let proxy = keys.proxy.as_ref().map(|proxy| proxy.expose_secret().to_owned());
    if proxy.as_deref().is_some_and(|text| Url::parse(text).ok().is_none_or(|url| !url.has_host())) {
        let problem = "is no URL; write it like http://proxy.example:3128".into();
        return Err(ConnectionError { name: "`proxy` of config.toml".into(), problem });
    }
    let (credential, secret_command, warnings) = credential(environment, keys);
    let ca_bundle = environment.path("STACKSPOT_CA_BUNDLE").or_else(|| keys.ca_bundle.clone());
    let owned = |text: &str| text.to_owned();
    Ok(LoadedConnection {
        pending: Connection { endpoints, credential, ca_bundle, proxy, state_dir: environment.state_dir() },
        secret_command,
        resolved: OnceCell::new(),
        default_agent: environment.get("STACKSPOT_AGENT_ID").map(owned).or_else(|| keys.agent.clone()),
        log: environment.get("STACKSPOT_LSP_LOG").map(owned).or_else(|| keys.log.clone()).unwrap_or(DEFAULT_LOG.into()),
        warnings: file.warnings.iter().cloned().chain(warnings).collect(),
    })
}

impl LoadedConnection {
    /// A connection that is complete already, such as the sandbox's.
    pub fn ready(connection: Connection, default_agent: Option<String>) -> Self {
        Self {
            pending: connection,
            secret_command: None,
            resolved: OnceCell::new(),
            default_agent,
            log: DEFAULT_LOG.into(),
            warnings: Vec::new(),
        }
    }

    /// The connection to use for a request. The first call runs `client_secret_command`, where there is one and no
    /// secret goes over it; a success is kept, a failure is tried anew by the next call.
    ///
    /// # Errors
    /// Where the command gives no secret.
    pub async fn connection(&self) -> Result<&Connection, SecretCommandError> {
        let resolve = || async {
            let mut connection = self.pending.clone();
            if let (Some(command), Credential::ClientSecret { client_secret, .. }) =
                (&self.secret_command, &mut connection.credential)
            {
                *client_secret = resolve_secret_command(command).await?;
            }
            Ok(connection)
        };
        self.resolved.get_or_try_init(resolve).await
    }

    /// The endpoints, known before any secret is.
    pub fn endpoints(&self) -> &Endpoints {
        &self.pending.endpoints
    }

    /// The extra PEM roots.
    pub fn ca_bundle(&self) -> Option<&PathBuf> {
        self.pending.ca_bundle.as_ref()
    }

    /// Why no request can be made, where a credential is missing; known without running anything.
    pub fn missing_credential(&self) -> Option<&str> {
        match &self.pending.credential {
            Credential::Missing(why) => Some(why),
            _ => None,
        }
    }

    /// Puts in a credential from elsewhere (the keyring) where neither the environment nor the user file gave one.
    #[must_use]
    pub fn or_credential(mut self, credential: impl FnOnce() -> Option<Credential>) -> Self {
        if self.missing_credential().is_some()
            && let Some(credential) = credential()
        {
            self.pending.credential = credential;
        }
        self
    }
}

fn credential(environment: &Environment, keys: &FileConnection) -> (Credential, Option<SecretCommand>, Vec<Warning>) {
    if let Some(token) = environment.get("STACKSPOT_TOKEN") {
        // The whole header is what people copy out of a browser.
        let token = token.strip_prefix("Bearer ").unwrap_or(token).trim();
        return (Credential::Token(SecretString::from(token.to_owned())), None, Vec::new());
    }
    let realm = environment.get("STACKSPOT_REALM").map(str::to_owned).or_else(|| keys.realm.clone());
    let client_id = environment.get("STACKSPOT_CLIENT_ID").map(str::to_owned).or_else(|| keys.client_id.clone());
    let in_environment = environment.get("STACKSPOT_CLIENT_SECRET").or_else(|| environment.get("STACKSPOT_CLIENT_KEY"));
    let secret = in_environment.map(|text| SecretString::from(text.to_owned())).or_else(|| keys.client_secret.clone());
    let command = keys.client_secret_command.clone().filter(|_| secret.is_none());
    let mut warnings = Vec::new();
    if keys.client_secret.is_some() && keys.client_secret_command.is_some() {
        let message = "config.toml has both client_secret and client_secret_command; the command is not run";
        warnings.push(Warning { key: "client_secret_command".into(), message: message.into() });
    }
    match (realm, client_id, secret, &command) {
        (Some(realm), Some(client_id), Some(client_secret), _) => {
            (Credential::ClientSecret { realm, client_id, client_secret }, None, warnings)
        }
        (Some(realm), Some(client_id), None, Some(_)) => {
            let client_secret = SecretString::default();
            (Credential::ClientSecret { realm, client_id, client_secret }, command, warnings)
        }
        (realm, client_id, secret, command) => {
            let has_secret = secret.is_some() || command.is_some();
            (Credential::Missing(missing(realm.is_some(), client_id.is_some(), has_secret)), None, warnings)
        }
    }
}

/// Says what is missing and how to give it.
fn missing(has_realm: bool, has_client_id: bool, has_secret: bool) -> String {
    let parts = [
        (has_realm, "the realm (your account's slug): STACKSPOT_REALM, or `realm`"),
        (has_client_id, "the client id: STACKSPOT_CLIENT_ID, or `client_id`"),
        (
            has_secret,
            "the client secret: STACKSPOT_CLIENT_SECRET or STACKSPOT_CLIENT_KEY, or `client_secret` or \
             `client_secret_command`",
        ),
    ];
    let absent: Vec<&str> = parts.iter().filter(|(present, _)| !present).map(|(_, text)| *text).collect();
    format!(
        "Missing: {}. Set the variable in the environment, or the key in the user file \
         config.toml. To try everything without an account, start stackspot-lsp --sandbox",
        absent.join("; ")
    )
}

/// A base URL without a trailing slash. `name` says where it was written. The text is not repeated: it may hold a password.
fn base_url(name: &str, text: &str) -> Result<String, ConnectionError> {
    let wrong = |problem: &str| ConnectionError { name: name.to_owned(), problem: problem.to_owned() };
    let url = Url::parse(text).map_err(|_| wrong("is no URL; write it like https://idm.stackspot.com"))?;
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(wrong("names no host; write it like https://idm.stackspot.com")),
    };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback => {}
        "http" => {
            return Err(wrong(
                "is plain http://, which would show code and credentials to the network. Use https://; http:// is \
                 accepted for loopback addresses alone",
            ));
        }
        _ => return Err(wrong("must start with https://")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds a user name or password; remove them"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("holds a query or fragment; it must be a base URL"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests;
