//! Code inside of JSON: from agents whose instructions require JSON, or that call a tool.

use serde_json::{Map, Value};

use super::result::EnvelopeContent;
use crate::edit::extract::content;
use crate::edit::fences::{Block, blocks};
use crate::edit::lines::{Line, lines};
use crate::edit::prose::shared_words;
use crate::edit::word_list::WordList;
use crate::i18n::{Message, message};

/// Member names for code, the most certain first.
static CODE: WordList = WordList::of(
    "code newtext replacement newcode newstring newstr updatedcode refactoredcode fixedcode refactored fixed \
     codeedit filetext content text snippet result output answer response",
);
static OLD: WordList = WordList::of("oldstring oldstr oldtext oldcode search find original before target");
static NEW: WordList =
    WordList::of("newstring newstr newtext newcode replace replacement replacewith updated after new");

/// The depth of nested members that the server reads.
const DEPTH: usize = 8;

/// The content of `reply`, if it is one piece of JSON, alone or in a fence, and the request was not JSON.
///
/// # Errors
/// It is JSON without clear content.
pub(super) fn json(reply: &str, original: &str, language_id: &str) -> Result<Option<EnvelopeContent>, Message> {
    let all: Vec<Line<'_>> = lines(reply).collect();
    let text = reply.trim();
    let starts = |text: &str| text.starts_with(['{', '[', '"']);
    let fenced;
    let text = if starts(text) {
        text
    } else if let [block] = blocks(&all, |_| false).as_slice()
        && is_json(block)
    {
        fenced = content(&all, block);
        fenced.trim()
    } else {
        return Ok(None);
    };
    let old = original.trim_start();
    let is_wanted = is_json_language(language_id) || !old.is_empty() && starts(old);
    let parsed = match serde_json::from_str::<Value>(text) {
        Ok(parsed) => parsed,
        // A member with a name for code, whose line breaks are not escaped.
        Err(_) if !is_wanted && text.ends_with('}') && names_code(text) => return Err(message!("no-code-data")),
        Err(_) => return Ok(None),
    };
    match parsed {
        // A string with escaped line breaks is code.
        Value::String(code) if !is_wanted && code.contains('\n') => Ok(Some(EnvelopeContent::Code(code))),
        Value::Object(_) | Value::Array(_) if !is_wanted => held(&parsed, original).map(Some),
        Value::Object(ref members) if is_json_language(language_id) && is_envelope(members, original) => {
            held(&parsed, original).map(Some)
        }
        _ => Ok(None),
    }
}

/// A fence with the language JSON, or without a language.
fn is_json(block: &Block<'_>) -> bool {
    matches!(block.language().as_str(), "" | "json" | "jsonc" | "json5")
}

fn is_json_language(language_id: &str) -> bool {
    let id = language_id.to_lowercase();
    id.contains("json") || matches!(id.as_str(), "yaml" | "geojson" | "ipynb")
}

/// In a JSON document: code and a remark about it, in members that the document does not have.
fn is_envelope(members: &Map<String, Value>, original: &str) -> bool {
    let is_code = |name: &str| matches!(name, "code" | "newText" | "new_text" | "replacement");
    let is_talk =
        |name: &str| matches!(name, "explanation" | "notes" | "description" | "summary" | "changes" | "reasoning");
    members.len() > 1
        && members.keys().all(|name| is_code(name) || is_talk(name))
        && members.keys().any(|name| is_code(name))
        && !members.keys().any(|name| original.contains(&format!("\"{name}\"")))
}

/// `{"code": …` that is not valid JSON.
fn names_code(text: &str) -> bool {
    let start: String = text.chars().take(40).collect();
    let name = start.split('"').nth(1).unwrap_or_default();
    start.starts_with('{') && CODE.has(&plain(name)) && start.contains("\":")
}

/// A member's name without differences of spelling: `new_text`, `newText`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
}

fn held(value: &Value, original: &str) -> Result<EnvelopeContent, Message> {
    let mut pairs = Vec::new();
    collect_pairs(value, 0, &mut pairs);
    if !pairs.is_empty() {
        return Ok(EnvelopeContent::Pairs(pairs));
    }
    let mut strings = Vec::new();
    collect_strings(value, "", 0, &mut strings);
    let named = |wanted: &str| {
        let mut found = strings.iter().filter(|(name, _)| name == wanted);
        found.next().filter(|_| found.next().is_none()).map(|(_, code)| code)
    };
    let is_like = |code: &str| code.contains('\n') || shared_words(code, original) >= 0.3;
    if let Some(code) = CODE.iter().find_map(named).filter(|code| is_like(code)) {
        return Ok(EnvelopeContent::Code(code.clone()));
    }
    // A single member may be the code under an unknown name.
    let mut like = strings.iter().filter(|(_, text)| text.contains('\n') && shared_words(text, original) >= 0.3);
    match (like.next(), like.next()) {
        (Some((_, code)), None) => Ok(EnvelopeContent::Code(code.clone())),
        _ => Err(message!("no-code-data")),
    }
}

fn collect_pairs(value: &Value, depth: usize, pairs: &mut Vec<(String, String)>) {
    let member = |members: &Map<String, Value>, names: &WordList| {
        names.iter().find_map(|wanted| {
            let mut texts = members.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
            texts.find(|(name, _)| plain(name) == wanted).map(|(_, text)| text.to_owned())
        })
    };
    match value {
        Value::Object(members) => {
            if let (Some(old), Some(new)) = (member(members, &OLD), member(members, &NEW)) {
                pairs.push((old, new));
            } else if depth < DEPTH {
                members.values().for_each(|value| collect_pairs(value, depth + 1, pairs));
            }
        }
        Value::Array(items) if depth < DEPTH => items.iter().for_each(|item| collect_pairs(item, depth + 1, pairs)),
        // The arguments of a tool call are JSON in a string.
        Value::String(text) if depth < DEPTH && text.trim_start().starts_with('{') => {
            if let Ok(inner) = serde_json::from_str::<Value>(text) {
                collect_pairs(&inner, depth + 1, pairs);
            }
        }
        _ => {}
    }
}

fn collect_strings(value: &Value, name: &str, depth: usize, strings: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) if depth < DEPTH => {
            members.iter().for_each(|(name, value)| collect_strings(value, name, depth + 1, strings));
        }
        Value::Array(items) if depth < DEPTH => {
            items.iter().for_each(|value| collect_strings(value, name, depth + 1, strings));
        }
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ Value::Object(_)) if depth < DEPTH => collect_strings(&inner, name, depth + 1, strings),
            _ => strings.push((plain(name), text.clone())),
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGINAL: &str = "def mean(xs):\n    return sum(xs) / len(xs)\n";

    fn of(reply: &str) -> Result<Option<EnvelopeContent>, Message> {
        json(reply, ORIGINAL, "python")
    }

    #[test]
    fn code_is_read_from_an_envelope() {
        let code = Ok(Some(EnvelopeContent::Code("def mean(xs):\n    return fmean(xs)\n".to_owned())));
        for reply in [
            r#"{"code": "def mean(xs):\n    return fmean(xs)\n", "explanation": "Shorter."}"#,
            "```json\n{\"new_code\": \"def mean(xs):\\n    return fmean(xs)\\n\"}\n```",
            r#"{"name": "edit", "arguments": "{\"path\": \"m.py\", \"content\": \"def mean(xs):\\n    return fmean(xs)\\n\"}"}"#,
            r#"{"refatorado": "def mean(xs):\n    return fmean(xs)\n", "notas": []}"#,
        ] {
            assert_eq!(of(reply), code, "{reply}");
        }
    }

    #[test]
    fn old_and_new_are_a_pair() {
        let reply = r#"[{"tool": "str_replace", "input": {"old_str": "sum(xs)", "new_str": "fsum(xs)"}}]"#;
        assert_eq!(of(reply), Ok(Some(EnvelopeContent::Pairs(vec![("sum(xs)".to_owned(), "fsum(xs)".to_owned())]))));
    }

    #[test]
    fn json_is_code_only_if_json_was_requested() {
        let data = r#"[{"title": "Use fmean", "severity": "low", "lines": "1-2"}]"#;
        assert_eq!(of(data), Err(message!("no-code-data")));
        assert_eq!(json(data, "[]", "python"), Ok(None));
        assert_eq!(json(data, "", "json"), Ok(None));
    }
}
