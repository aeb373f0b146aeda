//! Sets keys of the user file at the user's request. The rest of the file stays the same: comments, order, blanks.

use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use serde_json::Value;
use toml_edit::{DocumentMut, Item, Table, TableLike, value};

use super::text::{read_text, syntax};
use crate::files;
use crate::i18n::Message;

/// The new content of the user file.
#[derive(Debug)]
pub(crate) struct Rewritten {
    /// Its path; the file may not exist yet.
    pub(crate) path: PathBuf,
    /// Its new text. It may hold an existing secret.
    pub(crate) text: Zeroizing<String>,
    /// The changed keys, as they are written.
    pub(crate) keys: Vec<String>,
}

impl Rewritten {
    /// Sets `values` by their dotted keys. Fails if the file cannot be read, or is not TOML.
    pub(crate) fn of(path: &Path, values: &[(&str, Value)]) -> Result<Self, Message> {
        let text = read_text(path)?.unwrap_or_default();
        let bare = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let parsed =
            bare.parse().map_err(|error: toml_edit::TomlError| syntax(path, bare, error.span(), error.message()));
        let mut document: DocumentMut = parsed?;
        let mut keys = Vec::new();
        for (key, json) in values {
            let Some(wanted) = toml_of(json) else { continue };
            let mut folders: Vec<&str> = key.split('.').collect();
            let Some(name) = folders.pop() else { continue };
            let Some(table) = table_at(document.as_table_mut(), &folders) else { continue };
            if table.get(name).is_some_and(|before| is_same(before, json)) {
                continue;
            }
            match table.get_mut(name).and_then(Item::as_value_mut) {
                // The comment after the old value stays.
                Some(old) => {
                    let decor = old.decor().clone();
                    if let Item::Value(new) = wanted {
                        *old = new;
                        *old.decor_mut() = decor;
                    }
                }
                None => drop(table.insert(name, wanted)),
            }
            keys.push((*key).to_owned());
        }
        Ok(Self { path: path.to_owned(), text: Zeroizing::new(document.to_string()), keys })
    }

    /// Writes the file, for its owner only. A link stays a link, and its target folder is unchanged. Errors are those
    /// of the operating system.
    pub(crate) fn write(&self) -> std::io::Result<()> {
        let path = std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        files::replace_in_any_folder(&path, self.text.as_bytes())
    }
}

/// The table at the end of a path, created if missing; `None` if another value is there.
fn table_at<'a>(table: &'a mut dyn TableLike, path: &[&str]) -> Option<&'a mut dyn TableLike> {
    let Some((first, rest)) = path.split_first() else { return Some(table) };
    let below = table.entry(first).or_insert_with(|| Item::Table(Table::new()));
    table_at(below.as_table_like_mut()?, rest)
}

fn is_same(item: &Item, json: &Value) -> bool {
    match json {
        Value::Bool(flag) => item.as_bool() == Some(*flag),
        Value::String(text) => item.as_str() == Some(text),
        Value::Array(wanted) => {
            let there = item.as_array().map(|items| items.iter().map(toml_edit::Value::as_str).collect::<Vec<_>>());
            there.is_some_and(|there| there == wanted.iter().map(Value::as_str).collect::<Vec<_>>())
        }
        _ => false,
    }
}

fn toml_of(json: &Value) -> Option<Item> {
    Some(match json {
        Value::Bool(flag) => value(*flag),
        Value::String(text) => value(text.as_str()),
        Value::Array(items) => value(items.iter().filter_map(Value::as_str).collect::<toml_edit::Array>()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_set_in_their_tables_and_other_text_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let before = "# mine\nrealm = \"old\"  # the realm\nlanguage = \"en\"\n\n[knowledge]\n# why\nenabled = false\n";
        std::fs::write(&path, before).unwrap();
        let values = [
            ("realm", json!("acme")),
            ("language", json!("en")),
            ("endpoints.idm", json!("https://idm.acme.example")),
            ("knowledge.enabled", json!(true)),
            ("knowledge.sources", json!(["a", "b"])),
        ];
        let written = Rewritten::of(&path, &values).unwrap();
        assert_eq!(written.keys, ["realm", "endpoints.idm", "knowledge.enabled", "knowledge.sources"]);
        written.write().unwrap();
        let after = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            after,
            "# mine\nrealm = \"acme\"  # the realm\nlanguage = \"en\"\n\n[knowledge]\n# why\nenabled = true\nsources = \
             [\"a\", \"b\"]\n\n[endpoints]\nidm = \"https://idm.acme.example\"\n"
        );
        assert!(Rewritten::of(&path, &values).unwrap().keys.is_empty(), "nothing is left to change");
        let fresh = Rewritten::of(&folder.path().join("none.toml"), &values[..1]).unwrap();
        assert_eq!(fresh.text.as_str(), "realm = \"acme\"\n");
        std::fs::write(&path, "realm = [\n").unwrap();
        assert!(Rewritten::of(&path, &values).is_err());
    }
}
