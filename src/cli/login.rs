//! `login` and `logout`: the credential that is kept for every session.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use super::shell::{Failure, exit_code, say, warn};
use crate::agents_api::{AgentsApi, Credential, Timeouts};
use crate::config::{CredentialStore, Environment, Keeping, KeptCredential, UserFile, load_connection};
use crate::i18n::{Language, Message, message};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Your account's slug; asked for where it is left out
    #[arg(long)]
    realm: Option<String>,
    /// The client id of a Personal Access Token or a Service Credential; asked for where it is left out
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
}

pub(super) async fn run(args: Args, language: Language) -> ExitCode {
    exit_code(log_in(args, language).await, language)
}

pub(super) async fn run_logout(language: Language) -> ExitCode {
    exit_code(log_out(language).await, language)
}

async fn log_in(args: Args, language: Language) -> Result<(), Failure> {
    let environment = Environment::from_process();
    let user_file = UserFile::read(&environment).map_err(|error| Failure::Said(error.message()))?;
    let loaded = load_connection(&environment, &user_file).map_err(|error| Failure::Said(error.message()))?;
    let asked = tokio::task::spawn_blocking(move || ask(args, language)).await;
    let credential = asked.map_err(|error| Failure::Said(message!("login-not-asked", error = error.to_string())))??;

    let connection = loaded.with_credential(Credential::from(credential.clone()));
    let api = AgentsApi::new(connection);
    let checked = api.authenticate(&Timeouts::default()).await;
    api.warnings().iter().for_each(|warning| warn(warning, language));
    checked.map_err(|error| Failure::Said(message!("login-not-kept", error = error.message())))?;

    let store = CredentialStore::of(&environment);
    let keeping = store.keep(&credential).await.map_err(|error| Failure::Said(error.message()))?;
    say(&message!("login-kept", keeping = keeping.message()), language);
    if let Keeping::File(_) = keeping {
        warn(&message!("login-in-a-file"), language);
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

async fn log_out(language: Language) -> Result<(), Failure> {
    let environment = Environment::from_process();
    let removed = CredentialStore::of(&environment).remove().await;
    let removed = removed.map_err(|error| Failure::Said(error.message()))?;
    match removed.as_slice() {
        [] => say(&message!("logout-nothing"), language),
        removed => removed.iter().for_each(|it| say(&message!("logout-removed", keeping = it.message()), language)),
    }
    Ok(())
}

/// Asks for what the flags do not give. On a terminal nothing of the secret is shown; else its first line of stdin is it.
fn ask(args: Args, language: Language) -> Result<KeptCredential, Failure> {
    let realm = given_or_asked(args.realm, &message!("login-ask-realm"), "--realm", language)?;
    let client_id = given_or_asked(args.client_id, &message!("login-ask-client-id"), "--client-id", language)?;
    let secret = if io::stdin().is_terminal() {
        let question = message!("login-ask-secret").text(language);
        rpassword::prompt_password(format!("{question}: ")).map(Zeroizing::new)
    } else {
        let mut line = Zeroizing::new(String::new());
        io::stdin().lock().read_line(&mut line).map(|_| line)
    };
    let secret = secret.map_err(|error| Failure::Said(message!("login-unreadable", error = error.to_string())))?;
    match secret.trim() {
        "" => Err(Failure::Usage(message!("login-empty-secret"))),
        secret => Ok(KeptCredential { realm, client_id, client_secret: SecretString::from(secret) }),
    }
}

fn given_or_asked(
    given: Option<String>,
    question: &Message,
    flag: &'static str,
    language: Language,
) -> Result<String, Failure> {
    let answer = match given {
        Some(given) => given,
        None if io::stdin().is_terminal() => {
            let mut stderr = io::stderr();
            let mut answer = String::new();
            let asked = write!(stderr, "{}: ", question.text(language)).and_then(|()| stderr.flush());
            let read = asked.and_then(|()| io::stdin().lock().read_line(&mut answer));
            read.map_err(|error| Failure::Said(message!("login-unreadable", error = error.to_string())))?;
            answer
        }
        None => return Err(Failure::Usage(message!("login-no-terminal", flag = flag))),
    };
    match answer.trim() {
        "" => Err(Failure::Usage(message!("login-empty", flag = flag))),
        answer => Ok(answer.to_owned()),
    }
}
