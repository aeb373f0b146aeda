//! The user's own file, `config.toml`: connection keys, which only the user may set, and settings of the editor's
//! table. The editor's values override these settings.

mod text;
mod write;

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde_json::{Number, Value};

use super::{Environment, SecretCommand, Warning};
use crate::i18n::{Message, message};

use self::text::{line_at, read_text, syntax};
pub(crate) use self::write::Rewritten;

/// The user file after reading. A missing file equals an empty one.
#[derive(Debug, Clone, Default)]
pub struct UserFile {
    /// Its path, even if it does not exist; `None` if the platform defines no configuration folder.
    pub path: Option<PathBuf>,
    /// The keys that decide who receives code and credentials.
    pub connection: FileConnection,
    /// All other keys, as a layer for `Settings::from_layers`.
    pub settings: Value,
    /// Problems of the file that the user should know.
    pub warnings: Vec<Warning>,
}

/// The connection keys of the user file, each under its own name. `Debug` shows no secret.
#[derive(Debug, Clone, Default)]
pub struct FileConnection {
    pub realm: Option<String>,
    pub client_id: Option<String>,
    pub client_secret: Option<SecretString>,
    pub client_secret_command: Option<SecretCommand>,
    pub agent: Option<String>,
    pub endpoints: FileEndpoints,
    pub account_id: Option<String>,
    /// A relative path starts at the file's folder, `~/` at the home directory.
    pub ca_bundle: Option<PathBuf>,
    /// It may hold a password.
    pub proxy: Option<SecretString>,
    /// A tracing filter.
    pub log: Option<String>,
    /// A relative path starts at the file's folder, `~/` at the home directory.
    pub log_file: Option<PathBuf>,
    /// A file that gets a line for each job. Its path is resolved like `log_file`.
    pub audit: Option<PathBuf>,
}

/// The keys of `endpoints` in the user file, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileEndpoints {
    pub idm: Option<String>,
    pub inference: Option<String>,
    pub data: Option<String>,
    pub agents: Option<String>,
}

impl UserFile {
    /// The file that gets a line for each job: `STACKSPOT_LSP_AUDIT`, else `audit`.
    pub fn audit(&self, environment: &Environment) -> Option<PathBuf> {
        let variable = environment.path("STACKSPOT_LSP_AUDIT").map(|path| environment.at_home(&path));
        variable.or_else(|| self.connection.audit.clone())
    }

    /// Reads `config.toml` of the user's configuration folder.
    ///
    /// # Errors
    /// The file exists, but cannot be read or parsed.
    pub fn read(environment: &Environment) -> Result<Self, Message> {
        match environment.config_dir() {
            Some(folder) => Self::read_at(&folder.join("config.toml"), environment),
            None => Ok(Self::default()),
        }
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    /// The file exists, but cannot be read or parsed.
    pub fn read_at(path: &Path, environment: &Environment) -> Result<Self, Message> {
        let Some(text) = read_text(path)? else { return Ok(Self { path: Some(path.to_owned()), ..Self::default() }) };
        let mut file = Self::parse(&text, path, environment)?;
        let holds_a_secret = file.connection.client_secret.is_some();
        if crate::files::is_writable_by_others(path) || holds_a_secret && crate::files::is_open_to_others(path) {
            let message = message!("user-file-open-to-others", path = path.display().to_string());
            file.warnings.push(Warning { key: "client_secret".into(), message });
        }
        Ok(file)
    }

    /// Parses the text of a user file at `path`; the file need not exist.
    ///
    /// # Errors
    /// The text is not TOML, or a connection key has a value of a wrong type.
    pub fn parse(text: &str, path: &Path, environment: &Environment) -> Result<Self, Message> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let parsed = toml::from_str(text);
        let table: toml::Table = parsed.map_err(|error| syntax(path, text, error.span(), error.message()))?;
        let mut keys = Keys { path, text, table };
        let mut endpoints = FileEndpoints::default();
        let mut warnings = Vec::new();
        match keys.table.remove("endpoints") {
            None => {}
            Some(toml::Value::Table(table)) => {
                let mut below = Keys { path, text, table };
                endpoints.idm = below.text("endpoints.idm")?;
                endpoints.inference = below.text("endpoints.inference")?;
                endpoints.data = below.text("endpoints.data")?;
                endpoints.agents = below.text("endpoints.agents")?;
                warnings.extend(below.table.keys().map(|name| {
                    let key = format!("endpoints.{name}");
                    let message = message!("user-file-no-endpoint", key = &key);
                    Warning { key, message }
                }));
            }
            Some(other) => return Err(keys.wrong("endpoints", message!("found-table"), &other)),
        }
        let connection = FileConnection {
            realm: keys.text("realm")?,
            client_id: keys.text("client_id")?,
            client_secret: keys.text("client_secret")?.map(SecretString::from),
            client_secret_command: keys.command("client_secret_command")?,
            agent: keys.text("agent")?,
            endpoints,
            account_id: keys.text("account_id")?,
            ca_bundle: keys.text("ca_bundle")?.map(|text| located(&text, path, environment)),
            proxy: keys.text("proxy")?.map(SecretString::from),
            log: keys.text("log")?,
            log_file: keys.text("log_file")?.map(|text| located(&text, path, environment)),
            audit: keys.text("audit")?.map(|text| located(&text, path, environment)),
        };
        Ok(Self { path: Some(path.to_owned()), connection, settings: json_of_table(keys.table), warnings })
    }
}

/// The keys of a table that were not taken yet.
struct Keys<'a> {
    path: &'a Path,
    text: &'a str,
    table: toml::Table,
}

impl Keys<'_> {
    /// Takes the text of a key; an empty one is unset.
    fn text(&mut self, key: &str) -> Result<Option<String>, Message> {
        match self.table.remove(last_name(key)) {
            None => Ok(None),
            Some(toml::Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Some(other) => Err(self.wrong(key, message!("expected-text"), &other)),
        }
    }

    /// Takes a command: one text for the shell, or a list of a program and its arguments.
    fn command(&mut self, key: &str) -> Result<Option<SecretCommand>, Message> {
        let expected = message!("expected-command");
        match self.table.remove(last_name(key)) {
            None => Ok(None),
            Some(toml::Value::String(line)) if line.trim().is_empty() => Ok(None),
            Some(toml::Value::String(line)) => Ok(Some(SecretCommand::Shell(line))),
            Some(toml::Value::Array(items)) => {
                let words: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                let words = words.ok_or_else(|| self.wrong(key, expected, &toml::Value::Array(items)))?;
                let command = words.split_first();
                Ok(command.map(|(program, arguments)| SecretCommand::Program {
                    program: program.clone(),
                    arguments: arguments.to_vec(),
                }))
            }
            Some(other) => Err(self.wrong(key, expected, &other)),
        }
    }

    /// The error names the type of the value, never the value itself, which may be a secret.
    fn wrong(&self, key: &str, expected: Message, found: &toml::Value) -> Message {
        let found = match found {
            toml::Value::String(_) => message!("expected-text"),
            toml::Value::Integer(_) | toml::Value::Float(_) => message!("found-some-number"),
            toml::Value::Boolean(_) => message!("expected-bool"),
            toml::Value::Datetime(_) => message!("found-date"),
            toml::Value::Array(_) => message!("found-list"),
            toml::Value::Table(_) => message!("found-table"),
        };
        let (path, line) = (self.path.display().to_string(), line_of_key(self.text, key));
        message!("user-file-value", path = path, line = line, key = key.to_owned(), expected = expected, found = found)
    }
}

fn last_name(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// The line of a dotted key, from 1; 1 if the parser does not report it.
fn line_of_key(text: &str, key: &str) -> usize {
    let Ok(document) = toml::de::DeTable::parse(text) else { return 1 };
    let mut table = document.get_ref();
    let mut start = 0;
    for name in key.split('.') {
        let Some((found, value)) = table.iter().find(|(found, _)| found.get_ref() == name) else { break };
        start = found.span().start;
        match value.get_ref() {
            toml::de::DeValue::Table(below) => table = below,
            _ => break,
        }
    }
    line_at(text, start)
}

fn located(text: &str, file: &Path, environment: &Environment) -> PathBuf {
    let path = environment.at_home(Path::new(text));
    // `join` keeps an absolute path unchanged.
    file.parent().map_or_else(|| path.clone(), |folder| folder.join(&path))
}

fn json_of(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        toml::Value::Boolean(value) => Value::Bool(value),
        toml::Value::Datetime(moment) => Value::String(moment.to_string()),
        toml::Value::Array(items) => Value::Array(items.into_iter().map(json_of).collect()),
        toml::Value::Table(table) => json_of_table(table),
    }
}

fn json_of_table(table: toml::Table) -> Value {
    Value::Object(table.into_iter().map(|(key, value)| (key, json_of(value))).collect())
}

#[cfg(test)]
mod tests;
