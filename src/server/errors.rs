//! The one place where the errors of jobs become LSP errors.

use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, ErrorCode};

use crate::display::{self, LineLinks};
use crate::i18n::Language;
use crate::job::{Failed, JobError, without_nulls};

/// `RequestFailed` of LSP: the request was well formed, and could not be fulfilled.
const REQUEST_FAILED: i64 = -32803;

/// The error response of a failed job: -32800 when cancelled, else -32803 with `data: { kind, status?, code?,
/// partial?, partialMarkdown? }`; the last where the client wants what it may show.
pub(crate) fn error_response(failed: &Failed, language: Language, defuses: bool, links: Option<LineLinks>) -> Error {
    let error = &failed.error;
    let Some(kind) = error.kind() else {
        return Error { data: partial(failed, defuses, links), ..Error::request_cancelled() };
    };
    let data = without_nulls(json!({
        "kind": kind,
        "status": error.status(),
        "code": error.code(),
        "partial": failed.partial.as_ref().map(|answer| &answer.text),
        "partialMarkdown": failed.partial.as_ref().filter(|_| defuses).map(|answer| display::defused_with_links(&answer.text, links)),
    }));
    Error {
        code: ErrorCode::ServerError(REQUEST_FAILED),
        message: display::plain(&error.message().text(language)).into(),
        data: Some(data),
    }
}

/// The error response of a job that could not even be started.
pub(crate) fn refusal(error: JobError, language: Language) -> Error {
    error_response(&Failed { error, partial: None }, language, false, None)
}

fn partial(failed: &Failed, defuses: bool, links: Option<LineLinks>) -> Option<Value> {
    let partial = failed.partial.as_ref()?;
    let shown = defuses.then(|| display::defused_with_links(&partial.text, links));
    Some(without_nulls(json!({ "partial": partial.text, "partialMarkdown": shown })))
}
