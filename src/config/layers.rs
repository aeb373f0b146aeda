//! Settings as they arrive: one layer from the user file, one from the editor. Each is read against the table, so that
//! an error names the key, the layer and what was expected there, and then laid over the other.

use serde_json::{Map, Value};
use thiserror::Error;

use super::table::{self, Kind, ROWS};

/// The section, and the key under which some clients wrap the settings.
const SECTION: &str = "stackspot-lsp";

/// Something that the user should know and that stops nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The key or variable, in full.
    pub key: String,
    /// A sentence that names the key and says what to do.
    pub message: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// The settings cannot be taken; the ones before them hold on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; "))]
pub struct SettingsError {
    /// Every value that is wrong; at least one.
    pub problems: Vec<Problem>,
}

impl SettingsError {
    /// A value that the table lets pass and `Settings` does not: a fault of this program, said rather than hidden.
    pub(super) fn unforeseen(error: &serde_json::Error) -> Self {
        let message = format!("the settings of stackspot-lsp cannot be read: {error}");
        Self { problems: vec![Problem { key: String::new(), message }] }
    }
}

/// One wrong value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The dotted key, in full; empty for the settings as a whole.
    pub key: String,
    /// A sentence that names the key, what was expected, and what was found.
    pub message: String,
}

/// Where settings came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    /// `config.toml`.
    UserFile,
    /// `initializationOptions`, `workspace/configuration` or `didChangeConfiguration`.
    Editor,
}

impl Layer {
    fn name(self) -> &'static str {
        match self {
            Self::UserFile => "config.toml",
            Self::Editor => SECTION,
        }
    }
}

/// Whether one of these keys is a setting, or the section's own name.
pub(crate) fn holds_a_setting(value: &Value) -> bool {
    let is_ours = |key: &String| key == SECTION || ROWS.iter().any(|row| row.key.split('.').next() == Some(key));
    value.as_object().is_some_and(|keys| keys.keys().any(is_ours))
}

/// The valid part of one layer: known keys alone, no `null`, numbers whole.
pub(super) fn read(
    layer: Layer,
    value: &Value,
    warnings: &mut Vec<Warning>,
    problems: &mut Vec<Problem>,
) -> Map<String, Value> {
    let value = match value.get(SECTION) {
        Some(wrapped) if layer == Layer::Editor => wrapped,
        _ => value,
    };
    let mut reader = Reader { layer, warnings, problems };
    match value {
        Value::Null => Map::new(),
        Value::Array(items) if items.is_empty() => Map::new(),
        Value::Object(members) => reader.group("", "", &expand_dotted_keys(members)),
        other => {
            let message = format!("{} settings must be an object, but they are {}", layer.name(), describe(other));
            reader.problems.push(Problem { key: String::new(), message });
            Map::new()
        }
    }
}

/// Lays one layer over another, key by key. What stands inside a value of `extraBody` belongs to the service and is
/// replaced whole.
pub(super) fn merge(under: &mut Map<String, Value>, over: Map<String, Value>) {
    merge_below("", under, over);
}

fn merge_below(pattern: &str, under: &mut Map<String, Value>, over: Map<String, Value>) {
    let names = table::names_below(pattern);
    for (name, value) in over {
        let pattern = table::join(pattern, if names == ["*"] { "*" } else { &name });
        let is_ours = !names.is_empty();
        match (under.get_mut(&name), value) {
            (Some(Value::Object(under)), Value::Object(over)) if is_ours => merge_below(&pattern, under, over),
            (_, value) => {
                under.insert(name, value);
            }
        }
    }
}

/// An agent without an id could not be asked. Checked when merged: one layer may name it, the other pin its version.
pub(super) fn require_agent_ids(merged: &Map<String, Value>, problems: &mut Vec<Problem>) {
    let agents = merged.get("agents").and_then(Value::as_object);
    for (name, agent) in agents.into_iter().flatten() {
        let key = format!("agents.{name}.id");
        if agent.get("id").is_none() && problems.iter().all(|problem| problem.key != key) {
            let message = format!("{SECTION} setting \"{key}\" is missing: it must be the id of the agent \"{name}\"");
            problems.push(Problem { key, message });
        }
    }
}

struct Reader<'a> {
    layer: Layer,
    warnings: &'a mut Vec<Warning>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn group(&mut self, pattern: &str, path: &str, members: &Map<String, Value>) -> Map<String, Value> {
        let names = table::names_below(pattern);
        let mut read = Map::new();
        for (name, value) in members {
            let path = table::join(path, name);
            if names == ["*"] {
                self.value_into(&mut read, &table::join(pattern, "*"), &path, name, value);
            } else if names.contains(&name.as_str()) {
                self.value_into(&mut read, &table::join(pattern, name), &path, name, value);
            } else {
                let warning = if pattern.is_empty() { self.misplaced(name) } else { None };
                let warning = warning.unwrap_or_else(|| self.unknown(pattern, &path, name));
                self.warnings.push(warning);
            }
        }
        read
    }

    fn value_into(&mut self, read: &mut Map<String, Value>, pattern: &str, path: &str, name: &str, value: &Value) {
        if let Some(value) = self.value(pattern, path, value) {
            read.insert(name.to_owned(), value);
        }
    }

    /// The value where it is valid; `None` where it is unset or wrong.
    fn value(&mut self, pattern: &str, path: &str, value: &Value) -> Option<Value> {
        let row = table::row_of(pattern);
        let is_group = !table::names_below(pattern).is_empty();
        match (value, row.map(|row| row.kind)) {
            (Value::Null, _) => None,
            (Value::Object(members), _) if is_group => Some(Value::Object(self.group(pattern, path, members))),
            // Lua has one empty table for lists and objects, and Neovim sends it as a list.
            (Value::Array(items), None | Some(Kind::Object)) if items.is_empty() => Some(Value::Object(Map::new())),
            (Value::Object(members), Some(Kind::Object)) => {
                let set = members.iter().filter(|(_, value)| !value.is_null());
                Some(Value::Object(set.map(|(name, value)| (name.clone(), value.clone())).collect()))
            }
            (Value::Bool(_), Some(Kind::Bool)) => Some(value.clone()),
            (Value::String(text), Some(Kind::Text)) => (!text.trim().is_empty()).then(|| value.clone()),
            (Value::String(text), Some(Kind::OneOf(texts))) if texts.contains(&text.as_str()) => Some(value.clone()),
            (Value::Number(_), Some(Kind::Whole { unit, min, max })) => self.whole(path, value, unit, min, max),
            (_, kind) => {
                let mut expected = expected(kind);
                if is_group && kind.is_some() {
                    expected.push_str(" or an object");
                }
                self.problem(path, &expected, value);
                None
            }
        }
    }

    fn whole(&mut self, path: &str, value: &Value, unit: &'static str, min: u64, max: u64) -> Option<Value> {
        // Some clients know floating point alone and send 3.0; below 2^53 that is exact.
        let exact = |number: &f64| number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(number);
        let number = value.as_u64().or_else(|| value.as_f64().filter(exact).map(|number| number as u64));
        match number {
            Some(number) if number < min => self.problem(path, &format!("at least {min}"), value),
            Some(number) if number > max => self.problem(path, &format!("at most {max}"), value),
            Some(number) => return Some(Value::from(number)),
            None if value.as_f64().is_some_and(|number| number < 0.0) => {
                self.problem(path, &format!("at least {min}"), value);
            }
            None => self.problem(path, &expected(Some(Kind::Whole { unit, min, max })), value),
        }
        None
    }

    fn problem(&mut self, path: &str, expected: &str, found: &Value) {
        let (layer, found) = (self.layer.name(), describe(found));
        let message = format!("{layer} setting \"{path}\" must be {expected}, but it is {found}");
        self.problems.push(Problem { key: path.to_owned(), message });
    }

    fn unknown(&self, pattern: &str, path: &str, name: &str) -> Warning {
        let mut message = format!("{} setting \"{path}\" is unknown and ignored", self.layer.name());
        if let Some(key) = suggestion(pattern, path, name) {
            message.push_str(&format!("; did you mean \"{key}\"?"));
        }
        Warning { key: path.to_owned(), message }
    }

    /// The warning for a key that decides who receives code and credentials. The value is never repeated.
    fn misplaced(&self, name: &str) -> Option<Warning> {
        let place = connection_key(name)?;
        let layer = self.layer.name();
        let message = match self.layer {
            Layer::Editor => format!(
                "{layer} setting \"{name}\" is ignored: an editor or a workspace never decides where code and \
                 credentials go. Set {place} of your own user file instead"
            ),
            Layer::UserFile => format!("{layer} key \"{name}\" is unknown and ignored; did you mean {place}?"),
        };
        Some(Warning { key: name.to_owned(), message })
    }
}

/// Where a key belongs that only the environment and the user file may set; `None` for every other key.
fn connection_key(name: &str) -> Option<&'static str> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    Some(match plain.strip_prefix("stackspot").unwrap_or(&plain) {
        "realm" => "STACKSPOT_REALM in the environment, or `realm`",
        "clientid" => "STACKSPOT_CLIENT_ID in the environment, or `client_id`",
        "clientsecret" | "clientkey" | "secret" => "STACKSPOT_CLIENT_SECRET in the environment, or `client_secret`",
        "clientsecretcommand" => "STACKSPOT_CLIENT_SECRET in the environment, or `client_secret_command`",
        "token" | "accesstoken" | "credential" | "credentials" => {
            "STACKSPOT_TOKEN in the environment, or `client_id` and `client_secret`"
        }
        "endpoints" | "endpoint" => "STACKSPOT_IDM_URL and the like in the environment, or `endpoints`",
        "idm" | "idmurl" => "STACKSPOT_IDM_URL in the environment, or `endpoints.idm`",
        "inference" | "inferenceurl" => "STACKSPOT_INFERENCE_URL in the environment, or `endpoints.inference`",
        "data" | "dataurl" => "STACKSPOT_DATA_URL in the environment, or `endpoints.data`",
        "agentsurl" => "STACKSPOT_AGENTS_URL in the environment, or `endpoints.agents`",
        "cabundle" => "STACKSPOT_CA_BUNDLE in the environment, or `ca_bundle`",
        "proxy" | "httpsproxy" | "httpproxy" => "HTTPS_PROXY in the environment, or `proxy`",
        "log" | "lsplog" => "STACKSPOT_LSP_LOG in the environment, or `log`",
        "logfile" | "lsplogfile" => "STACKSPOT_LSP_LOG_FILE in the environment, or `log_file`",
        _ => return None,
    })
}

/// `{"knowledge.enabled": true}`, as some editors send it, as `{"knowledge": {"enabled": true}}`.
fn expand_dotted_keys(members: &Map<String, Value>) -> Map<String, Value> {
    let mut expanded = Map::new();
    for (key, value) in members {
        let key = key.strip_prefix(SECTION).and_then(|rest| rest.strip_prefix('.')).unwrap_or(key);
        let first = key.split('.').next().unwrap_or_default();
        let is_known = table::names_below("").contains(&first) || connection_key(first).is_some();
        let mut names: Vec<&str> = if is_known { key.split('.').collect() } else { vec![key] };
        let innermost = names.pop().unwrap_or_default();
        let member = Map::from_iter([(innermost.to_owned(), value.clone())]);
        let nested = names
            .into_iter()
            .rev()
            .fold(member, |inner, name| Map::from_iter([(name.to_owned(), Value::Object(inner))]));
        merge(&mut expanded, nested);
    }
    expanded
}

/// The known key that was probably meant: a near neighbour, or the same name in another group.
fn suggestion(pattern: &str, path: &str, name: &str) -> Option<String> {
    let plain = |text: &str| text.replace(['_', '-'], "").to_ascii_lowercase();
    let near = |candidate: &&str| {
        let distance = strsim::damerau_levenshtein(&plain(candidate), &plain(name));
        distance <= candidate.len() / 4 + 1 && distance < candidate.len()
    };
    let neighbours = table::names_below(pattern);
    let neighbour = neighbours.iter().filter(|known| near(known)).min_by_key(|known| strsim::levenshtein(known, name));
    if let Some(neighbour) = neighbour {
        let parent = path.strip_suffix(name).unwrap_or_default();
        return Some(format!("{parent}{neighbour}"));
    }
    let elsewhere = ROWS.iter().find(|row| {
        !row.key.contains('*') && row.key.rsplit('.').next().is_some_and(|last| plain(last) == plain(name))
    });
    elsewhere.map(|row| row.key.to_owned())
}

fn expected(kind: Option<Kind>) -> String {
    match kind {
        Some(Kind::Bool) => "true or false".into(),
        Some(Kind::Text) => "text".into(),
        Some(Kind::OneOf(texts)) => {
            let quoted: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
            format!("one of {}", quoted.join(", "))
        }
        Some(Kind::Whole { unit: "", .. }) => "a whole number".into(),
        Some(Kind::Whole { unit, .. }) => format!("a whole number of {unit}"),
        Some(Kind::Object) | None => "an object".into(),
    }
}

/// A value as a person would name it, short.
fn describe(value: &Value) -> String {
    match value {
        Value::Null => "unset".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.chars().count() > 40 => "a longer text".into(),
        Value::String(text) => format!("the text {text:?}"),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
    }
}
