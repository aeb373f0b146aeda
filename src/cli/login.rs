//! `login` and `logout`: the credential that is kept for every session.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use super::shell::{Failure, exit_code, say, warn};
use crate::agents_api::{AgentsApi, Credential, Timeouts};
use crate::config::{CredentialStore, Environment, Keeping, KeptCredential, UserFile, load_connection};
use crate::i18n::Language;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Your account's slug; asked for where it is left out
    #[arg(long)]
    realm: Option<String>,
    /// The client id of a Personal Access Token or a Service Credential; asked for where it is left out
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
}

pub(super) async fn run(args: Args) -> ExitCode {
    exit_code(log_in(args).await)
}

pub(super) async fn run_logout() -> ExitCode {
    exit_code(log_out().await)
}

async fn log_in(args: Args) -> Result<(), Failure> {
    let environment = Environment::from_process();
    let user_file = UserFile::read(&environment).map_err(|error| Failure::Said(format!("{error}.")))?;
    let loaded = load_connection(&environment, &user_file).map_err(|error| Failure::Said(format!("{error}.")))?;
    let asked = tokio::task::spawn_blocking(move || ask(args)).await;
    let credential = asked.map_err(|error| Failure::Said(format!("Nothing could be asked: {error}.")))??;

    let connection = loaded.with_credential(Credential::from(credential.clone()));
    let api = AgentsApi::new(connection);
    let checked = api.authenticate(&Timeouts::default()).await;
    api.warnings().iter().for_each(|warning| warn(&warning.text(Language::En)));
    checked.map_err(|error| Failure::Said(format!("Nothing was kept. {error}")))?;

    let store = CredentialStore::of(&environment);
    let keeping = store.keep(&credential).await.map_err(|error| Failure::Said(format!("{error}.")))?;
    say(&format!("The credential works, and is kept in {keeping}."));
    if let Keeping::File(_) = keeping {
        warn("there is no keyring to keep it in, so it stands in that file as it is, readable for you alone.");
    }
    for name in ["STACKSPOT_TOKEN", "STACKSPOT_CLIENT_SECRET", "STACKSPOT_CLIENT_KEY"] {
        if environment.get(name).is_some() {
            warn(&format!("{name} is set in the environment and goes over what is kept."));
        }
    }
    if user_file.connection.client_secret.is_some() || user_file.connection.client_secret_command.is_some() {
        warn("config.toml gives a secret, which goes over what is kept.");
    }
    Ok(())
}

async fn log_out() -> Result<(), Failure> {
    let environment = Environment::from_process();
    let removed = CredentialStore::of(&environment).remove().await;
    let removed = removed.map_err(|error| Failure::Said(format!("{error}.")))?;
    match removed.as_slice() {
        [] => say("No credential was kept."),
        removed => removed.iter().for_each(|keeping| say(&format!("The credential was removed from {keeping}."))),
    }
    Ok(())
}

/// Asks for what the flags do not give. On a terminal nothing of the secret is shown; else its first line of stdin is it.
fn ask(args: Args) -> Result<KeptCredential, Failure> {
    let realm = given_or_asked(args.realm, "Realm (your account's slug)", "--realm")?;
    let client_id = given_or_asked(args.client_id, "Client id", "--client-id")?;
    let secret = if io::stdin().is_terminal() {
        rpassword::prompt_password("Client secret (or client key; nothing is shown): ").map(Zeroizing::new)
    } else {
        let mut line = Zeroizing::new(String::new());
        io::stdin().lock().read_line(&mut line).map(|_| line)
    };
    let secret = secret.map_err(|error| Failure::Said(format!("The secret could not be read: {error}.")))?;
    match secret.trim() {
        "" => Err(Failure::Usage("the secret is empty. Type it on a terminal, or pipe it in.".to_owned())),
        secret => Ok(KeptCredential { realm, client_id, client_secret: SecretString::from(secret) }),
    }
}

fn given_or_asked(given: Option<String>, question: &str, flag: &str) -> Result<String, Failure> {
    let answer = match given {
        Some(given) => given,
        None if io::stdin().is_terminal() => {
            let mut stderr = io::stderr();
            let mut answer = String::new();
            let asked = write!(stderr, "{question}: ").and_then(|()| stderr.flush());
            let read = asked.and_then(|()| io::stdin().lock().read_line(&mut answer));
            read.map_err(|error| Failure::Said(format!("The answer could not be read: {error}.")))?;
            answer
        }
        None => return Err(Failure::Usage(format!("stdin is no terminal to ask on: give {flag} as well."))),
    };
    match answer.trim() {
        "" => Err(Failure::Usage(format!("{flag} is empty."))),
        answer => Ok(answer.to_owned()),
    }
}
