//! The front matter of a prompt file: YAML between two lines of `---`. Every key is optional.

use std::collections::HashMap;

use serde_json::Value;
use serde_saphyr::Spanned;

use super::files::FilePattern;
use crate::actions::problem::{Problem, suggesting};
use crate::actions::{ActionResult, QUICK_FIX};
use crate::i18n::message;

/// The keys, in the order of the documentation.
const KEYS: [&str; 9] =
    ["title", "kind", "languages", "agent", "result", "instruction", "knowledge", "knowledge-sources", "files"];

/// The largest front matter, which normally has a few lines. A longer text is not front matter.
const LONGEST_BYTES: usize = 16 << 10;

/// The values of the front matter. `None` if a key is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FrontMatter {
    pub(super) title: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) languages: Vec<String>,
    pub(super) agent: Option<String>,
    pub(super) result: Option<ActionResult>,
    pub(super) instruction: Instruction,
    pub(super) knowledge: Option<bool>,
    pub(super) knowledge_sources: Option<Vec<String>>,
    pub(super) files: Vec<FilePattern>,
}

/// Whether an action uses the user's own words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Instruction {
    /// It uses them if there are any.
    #[default]
    Optional,
    /// It does not run without them.
    Required,
    /// It uses its own words if the user gives none.
    Default(String),
}

/// The parts of a file.
pub(super) struct Parts<'a> {
    /// The YAML, and the line of its start.
    pub(super) front_matter: Option<(&'a str, usize)>,
    /// The rest.
    pub(super) body: &'a str,
    /// The line of the body's start, counted from one.
    pub(super) body_line: usize,
}

/// Splits a file into its parts. Front matter can only start on the first line of the file.
pub(super) fn split(text: &str) -> Result<Parts<'_>, Problem> {
    let whole = || Parts { front_matter: None, body: text, body_line: 1 };
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| line.trim_end() == "---") else { return Ok(whole()) };
    let start = first.len();
    let mut end = start;
    for (index, line) in lines.enumerate() {
        let after = end + line.len();
        if matches!(line.trim_end(), "---" | "...") {
            let yaml = text.get(start..end).unwrap_or_default();
            return Ok(Parts {
                front_matter: Some((yaml, 2)),
                body: text.get(after..).unwrap_or_default(),
                body_line: index + 3,
            });
        }
        end = after;
    }
    Err(Problem::at(1, message!("prompt-problem-left-open")))
}

/// Reads YAML that starts on line `first_line` of its file. Unusual but harmless values go to `warnings`.
pub(super) fn parse_front_matter(
    yaml: &str,
    first_line: usize,
    warnings: &mut Vec<Problem>,
) -> Result<FrontMatter, Problem> {
    if yaml.len() > LONGEST_BYTES {
        return Err(Problem::at(first_line, message!("prompt-problem-too-long")));
    }
    let in_file = |line: u64| usize::try_from(line).unwrap_or(usize::MAX).max(1).saturating_add(first_line - 1);
    let options = serde_saphyr::options! {
        with_snippet: false,
        budget: serde_saphyr::budget! { max_depth: 16, max_aliases: 0, max_anchors: 0 },
    };
    let entries: Option<HashMap<Spanned<String>, Value>> =
        serde_saphyr::from_str_with_options(yaml, options).map_err(|error| {
            let line = error.location().map_or(first_line, |location| in_file(location.line()));
            Problem::at(line, message!("prompt-problem-no-yaml", reason = in_short(&error.to_string())))
        })?;
    let mut read = FrontMatter::default();
    let mut entries: Vec<_> = entries.unwrap_or_default().into_iter().collect();
    entries.sort_by_key(|(key, _)| (key.referenced.line(), key.referenced.column()));
    for (key, value) in entries {
        let line = in_file(key.referenced.line());
        let key = key.value;
        let at = |reason| Problem::at(line, reason);
        let text_of = |value| text(value).ok_or_else(|| at(message!("prompt-problem-no-text", key = &key)));
        let texts_of = |value| texts(value).ok_or_else(|| at(message!("prompt-problem-no-texts", key = &key)));
        match (key.as_str(), &value) {
            (known, Value::Null) if KEYS.contains(&known) => {}
            ("title", value) => read.title = Some(text_of(value)?),
            ("agent", value) => read.agent = Some(text_of(value)?),
            ("kind", value) => {
                let kind = text_of(value)?;
                if !is_allowed_kind(&kind) {
                    return Err(at(message!("prompt-problem-kind", kind = kind)));
                }
                read.kind = Some(kind);
            }
            ("languages", value) => read.languages = texts_of(value)?,
            ("result", value) => {
                let named = text(value).and_then(|name| ActionResult::named(&name));
                read.result = Some(named.ok_or_else(|| at(message!("prompt-problem-no-result", key = &key)))?);
            }
            ("instruction", Value::Bool(true)) => read.instruction = Instruction::Required,
            ("instruction", Value::Bool(false)) => read.instruction = Instruction::Optional,
            ("instruction", value) => {
                let words = text(value).ok_or_else(|| at(message!("prompt-problem-no-instruction", key = &key)))?;
                read.instruction = match words.as_str() {
                    "required" => Instruction::Required,
                    "optional" => Instruction::Optional,
                    _ => Instruction::Default(words),
                };
            }
            ("knowledge", value) => {
                let switch = value.as_bool().ok_or_else(|| at(message!("prompt-problem-no-switch", key = &key)))?;
                read.knowledge = Some(switch);
            }
            ("knowledge-sources", value) => read.knowledge_sources = Some(texts_of(value)?),
            ("files", value) => {
                let patterns = texts_of(value)?.into_iter().map(FilePattern::parse);
                read.files = patterns.collect::<Result<_, _>>().map_err(at)?;
            }
            (unknown, _) => {
                let said = message!("prompt-problem-no-key", key = &key);
                warnings.push(at(suggesting(said, unknown, KEYS.into_iter())));
            }
        }
    }
    Ok(read)
}

/// `quickfix`, `refactor` and its kinds, and the kinds of this server. Editors run some other kinds without a request,
/// such as `source.*` when a document is saved.
fn is_allowed_kind(kind: &str) -> bool {
    let is_well_formed = kind
        .split('.')
        .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_')));
    let allowed = kind == QUICK_FIX
        || kind == "refactor"
        || ["refactor.", "stackspot-lsp."].iter().any(|prefix| kind.starts_with(prefix));
    is_well_formed && allowed
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => items.iter().map(text).collect(),
        value => Some(vec![text(value)?]),
    }
}

/// The parser's message, without its place (a line of the YAML, not of the file) and without advice to programmers.
fn in_short(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let first = first.strip_prefix("line ").and_then(|rest| Some(rest.split_once(": ")?.1)).unwrap_or(first);
    let first = first.split(" at line ").next().unwrap_or(first);
    match first.split(", set DuplicateKeyPolicy").next().unwrap_or(first).trim() {
        "expected mapping start" => "expected keys with values, such as “title: …”".to_owned(),
        said => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads a whole file; returns the warnings as text.
    fn file(text: &str) -> Result<(FrontMatter, Vec<String>), String> {
        let parts = split(text).map_err(|problem| problem.to_string())?;
        let mut warnings = Vec::new();
        let (yaml, line) = parts.front_matter.unwrap_or_default();
        let read = parse_front_matter(yaml, line.max(1), &mut warnings).map_err(|problem| problem.to_string())?;
        Ok((read, warnings.iter().map(ToString::to_string).collect()))
    }

    fn error(yaml: &str) -> String {
        file(&format!("---\n{yaml}\n---\nBody\n")).unwrap_err()
    }

    #[test]
    fn every_key_is_read() {
        let text = "---\ntitle: Look for holes\nkind: stackspot-lsp.security\nlanguages: [rust, go]\nagent: reviewer\n\
                    result: insert\ninstruction: what to look for\nknowledge: true\nknowledge-sources: [01KSA, 01KSB]\nfiles: [docs/*.md, notes.txt]\n---\nBody\n";
        let (read, warnings) = file(text).unwrap();
        let expected = FrontMatter {
            title: Some("Look for holes".into()),
            kind: Some("stackspot-lsp.security".into()),
            languages: vec!["rust".into(), "go".into()],
            agent: Some("reviewer".into()),
            result: Some(ActionResult::Insert),
            instruction: Instruction::Default("what to look for".into()),
            knowledge: Some(true),
            knowledge_sources: Some(vec!["01KSA".into(), "01KSB".into()]),
            files: ["docs/*.md", "notes.txt"].map(|text| FilePattern::parse(text.into()).unwrap()).to_vec(),
        };
        assert_eq!((read, warnings), (expected, vec![]));
        // The same with Windows line ends.
        assert_eq!(file(&text.replace('\n', "\r\n")).unwrap(), file(text).unwrap());
    }

    #[test]
    fn every_key_may_be_missing() {
        for text in ["Body", "", "---\n---\nBody", "---\n# nothing\n---\n", "---\ntitle:\nlanguages:\n---\n"] {
            assert_eq!(file(text).unwrap(), (FrontMatter::default(), vec![]), "{text:?}");
        }
    }

    #[test]
    fn an_instruction_is_required_optional_or_has_a_default() {
        for (yaml, expected) in [
            ("true", Instruction::Required),
            ("required", Instruction::Required),
            ("false", Instruction::Optional),
            ("optional", Instruction::Optional),
            ("in English", Instruction::Default("in English".into())),
        ] {
            let (read, _) = file(&format!("---\ninstruction: {yaml}\n---\n")).unwrap();
            assert_eq!(read.instruction, expected, "{yaml}");
        }
    }

    #[test]
    fn the_body_begins_behind_the_second_line_of_dashes() {
        let parts = split("---\r\ntitle: x\r\n--- \r\nBody\r\n---\r\n").unwrap();
        assert_eq!((parts.body, parts.body_line), ("Body\r\n---\r\n", 4));
        let parts = split("Text\n---\ntitle: x\n---\n").unwrap();
        assert_eq!((parts.front_matter, parts.body_line), (None, 1), "a rule in a text is no front matter");
        assert_eq!(file("---\ntitle: x\n").unwrap_err(), "line 1: the front matter is not closed by a line “---”");
    }

    #[test]
    fn front_matter_error_names_its_line() {
        for (yaml, said) in [
            (
                "title: x\nkind: source.fixAll",
                "line 3: the kind “source.fixAll” is not allowed; take “quickfix”, “refactor.…” or “stackspot-lsp.…”",
            ),
            ("result: patch", "line 2: “result” must be “answer”, “replace”, “insert”, “file” or “remarks”"),
            ("\ntitle: [1]", "line 3: “title” must be a text"),
            ("agent: 12", "line 2: “agent” must be a text"),
            ("languages: {a: b}", "line 2: “languages” must be a list of texts"),
            ("knowledge: sometimes", "line 2: “knowledge” must be true or false"),
            ("knowledge-sources: 7", "line 2: “knowledge-sources” must be a list of texts"),
            ("files: {a: b}", "line 2: “files” must be a list of texts"),
            (
                "title: x\nfiles: [a.md, ../b.md]",
                "line 3: the file “../b.md” lies outside of the workspace; name files by their paths inside of it",
            ),
            ("instruction: 3", "line 2: “instruction” must be true, false or a text"),
            ("title: a\ntitle: b", "line 3: the front matter is not valid YAML: duplicate mapping key: title"),
        ] {
            assert_eq!(error(yaml), said);
        }
        let kinds = "refactoring|quickfix.x|source.organizeImports|refactor.|stackspot-lsp|\"\\u0007\"|refactor. x";
        for kind in kinds.split('|') {
            assert!(error(&format!("kind: {kind}")).contains("kind"), "{kind}");
        }
        assert!(error("just words").ends_with("expected keys with values, such as “title: …”"));
        // Nesting and references are limited as well.
        let (deep, list) = ("[".repeat(5_000), "- ".repeat(5_000));
        for yaml in [
            "title: x\nkind: [".to_owned(),
            "title: a: b".to_owned(),
            "- a".to_owned(),
            "# long\n".repeat(10_000),
            format!("title: {deep}"),
            format!("title:\n {list}x"),
            "title: &a x\nagent: *a".to_owned(),
        ] {
            assert!(error(&yaml).starts_with("line "), "{yaml:.40}: {}", error(&yaml));
        }
    }

    #[test]
    fn unknown_key_error_suggests_the_right_key() {
        let (_, warnings) = file("---\ntitle: x\nlanguage: rust\ncolour: red\n---\n").unwrap();
        assert_eq!(
            warnings,
            ["line 3: there is no key “language”; did you mean “languages”?", "line 4: there is no key “colour”"]
        );
    }

    proptest! {
        #[test]
        fn no_file_makes_it_panic(text in "(---\n)?([a-z]{1,6}|title|kind|: |- |\n|[\\[\\]{}&*!|>'\"#%@,?-]|\t| |\\PC){0,60}(\n---\n)?") {
            let _ = file(&text);
        }
    }
}
