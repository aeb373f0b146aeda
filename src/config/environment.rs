//! Environment variables, captured once. No other module reads those of the process, so tests need not change them.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

/// The folder of this program under the platform's configuration and state directories.
const FOLDER: &str = "stackspot-lsp";

/// Variables whose values are safe and useful to show. For all others, `Debug` shows only the name.
const SHOWN: &str = "APPDATA HOME LANG LOCALAPPDATA STACKSPOT_AGENT_ID STACKSPOT_CA_BUNDLE STACKSPOT_LSP_AUDIT STACKSPOT_LSP_LOG \
                     STACKSPOT_LSP_LOG_FILE STACKSPOT_REALM USERPROFILE XDG_CONFIG_HOME XDG_STATE_HOME";

/// A captured set of environment variables.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// Captures the variables of this process.
    pub fn from_process() -> Self {
        Self::from_pairs(std::env::vars_os())
    }

    /// An environment with only these variables.
    pub fn from_pairs<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        Self { variables: pairs.into_iter().map(|(name, value)| (known_as(name.into()), value.into())).collect() }
    }

    /// The value of a variable. If it is empty, blank, or not Unicode, it counts as unset.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(&known_as(name.into()))?.to_str()?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// The exact value of a variable, even if blank. Parts that are not Unicode become U+FFFD.
    pub fn raw(&self, name: &str) -> Option<String> {
        self.variables.get(&known_as(name.into())).map(|value| value.to_string_lossy().into_owned())
    }

    /// The value of a variable that holds a path, Unicode or not. An empty one counts as unset.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let value = self.variables.get(&known_as(name.into()))?;
        (!value.is_empty()).then(|| PathBuf::from(value))
    }

    /// The configuration folder of the user: `$XDG_CONFIG_HOME/stackspot-lsp`, else `~/.config/stackspot-lsp`, and
    /// `%APPDATA%\stackspot-lsp` on Windows. macOS uses `~/.config`, like its editors.
    pub fn config_dir(&self) -> Option<PathBuf> {
        self.base_dir("XDG_CONFIG_HOME", "APPDATA", ".config")
    }

    /// The folder for logs and other state that may be lost: `$XDG_STATE_HOME/stackspot-lsp`, else
    /// `~/.local/state/stackspot-lsp`, and `%LOCALAPPDATA%\stackspot-lsp` on Windows.
    pub fn state_dir(&self) -> Option<PathBuf> {
        self.base_dir("XDG_STATE_HOME", "LOCALAPPDATA", ".local/state")
    }

    /// The user's home directory.
    pub fn home_dir(&self) -> Option<PathBuf> {
        let home = self.path("HOME").filter(|path| path.is_absolute());
        if cfg!(windows) { self.path("USERPROFILE").or(home) } else { home }
    }

    /// A path with `~/` replaced by the home directory, as a shell does. Editor settings do not pass through a shell.
    pub fn at_home(&self, path: &Path) -> PathBuf {
        match (path.strip_prefix("~"), self.home_dir()) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => path.to_owned(),
        }
    }

    fn base_dir(&self, xdg: &str, windows: &str, below_home: &str) -> Option<PathBuf> {
        // The XDG specification requires that relative values are ignored.
        let explicit = self.path(xdg).filter(|path| path.is_absolute());
        let platform = if cfg!(windows) { self.path(windows) } else { None };
        let base = explicit.or(platform).or_else(|| Some(self.home_dir()?.join(below_home)))?;
        Some(base.join(FOLDER))
    }
}

/// The lookup name of a variable. Windows ignores letter case.
fn known_as(name: OsString) -> OsString {
    if cfg!(windows) { name.to_ascii_uppercase() } else { name }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.variables.iter().map(|(name, value)| {
            let is_shown = SHOWN.split_whitespace().any(|shown| name == shown);
            (name, if is_shown { value.as_os_str() } else { OsStr::new("…") })
        });
        f.debug_map().entries(shown).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_variable_counts_as_unset_and_newlines_are_trimmed() {
        let environment = Environment::from_pairs([("EMPTY", ""), ("BLANK", "  "), ("PASTED", "s3cret\n")]);
        let values = ["EMPTY", "BLANK", "ABSENT", "PASTED"].map(|name| environment.get(name));
        assert_eq!(values, [None, None, None, Some("s3cret")]);
    }

    #[cfg(windows)]
    #[test]
    fn directories_follow_xdg_then_home() {
        let known = [("APPDATA", r"C:\Users\ana\AppData\Roaming"), ("LocalAppData", r"C:\Users\ana\AppData\Local")];
        let profile = Environment::from_pairs(
            known.into_iter().chain([("USERPROFILE", r"C:\Users\ana"), ("HOME", "/c/Users/ana")]),
        );
        assert_eq!(profile.config_dir(), Some(r"C:\Users\ana\AppData\Roaming\stackspot-lsp".into()));
        assert_eq!(profile.state_dir(), Some(r"C:\Users\ana\AppData\Local\stackspot-lsp".into()));
        for path in ["~/acme.pem", r"~\acme.pem"] {
            assert_eq!(profile.at_home(Path::new(path)), Path::new(r"C:\Users\ana\acme.pem"));
        }
        let xdg = Environment::from_pairs(known.into_iter().chain([("XDG_CONFIG_HOME", r"D:\config")]));
        assert_eq!(xdg.config_dir(), Some(r"D:\config\stackspot-lsp".into()));
    }

    #[cfg(windows)]
    #[test]
    fn the_name_of_a_variable_is_one_in_every_case() {
        let environment = Environment::from_pairs([("Stackspot_Realm", "acme")]);
        assert_eq!(
            (environment.get("STACKSPOT_REALM"), environment.get("stackspot_realm")),
            (Some("acme"), Some("acme"))
        );
    }

    #[cfg(unix)]
    #[test]
    fn directories_follow_xdg_then_home() {
        let home = Environment::from_pairs([("HOME", "/home/ana"), ("XDG_CONFIG_HOME", "relative/is/ignored")]);
        assert_eq!(home.config_dir(), Some("/home/ana/.config/stackspot-lsp".into()));
        assert_eq!(home.state_dir(), Some("/home/ana/.local/state/stackspot-lsp".into()));
        let xdg = Environment::from_pairs([("HOME", "/home/ana"), ("XDG_CONFIG_HOME", "/c"), ("XDG_STATE_HOME", "/s")]);
        assert_eq!(xdg.config_dir(), Some("/c/stackspot-lsp".into()));
        assert_eq!(xdg.state_dir(), Some("/s/stackspot-lsp".into()));
        assert_eq!(Environment::default().config_dir(), None);
    }

    #[test]
    fn debug_shows_no_secret() {
        let environment = Environment::from_pairs([
            ("STACKSPOT_REALM", "acme"),
            ("STACKSPOT_CLIENT_SECRET", "s3cret-1"),
            ("STACKSPOT_CLIENT_KEY", "s3cret-2"),
            ("STACKSPOT_TOKEN", "s3cret-3"),
            ("HTTPS_PROXY", "http://ana:s3cret-4@proxy"),
            ("AWS_SECRET_ACCESS_KEY", "s3cret-5"),
        ]);
        let shown = format!("{environment:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains("acme") && shown.contains("STACKSPOT_TOKEN"), "{shown}");
    }
}
