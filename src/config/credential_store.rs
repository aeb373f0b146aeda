//! The credential that `login` stores: in the keyring of the operating system or, without a keyring, in a file that
//! only its owner can read.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{Environment, Warning};
use crate::agents_api::Credential;
use crate::files;
use crate::i18n::{Language, Message, message};

/// How long the keyring may take, including a password prompt.
const LIMIT: Duration = Duration::from_secs(30);

const SERVICE: &str = "stackspot-lsp";
const ENTRY: &str = "default";
const FILE: &str = "credential.json";

/// The largest credential file that is read, in bytes.
const LONGEST_FILE: u64 = 1 << 20;

/// A stored credential. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct StoredCredential {
    /// Account slug.
    pub realm: String,
    /// Client id.
    pub client_id: String,
    /// Client secret, or client key.
    pub client_secret: SecretString,
}

/// Where a credential is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoredIn {
    /// The keyring of the operating system.
    Keyring,
    /// A file that only its owner can read.
    File(PathBuf),
}

impl StoredIn {
    /// The place in words.
    pub(crate) fn message(&self) -> Message {
        match self {
            Self::Keyring => message!("keeping-keyring"),
            Self::File(path) => Message::verbatim(path.display().to_string()),
        }
    }
}

/// The two possible places, according to the environment. Creating this value asks no keyring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CredentialStore {
    has_keyring: bool,
    file: Option<PathBuf>,
}

impl CredentialStore {
    /// The places for the user of this environment.
    pub(crate) fn of(environment: &Environment) -> Self {
        let has_keyring = has_keyring(environment, std::env::consts::OS);
        Self { has_keyring, file: environment.config_dir().map(|folder| folder.join(FILE)) }
    }

    /// Whether a credential may be stored. It does not ask the keyring.
    pub(crate) fn may_hold_one(&self) -> bool {
        self.has_keyring || self.file.as_ref().is_some_and(|file| file.exists())
    }

    /// Makes the file private if others could access it. The warning says what to do, because others may know the
    /// secret.
    pub(crate) fn close_to_others(&self) -> Option<Warning> {
        let path = self.file.as_deref().filter(|path| files::is_open_to_others(path))?;
        let made = files::open(path).and_then(|file| files::make_private(&file));
        let path_shown = path.display().to_string();
        let message = match made {
            Ok(()) if !files::is_open_to_others(path) => message!("kept-was-open", path = path_shown),
            Ok(()) => message!("kept-is-open", path = path_shown, reason = "chmod 600"),
            Err(error) => message!("kept-is-open", path = path_shown, reason = error.to_string()),
        };
        Some(Warning { key: FILE.into(), message })
    }

    /// The stored credential and its place. Fails if it cannot be read, or if the keyring fails and no file exists.
    pub(crate) async fn load(&self) -> Result<Option<(StoredCredential, StoredIn)>, Message> {
        let found = self.keyring(|entry| entry.get_password().map(Zeroizing::new)).await;
        let in_keyring = found.and_then(|text| text.map(|text| parse_credential(&text, StoredIn::Keyring)).transpose());
        match (in_keyring, &self.file) {
            (Ok(Some(kept)), _) => Ok(Some(kept)),
            (other, Some(path)) => match read_file(path)? {
                Some(kept) => Ok(Some(kept)),
                None => other,
            },
            (other, None) => other,
        }
    }

    /// Stores a credential: in the keyring, else in the file. An earlier one is replaced. Fails if neither can be
    /// written.
    pub(crate) async fn keep(&self, credential: &StoredCredential) -> Result<StoredIn, Message> {
        let StoredCredential { realm, client_id, client_secret } = credential;
        let client_secret = client_secret.expose_secret().into();
        let written = Written { realm: realm.into(), client_id: client_id.into(), client_secret };
        let text = SecretString::from(serde_json::to_string(&written).unwrap_or_default());
        let for_keyring = text.clone();
        let in_keyring = self.keyring(move |entry| entry.set_password(for_keyring.expose_secret())).await;
        match (in_keyring, &self.file) {
            (Ok(Some(())), file) => {
                if let Some(file) = file {
                    remove_file(file)?;
                }
                Ok(StoredIn::Keyring)
            }
            (_, Some(file)) => {
                // A new file replaces the old one. Therefore the permissions of the old file do not matter.
                let kept = files::replace_private(file, text.expose_secret().as_bytes());
                kept.map_err(|error| unusable(file, &error))?;
                Ok(StoredIn::File(file.clone()))
            }
            (Err(error), None) => Err(error),
            (Ok(None), None) => Err(message!("keep-nowhere")),
        }
    }

    /// Removes the credential from both places, and returns from which. Fails if it still exists.
    pub(crate) async fn remove(&self) -> Result<Vec<StoredIn>, Message> {
        let mut removed = Vec::new();
        if let Some(file) = &self.file
            && remove_file(file)?
        {
            removed.push(StoredIn::File(file.clone()));
        }
        match self.keyring(|entry| entry.delete_credential()).await {
            Ok(Some(())) => removed.push(StoredIn::Keyring),
            Ok(None) => {}
            // Without a keyring, only the file can contain a credential. If it did, the removal succeeded.
            Err(error) if removed.is_empty() => return Err(error),
            Err(error) => tracing::debug!("{}", error.text(Language::En)),
        }
        Ok(removed)
    }

    /// Asks the keyring on a separate thread, because it may be slow and starts its own event loop. `None` if there is
    /// no keyring, or no credential in it.
    async fn keyring<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&keyring::v1::Entry) -> keyring::v1::Result<T> + Send + 'static,
    ) -> Result<Option<T>, Message> {
        if !self.has_keyring {
            return Ok(None);
        }
        let (done, answer) = tokio::sync::oneshot::channel();
        let asking = std::thread::Builder::new().name("keyring".to_owned()).spawn(move || {
            let asked = keyring::v1::Entry::new(SERVICE, ENTRY).and_then(|entry| ask(&entry));
            // After the limit, the receiver is gone.
            let _ = done.send(asked);
        });
        let failed = |reason: String| message!("keep-keyring", reason = reason);
        asking.map_err(|error| failed(error.to_string()))?;
        match tokio::time::timeout(LIMIT, answer).await {
            Ok(Ok(Ok(answer))) => Ok(Some(answer)),
            Ok(Ok(Err(keyring::v1::Error::NoEntry | keyring::v1::Error::NoDefaultStore))) => Ok(None),
            Ok(Ok(Err(error))) => Err(failed(first_line(&error.to_string()))),
            Ok(Err(_)) => Err(failed("it failed by a bug in stackspot-lsp".to_owned())),
            Err(_) => Err(message!("keep-timeout", seconds = LIMIT.as_secs())),
        }
    }
}

/// Whether the user of this environment has a keyring on this operating system. The keyring belongs to the logged-in
/// user. A test or a service without its own profile variables gets none.
fn has_keyring(environment: &Environment, system: &str) -> bool {
    match system {
        "windows" => environment.path("USERPROFILE").is_some(),
        "macos" => environment.path("HOME").is_some_and(|home| home.join("Library/Keychains").is_dir()),
        // The Secret Service is reached through the session bus.
        _ => environment.get("DBUS_SESSION_BUS_ADDRESS").is_some() || environment.path("XDG_RUNTIME_DIR").is_some(),
    }
}

impl From<StoredCredential> for Credential {
    fn from(StoredCredential { realm, client_id, client_secret }: StoredCredential) -> Self {
        Self::ClientSecret { realm, client_id, client_secret }
    }
}

/// The stored format.
#[derive(Serialize, Deserialize)]
struct Written<'a> {
    realm: Cow<'a, str>,
    client_id: Cow<'a, str>,
    client_secret: Cow<'a, str>,
}

fn parse_credential(text: &str, keeping: StoredIn) -> Result<(StoredCredential, StoredIn), Message> {
    let Ok(Written { realm, client_id, client_secret }) = serde_json::from_str(text) else {
        return Err(message!("keep-unreadable", keeping = keeping.message()));
    };
    let client_secret = SecretString::from(client_secret.into_owned());
    Ok((StoredCredential { realm: realm.into_owned(), client_id: client_id.into_owned(), client_secret }, keeping))
}

fn read_file(path: &Path) -> Result<Option<(StoredCredential, StoredIn)>, Message> {
    match files::read_text(path, LONGEST_FILE).map(Zeroizing::new) {
        Ok(text) => parse_credential(&text, StoredIn::File(path.to_owned())).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(path, &error)),
    }
}

/// Returns whether the file existed.
fn remove_file(path: &Path) -> Result<bool, Message> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(unusable(path, &error)),
    }
}

fn unusable(path: &Path, error: &io::Error) -> Message {
    message!("keep-file", path = path.display().to_string(), reason = error.to_string())
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_end_matches('.').chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(folder: &Path) -> CredentialStore {
        // Without a bus and a profile, no test uses the developer's keyring.
        CredentialStore::of(&Environment::from_pairs([("XDG_CONFIG_HOME", folder.as_os_str())]))
    }

    fn credential(secret: &str) -> StoredCredential {
        StoredCredential {
            realm: "acme".into(),
            client_id: "id".into(),
            client_secret: SecretString::from(secret.to_owned()),
        }
    }

    #[test]
    fn keyring_is_used_only_when_the_home_or_session_has_one() {
        let home = tempfile::tempdir().unwrap();
        let found =
            |system, name, value: &Path| has_keyring(&Environment::from_pairs([(name, value.as_os_str())]), system);
        assert!(!found("windows", "HOME", home.path()) && !found("windows", "USERPROFILE", Path::new("")));
        assert!(found("windows", "USERPROFILE", home.path()));
        assert!(!found("macos", "HOME", home.path()) && !found("linux", "HOME", home.path()));
        std::fs::create_dir_all(home.path().join("Library/Keychains")).unwrap();
        assert!(found("macos", "HOME", home.path()));
        assert!(found("linux", "XDG_RUNTIME_DIR", home.path()));
        assert!(found("linux", "DBUS_SESSION_BUS_ADDRESS", Path::new("unix:path=/run/bus")));
    }

    #[cfg(unix)] // permissions
    #[tokio::test]
    async fn without_a_keyring_a_file_keeps_it_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        assert!(!store.may_hold_one());
        let StoredIn::File(path) = store.keep(&credential("s3cret-1")).await.unwrap() else { panic!("a file") };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        store.keep(&credential("s3cret-2")).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let (kept, keeping) = store.load().await.unwrap().unwrap();
        assert_eq!((kept.client_secret.expose_secret(), &keeping), ("s3cret-2", &StoredIn::File(path)));
        assert!(store.may_hold_one());
    }

    #[tokio::test]
    async fn unreadable_credential_error_does_not_show_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let StoredIn::File(path) = store.keep(&credential("s3cret")).await.unwrap() else { panic!("a file") };
        std::fs::write(path, "{ \"client_secret\": \"s3cret\"").unwrap();
        let error = store.load().await.unwrap_err().text(Language::En);
        assert!(error.contains("stackspot-lsp logout") && !error.contains("s3cret"), "{error}");
    }
}
