//! The data in the commands of the portal's page: the account, its addresses, the agent and its settings.

use base64::Engine;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde_json::Value;
use url::Url;

use super::words::{Word, commands};
use crate::config::{unwrapped, unwrapped_token};

/// The data that was found. `Debug` shows no secret.
#[derive(Debug, Default)]
pub(super) struct Snippet {
    pub(super) realm: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<SecretString>,
    /// Base URLs, without a slash at the end.
    pub(super) idm: Option<String>,
    pub(super) inference: Option<String>,
    pub(super) data: Option<String>,
    pub(super) agents: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) knowledge_sources: Vec<String>,
    /// Settings by their dotted names.
    pub(super) flags: Vec<(&'static str, bool)>,
    /// It contains a bearer token, and not only a placeholder.
    pub(super) has_token: bool,
}

/// The fields of a chat's body that are also settings.
const FLAGS: &[(&str, &str)] = &[
    ("streaming", "streaming"),
    ("stackspot_knowledge", "knowledge.enabled"),
    ("return_ks_in_response", "knowledge.returnSources"),
    ("deep_search_ks", "knowledge.deepSearch"),
    ("use_conversation", "conversation.enabled"),
];

impl Snippet {
    /// Reads it. Returns `None` if it contains no request to a service of StackSpot.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut snippet = Self::default();
        let mut is_known = false;
        for words in commands(text) {
            let after = words.iter().position(|word| is_curl(word)).map_or(words.len(), |at| at + 1);
            if let Some(request) = Request::of(words.get(after..).unwrap_or_default()) {
                is_known |= snippet.apply_request(&request);
            }
        }
        is_known.then_some(snippet)
    }

    /// Takes the data of a request. Returns whether the request is a known one.
    fn apply_request(&mut self, request: &Request) -> bool {
        self.has_token |= request.has_token;
        let segments: Vec<&str> =
            request.url.path_segments().into_iter().flatten().filter(|it| !it.is_empty()).collect();
        let base = |before: usize| base_url(&request.url, segments.get(..before).unwrap_or_default());
        match segments.as_slice() {
            [.., realm, "oidc", "oauth", "token"] => {
                self.realm = self.realm.take().or(literal_value(&decoded(realm)));
                self.idm = base(segments.len() - 4);
                let form = request.form();
                let field = |names: &[&str]| {
                    form.iter()
                        .find(|(name, _)| names.contains(&name.as_str()))
                        .and_then(|(_, value)| literal_value(value))
                };
                let basic = request.basic.as_ref();
                let id = field(&["client_id"]).or_else(|| literal_value(&basic?.0));
                let secret = field(&["client_secret", "client_key"]).or_else(|| literal_value(&basic?.1));
                self.client_id = self.client_id.take().or(id);
                self.client_secret = self.client_secret.take().or(secret.map(SecretString::from));
            }
            [.., "v1", "agent", agent, "chat"] => {
                self.agent = self.agent.take().or(literal_value(&decoded(agent)));
                self.inference = base(segments.len() - 4);
                request.data.iter().for_each(|body| self.take_body(body));
            }
            [.., "v2", "file-upload", "form"] => self.data = base(segments.len() - 3),
            [.., "v1" | "v4", "agents"] => self.agents = base(segments.len() - 2),
            _ => return false,
        }
        true
    }

    fn take_body(&mut self, body: &str) {
        // PowerShell 5.1 and cmd require escaped quotes in a body.
        let body = body.replace("\\\"", "\"");
        for (field, setting) in FLAGS {
            let value = member(&body, field).and_then(|rest| {
                let rest = rest.trim_start_matches('"').to_ascii_lowercase();
                [("true", true), ("false", false)].into_iter().find(|(word, _)| rest.starts_with(word))
            });
            self.flags.extend(value.map(|(_, value)| (*setting, value)));
        }
        for field in ["knowledge_source_ids", "knowledge_sources"] {
            let list = member(&body, field).and_then(|rest| rest.get(..=rest.find(']')?));
            let ids: Option<Vec<String>> = list.and_then(|list| serde_json::from_str(list).ok());
            self.knowledge_sources.extend(ids.into_iter().flatten().filter_map(|id| literal_value(&id)));
        }
    }

    /// The flags as JSON's `true` and `false`, by their dotted names.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let sources =
            (!self.knowledge_sources.is_empty()).then(|| ("knowledge.sources", self.knowledge_sources.clone().into()));
        self.flags.iter().map(|(name, value)| (*name, Value::Bool(*value))).chain(sources)
    }
}

/// The text after a member's name. A page's example lacks a comma. Therefore the body need not be valid JSON.
fn member<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = body.split_once(&format!("\"{name}\""))?;
    rest.trim_start().strip_prefix(':').map(str::trim_start)
}

fn is_curl(word: &str) -> bool {
    let name = word.rsplit(['/', '\\']).next().unwrap_or_default();
    matches!(name.to_ascii_lowercase().as_str(), "curl" | "curl.exe")
}

fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

fn base_url(url: &Url, segments: &[&str]) -> Option<String> {
    let base = format!("{}/{}", url.origin().ascii_serialization(), segments.join("/"));
    (!segments.iter().any(|it| is_placeholder(&decoded(it)))).then(|| base.trim_end_matches('/').to_owned())
}

/// A value. Returns `None` for a placeholder that the user must replace.
fn literal_value(value: &str) -> Option<String> {
    let value = unwrapped(value).0.into_owned();
    (!is_placeholder(&value)).then_some(value)
}

fn is_placeholder(value: &str) -> bool {
    let plain: String = value.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let names =
        ["clientid", "clientsecret", "clientkey", "realm", "agentid", "token", "accesstoken", "jwt", "key", "slug"];
    let has_marks = |open: char, close: char| value.starts_with(open) && value.ends_with(close);
    value.starts_with('$')
        || [('<', '>'), ('{', '}'), ('[', ']'), ('%', '%')].into_iter().any(|(open, close)| has_marks(open, close))
        || ["your", "seu", "sua", "my"].into_iter().any(|whose| {
            plain.strip_prefix(whose).is_some_and(|rest| names.iter().any(|name| rest.ends_with(name)))
        })
        || names.contains(&plain.as_str())
        // Only `x`, or only marks such as dots and stars.
        || plain.chars().all(|c| c == 'x')
}

/// A curl request.
struct Request {
    url: Url,
    /// The data arguments, not decoded.
    data: Vec<Word>,
    /// The parts of a form that need no decoding.
    parts: Vec<Word>,
    basic: Option<(String, Zeroizing<String>)>,
    has_token: bool,
}

impl Request {
    /// Reads the words after `curl`. Returns `None` without an address.
    fn of(words: &[Word]) -> Option<Self> {
        let (mut url, mut data, mut parts, mut basic, mut has_token) = (None, Vec::new(), Vec::new(), None, false);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (option, attached) = split(word);
            let mut value = || attached.map(|it| Zeroizing::new(it.to_owned())).or_else(|| words.next().cloned());
            match option {
                "-d" | "--data" | "--data-raw" | "--data-ascii" | "--data-binary" | "--json" => data.extend(value()),
                "--data-urlencode" | "-F" | "--form" | "--form-string" => parts.extend(value()),
                "-u" | "--user" => {
                    let pair = value().unwrap_or_default();
                    basic = pair.split_once(':').map(|(id, secret)| (id.to_owned(), Zeroizing::new(secret.to_owned())));
                }
                "-H" | "--header" => match authorization(&value().unwrap_or_default()) {
                    Some(Authorization::Basic(id, secret)) => basic = Some((id, secret)),
                    Some(Authorization::Bearer) => has_token = true,
                    None => {}
                },
                "--oauth2-bearer" => has_token |= literal_value(&value().unwrap_or_default()).is_some(),
                "--url" => url = url.or(value().and_then(|text| address(&text))),
                // Options with a value that is not needed here.
                "-X" | "--request" | "-o" | "--output" | "-w" | "--write-out" | "-x" | "--proxy" | "-A"
                | "--user-agent" | "-b" | "--cookie" | "-m" | "--max-time" => drop(value()),
                _ => url = url.or(address(word)),
            }
        }
        Some(Self { url: url?, data, parts, basic, has_token })
    }

    /// The fields of the form.
    fn form(&self) -> Vec<(String, Zeroizing<String>)> {
        let encoded = self.data.iter().flat_map(|data| {
            // The page may have split a value into lines.
            let data = Zeroizing::new(data.lines().map(str::trim).collect::<String>());
            url::form_urlencoded::parse(data.as_bytes()).into_owned().collect::<Vec<_>>()
        });
        let parts = self.parts.iter().filter_map(|part| part.split_once('='));
        let parts = parts.map(|(name, value)| (name.to_owned(), value.to_owned()));
        encoded.chain(parts).map(|(name, value)| (name.trim().to_owned(), Zeroizing::new(value))).collect()
    }
}

/// An option, and its value if it is attached.
fn split(word: &str) -> (&str, Option<&str>) {
    if let Some((option, value)) = word.split_once('=').filter(|(option, _)| option.starts_with("--")) {
        return (option, Some(value));
    }
    for option in ["-d", "-H", "-X", "-F", "-u"] {
        if let Some(value) = word.strip_prefix(option).filter(|value| !value.is_empty()) {
            return (option, Some(value));
        }
    }
    (word, None)
}

fn address(word: &str) -> Option<Url> {
    let word = word.trim();
    let is_address = ["http://", "https://"].iter().any(|scheme| word.starts_with(scheme));
    Url::parse(word).ok().filter(|_| is_address)
}

enum Authorization {
    Basic(String, Zeroizing<String>),
    /// With a token that is not a placeholder.
    Bearer,
}

fn authorization(header: &str) -> Option<Authorization> {
    let (name, value) = header.split_once(':')?;
    if !name.trim().eq_ignore_ascii_case("authorization") {
        return None;
    }
    let (scheme, credentials) = value.trim().split_once(char::is_whitespace)?;
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = base64::engine::general_purpose::STANDARD.decode(credentials.trim()).ok()?;
        let decoded = Zeroizing::new(String::from_utf8(decoded).ok()?);
        let (id, secret) = decoded.split_once(':')?;
        return Some(Authorization::Basic(id.to_owned(), Zeroizing::new(secret.to_owned())));
    }
    let token = Zeroizing::new(unwrapped_token(value).0);
    literal_value(&token).map(|_| Authorization::Bearer)
}

#[cfg(test)]
mod tests;
