//! Settings as they arrive: one layer from the user file, one from the editor. Each layer is checked against the table,
//! so that an error names the key, the layer and the expected value. Then the layers are merged.

use std::cell::LazyCell;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::settings::{EditApply, SecretGuard};
use super::table::{self, ROWS, Unit, ValueType};
use crate::i18n::{Message, message};

/// The section name. Some clients also wrap the settings in a key of this name.
const SECTION: &str = "stackspot-lsp";

/// A problem that the user should know, but that stops nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The full key or variable.
    pub key: String,
    /// A sentence that names the key and says what to do.
    pub message: Message,
}

/// One wrong value.
#[derive(Debug)]
pub(super) struct Problem {
    /// The full dotted key; empty for the settings as a whole.
    key: String,
    /// A sentence with the key, the expected value, and the found value.
    pub(super) message: Message,
}

/// The source of settings.
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

/// Whether one of these keys is a setting, or the section name.
pub(crate) fn holds_a_setting(value: &Value) -> bool {
    let is_ours = |key: &String| key == SECTION || ROWS.iter().any(|row| row.key.split('.').next() == Some(key));
    value.as_object().is_some_and(|keys| keys.keys().any(is_ours))
}

/// Reads layers, and collects their problems.
pub(super) struct LayerReader {
    layer: Layer,
    pub(super) warnings: Vec<Warning>,
    pub(super) problems: Vec<Problem>,
}

/// Merges settings over others below a pattern (`""` is the top), key by key. `null` and Lua's empty list set nothing.
/// The values of `extraBody` belong to the service and are replaced whole.
pub(super) fn merge(pattern: &str, under: &mut Map<String, Value>, over: Map<String, Value>) {
    // The table is searched only for what both have, because most keys are in one of them.
    let names = LazyCell::new(|| table::names_below(pattern));
    for (name, value) in over {
        match (under.get_mut(&name), value) {
            (Some(_), Value::Null) => {}
            (Some(Value::Object(_)), Value::Array(over)) if over.is_empty() && !names.is_empty() => {}
            (Some(Value::Object(under)), Value::Object(over)) if !names.is_empty() => {
                merge(&table::join(pattern, if *names == ["*"] { "*" } else { &name }), under, over);
            }
            (_, value) => {
                under.insert(name, value);
            }
        }
    }
}

/// Removes values of the editor's layer that are looser than the user file. Editors read settings from workspaces, and
/// a workspace is not trusted.
pub(super) fn hold_floors(user: &Map<String, Value>, editor: &mut Map<String, Value>, warnings: &mut Vec<Warning>) {
    warnings.extend(hold_floor::<SecretGuard>("secrets", "guard", user, editor));
    warnings.extend(hold_floor::<EditApply>("edit", "apply", user, editor));
}

/// The same for one setting. Its values are ordered from the loosest to the strictest.
fn hold_floor<T: Ord + Default + Serialize + DeserializeOwned>(
    group: &str,
    name: &str,
    user: &Map<String, Value>,
    editor: &mut Map<String, Value>,
) -> Option<Warning> {
    let value = |layer: &Map<String, Value>| T::deserialize(layer.get(group)?.get(name)?).ok();
    let floor = value(user).unwrap_or_default();
    let asked = value(editor).filter(|asked| *asked < floor)?;
    editor.get_mut(group)?.as_object_mut()?.remove(name);
    let [asked, floor] = [asked, floor].map(|value| json!(value).as_str().unwrap_or_default().to_owned());
    let key = format!("{group}.{name}");
    let message = message!("settings-floor", key = &key, asked = asked, floor = floor);
    Some(Warning { key, message })
}

/// An agent needs an id. This is checked after the merge: one layer may name the agent, the other pin its version.
pub(super) fn require_agent_ids(merged: &Map<String, Value>, problems: &mut Vec<Problem>) {
    let agents = merged.get("agents").and_then(Value::as_object);
    for (name, agent) in agents.into_iter().flatten() {
        let key = format!("agents.{name}.id");
        if agent.get("id").is_none() && problems.iter().all(|problem| problem.key != key) {
            let message = message!("settings-no-agent-id", layer = SECTION, key = &key, name = name);
            problems.push(Problem { key, message });
        }
    }
}

impl LayerReader {
    pub(super) fn new() -> Self {
        Self { layer: Layer::UserFile, warnings: Vec::new(), problems: Vec::new() }
    }

    /// The valid part of one layer: only known keys, no `null`, whole numbers. `sent` are the settings of its sources;
    /// the later ones override the earlier ones.
    pub(super) fn read(&mut self, layer: Layer, sent: &[Value]) -> Map<String, Value> {
        self.layer = layer;
        let (mut members, mut wrong) = (Map::new(), None);
        for value in sent {
            let wrapped = value.get(SECTION).filter(|_| layer == Layer::Editor);
            match wrapped.unwrap_or(value) {
                Value::Null => {}
                Value::Array(items) if items.is_empty() => {}
                Value::Object(over) => {
                    wrong = None;
                    merge("", &mut members, expand_dotted_keys(over));
                }
                other => wrong = Some(other),
            }
        }
        if let Some(wrong) = wrong {
            let message = message!("settings-no-object", layer = layer.name(), found = describe(wrong));
            self.problems.push(Problem { key: String::new(), message });
        }
        self.group("", "", &members)
    }

    fn group(&mut self, pattern: &str, path: &str, members: &Map<String, Value>) -> Map<String, Value> {
        let names = table::names_below(pattern);
        let mut read = Map::new();
        for (name, value) in members {
            let path = table::join(path, name);
            let known = if names == ["*"] { Some("*") } else { names.iter().find(|known| *known == name).copied() };
            if let Some(known) = known {
                let value = self.value(&table::join(pattern, known), &path, value);
                read.extend(value.map(|value| (name.clone(), value)));
            } else {
                let warning = if pattern.is_empty() { self.misplaced(name) } else { None };
                let warning = warning.unwrap_or_else(|| self.unknown(pattern, &path, name));
                self.warnings.push(warning);
            }
        }
        read
    }

    /// The value if it is valid; `None` if it is unset or wrong.
    fn value(&mut self, pattern: &str, path: &str, value: &Value) -> Option<Value> {
        let row = table::row_of(pattern);
        let is_group = !table::names_below(pattern).is_empty();
        match (value, row.map(|row| row.kind)) {
            (Value::Null, _) => None,
            (Value::Object(members), _) if is_group => Some(Value::Object(self.group(pattern, path, members))),
            // In Lua, empty lists and empty objects are the same table. Neovim sends it as a list.
            (Value::Array(items), None | Some(ValueType::Object)) if items.is_empty() => {
                Some(Value::Object(Map::new()))
            }
            (Value::Object(members), Some(ValueType::Texts)) if members.is_empty() => Some(Value::Array(Vec::new())),
            (Value::Array(items), Some(ValueType::Texts)) if items.iter().all(Value::is_string) => Some(value.clone()),
            (Value::Object(members), Some(ValueType::Object)) => {
                let set = members.iter().filter(|(_, value)| !value.is_null());
                Some(Value::Object(set.map(|(name, value)| (name.clone(), value.clone())).collect()))
            }
            (Value::Bool(_), Some(ValueType::Bool)) => Some(value.clone()),
            (Value::String(text), Some(ValueType::Text)) => (!text.trim().is_empty()).then(|| value.clone()),
            (Value::String(text), Some(ValueType::OneOf(texts))) if texts.contains(&text.as_str()) => {
                Some(value.clone())
            }
            (Value::Number(_), Some(ValueType::Whole { unit, min, max })) => {
                self.whole_number(path, value, unit, min, max)
            }
            (_, kind) => {
                let mut expected = expected(kind);
                if is_group && kind.is_some() {
                    expected = message!("expected-or-object", expected = expected);
                }
                self.problem(path, expected, value);
                None
            }
        }
    }

    fn whole_number(&mut self, path: &str, value: &Value, unit: Unit, min: u64, max: u64) -> Option<Value> {
        // Some clients only know floating point and send 3.0. Below 2^53 that is exact.
        let exact = |number: &f64| number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(number);
        let number = value.as_u64().or_else(|| value.as_f64().filter(exact).map(|number| number as u64));
        let expected = match number {
            Some(number) if number > max => message!("expected-at-most", max = max),
            Some(number) if number >= min => return Some(Value::from(number)),
            None if value.as_f64().is_none_or(|number| number >= 0.0) => {
                expected(Some(ValueType::Whole { unit, min, max }))
            }
            _ => message!("expected-at-least", min = min),
        };
        self.problem(path, expected, value);
        None
    }

    fn problem(&mut self, path: &str, expected: Message, found: &Value) {
        let (layer, key, found) = (self.layer.name(), path.to_owned(), describe(found));
        let message = message!("settings-wrong", layer = layer, key = &key, expected = expected, found = found);
        self.problems.push(Problem { key, message });
    }

    fn unknown(&self, pattern: &str, path: &str, name: &str) -> Warning {
        let (layer, key) = (self.layer.name(), path.to_owned());
        let message = match suggestion(pattern, path, name) {
            Some(meant) => message!("settings-unknown-like", layer = layer, key = &key, meant = meant),
            None => message!("settings-unknown", layer = layer, key = &key),
        };
        Warning { key, message }
    }

    /// The warning for a key that decides who receives code and credentials. It never repeats the value.
    fn misplaced(&self, name: &str) -> Option<Warning> {
        let place = connection_key(name)?;
        let (layer, key) = (self.layer.name(), name.to_owned());
        let message = match self.layer {
            Layer::Editor => message!("settings-misplaced", layer = layer, key = &key, place = place),
            Layer::UserFile => message!("settings-misplaced-in-file", layer = layer, key = &key, place = place),
        };
        Some(Warning { key, message })
    }
}

/// The right place of a key that only the environment and the user file may set; `None` for every other key.
fn connection_key(name: &str) -> Option<Message> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let (variable, key) = match plain.strip_prefix("stackspot").unwrap_or(&plain) {
        "realm" => ("STACKSPOT_REALM", "`realm`"),
        "clientid" => ("STACKSPOT_CLIENT_ID", "`client_id`"),
        "clientsecret" | "clientkey" | "secret" => ("STACKSPOT_CLIENT_SECRET", "`client_secret`"),
        "clientsecretcommand" => ("STACKSPOT_CLIENT_SECRET", "`client_secret_command`"),
        "token" | "accesstoken" | "credential" | "credentials" => ("STACKSPOT_TOKEN", "`client_id`, `client_secret`"),
        "endpoints" | "endpoint" => ("STACKSPOT_IDM_URL, …", "`endpoints`"),
        "idm" | "idmurl" => ("STACKSPOT_IDM_URL", "`endpoints.idm`"),
        "inference" | "inferenceurl" => ("STACKSPOT_INFERENCE_URL", "`endpoints.inference`"),
        "data" | "dataurl" => ("STACKSPOT_DATA_URL", "`endpoints.data`"),
        "agentsurl" => ("STACKSPOT_AGENTS_URL", "`endpoints.agents`"),
        "accountid" => ("STACKSPOT_ACCOUNT_ID", "`account_id`"),
        "cabundle" => ("STACKSPOT_CA_BUNDLE", "`ca_bundle`"),
        "proxy" | "httpsproxy" | "httpproxy" => ("HTTPS_PROXY", "`proxy`"),
        "log" | "lsplog" => ("STACKSPOT_LSP_LOG", "`log`"),
        "logfile" | "lsplogfile" => ("STACKSPOT_LSP_LOG_FILE", "`log_file`"),
        "audit" | "lspaudit" => ("STACKSPOT_LSP_AUDIT", "`audit`"),
        _ => return None,
    };
    Some(message!("settings-place", variable = variable, key = key))
}

/// Expands `{"knowledge.enabled": true}`, as some editors send it, to `{"knowledge": {"enabled": true}}`.
fn expand_dotted_keys(members: &Map<String, Value>) -> Map<String, Value> {
    let mut expanded = Map::new();
    for (key, value) in members {
        let key = key.strip_prefix(SECTION).and_then(|rest| rest.strip_prefix('.')).unwrap_or(key);
        let is_known = |first: &str| table::names_below("").contains(&first) || connection_key(first).is_some();
        let is_path = key.split_once('.').is_some_and(|(first, _)| is_known(first));
        let mut names: Vec<&str> = if is_path { key.split('.').collect() } else { vec![key] };
        let innermost = names.pop().unwrap_or_default();
        let member = |name: &str, value: Value| Map::from_iter([(name.to_owned(), value)]);
        let innermost = member(innermost, value.clone());
        let nested = names.into_iter().rev().fold(innermost, |inner, name| member(name, Value::Object(inner)));
        merge("", &mut expanded, nested);
    }
    expanded
}

/// The known key that the user probably meant: a similar name, or the same name in another group.
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

fn expected(kind: Option<ValueType>) -> Message {
    match kind {
        Some(ValueType::Bool) => message!("expected-bool"),
        Some(ValueType::Text) => message!("expected-text"),
        Some(ValueType::Texts) => message!("expected-texts"),
        Some(ValueType::OneOf(texts)) => {
            let quoted: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
            message!("expected-one-of", texts = quoted.join(", "))
        }
        Some(ValueType::Whole { unit, .. }) => match unit {
            Unit::Attempts => message!("expected-whole-attempts"),
            Unit::Characters => message!("expected-whole-characters"),
            Unit::Jobs => message!("expected-whole-jobs"),
            Unit::Lines => message!("expected-whole-lines"),
            Unit::Milliseconds => message!("expected-whole-milliseconds"),
            Unit::Remarks => message!("expected-whole-remarks"),
            Unit::Requests => message!("expected-whole-requests"),
            Unit::Version => message!("expected-whole"),
        },
        Some(ValueType::Object) | None => message!("expected-object"),
    }
}

/// A short description of a value for users.
fn describe(value: &Value) -> Message {
    match value {
        Value::Null => message!("found-unset"),
        Value::Bool(value) => Message::verbatim(value.to_string()),
        Value::Number(number) => message!("found-number", number = number.to_string()),
        Value::String(text) if text.chars().count() > 40 => message!("found-long-text"),
        Value::String(text) => message!("found-text", text = format!("{text:?}")),
        Value::Array(_) => message!("found-list"),
        Value::Object(_) => message!("expected-object"),
    }
}
