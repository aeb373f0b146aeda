//! `login` and `logout`: the stored credential of every session.

mod snippet;
mod words;

use std::io::{self, BufRead, IsTerminal, Read, Write};

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde_json::Value;

use self::snippet::Snippet;
use super::shell::{Failure, print_message, warn};
use crate::agents_api::{AgentsApi, Credential, Endpoints};
use crate::config::{
    CredentialStore, Environment, Rewritten, Settings, StoredCredential, StoredIn, UserFile, load_connection, unwrapped,
};
use crate::i18n::{Language, Message, message};
use crate::job::limits;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Your account's slug. If it is missing, login asks for it
    #[arg(long)]
    realm: Option<String>,
    /// The client id of a Personal Access Token or a Service Credential. If it is missing, login asks for it
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Read the account, its addresses and the agent from the curl commands of the portal's page (API Usage), on stdin
    #[arg(long)]
    from_curl: bool,
}

/// The longest snippet, in bytes.
const LONGEST: u64 = 1 << 20;

pub(super) async fn run(args: Args, language: Language) -> Result<(), Failure> {
    let environment = Environment::from_process();
    let asked = tokio::task::spawn_blocking(move || prompt_credential(args, language)).await;
    let (credential, snippet) = asked.map_err(|error| message!("login-not-asked", error = error.to_string()))??;

    let mut user_file = UserFile::read(&environment)?;
    let rewritten = match (&snippet, environment.config_dir()) {
        (Some(snippet), Some(folder)) => {
            let values = values(snippet, &credential, &user_file);
            Some(Rewritten::of(&folder.join("config.toml"), &values)?).filter(|it| !it.keys.is_empty())
        }
        _ => None,
    };
    if let Some(rewritten) = &rewritten {
        // The credential is tested with the settings that later sessions will use.
        user_file = UserFile::parse(&rewritten.text, &rewritten.path, &environment)?;
    }
    let loaded = load_connection(&environment, &user_file)?;
    if let Some(snippet) = &snippet {
        print_message(&message!("login-read", what = summary_line(snippet, &credential, loaded.endpoints())), language);
    }

    let connection = loaded.with_credential(Credential::from(credential.clone()));
    let api = AgentsApi::new(connection);
    let checked = api.authenticate(&limits(&settings_of(&user_file)).timeouts).await;
    api.warnings().iter().for_each(|warning| warn(warning, language));
    checked.map_err(|error| message!("login-not-kept", error = error.message()))?;

    let store = CredentialStore::of(&environment);
    let keeping = store.keep(&credential).await?;
    print_message(&message!("login-kept", keeping = keeping.message()), language);
    if let StoredIn::File(_) = keeping {
        warn(&message!("login-in-a-file"), language);
    }
    if let Some(rewritten) = rewritten {
        let (path, keys) = (rewritten.path.display().to_string(), rewritten.keys.join(", "));
        let unwritten = |error: io::Error| {
            message!("login-file-not-written", path = &path, error = error.to_string(), keys = &keys)
        };
        rewritten.write().map_err(unwritten)?;
        print_message(&message!("login-file-written", path = path, keys = keys), language);
    }
    for name in ["STACKSPOT_TOKEN", "STACKSPOT_CLIENT_SECRET", "STACKSPOT_CLIENT_KEY"] {
        if environment.get(name).is_some() {
            warn(&message!("login-variable-goes-over-it", name = name), language);
        }
    }
    if user_file.connection.client_secret.is_some() || user_file.connection.client_secret_command.is_some() {
        warn(&message!("login-file-goes-over-it"), language);
    }
    Ok(())
}

pub(super) async fn run_logout(language: Language) -> Result<(), Failure> {
    let environment = Environment::from_process();
    let removed = CredentialStore::of(&environment).remove().await?;
    if removed.is_empty() {
        print_message(&message!("logout-nothing"), language);
    }
    removed.iter().for_each(|it| print_message(&message!("logout-removed", keeping = it.message()), language));
    Ok(())
}

/// The values of a snippet for the user file, by dotted keys: those that are neither defaults nor secrets, and those
/// that override an existing key.
fn values(snippet: &Snippet, credential: &StoredCredential, file: &UserFile) -> Vec<(&'static str, Value)> {
    let keys = &file.connection;
    let default = Endpoints::default();
    let mut values = vec![("realm", Value::from(credential.realm.as_str()))];
    if keys.client_id.is_some() {
        values.push(("client_id", credential.client_id.as_str().into()));
    }
    for (key, found, there, default) in [
        ("endpoints.idm", &snippet.idm, &keys.endpoints.idm, default.idm),
        ("endpoints.inference", &snippet.inference, &keys.endpoints.inference, default.inference),
        ("endpoints.data", &snippet.data, &keys.endpoints.data, default.data),
        ("endpoints.agents", &snippet.agents, &keys.endpoints.agents, default.agents),
    ] {
        let found = found.as_ref().filter(|found| there.is_some() || *found != default.as_str());
        values.extend(found.map(|found| (key, found.as_str().into())));
    }
    values.extend(snippet.agent.as_deref().map(|agent| ("agent", agent.into())));
    let in_effect = serde_json::to_value(settings_of(file)).unwrap_or_default();
    let found = |key: &str| in_effect.pointer(&format!("/{}", key.replace('.', "/")));
    values.extend(snippet.settings().filter(|(key, value)| found(key) != Some(value)));
    values
}

/// The settings of the user file; the defaults if it has a wrong one, because that does not concern the credential.
fn settings_of(file: &UserFile) -> Settings {
    Settings::from_layers(&file.settings, &[]).map(|(settings, _)| settings).unwrap_or_default()
}

/// One line about the values that were read, without the secret.
fn summary_line(snippet: &Snippet, credential: &StoredCredential, endpoints: &Endpoints) -> String {
    let mut parts = vec![format!("realm {}", credential.realm), format!("client id {}", credential.client_id)];
    parts.extend(snippet.agent.as_ref().map(|agent| format!("agent {agent}")));
    parts.extend(snippet.idm.is_some().then(|| endpoints.idm.as_str().to_owned()));
    parts.extend(snippet.inference.is_some().then(|| endpoints.inference.as_str().to_owned()));
    parts.extend(snippet.settings().map(|(key, value)| format!("{key} {value}")));
    parts.join(", ")
}

/// Asks for the values that neither the flags nor a snippet contain. A terminal does not show the secret. Without a
/// terminal, the secret is the first line of stdin.
fn prompt_credential(args: Args, language: Language) -> Result<(StoredCredential, Option<Snippet>), Failure> {
    let snippet = args.from_curl.then(|| pasted(language)).transpose()?;
    let of_snippet = |part: fn(&Snippet) -> &Option<String>| snippet.as_ref().and_then(|snippet| part(snippet).clone());
    let is_pasted = snippet.is_some();
    let given = |given: Option<String>, question: Message, flag: &'static str| match given {
        Some(given) => not_empty(&given, message!("login-empty", flag = flag)),
        None if io::stdin().is_terminal() => {
            not_empty(&prompt_line(&question, language).map_err(unreadable)?, message!("login-empty", flag = flag))
        }
        None if is_pasted => Err(message!("login-curl-lacks", part = question, flag = flag).into()),
        None => Err(Failure::Usage(message!("login-no-terminal", flag = flag))),
    };
    let realm = given(args.realm.or(of_snippet(|it| &it.realm)), message!("login-ask-realm"), "--realm")?;
    let client_id = args.client_id.or(of_snippet(|it| &it.client_id));
    let client_id = given(client_id, message!("login-ask-client-id"), "--client-id")?;
    let found = snippet.as_ref().and_then(|snippet| snippet.client_secret.clone());
    let client_secret = match found {
        Some(secret) => secret,
        None if is_pasted && !io::stdin().is_terminal() => {
            return Err(message!("login-curl-lacks-secret").into());
        }
        None => secret(language)?,
    };
    Ok((StoredCredential { realm, client_id, client_secret }, snippet))
}

/// The secret, typed or piped.
fn secret(language: Language) -> Result<SecretString, Failure> {
    let secret = if io::stdin().is_terminal() {
        let question = message!("login-ask-secret").text(language);
        rpassword::prompt_password(format!("{question}: ")).map(Zeroizing::new)
    } else {
        let mut line = Zeroizing::new(String::new());
        io::stdin().lock().read_line(&mut line).map(|_| line)
    };
    let secret = secret.map_err(unreadable)?;
    not_empty(&secret, message!("login-empty-secret")).map(SecretString::from)
}

/// The trimmed text. Fails with the usage error `empty` if it is empty.
fn not_empty(text: &str, empty: Message) -> Result<String, Failure> {
    let value = unwrapped(text).0.into_owned();
    if value.is_empty() { Err(Failure::Usage(empty)) } else { Ok(value) }
}

fn unreadable(error: io::Error) -> Message {
    message!("login-unreadable", error = error.to_string())
}

/// The snippet on stdin.
fn pasted(language: Language) -> Result<Snippet, Message> {
    let bytes = if io::stdin().is_terminal() {
        unseen(|| print_message(&message!("login-paste"), language))
    } else {
        let mut bytes = Zeroizing::new(Vec::new());
        io::stdin().lock().take(LONGEST).read_to_end(&mut bytes).map(|_| bytes)
    };
    let bytes = bytes.map_err(unreadable)?;
    // PowerShell may pipe UTF-16.
    let text = crate::encoding::decode(&bytes).map(Zeroizing::new).unwrap_or_default();
    let snippet = Snippet::read(&text).ok_or_else(|| message!("login-no-curl"))?;
    if snippet.has_token {
        return Err(message!("login-token-in-curl"));
    }
    Ok(snippet)
}

/// The text that the user types up to the end of input. The terminal does not show it; `ask` is the prompt.
#[cfg(unix)]
fn unseen(ask: impl FnOnce()) -> io::Result<Zeroizing<Vec<u8>>> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

    let stdin = io::stdin();
    let before = tcgetattr(&stdin)?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Now, &hidden)?;
    ask();
    let mut bytes = Zeroizing::new(Vec::new());
    let read = stdin.lock().take(LONGEST).read_to_end(&mut bytes);
    tcsetattr(&stdin, OptionalActions::Now, &before)?;
    read.map(|_| bytes)
}

/// The text that the user types up to the end of input. The terminal does not show it; `ask` is the prompt.
#[cfg(not(unix))]
fn unseen(ask: impl FnOnce()) -> io::Result<Zeroizing<Vec<u8>>> {
    ask();
    let mut bytes = Zeroizing::new(Vec::new());
    loop {
        match rpassword::read_password().map(Zeroizing::new) {
            Ok(line) => {
                bytes.extend(line.as_bytes());
                bytes.push(b'\n');
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(bytes),
            Err(error) => return Err(error),
        }
    }
}

/// The line that the user types in answer to a question.
fn prompt_line(question: &Message, language: Language) -> io::Result<String> {
    let mut stderr = io::stderr();
    write!(stderr, "{}: ", question.text(language))?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer)
}
