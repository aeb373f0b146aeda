//! From the diagnostics of a client to the diagnostics of a prompt.

use serde_json::Value;

use crate::actions::context::{Diagnostic, Related};
use crate::documents::{DocumentUri, Located, Range};
use crate::remarks::Severity;
use crate::server::remarks;
use crate::server::session::Session;
use crate::server::wire::VersionedDocument;

/// The diagnostics that a client sent for a document, with their places in the present text. Invalid ones are excluded.
pub(crate) fn parse_diagnostics(
    session: &Session,
    document: &VersionedDocument,
    diagnostics: Option<&[Value]>,
) -> Vec<Diagnostic> {
    let located = |range: Range| session.documents.locate(&document.uri, document.version, range).ok();
    let shown = |uri: &str| session.shown_path(&DocumentUri::parse(uri));
    let diagnostics = diagnostics.unwrap_or_default();
    // The server's own remarks are excluded. The exception is one that the user chose: it comes alone.
    let is_chosen = diagnostics.len() == 1;
    let theirs = diagnostics.iter().filter(|it| is_chosen || !remarks::is_ours(it));
    theirs.filter_map(|value| diagnostic(value, located, shown)).collect()
}

fn diagnostic(
    value: &Value,
    located: impl Fn(Range) -> Option<Located>,
    shown: impl Fn(&str) -> Option<String>,
) -> Option<Diagnostic> {
    // LSP 3.18 allows messages in Markdown, too.
    let message = value.get("message")?;
    let message = message.get("value").unwrap_or(message).as_str()?.to_owned();
    let range = value.get("range").and_then(|range| serde_json::from_value(range.clone()).ok());
    let today = range.and_then(located);
    let line_now = today.as_ref().map(|Located { snapshot, bytes }| snapshot.text.byte_to_line(bytes.start) + 1);
    let severity = match value.get("severity").and_then(Value::as_u64) {
        Some(1) => Some(Severity::Error),
        Some(2) => Some(Severity::Warning),
        Some(3) => Some(Severity::Information),
        Some(4) => Some(Severity::Hint),
        _ => None,
    };
    // A code is a string or a number.
    let code = value.get("code").filter(|code| code.is_string() || code.is_number());
    let code = code.map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned));
    let related = value.get("relatedInformation").and_then(Value::as_array).into_iter().flatten();
    let related = related.filter_map(|value| {
        let uri = value.pointer("/location/uri")?.as_str()?;
        let message = value.get("message")?.as_str()?.to_owned();
        Some(Related { path: shown(uri), line: line(value.get("location")?)?, message })
    });
    Some(Diagnostic {
        bytes: today.map(|located| located.bytes),
        line: line_now.or_else(|| line(value)),
        quoted: None,
        severity,
        code: code.filter(|code| !code.is_empty()),
        source: value.get("source").and_then(Value::as_str).filter(|it| !it.is_empty()).map(str::to_owned),
        message,
        related: related.collect(),
    })
}

/// The first line of `range` in `value`, counted from one.
fn line(value: &Value) -> Option<usize> {
    let line = value.pointer("/range/start/line").and_then(Value::as_u64)?;
    usize::try_from(line).ok()?.checked_add(1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_or_odd_does_no_harm() {
        for (value, said) in [
            (json!({ "message": "odd", "code": 7, "severity": 9, "source": "" }), Some("[7]: odd")),
            (json!({ "message": "odd", "code": { "a": 1 }, "range": 3 }), Some("odd")),
            (json!({ "message": "odd", "relatedInformation": [{ "message": "nowhere" }] }), Some("odd")),
            (json!({ "message": { "kind": "markdown", "value": "`x` is odd" } }), Some("`x` is odd")),
            (json!({ "no": "message" }), None),
        ] {
            let read = diagnostic(&value, |_| None, |_| None).map(|it| it.to_string());
            assert_eq!(read.as_deref(), said, "{value}");
        }
    }
}
