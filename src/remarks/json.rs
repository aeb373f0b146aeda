//! Remarks in JSON, from agents with structured output and from review commands of StackSpot's users.

use serde_json::{Map, Value};

use super::quoted::{code, one_line};
use super::{Remark, Severity};

/// Names of the members with the problem. The first existing one starts the sentence.
const SAID: [&str; 10] =
    ["title", "message", "say", "comment", "description", "issue", "problem", "correction", "explanation", "body"];

/// Names of the members that quote the lines.
const QUOTED: [&str; 8] = ["at", "quote", "anchor", "old", "original", "existing_code", "code", "snippet"];

/// Names of the members with the new text.
const NEW: [&str; 9] =
    ["new", "new_code", "newText", "new_text", "replacement", "improved_code", "fixed_code", "fix", "suggested_code"];

/// The remarks of the first JSON document in `answer` that contains remarks.
pub(super) fn from_json(answer: &str) -> Vec<Remark> {
    let mut from = 0;
    // A limit on the attempts: each may read to the end of the answer.
    for _ in 0..64 {
        let Some(open) = answer.get(from..).and_then(|rest| rest.find(['[', '{'])).map(|at| from + at) else { break };
        let text = answer.get(open..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        if let Some(Ok(value)) = values.next() {
            let remarks = of_value(&value);
            if !remarks.is_empty() {
                return remarks;
            }
            from = open + values.byte_offset();
        } else {
            from = open + 1;
        }
    }
    Vec::new()
}

fn of_value(value: &Value) -> Vec<Remark> {
    match value {
        Value::Array(items) => items.iter().filter_map(|item| of_item(item.as_object()?)).collect(),
        Value::Object(members) => match of_item(members) {
            Some(remark) => vec![remark],
            None => members.values().filter(|member| member.is_array()).flat_map(of_value).collect(),
        },
        _ => Vec::new(),
    }
}

/// An object with a message about lines that it names or quotes.
fn of_item(item: &Map<String, Value>) -> Option<Remark> {
    let text = |names: &[&str]| names.iter().find_map(|name| item.get(*name)?.as_str()).map(str::to_owned);
    let lines = lines_of(item);
    let quoted = text(&QUOTED).filter(|text| !text.trim().is_empty());
    if lines.is_none() && quoted.is_none() {
        return None;
    }
    let mut said = SAID.iter().filter_map(|name| item.get(*name)?.as_str()).map(one_line).filter(|it| !it.is_empty());
    let first = said.next()?;
    let message = match said.next() {
        Some(second) => format!("{}. {second}", first.trim_end_matches(['.', ':'])),
        None => first,
    };
    let severity = text(&["severity", "level", "priority", "type", "category"]).unwrap_or_default();
    let new_text = text(&NEW).map(|text| code(text.trim_matches(['\n', '\r'])));
    Some(Remark { lines, severity: Severity::of_word(&severity), quoted, message, new_text })
}

/// The lines: `"lines": "1-2"`, `[1, 2]` or `1`; `"line": 1`; `"startLine": 1, "endLine": 2` in either spelling.
fn lines_of(item: &Map<String, Value>) -> Option<(usize, usize)> {
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_u64().and_then(|it| usize::try_from(it).ok()).map(|it| (it, it)),
        Value::String(text) => super::reader::line_numbers(text),
        Value::Array(both) => {
            let mut both = both.iter().filter_map(Value::as_u64).filter_map(|it| usize::try_from(it).ok());
            let first = both.next()?;
            Some((first, both.next().unwrap_or(first)))
        }
        _ => None,
    };
    let of = |names: &[&str]| names.iter().find_map(|name| number(item.get(*name)?)).filter(|(first, _)| *first > 0);
    let (first, last) =
        of(&["lines", "line", "startLine", "start_line", "line_number", "lineNumber", "linha", "linhas"])?;
    let last = of(&["endLine", "end_line"]).map_or(last, |(_, last)| last);
    Some((first.min(last), last.max(first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_findings_in_json_is_read_in_its_spellings() {
        let answer = r#"Here is the review:
```json
{"issues": [{"title": "Use fmean", "severity": "low", "correction": "It is exact.", "lines": "1-2"},
  {"message": "Never closed", "level": "error", "startLine": 7, "endLine": 8, "code": "open(path)", "fix": "with open(path) as f:"}]}
```"#;
        let remarks = from_json(answer);
        assert_eq!(remarks.len(), 2);
        assert_eq!((remarks[0].message.as_str(), remarks[0].lines), ("Use fmean. It is exact.", Some((1, 2))));
        assert_eq!((remarks[0].severity, &remarks[0].new_text), (Severity::Information, &None));
        assert_eq!((remarks[1].severity, remarks[1].lines), (Severity::Error, Some((7, 8))));
        assert_eq!(remarks[1].new_text.as_deref(), Some("with open(path) as f:"));
    }

    #[test]
    fn json_without_lines_is_not_a_remark() {
        assert_eq!(from_json(r#"{"code": 3, "details": [1, 2], "title": "x"} and [] and {"#), []);
        assert_eq!(from_json(&"[".repeat(100_000)), []);
    }
}
