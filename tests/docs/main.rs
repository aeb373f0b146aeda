//! What README and docs say, held against the code.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs, unreachable_pub)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stackspot_lsp::config::{Environment, Settings, UserFile, settings_schema};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder whose names end so.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = entries.flat_map(|path| if path.is_dir() { files(&path, ending) } else { vec![path] });
    below.filter(|path| path.to_string_lossy().ends_with(ending)).collect()
}

/// The pages for people.
fn pages() -> Vec<PathBuf> {
    let top = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benches/README.md"].map(|name| root().join(name));
    top.into_iter().chain(files(&root().join("docs"), ".md")).chain(files(&root().join("editors"), ".md")).collect()
}

/// The fenced blocks of a page: language and text.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != "```").collect();
            blocks.push((language.to_owned(), text.join("\n")));
        }
    }
    blocks
}

/// Every setting of the schema by its dotted key, `*` for any name: its default as JSON, and the words it may be.
fn settings() -> BTreeMap<String, (Option<Value>, Vec<String>)> {
    fn collect(key: &str, node: &Value, into: &mut BTreeMap<String, (Option<Value>, Vec<String>)>) {
        if node.get("description").is_some() {
            let words = node["enum"].as_array().into_iter().flatten().filter(|word| !word.is_null());
            let default = node.get("default").filter(|default| !default.is_null());
            into.insert(key.to_owned(), (default.cloned(), words.map(Value::to_string).collect()));
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
fn the_readme_lists_exactly_the_settings_with_their_defaults() {
    let readme = read("README.md");
    let table =
        readme.split("<!-- settings: begin -->").nth(1).unwrap().split("<!-- settings: end -->").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let mut listed: BTreeMap<String, (String, String)> = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [key, kind, default, _meaning] = cells[..] else { panic!("four cells: {row}") };
        listed.insert(key.trim_matches('`').to_owned(), (kind.to_owned(), default.trim_matches('`').to_owned()));
    }
    let settings = settings();
    assert!(settings.len() > 20 && settings.contains_key("timeouts.idleMs"), "the schema is read");
    assert_eq!(listed.keys().collect::<Vec<_>>(), settings.keys().collect::<Vec<_>>());
    for (key, (default, words)) in &settings {
        let (kind, listed_default) = &listed[key];
        let default = default.as_ref().map_or_else(|| "none".to_owned(), Value::to_string);
        assert_eq!(*listed_default, default, "the default of {key}");
        assert!(words.iter().all(|word| kind.contains(&format!("`{word}`"))), "{key} may be {words:?}: {kind}");
    }
}

#[test]
fn the_readmes_snippets_of_configuration_are_taken_without_a_warning() {
    let (mut editor, mut user_file) = (0, 0);
    for (language, text) in blocks(&read("README.md")) {
        match language.as_str() {
            "json" => {
                let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                let (_, warnings) = Settings::from_layers(&json!({}), &value).unwrap();
                assert!(warnings.is_empty(), "{warnings:?}");
                editor += 1;
            }
            "toml" if text.starts_with("# config.toml") => {
                let file = UserFile::parse(&text, Path::new("/config.toml"), &Environment::default()).unwrap();
                let (_, warnings) = Settings::from_layers(&file.settings, &json!({})).unwrap();
                assert!(file.warnings.is_empty() && warnings.is_empty(), "{:?} {warnings:?}", file.warnings);
                user_file += 1;
            }
            "toml" => drop(toml::from_str::<toml::Table>(&text).unwrap_or_else(|error| panic!("{error}: {text}"))),
            _ => {}
        }
    }
    assert!(editor > 0 && user_file > 0, "the README shows both");
}

/// What of an editor is not run by a test is at least what its format says.
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

#[test]
fn ci_finds_the_readmes_two_commands() {
    let readme = read("README.md");
    for (marker, command) in [("demo", "cargo run -- demo"), ("test", "cargo test")] {
        let (_, after) = readme.split_once(&format!("<!-- ci: {marker} -->\n")).unwrap();
        assert!(after.starts_with(&format!("```sh\n{command}\n```\n")), "after the marker {marker}");
    }
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let mut checked = 0;
    for page in pages() {
        for target in link_targets(&read(&page)) {
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(path.exists(), "{} links to {target}", page.display());
            let anchors = || read(&path).lines().filter(|line| line.starts_with('#')).map(anchor).collect::<Vec<_>>();
            assert!(heading.is_empty() || anchors().iter().any(|it| it == heading), "{}: {target}", page.display());
            checked += 1;
        }
    }
    assert!(checked > 10, "{checked} links");
}

/// The targets of a page's links that lead to no other site. A link may be broken over two lines.
fn link_targets(page: &str) -> Vec<String> {
    let parts = page.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    parts.map(|(target, _)| target.to_owned()).filter(|target| !target.contains("://")).collect()
}

/// A heading's name in links, as GitHub forms it.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    words
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[test]
fn each_thing_that_is_known_of_the_service_names_its_test() {
    let page = read("docs/agents-api.md");
    let (mut in_table, mut rows) = (false, 0);
    for line in page.lines() {
        let last = line.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
        in_table = line.starts_with('|') && (in_table || last == "test");
        if in_table && last != "test" && !line.starts_with("| ---") {
            // Names have words; a word in backquotes alone may be a field.
            let names = last.split('`').skip(1).step_by(2).filter(|name| name.contains('_'));
            assert!(names.count() > 0, "which test proves it? {line}");
            rows += 1;
        }
    }
    assert!(rows > 80, "{rows} rows");
}

#[test]
fn every_test_that_a_page_names_exists() {
    let folders = ["src", "tests"].map(|folder| root().join(folder));
    let sources: String = folders.iter().flat_map(|folder| files(folder, ".rs")).map(read).collect();
    let mut named = 0;
    for page in pages() {
        let text = read(&page);
        let spans = text.split('`').skip(1).step_by(2);
        let is_test = |span: &&str| {
            span.matches('_').count() >= 4
                && span.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        for name in spans.filter(is_test) {
            assert!(sources.contains(&format!("fn {name}(")), "{}: there is no test `{name}`", page.display());
            named += 1;
        }
    }
    assert!(named > 50, "{named} names");
}
