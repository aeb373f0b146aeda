//! The result of a job, for plug-ins and scripts.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, Finished, Job, JobError, JobRemark, Outcome};
use crate::documents::Range;
use crate::i18n::Language;

/// A remark in the format of `RunResult`.
pub(crate) fn remark_row(remark: &JobRemark, range: Range, edit: Option<Value>) -> Value {
    without_nulls(json!({
        "id": remark.id,
        "range": range,
        "severity": remark.severity.number(),
        "message": remark.message,
        "edit": edit,
    }))
}

/// `RunResult` of the public contract. `edit` is the `WorkspaceEdit` of a proposal; the caller makes it in the reader's
/// position encoding. `parts` are the changes of a proposal that has several, in the same form.
pub(crate) fn run_result(
    job: &Job,
    finished: &Finished,
    edit: Option<Value>,
    parts: Option<Value>,
    language: Language,
) -> Value {
    let Finished { agent, outcome, answer } = finished;
    let end = answer.end.clone().unwrap_or_default();
    let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let reason = match outcome {
        Outcome::Answered { reason }
        | Outcome::Unchanged { because: reason }
        | Outcome::Applied { lacking: reason } => reason.clone(),
        Outcome::Proposed(proposal) => Some(proposal.reason.clone()),
    };
    without_nulls(json!({
        "jobId": job.id,
        "outcome": outcome.name(),
        "answer": answer.text,
        "stopReason": end.stop_reason,
        "usage": without_nulls(json!({
            "inputTokens": end.tokens.input,
            "outputTokens": end.tokens.output,
            "firstTokenMs": milliseconds(answer.first_text.unwrap_or(answer.total)),
            "totalMs": milliseconds(answer.total),
        })),
        "agent": agent,
        "conversationId": end.conversation_id,
        "messageId": end.message_id,
        "sources": end.sources,
        "knowledgeSourceIds": end.knowledge_source_ids,
        "toolIds": end.tool_ids,
        "edit": edit,
        "parts": parts,
        "reason": reason.map(|reason| reason.text(language)),
    }))
}

/// The result of a failed job for a script: the members of an error response to `stackspot-lsp/run`, in one object. The
/// kind of a cancelled job is `cancelled`.
pub(crate) fn failure_result(error: &JobError, partial: Option<&Answer>, language: Language) -> Value {
    json!({ "error": without_nulls(json!({
        "message": error.message().text(language),
        "kind": error.kind().unwrap_or("cancelled"),
        "status": error.status(),
        "code": error.code(),
        "partial": partial.map(|answer| answer.text.as_str()),
    })) })
}

/// Removes fields without a value; they are not sent as `null`.
pub(crate) fn without_nulls(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| !field.is_null());
    }
    value
}
