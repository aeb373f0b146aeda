//! `run fix --sarif FILE`: each finding of another tool is fixed in a job of its own, as any other fix.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::location::FileLocation;
use crate::actions::context::Diagnostic;
use crate::i18n::{Message, message};
use crate::remarks::Severity;

/// A finding of another tool.
pub(super) struct Finding {
    pub(super) place: FileLocation,
    pub(super) problem: Diagnostic,
}

/// The findings of a SARIF file, the last one of a file first: a fix then moves no finding above it. Fails if the file
/// cannot be read, or is not SARIF.
pub(super) fn read_sarif(path: &Path) -> Result<Vec<Finding>, Message> {
    let name = || path.display().to_string();
    let unusable = |reason: String| message!("run-no-sarif", file = name(), reason = reason);
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let report: Value =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| unusable(error.to_string()))?;
    let runs = report.get("runs").and_then(Value::as_array).ok_or_else(|| unusable("runs".to_owned()))?;
    let mut found: Vec<Finding> = Vec::new();
    for run in runs {
        let tool = run.pointer("/tool/driver/name").and_then(Value::as_str);
        let results = run.get("results").and_then(Value::as_array);
        found.extend(results.into_iter().flatten().filter_map(|result| finding(result, tool)));
    }
    found.sort_by(|one, other| one.place.path.cmp(&other.place.path).then(other.problem.line.cmp(&one.problem.line)));
    Ok(found)
}

fn finding(result: &Value, tool: Option<&str>) -> Option<Finding> {
    let is_settled = result.get("suppressions").and_then(Value::as_array).is_some_and(|all| !all.is_empty())
        || matches!(result.get("kind").and_then(Value::as_str), Some("pass" | "notApplicable"));
    if is_settled {
        return None;
    }
    let location = result.pointer("/locations/0/physicalLocation")?;
    let path = file(location.pointer("/artifactLocation/uri")?.as_str()?)?;
    let line = usize::try_from(location.pointer("/region/startLine")?.as_u64()?).ok().filter(|line| *line > 0)?;
    let last = location.pointer("/region/endLine").and_then(Value::as_u64).and_then(|it| usize::try_from(it).ok());
    let message = ["/message/text", "/message/markdown"].iter().find_map(|at| result.pointer(at)?.as_str())?;
    let severity = match result.get("level").and_then(Value::as_str) {
        Some("error") => Severity::Error,
        Some("note" | "none") => Severity::Information,
        _ => Severity::Warning,
    };
    let rule = result.get("ruleId").or_else(|| result.pointer("/rule/id")).and_then(Value::as_str);
    Some(Finding {
        place: FileLocation::around(path, line, last.unwrap_or(line)),
        problem: Diagnostic {
            line: Some(line),
            severity: Some(severity),
            code: rule.map(str::to_owned),
            source: tool.map(str::to_owned),
            message: message.to_owned(),
            ..Diagnostic::default()
        },
    })
}

/// The file of a URI. A relative URI is relative to the current directory.
fn file(uri: &str) -> Option<PathBuf> {
    if uri.starts_with("file:") {
        return crate::documents::DocumentUri::parse(uri).to_file_path();
    }
    if uri.contains("://") {
        return None;
    }
    let path = percent_encoding::percent_decode_str(uri).decode_utf8().ok()?;
    Some(PathBuf::from(path.into_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn findings_are_read_from_last_line_up_without_suppressed_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scan.sarif");
        let result = |uri: &str, line: usize, name: &str, value: Value| {
            let place = json!({ "artifactLocation": { "uri": uri }, "region": { "startLine": line } });
            let locations = json!([{ "physicalLocation": place }]);
            json!({ "ruleId": "S1", "message": { "text": "odd" }, "locations": locations, name: value })
        };
        let results = json!([
            result("a%20b.py", 3, "level", json!("warning")),
            result("a%20b.py", 9, "level", json!("error")),
            result("c.py", 1, "suppressions", json!([{ "kind": "inSource" }])),
            result("https://example.com/x", 1, "level", json!("error")),
            {},
        ]);
        let runs = json!([{ "tool": { "driver": { "name": "Scan" } }, "results": results }]);
        std::fs::write(&path, json!({ "version": "2.1.0", "runs": runs }).to_string()).unwrap();
        let found = read_sarif(&path).ok().unwrap();
        let told: Vec<_> = found.iter().map(|it| format!("{} {}", it.place.path.display(), it.problem)).collect();
        assert_eq!(told, ["a b.py line 9: error[S1] (Scan): odd", "a b.py line 3: warning[S1] (Scan): odd"]);
        std::fs::write(&path, "[]").unwrap();
        assert!(read_sarif(&path).is_err());
    }
}
