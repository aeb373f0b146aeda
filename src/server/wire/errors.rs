//! The one place where the errors of jobs become LSP errors.

use serde_json::json;
use tower_lsp::jsonrpc::{Error, ErrorCode};

use crate::display::{self, LineLinks};
use crate::i18n::Language;
use crate::job::{Failed, JobError, without_nulls};
use crate::server::wire::profile::LINE_CHARS;

/// `RequestFailed` of LSP: the request was well formed, and could not be fulfilled.
const REQUEST_FAILED: i64 = -32803;

/// The error response of a failed job: -32800 when cancelled, else -32803 with `data: { kind, brief?, status?, code?,
/// partial?, partialMarkdown? }`; the last where the client wants what it may show. `brief` is the message for a place of
/// one line, where that is another one.
pub(crate) fn error_response(failed: &Failed, language: Language, defuses: bool, links: Option<LineLinks>) -> Error {
    let error = &failed.error;
    let partial = failed.partial.as_ref().map(|answer| &answer.text);
    let shown = partial.filter(|_| defuses).map(|text| display::defused_with_links(text, links));
    let Some(kind) = error.kind() else {
        let data = partial.map(|text| without_nulls(json!({ "partial": text, "partialMarkdown": shown })));
        return Error { data, ..Error::request_cancelled() };
    };
    let whole = display::plain(&error.message().text(language));
    let brief = Some(display::plain(&error.remedy_first().brief(language, LINE_CHARS))).filter(|brief| *brief != whole);
    let data = without_nulls(json!({
        "kind": kind,
        "brief": brief,
        "status": error.status(),
        "code": error.code(),
        "partial": partial,
        "partialMarkdown": shown,
    }));
    Error { code: ErrorCode::ServerError(REQUEST_FAILED), message: whole.into(), data: Some(data) }
}

/// The error response of a job that could not even be started.
pub(crate) fn refusal(error: JobError, language: Language) -> Error {
    error_response(&Failed { error, partial: None }, language, false, None)
}
