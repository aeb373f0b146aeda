//! A parser of the language reads each block of code in pages. `tests/process` runs the shell blocks.

use std::path::Path;

use serde_json::{Map, Value, json};
use stackspot_lsp::testing::config::{Environment, Settings, UserFile, settings_schema};

use crate::pages::{Block, blocks, pages, root};

#[test]
fn every_snippet_is_valid_in_its_language() {
    let mut checked = std::collections::BTreeMap::new();
    for block in pages().iter().flat_map(|page| blocks(page)) {
        let language = block.language.as_str();
        let problem = match language {
            "json" | "jsonc" => check_json(&block.text),
            "toml" => check_toml(&block.text),
            "yaml" => serde_saphyr::from_str::<Value>(&block.text).map(drop).map_err(|error| error.to_string()),
            "lua" => check_lua(&block.text),
            "sh" | "bash" => parse(&tree_sitter_bash::LANGUAGE.into(), &block.text),
            "js" | "javascript" => parse(&tree_sitter_javascript::LANGUAGE.into(), &block.text),
            "ts" | "typescript" => parse(&tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(), &block.text),
            "python" => parse(&tree_sitter_python::LANGUAGE.into(), &block.text),
            "elisp" | "emacs-lisp" | "lisp" => balanced(&block.text),
            // Plain words, and languages without a parser here. The tests of their editors read those.
            "text" | "markdown" | "diff" | "vim" | "kak" => Ok(()),
            other => {
                Err(format!("nothing here reads {other:?}; name the language of the block, `text` for plain words"))
            }
        };
        assert_eq!(problem, Ok(()), "{}: {}", block.place, block.text);
        *checked.entry(block.language).or_insert(0) += 1;
    }
    for language in ["json", "toml", "yaml", "lua", "sh"] {
        assert!(checked.contains_key(language), "{language}: {checked:?}");
    }
}

#[test]
fn broken_snippet_is_found_by_the_check() {
    for text in [
        "{",
        r#"{ "edit": { "aply": "review" } }"#,
        r#"{ "stackspot-lsp.edit.apply": "sometimes" }"#,
        r#"{ "settings": { "stackspot-lsp": { "edit": { "aply": "review" } } } }"#,
    ] {
        assert!(check_json(text).is_err(), "{text}");
    }
    assert!(check_json(r#"{ "stackspot-lsp.edit.apply": "review", "editor.fontSize": 12 }"#).is_ok());
    assert!(check_toml("# config.toml\nrealms = 'acme'").is_err() && check_toml("a = [").is_err());
    assert!(check_lua("vim.lsp.enable('x'").is_err() && check_lua("{ dir = '~/src', lazy = false }").is_ok());
    assert!(balanced("(a (b \")\") ; )\n").is_err() && balanced("(a (b \")\")) ; (\n").is_ok());
}

fn parse(language: &tree_sitter::Language, text: &str) -> Result<(), String> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(language).unwrap();
    let tree = parser.parse(text, None).unwrap();
    if tree.root_node().has_error() { Err("a syntax error".to_owned()) } else { Ok(()) }
}

/// Lua: a chunk, or a value such as the table for a plug-in manager.
fn check_lua(text: &str) -> Result<(), String> {
    let lua = tree_sitter_lua::LANGUAGE.into();
    parse(&lua, text).or_else(|_| parse(&lua, &format!("return {text}")))
}

/// JSON, with comments as editors allow them. If it looks like settings, it must be valid settings.
fn check_json(text: &str) -> Result<(), String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let value: Value =
        serde_json::from_str(&lines.collect::<Vec<_>>().join("\n")).map_err(|error| error.to_string())?;
    for settings in settings_in(&value) {
        let (_, warnings) = Settings::from_layers(&json!({}), &[settings]).map_err(|error| format!("{error:?}"))?;
        if !warnings.is_empty() {
            return Err(format!("{warnings:?}"));
        }
    }
    Ok(())
}

/// The settings of this server in a piece of JSON: at the top, in their section at any depth, or with dotted keys as
/// in VS Code.
fn settings_in(value: &Value) -> Vec<Value> {
    let Some(object) = value.as_object() else { return Vec::new() };
    let schema = settings_schema();
    if !object.is_empty() && object.keys().any(|key| schema["properties"].get(key).is_some()) {
        return vec![value.clone()];
    }
    let mut dotted = Value::Object(Map::new());
    let mut found = Vec::new();
    for (key, value) in object {
        match key.strip_prefix("stackspot-lsp") {
            Some("") => found.push(value.clone()),
            Some(path) if path.starts_with('.') => {
                let mut place = &mut dotted;
                for name in path.split('.').skip(1) {
                    place = &mut place[name];
                }
                *place = value.clone();
            }
            _ => found.extend(settings_in(value)),
        }
    }
    if dotted.as_object().is_some_and(|dotted| !dotted.is_empty()) {
        found.push(dotted);
    }
    found
}

/// TOML. If it begins with `# config.toml`, it is parsed as the user file.
fn check_toml(text: &str) -> Result<(), String> {
    toml::from_str::<toml::Table>(text).map_err(|error| error.to_string())?;
    if !text.starts_with("# config.toml") {
        return Ok(());
    }
    let file = UserFile::parse(text, Path::new("/config.toml"), &Environment::default())
        .map_err(|error| format!("{error:?}"))?;
    let (_, warnings) = Settings::from_layers(&file.settings, &[]).map_err(|error| format!("{error:?}"))?;
    if file.warnings.is_empty() && warnings.is_empty() {
        Ok(())
    } else {
        Err(format!("{:?} {warnings:?}", file.warnings))
    }
}

/// Whether the parentheses of Lisp are paired. The tests of Emacs read the rest.
fn balanced(text: &str) -> Result<(), String> {
    let (mut depth, mut quoted, mut comment, mut escaped) = (0, false, false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\n' => comment = false,
            _ if comment => {}
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            ';' => comment = true,
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return Err("a parenthesis too many".to_owned());
        }
    }
    if depth == 0 && !quoted { Ok(()) } else { Err("a parenthesis or a quote is open".to_owned()) }
}

#[test]
fn the_settings_page_shows_settings_and_a_user_file() {
    let blocks = blocks(&root().join("docs/settings.md"));
    let has = |wanted: fn(&Block) -> bool| blocks.iter().any(wanted);
    assert!(has(|block| block.language == "json") && has(|block| block.text.starts_with("# config.toml")));
}
