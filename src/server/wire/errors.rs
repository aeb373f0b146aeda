//! The one place where the errors of jobs become LSP errors.

use serde_json::json;
use tower_lsp::jsonrpc::{Error, ErrorCode};

use crate::display::{self, LineLinks};
use crate::i18n::Language;
use crate::job::{Failed, JobError, without_nulls};
use crate::server::transport::REQUEST_FAILED;
use crate::server::wire::profile::LINE_CHARS;

/// The reader of an error.
#[derive(Clone, Copy)]
pub(crate) struct ErrorAudience {
    pub(crate) language: Language,
    /// The reader has one line: [`ClientProfile::one_line_errors`](super::profile::ClientProfile::one_line_errors).
    pub(crate) has_one_line: bool,
}

/// The error response of a failed job: -32800 when cancelled, -32603 after a bug of this program, else -32803. It has
/// `data: { kind, brief?, status?, code?, partial?, partialMarkdown? }`. The last one is sent if the client wants text
/// that it may show. `brief` is a shorter message for a reader with one line, if there is one.
pub(crate) fn error_response(
    failed: &Failed,
    audience: ErrorAudience,
    sanitizes: bool,
    links: Option<LineLinks>,
) -> Error {
    let ErrorAudience { language, has_one_line } = audience;
    let error = &failed.error;
    let partial = failed.partial.as_ref().map(|answer| &answer.text);
    let shown = partial.filter(|_| sanitizes).map(|text| display::sanitize_with_links(text, links));
    let Some(kind) = error.kind() else {
        let data = partial.map(|text| without_nulls(json!({ "partial": text, "partialMarkdown": shown })));
        return Error { data, ..Error::request_cancelled() };
    };
    let whole = display::plain(&error.message().text(language));
    let brief = has_one_line.then(|| display::plain(&error.remedy_first().brief(language, LINE_CHARS)));
    let data = without_nulls(json!({
        "kind": kind,
        "brief": brief.filter(|brief| *brief != whole),
        "status": error.status(),
        "code": error.code(),
        "partial": partial,
        "partialMarkdown": shown,
    }));
    let is_bug = matches!(error, JobError::Bug);
    let code = if is_bug { ErrorCode::InternalError } else { ErrorCode::ServerError(REQUEST_FAILED) };
    Error { code, message: whole.into(), data: Some(data) }
}

/// The error response of a job that could not start.
pub(crate) fn refusal(error: JobError, audience: ErrorAudience) -> Error {
    error_response(&Failed { error, partial: None }, audience, false, None)
}
