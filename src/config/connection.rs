//! The service and the credential, from the environment, the user file and what `login` stored, in this order.

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

use super::credential_store::{CredentialStore, StoredCredential, StoredIn};
use super::secret_command::{SecretCommand, resolve_secret_command};
use super::user_file::FileConnection;
use super::wrapping::{unwrapped, unwrapped_token};
use super::{Environment, UserFile, Warning};
use crate::agents_api::{
    Connection, Credential, Endpoint, EndpointProblem, Endpoints, ProxyAddress, ProxySettings, parse_proxy,
};
use crate::i18n::{Argument, Message, message};

/// The connection values of the environment and the user file. Loading asks no keyring and runs no command. If others
/// could read a stored credential file, loading makes it private.
#[derive(Debug)]
pub struct LoadedConnection {
    /// The connection, without a secret that a command must still print.
    pending: Connection,
    secret_command: Option<SecretCommand>,
    /// Where a credential may be stored. It is read if neither the environment nor the user file gives a secret.
    store: Option<CredentialStore>,
    /// The realm and the client id, as the environment or the user file gives them.
    given: (Option<String>, Option<String>),
    resolved: OnceCell<Connection>,
    /// `STACKSPOT_AGENT_ID`, else `agent` of the user file: an id, or a name from the setting `agents`. The setting
    /// `agent` overrides it, see `Settings::resolve_agent`.
    pub default_agent: Option<String>,
    /// Problems that the user should know.
    pub warnings: Vec<Warning>,
    /// Values that were given with extra characters around them. They work, so only `doctor` reports them.
    pub unwrapped: Vec<Warning>,
}

/// Merges the environment and the user file, key by key; the environment comes first. Runs nothing.
///
/// # Errors
/// A value would send code or credentials to a wrong place: an endpoint or the proxy is not a usable URL, or an
/// endpoint is plain `http://` outside loopback. The error names the variable or key, the problem and the remedy.
pub fn load_connection(environment: &Environment, file: &UserFile) -> Result<LoadedConnection, Message> {
    let keys = &file.connection;
    let mut given = Values { environment, unwrapped: Vec::new(), warnings: file.warnings.clone() };
    let mut endpoint = |variable: &'static str, key: &'static str, in_file: &Option<String>, default: Endpoint| {
        let (name, key, text) = match given.variable(variable) {
            Some(text) => (Argument::from(variable), variable, text),
            None => match given.key(key, in_file.as_deref()) {
                Some(text) => (message!("key-of-file", key = key).into(), key, text),
                None => return Ok(default),
            },
        };
        let wrong = |problem: EndpointProblem| sentences(problem.messages(name.clone()));
        let pasted: Endpoint = text.parse().map_err(wrong)?;
        let base: Endpoint = without_path_of_the_service(pasted.as_str()).parse().map_err(wrong)?;
        if base != pasted {
            let message = message!("endpoint-shortened", name = name, base = base.as_str().to_owned());
            given.unwrapped.push(Warning { key: key.to_owned(), message });
        }
        Ok(base)
    };
    let (default, in_file) = (Endpoints::default(), &keys.endpoints);
    let endpoints = Endpoints {
        idm: endpoint("STACKSPOT_IDM_URL", "endpoints.idm", &in_file.idm, default.idm)?,
        inference: endpoint("STACKSPOT_INFERENCE_URL", "endpoints.inference", &in_file.inference, default.inference)?,
        data: endpoint("STACKSPOT_DATA_URL", "endpoints.data", &in_file.data, default.data)?,
        agents: endpoint("STACKSPOT_AGENTS_URL", "endpoints.agents", &in_file.agents, default.agents)?,
    };
    let proxy = proxy(environment, keys);
    let unusable_proxy = proxy.proxy.as_ref().and_then(|address| {
        let problem = parse_proxy(address.url.expose_secret()).err()?;
        Some(sentences(problem.messages(&address.setting)))
    });
    if let (Some(problem), Some(_)) = (&unusable_proxy, &keys.proxy) {
        return Err(problem.clone());
    }
    let account_id = given.either("STACKSPOT_ACCOUNT_ID", "account_id", keys.account_id.as_deref());
    let default_agent = given.either("STACKSPOT_AGENT_ID", "agent", keys.agent.as_deref());
    let realm = given.either("STACKSPOT_REALM", "realm", keys.realm.as_deref());
    let client_id = given.either("STACKSPOT_CLIENT_ID", "client_id", keys.client_id.as_deref());
    let account = (realm, client_id);
    let (credential, secret_command, has_secret) = credential(&mut given, keys, account.clone());
    let store = CredentialStore::of(environment);
    let was_open = store.close_to_others();
    let is_missing = matches!(credential, Credential::Missing(_));
    if account_id.as_ref().is_some_and(|id| !id.chars().all(|c| c.is_ascii_graphic())) {
        let name = match environment.get("STACKSPOT_ACCOUNT_ID") {
            Some(_) => Message::verbatim("STACKSPOT_ACCOUNT_ID"),
            None => message!("key-of-file", key = "account_id"),
        };
        return Err(message!("account-id-odd", name = name));
    }
    let ca_bundle = environment.path("STACKSPOT_CA_BUNDLE").map(|path| environment.at_home(&path));
    let ca_bundle = ca_bundle.or_else(|| keys.ca_bundle.clone());
    // With an unusable proxy nothing is sent. The warning comes early, because this is known early.
    let proxy_warning = unusable_proxy.map(|message| Warning { key: "proxy".into(), message });
    given.warnings.extend(proxy_warning.into_iter().chain(was_open));
    Ok(LoadedConnection {
        pending: Connection { endpoints, credential, account_id, ca_bundle, proxy, state_dir: environment.state_dir() },
        secret_command,
        store: (is_missing && !has_secret).then_some(store),
        given: account,
        resolved: OnceCell::new(),
        default_agent,
        warnings: given.warnings,
        unwrapped: given.unwrapped,
    })
}

impl LoadedConnection {
    /// A connection that sends nothing and returns this reason. With it, the server can start and report the problem.
    pub(crate) fn refusing(why: Message) -> Self {
        let pending = Connection {
            endpoints: Endpoints::default(),
            credential: Credential::Missing(why),
            account_id: None,
            ca_bundle: None,
            proxy: ProxySettings::default(),
            state_dir: None,
        };
        Self {
            pending,
            secret_command: None,
            store: None,
            given: (None, None),
            resolved: OnceCell::new(),
            default_agent: None,
            warnings: Vec::new(),
            unwrapped: Vec::new(),
        }
    }

    /// The connection for a request. If neither the environment nor the user file gives a secret, the first call asks
    /// the keyring or runs `client_secret_command`. A success is kept; after a failure, the next call tries again.
    ///
    /// # Errors
    /// The credential is missing or not available: what is missing or wrong, and what to do.
    pub async fn connection(&self) -> Result<&Connection, Message> {
        let resolve = || async {
            let mut connection = self.pending.clone();
            match (&self.secret_command, &self.store, &mut connection.credential) {
                (Some(command), _, Credential::ClientSecret { client_secret, .. }) => {
                    *client_secret = resolve_secret_command(command).await?;
                }
                (_, Some(store), credential @ Credential::Missing(_)) => {
                    if let Some((kept, keeping)) = store.load().await? {
                        self.check_given(&kept, &keeping)?;
                        *credential = kept.into();
                    }
                }
                _ => {}
            }
            match &connection.credential {
                Credential::Missing(why) => Err(why.clone()),
                _ => Ok(connection),
            }
        };
        self.resolved.get_or_try_init(resolve).await
    }

    /// The connection, if it is known without a command or the keyring; either may ask the user a question.
    pub fn at_hand(&self) -> Option<&Connection> {
        let is_told = self.secret_command.is_none() && !matches!(self.pending.credential, Credential::Missing(_));
        self.resolved.get().or_else(|| is_told.then_some(&self.pending))
    }

    /// The same connection with another credential.
    pub fn with_credential(&self, credential: Credential) -> Connection {
        Connection { credential, ..self.pending.clone() }
    }

    /// Refuses a stored credential of another account than the configured one.
    fn check_given(&self, kept: &StoredCredential, keeping: &StoredIn) -> Result<(), Message> {
        let (realm, client_id) = &self.given;
        let differs = |given: &Option<String>, kept: &str| given.as_deref().is_some_and(|given| given != kept);
        if differs(realm, &kept.realm) || differs(client_id, &kept.client_id) {
            let keeping = keeping.message();
            return Err(message!("credential-other", keeping = keeping, realm = &kept.realm, id = &kept.client_id));
        }
        Ok(())
    }

    /// The endpoints. They are known before the secret.
    pub fn endpoints(&self) -> &Endpoints {
        &self.pending.endpoints
    }

    /// Why no request is possible without a credential. It runs nothing and does not ask the keyring, which may contain
    /// one.
    pub fn missing_credential(&self) -> Option<&Message> {
        match &self.pending.credential {
            Credential::Missing(_) if self.store.as_ref().is_some_and(CredentialStore::may_hold_one) => None,
            Credential::Missing(why) => Some(why),
            _ => None,
        }
    }
}

/// The proxy of the user file, else of the environment, with the usual variables in the usual order.
fn proxy(environment: &Environment, keys: &FileConnection) -> ProxySettings {
    let first = |names: [&'static str; 2]| names.iter().find_map(|name| Some((*name, environment.raw(name)?)));
    let of_file = keys
        .proxy
        .as_ref()
        .map(|url| ProxyAddress { setting: message!("key-of-file", key = "proxy"), url: url.clone() });
    let of_environment = || {
        let set = [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]];
        let (name, url) = set.into_iter().filter_map(first).find(|(_, url)| !url.trim().is_empty())?;
        Some(ProxyAddress { setting: Message::verbatim(name), url: SecretString::from(url) })
    };
    let no_proxy = first(["NO_PROXY", "no_proxy"]).map(|(_, list)| list).unwrap_or_default();
    ProxySettings { proxy: of_file.or_else(of_environment), no_proxy }
}

/// Reads values without pasted extra characters, and records which values had any.
struct Values<'a> {
    environment: &'a Environment,
    unwrapped: Vec<Warning>,
    warnings: Vec<Warning>,
}

impl Values<'_> {
    fn variable(&mut self, name: &'static str) -> Option<String> {
        let (value, is_changed) = unwrapped(self.environment.get(name)?);
        self.record_unwrapped(name, name, value.into_owned(), is_changed)
    }

    /// The value of the variable, else of the user file.
    fn either(&mut self, variable: &'static str, key: &'static str, in_file: Option<&str>) -> Option<String> {
        self.variable(variable).or_else(|| self.key(key, in_file))
    }

    fn token(&mut self, name: &'static str) -> Option<String> {
        let (value, is_changed) = unwrapped_token(self.environment.get(name)?);
        self.record_unwrapped(name, name, value, is_changed)
    }

    fn key(&mut self, key: &'static str, in_file: Option<&str>) -> Option<String> {
        let (value, is_changed) = unwrapped(in_file?);
        self.record_unwrapped(key, message!("key-of-file", key = key), value.into_owned(), is_changed)
    }

    fn record_unwrapped(
        &mut self,
        key: &str,
        name: impl Into<Argument>,
        value: String,
        is_changed: bool,
    ) -> Option<String> {
        if is_changed {
            let message = message!("value-unwrapped", name = name.into());
            self.unwrapped.push(Warning { key: key.to_owned(), message });
        }
        (!value.is_empty()).then_some(value)
    }
}

/// The given credential, the command that must still print its secret, and whether a secret is given.
fn credential(
    values: &mut Values<'_>,
    keys: &FileConnection,
    account: (Option<String>, Option<String>),
) -> (Credential, Option<SecretCommand>, bool) {
    // Users copy the whole header from a browser.
    if let Some(token) = values.token("STACKSPOT_TOKEN") {
        return (Credential::Token(SecretString::from(token)), None, true);
    }
    let in_file = keys.client_secret.as_ref().map(ExposeSecret::expose_secret);
    let secret = values
        .variable("STACKSPOT_CLIENT_SECRET")
        .or_else(|| values.either("STACKSPOT_CLIENT_KEY", "client_secret", in_file))
        .map(SecretString::from);
    if keys.client_secret.is_some() && keys.client_secret_command.is_some() {
        let message = message!("credential-secret-twice");
        values.warnings.push(Warning { key: "client_secret_command".into(), message });
    }
    let command = keys.client_secret_command.clone().filter(|_| secret.is_none());
    let has_secret = secret.is_some() || command.is_some();
    match account {
        (Some(realm), Some(client_id)) if has_secret => {
            // The secret of a command is empty until the command runs.
            let client_secret = secret.unwrap_or_default();
            (Credential::ClientSecret { realm, client_id, client_secret }, command, true)
        }
        (realm, client_id) => {
            let why = missing(realm.is_some(), client_id.is_some(), has_secret);
            (Credential::Missing(why), None, has_secret)
        }
    }
}

/// Says what is missing and how to give it.
fn missing(has_realm: bool, has_client_id: bool, has_secret: bool) -> Message {
    let parts = [
        (has_realm, message!("credential-no-realm")),
        (has_client_id, message!("credential-no-id")),
        (has_secret, message!("credential-no-secret")),
    ];
    let absent = parts.into_iter().filter(|(present, _)| !present).map(|(_, message)| message).collect();
    message!("credential-missing", parts = Message::joined(absent, "; "))
}

/// A problem, and what to do.
fn sentences((problem, remedy): (Message, Message)) -> Message {
    Message::joined(vec![problem, remedy], ". ")
}

/// A base URL without the (partial) path that the program adds itself, in case the user pasted it.
fn without_path_of_the_service(url: &str) -> &str {
    let Some((_, path)) = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')) else { return url };
    let segments: Vec<&str> = path.split('/').collect();
    let surplus = match segments.as_slice() {
        [.., "v1", "agent", _, "chat"] | [.., _, "oidc", "oauth", "token"] => 4,
        [.., "v1", "agent", _] | [.., "v2", "file-upload", "form"] => 3,
        [.., "v1" | "v4", "agents" | "agent"] => 2,
        // After another path, it may belong to a gateway.
        ["v1" | "v2" | "v4"] => 1,
        _ => return url,
    };
    (0..surplus).fold(url, |url, _| url.rsplit_once('/').map_or(url, |(before, _)| before))
}

#[cfg(test)]
mod tests;
