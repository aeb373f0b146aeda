//! The one place where the errors of jobs become LSP errors.

use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, ErrorCode};

use crate::i18n::Language;
use crate::job::{Failed, JobError, without_nulls};

/// `RequestFailed` of LSP: the request was well formed, and could not be fulfilled.
const REQUEST_FAILED: i64 = -32803;

/// The error response of a failed job: -32800 when cancelled, else -32803 with `data: { kind, status?, code?, partial? }`.
pub(crate) fn error_response(failed: &Failed, language: Language) -> Error {
    let error = &failed.error;
    let Some(kind) = error.kind() else { return Error { data: partial(failed), ..Error::request_cancelled() } };
    let data = without_nulls(json!({
        "kind": kind,
        "status": error.status(),
        "code": error.code(),
        "partial": failed.partial.as_ref().map(|answer| &answer.text),
    }));
    Error {
        code: ErrorCode::ServerError(REQUEST_FAILED),
        message: error.message().text(language).into(),
        data: Some(data),
    }
}

/// The error response of a job that could not even be started.
pub(crate) fn refusal(error: JobError, language: Language) -> Error {
    error_response(&Failed { error, partial: None }, language)
}

fn partial(failed: &Failed) -> Option<Value> {
    failed.partial.as_ref().map(|answer| json!({ "partial": answer.text }))
}
