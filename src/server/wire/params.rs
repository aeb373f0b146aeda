//! The parameters that clients send. They are read leniently if a strict reader would lose the user's text. They are
//! read strictly, with the field's name in the error, if a wrong argument would start the wrong job.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_lsp::jsonrpc::{Error, ErrorCode};

use crate::actions::context::AddedKind;
use crate::config::EditApply;
use crate::documents::{ContentChange, Position, Range};

/// `RunParams` of the contract: the action and its place in a document.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunParams {
    pub(crate) action: String,
    pub(crate) text_document: VersionedDocument,
    pub(crate) range: Range,
    pub(crate) diagnostics: Option<Vec<Value>>,
    pub(crate) instruction: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) apply: Option<EditApply>,
    pub(crate) conversation_id: Option<String>,
    /// The question is only about the changes since this revision of git; for actions whose answer is remarks.
    pub(crate) changed_since: Option<String>,
    /// One job for each of the diagnostics.
    #[serde(default)]
    pub(crate) each: bool,
    /// What the user added by hand, once it is known which question contains it.
    #[serde(skip)]
    pub(crate) added: Option<Vec<crate::job::Added>>,
    /// The job whose fix did not help. The prompt says what it tried.
    pub(crate) tried_job_id: Option<String>,
    /// The token for partial results and, for the command, for its end.
    pub(crate) partial_result_token: Option<Token>,
    /// The client also wants the answer in the form that may be shown.
    #[serde(default)]
    pub(crate) answer_markdown: bool,
    /// The token for progress.
    pub(crate) work_done_token: Option<Token>,
}

/// A document and, if known, the version of its positions.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub(crate) struct VersionedDocument {
    pub(crate) uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<i32>,
}

/// A progress token: an integer or a string, sent back unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum Token {
    Number(i64),
    Text(String),
}

/// `{ "textDocument", "position" }` of `textDocument/hover`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HoverParams {
    pub(crate) text_document: VersionedDocument,
    pub(crate) position: Position,
}

/// `{ "jobId"?, "textDocument"? }` of `stackspot-lsp.cancel`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CancelParams {
    pub(crate) job_id: Option<String>,
    pub(crate) text_document: Option<VersionedDocument>,
}

/// `{ "add"?, "textDocument"?, "range"?, "diagnostics"?, "remove"?, "clear"?, "say"? }` of `stackspot-lsp.context`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContextParams {
    pub(crate) add: Option<AddedKind>,
    pub(crate) text_document: Option<VersionedDocument>,
    pub(crate) range: Option<Range>,
    pub(crate) diagnostics: Option<Vec<Value>>,
    pub(crate) remove: Option<u64>,
    #[serde(default)]
    pub(crate) clear: bool,
    /// The user is told by a message.
    #[serde(default)]
    pub(crate) say: bool,
}

/// `{ "textDocument", "step", "position"? }` of `stackspot-lsp.conversation`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StepParams {
    pub(crate) text_document: VersionedDocument,
    pub(crate) step: Step,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<Position>,
}

/// The steps of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Step {
    Send,
    Retry,
    Insert,
    New,
    /// Continues with an answer, from the document of that answer.
    Continue,
}

/// `{ "jobId" }`. With an option as `I`, `{ "jobId"? }`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobParams<I = String> {
    pub(crate) job_id: I,
}

/// `{ "jobId", "part"?, "remark"? }` or `{ "textDocument" }` of `stackspot-lsp.discard`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DiscardParams {
    pub(crate) job_id: Option<String>,
    /// Only one change of the edit, by its number.
    pub(crate) part: Option<usize>,
    /// Only one remark, by its number.
    pub(crate) remark: Option<usize>,
    /// All remarks of this document.
    pub(crate) text_document: Option<VersionedDocument>,
}

/// `{ "jobId", "part"?, "merge"?, "replace"? }` of `stackspot-lsp.apply`. It keeps or replaces what the user typed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApplyParams {
    pub(crate) job_id: String,
    /// Only one change of the edit, by its number.
    pub(crate) part: Option<usize>,
    /// The fix of one remark, by its number.
    pub(crate) remark: Option<usize>,
    /// Every fix of this kind.
    pub(crate) remarks: Option<Fixes>,
    /// The typed text is kept, together with the edit.
    #[serde(default)]
    pub(crate) merge: bool,
    /// The edit replaces the typed text.
    #[serde(default)]
    pub(crate) replace: bool,
}

/// The fixes of a review that are applied together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Fixes {
    /// Those that have a place in the text: each passed all checks of an edit.
    Safe,
}

/// `{ "run" }` of `stackspot-lsp.showPrompt`: the run to show. It is not started.
#[derive(Debug, Deserialize)]
pub(crate) struct ShowPromptParams {
    pub(crate) run: RunParams,
}

/// `{ "jobId", "instruction" }`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FollowUpParams {
    pub(crate) job_id: String,
    pub(crate) instruction: String,
}

/// `{ "action"?, "textDocument"?, "range"? }` of `stackspot-lsp.actions`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActionsParams {
    pub(crate) action: Option<String>,
    pub(crate) text_document: Option<VersionedDocument>,
    /// The menu does not depend on it, but a wrong one is refused.
    #[serde(rename = "range")]
    _range: Option<Range>,
}

/// The parameters of `textDocument/codeAction`. Diagnostics stay raw: they are sent back unchanged.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CodeActionParams {
    pub(crate) text_document: VersionedDocument,
    pub(crate) range: Range,
    #[serde(default)]
    pub(crate) context: CodeActionContext,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CodeActionContext {
    pub(crate) diagnostics: Option<Vec<Value>>,
    pub(crate) only: Option<Vec<String>>,
    pub(crate) trigger_kind: Option<u32>,
}

impl CodeActionContext {
    /// Removes the diagnostics that `is_out` accepts.
    pub(crate) fn without(&mut self, is_out: impl Fn(&Value) -> bool) {
        self.diagnostics.iter_mut().for_each(|all| all.retain(|it| !is_out(it)));
    }

    /// The problems that the editor reports in the range.
    pub(crate) fn problems(&self) -> &[Value] {
        self.diagnostics.as_deref().unwrap_or_default()
    }

    /// The client sent the request by itself, to show a light bulb.
    pub(crate) fn is_automatic(&self) -> bool {
        self.trigger_kind == Some(2)
    }

    /// The user opened the menu, and the client says so. Other clients may send it at every move of the cursor.
    pub(crate) fn is_asked_by_the_user(&self) -> bool {
        self.trigger_kind == Some(1)
    }

    /// The request asks for all actions, of every kind.
    pub(crate) fn wants_all(&self) -> bool {
        self.only.as_ref().is_none_or(|only| only.iter().any(String::is_empty))
    }

    /// Whether the request asks for actions of this kind.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        let Some(only) = &self.only else { return true };
        only.iter().any(|wanted| {
            wanted.is_empty()
                || kind.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenedDocument {
    pub(crate) uri: String,
    #[serde(default)]
    pub(crate) language_id: String,
    #[serde(default)]
    pub(crate) version: i32,
    pub(crate) text: String,
}

/// `textDocument/didChange`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DidChangeParams {
    pub(crate) text_document: VersionedDocument,
    pub(crate) content_changes: Vec<ContentChange>,
}

/// Any parameters that only name a document. Those of `textDocument/didOpen` contain the whole document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DocumentParams<D = VersionedDocument> {
    pub(crate) text_document: D,
}

/// `window/workDoneProgress/cancel`.
#[derive(Debug, Deserialize)]
pub(crate) struct ProgressCancelParams {
    pub(crate) token: Token,
}

/// Reads the argument of a command, or the parameters of a request. Errors: -32602 with the field and what it expects.
pub(crate) fn parse_params<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        // If a field is missing, the path names its parent, and the message names the field.
        if path == "." { invalid(inner.to_string()) } else { invalid(format!("{path}: {inner}")) }
    })
}

/// -32602 with a sentence that says what is wrong with the arguments.
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error { code: ErrorCode::InvalidParams, message: message.into().into(), data: None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_means_absent() {
        let params: RunParams = parse_params(json!({
            "action": "explain", "textDocument": { "uri": "file:///a", "version": null }, "range": Range::default(),
            "instruction": null, "agent": null, "apply": null, "workDoneToken": null, "diagnostics": null,
        }))
        .unwrap();
        assert_eq!((params.text_document.version, params.apply, params.work_done_token), (None, None, None));
    }

    #[test]
    fn only_asks_for_kinds_by_their_prefix() {
        for (only, kind, wanted) in [
            (vec!["refactor"], "refactor.rewrite", true),
            (vec![""], "quickfix", true),
            (vec!["quickfix"], "quickfix", true),
            (vec!["refactor"], "refactoring", false),
            (vec!["refactor.rewrite"], "refactor", false),
            (vec![], "quickfix", false),
        ] {
            let context: CodeActionContext = serde_json::from_value(json!({ "only": only })).unwrap();
            assert_eq!(context.wants(kind), wanted, "{only:?}, {kind}");
        }
        assert!(CodeActionContext::default().wants("anything"));
    }
}
