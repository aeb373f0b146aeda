//! The statements of README and docs, checked against the code.

mod layering;
mod links;
mod plain;
mod prompt_tags;
mod security;
mod snippets;
mod translation;

use std::collections::BTreeMap;

use serde_json::Value;
use stackspot_lsp::testing::actions::BUILT_INS;
use stackspot_lsp::testing::config::settings_schema;

use crate::pages::{files, read, root};

/// A setting in the schema.
struct Setting {
    default: Option<Value>,
    /// The allowed words, as JSON.
    words: Vec<String>,
    description: String,
}

/// Every setting of the schema by its dotted key, `*` for any name.
fn settings() -> BTreeMap<String, Setting> {
    fn collect(key: &str, node: &Value, into: &mut BTreeMap<String, Setting>) {
        if let Some(description) = node["description"].as_str() {
            let words = node["enum"].as_array().into_iter().flatten().filter(|word| !word.is_null());
            let words = words.map(Value::to_string).collect();
            let default = node.get("default").filter(|default| !default.is_null()).cloned();
            into.insert(key.to_owned(), Setting { default, words, description: description.to_owned() });
        }
        let join = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
        for (name, below) in node["properties"].as_object().into_iter().flatten() {
            collect(&join(name), below, into);
        }
        if node["additionalProperties"].is_object() {
            collect(&join("*"), &node["additionalProperties"], into);
        }
        for alternative in node["anyOf"].as_array().into_iter().flatten() {
            collect(key, alternative, into);
        }
    }
    let mut settings = BTreeMap::new();
    collect("", &settings_schema(), &mut settings);
    settings
}

#[test]
fn settings_page_lists_all_settings_with_their_defaults() {
    let page = read("docs/settings.md");
    let table = page.split("<!-- settings: begin -->").nth(1).unwrap().split("<!-- settings: end -->").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let mut listed: BTreeMap<String, (String, String, String)> = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [key, kind, default, meaning] = cells[..] else { panic!("four cells: {row}") };
        let default = default.trim_matches('`').to_owned();
        listed.insert(key.trim_matches('`').to_owned(), (kind.to_owned(), default, meaning.to_owned()));
    }
    let settings = settings();
    assert!(settings.len() > 20 && settings.contains_key("timeouts.idleMs"), "the schema is read");
    assert_eq!(listed.keys().collect::<Vec<_>>(), settings.keys().collect::<Vec<_>>());
    for (key, Setting { default, words, description }) in &settings {
        let (kind, listed_default, meaning) = &listed[key];
        assert!(meaning.starts_with(description), "the page begins with the words of the schema: {key}\n{description}");
        let default = default.as_ref().map_or_else(|| "none".to_owned(), Value::to_string);
        assert_eq!(*listed_default, default, "the default of {key}");
        assert!(words.iter().all(|word| kind.contains(&format!("`{word}`"))), "{key} may be {words:?}: {kind}");
    }
}

#[test]
fn settings_page_lists_all_built_in_actions() {
    let page = read("docs/settings.md");
    let (_, list) = page.split_once("it is the id of an action: ").expect("the list of actions");
    let (list, _) = list.split_once(", or the name of a prompt file").expect("the end of the list");
    let listed: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
    assert_eq!(listed, BUILT_INS.iter().map(|action| &*action.id).collect::<Vec<_>>());
}

#[test]
fn ci_finds_the_readmes_two_commands() {
    let readme = read("README.md");
    for (marker, command) in [("demo", "cargo run -- demo"), ("test", "cargo test")] {
        let (_, after) = readme.split_once(&format!("<!-- ci: {marker} -->\n")).unwrap();
        assert!(after.starts_with(&format!("```sh\n{command}\n```\n")), "after the marker {marker}");
    }
}

#[test]
fn each_fact_about_the_service_names_its_test() {
    let page = read("docs/agents-api.md");
    let (mut in_table, mut rows) = (false, 0);
    for line in page.lines() {
        let last = line.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
        in_table = line.starts_with('|') && (in_table || last == "test");
        if in_table && last != "test" && !line.starts_with("| ---") {
            // Names contain underscores. A single word in backquotes may be a field.
            let names = last.split('`').skip(1).step_by(2).filter(|name| name.contains('_'));
            assert!(names.count() > 0, "which test proves it? {line}");
            rows += 1;
        }
    }
    assert!(rows > 80, "{rows} rows");
}

/// The files for editors that no test runs are at least well-formed.
#[test]
fn the_files_for_editors_are_well_formed_and_start_the_server() {
    let mut checked = Vec::new();
    for editor in ["helix", "jetbrains", "kate", "sublime", "vim", "zed"] {
        for path in files(&root().join("editors").join(editor), "") {
            let text = read(&path);
            match path.extension().and_then(|ending| ending.to_str()) {
                Some("json" | "sublime-settings") => {
                    drop(
                        serde_json::from_str::<Value>(&text)
                            .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
                    );
                }
                Some("toml") => {
                    drop(
                        toml::from_str::<toml::Table>(&text)
                            .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
                    );
                }
                _ => continue,
            }
            assert!(text.contains("stackspot-lsp"), "{}", path.display());
            checked.push(path);
        }
    }
    assert_eq!(checked.len(), 7, "{checked:?}");
}

/// A user copies one of the two files, so each has these functions. The plug-in and both files must do the same.
#[test]
fn the_configurations_of_neovim_make_edits_in_the_same_way() {
    let [new, old] = ["lsp/stackspot_lsp.lua", "plain.lua"].map(|file| read(root().join("editors/neovim").join(file)));
    for (before, name) in [("-- Why an edit cannot go", "what_hinders"), ("-- An answer grows", "apply_edit")] {
        let function = |text: &str| {
            let (_, from) = text.split_once(before).unwrap_or_else(|| panic!("{name} has its comment"));
            from.split_once("\nend\n").unwrap().0.to_owned()
        };
        assert!(function(&new).contains(&format!("\nlocal function {name}(")), "{name} is read");
        assert_eq!(function(&new), function(&old), "{name} in lsp/stackspot_lsp.lua and in plain.lua");
    }
}

#[test]
fn neovim_has_a_command_for_each_built_in_action() {
    let plugin = read("editors/neovim/plugin/stackspot_lsp.lua");
    let (_, list) = plugin.split_once("vim.g.stackspot_lsp_actions = {").unwrap();
    let names: Vec<&str> = list.split('}').next().unwrap().split('\'').skip(1).step_by(2).collect();
    assert_eq!(names, BUILT_INS.iter().map(|action| &*action.id).collect::<Vec<_>>());
}
