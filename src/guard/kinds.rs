//! The kinds of findings and their messages. A question counts findings of the same kind together.

use std::fmt;

use super::key_names::Names;
use crate::i18n::{Language, Message, message};

/// What a text looks like. The most severe kind comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretKind {
    /// The private key of a key pair.
    PrivateKey,
    /// The key of a wallet, or its recovery words.
    WalletKey,
    /// A key to a service.
    Key(&'static str),
    /// A token of a service.
    Token(&'static str),
    /// A secret of a service: of a client or an application.
    Secret(&'static str),
    /// An account of a service, by its number.
    Account(&'static str),
    /// The address of a web hook. Anyone with the address can post there.
    WebHook(&'static str),
    /// The secret that a web hook signs with.
    SigningSecret,
    /// A signed token that describes itself.
    JsonWebToken,
    /// A URL with a user's password, or with a signature instead of one.
    Url,
    /// User and password in Base64.
    Login,
    /// The value of an authorization header.
    BearerToken,
    /// The identifier of a session.
    Cookie,
    /// A password. The text before it shows this.
    Password(String),
    /// A random value. It is assigned to a name of a secret.
    Assigned(String),
}

impl SecretKind {
    /// The kind of a value that is assigned to `name`.
    pub(super) fn named(name: &str, names: Names) -> Self {
        let name = name.trim_start_matches('-').to_owned();
        if names == Names::Password { Self::Password(name) } else { Self::Assigned(name) }
    }

    /// `count` findings of this kind, in words that follow "what looks like".
    pub fn counted(&self, count: usize) -> Message {
        match self {
            Self::PrivateKey => message!("guard-kind-private-key", count = count),
            Self::WalletKey => message!("guard-kind-wallet", count = count),
            Self::Key(of) => message!("guard-kind-key", count = count, article = article(of), of = *of),
            Self::Token(of) => message!("guard-kind-token", count = count, article = article(of), of = *of),
            Self::Secret(of) => message!("guard-kind-secret", count = count, article = article(of), of = *of),
            Self::Account(of) => message!("guard-kind-account", count = count, article = article(of), of = *of),
            Self::WebHook(of) => message!("guard-kind-web-hook", count = count, article = article(of), of = *of),
            Self::SigningSecret => message!("guard-kind-signing-secret", count = count),
            Self::JsonWebToken => message!("guard-kind-jwt", count = count),
            Self::Url => message!("guard-kind-url", count = count),
            Self::Login => message!("guard-kind-base64", count = count),
            Self::BearerToken => message!("guard-kind-bearer", count = count),
            Self::Cookie => message!("guard-kind-cookie", count = count),
            Self::Password(_) => message!("guard-kind-password", count = count),
            Self::Assigned(_) => message!("guard-kind-assigned", count = count),
        }
    }

    /// One finding, with the name it is assigned to, in words that follow "what looks like".
    pub fn message(&self) -> Message {
        match self {
            Self::Password(name) | Self::Assigned(name) => {
                message!("guard-what-assigned", name = format!("`{}`", crate::i18n::one_line(name)))
            }
            other => other.counted(1),
        }
    }

    /// Whether the two are counted together. The names of assigned values do not matter.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Password(_), Self::Password(_)) | (Self::Assigned(_), Self::Assigned(_)) => true,
            _ => self == other,
        }
    }
}

/// In English, for logs and tests.
impl fmt::Display for SecretKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message().text(Language::En))
    }
}

/// The article before the name of a service, by its pronunciation.
fn article(name: &str) -> &'static str {
    let letters = ["npm", "xAI", "SSH", "HTTP"];
    let vowel = name.starts_with(['A', 'E', 'I', 'O', 'U', 'a', 'e', 'i', 'o']) && !name.starts_with("EU");
    if vowel || letters.iter().any(|it| name.starts_with(it)) { "an" } else { "a" }
}
