//! Which URLs may receive code and credentials.

use std::borrow::Cow;
use std::str::FromStr;

use url::Url;

use super::error::ApiError;
use super::private_address::is_loopback;
use crate::i18n::{Argument, Message, message};

/// The base URL of a service, without a trailing slash. Only a permitted URL becomes one: it is `https://`, or `http://`
/// to this machine, and has no user name, password, query or fragment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint(Cow<'static, str>);

/// Why a URL may not receive code and credentials. `messages` explains each.
#[allow(missing_docs, reason = "each has its message")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointProblem {
    NoUrl,
    Scheme,
    Password,
    Plain,
    Query,
}

/// Whether a URL may receive code and credentials.
///
/// # Errors
/// The network could read them, or the URL itself holds a credential.
pub(crate) fn permit(url: &Url) -> Result<(), EndpointProblem> {
    match url.scheme() {
        "http" | "https" if !url.username().is_empty() || url.password().is_some() => Err(EndpointProblem::Password),
        "http" if !is_loopback(url) => Err(EndpointProblem::Plain),
        "http" | "https" => Ok(()),
        _ => Err(EndpointProblem::Scheme),
    }
}

impl FromStr for Endpoint {
    type Err = EndpointProblem;

    fn from_str(text: &str) -> Result<Self, EndpointProblem> {
        let url = Url::parse(text).map_err(|_| EndpointProblem::NoUrl)?;
        permit(&url)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(EndpointProblem::Query);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned().into()))
    }
}

impl Endpoint {
    /// An endpoint that the program knows. A test checks each of them.
    pub(super) const fn known(base: &'static str) -> Self {
        Self(Cow::Borrowed(base))
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL with further path segments, each percent-encoded.
    ///
    /// # Errors
    /// A segment would lead to another path.
    pub(super) fn join(&self, segments: &[&str]) -> Result<Url, ApiError> {
        let unusable = |_| {
            let (problem, remedy) = EndpointProblem::NoUrl.messages(self.as_str().to_owned());
            ApiError::protocol(problem, remedy, None)
        };
        let mut url = Url::parse(&self.0).map_err(unusable)?;
        // The URL standard would remove these, and the request would go to another path.
        if let Some(segment) = segments.iter().find(|segment| matches!(**segment, "" | "." | "..")) {
            let problem = message!("api-no-segment", segment = (*segment).to_owned());
            return Err(ApiError::protocol(problem, message!("api-no-segment-remedy"), None));
        }
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        Ok(url)
    }
}

impl EndpointProblem {
    /// The problem with the value of `name`, and what to do. The value is not repeated, because it may hold a password.
    pub(crate) fn messages(self, name: impl Into<Argument>) -> (Message, Message) {
        let name = name.into();
        match self {
            Self::NoUrl => (message!("endpoint-no-url", name = name), message!("endpoint-remedy")),
            Self::Scheme => (message!("endpoint-scheme", name = name), message!("endpoint-remedy")),
            Self::Password => (message!("endpoint-password", name = name), message!("endpoint-password-remedy")),
            Self::Plain => (message!("endpoint-plain", name = name), message!("endpoint-plain-remedy")),
            Self::Query => (message!("endpoint-query", name = name), message!("endpoint-remedy")),
        }
    }
}
