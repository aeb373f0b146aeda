//! Checks every message of the server against LSP 3.18 and against the capabilities of the client.
//!
//! It parses a message into its generated type, serializes it, and compares: no member may be missing or unknown.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tower_lsp::gen_lsp_types as lsp;

/// `Err` contains a sentence that describes the problem.
pub type Verdict = Result<(), String>;

/// The capabilities that client and server exchanged at the start.
#[derive(Debug, Clone, Default)]
pub struct Agreement {
    /// The client's `capabilities`.
    pub client: Value,
    /// The server's `capabilities`. Null until the response to `initialize`.
    pub server: Value,
}

/// Checks a notification of the server. The code that knows the tokens checks progress values.
pub fn notification(agreement: &Agreement, method: &str, params: &Value) -> Verdict {
    if agreement.server.is_null()
        && !matches!(method, "window/showMessage" | "window/logMessage" | "telemetry/event" | "$/progress")
    {
        return Err("sent before the response to initialize".into());
    }
    match method {
        "window/showMessage" => typed::<lsp::ShowMessageParams>(params),
        "window/logMessage" => typed::<lsp::LogMessageParams>(params),
        "telemetry/event" => Ok(()),
        "textDocument/publishDiagnostics" => typed::<lsp::PublishDiagnosticsParams>(params),
        "$/cancelRequest" => typed::<lsp::CancelParams>(params),
        "$/logTrace" => Err("the client did not ask for traces".into()),
        "$/progress" => typed::<lsp::ProgressParams>(params),
        _ => Err("no such notification in LSP 3.18".into()),
    }
}

/// Checks the value of a work done progress. `begun` says whether its `begin` arrived.
pub fn work_done(value: &Value, begun: bool) -> Verdict {
    let members = |known: &[&str]| {
        let object = value.as_object().ok_or("a progress value is an object")?;
        match object.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(format!("unknown member {key:?} of a progress value")),
            None => Ok(()),
        }
    };
    let optional = |name: &str, fits: fn(&Value) -> bool| match value.get(name) {
        Some(member) if !fits(member) => Err(format!("{name:?} of a progress value has the wrong type")),
        _ => Ok(()),
    };
    match (value["kind"].as_str(), begun) {
        (Some("begin"), false) => {
            members(&["kind", "title", "cancellable", "message", "percentage"])?;
            value["title"].as_str().ok_or("a progress begins with a title")?;
        }
        (Some("report"), true) => members(&["kind", "cancellable", "message", "percentage"])?,
        (Some("end"), true) => members(&["kind", "message"])?,
        (kind, begun) => return Err(format!("progress of kind {kind:?} where begun is {begun}")),
    }
    optional("cancellable", Value::is_boolean)?;
    optional("message", Value::is_string)?;
    optional("percentage", |percentage| percentage.as_u64().is_some_and(|percentage| percentage <= 100))
}

/// Checks a request of the server.
pub fn request(agreement: &Agreement, method: &str, params: &Value) -> Verdict {
    if agreement.server.is_null() && method != "window/showMessageRequest" {
        return Err("sent before the response to initialize".into());
    }
    let declared = |pointer: &str| match agreement.client.pointer(pointer) {
        Some(Value::Bool(true) | Value::Object(_)) => Ok(()),
        _ => Err(format!("the client did not declare {pointer}")),
    };
    match method {
        "workspace/applyEdit" => {
            declared("/workspace/applyEdit")?;
            let mut frame = params.clone();
            workspace_edit(agreement, &frame["edit"])?;
            frame["edit"] = json!({});
            if frame.get("metadata").is_some() {
                declared("/workspace/workspaceEdit/metadataSupport")?;
            }
            typed::<lsp::ApplyWorkspaceEditParams>(&frame)
        }
        "window/workDoneProgress/create" => {
            declared("/window/workDoneProgress")?;
            typed::<lsp::WorkDoneProgressCreateParams>(params)
        }
        "window/showDocument" => {
            declared("/window/showDocument/support")?;
            typed::<lsp::ShowDocumentParams>(params)
        }
        "window/showMessageRequest" => typed::<lsp::ShowMessageRequestParams>(params),
        "workspace/configuration" => {
            declared("/workspace/configuration")?;
            typed::<lsp::ConfigurationParams>(params)
        }
        "workspace/workspaceFolders" => declared("/workspace/workspaceFolders").and(without_params(params)),
        "client/registerCapability" => {
            typed::<lsp::RegistrationParams>(params)?;
            let mut registrations = params["registrations"].as_array().into_iter().flatten();
            registrations.try_for_each(|registration| registered(agreement, registration))
        }
        "client/unregisterCapability" => typed::<lsp::UnregistrationParams>(params),
        "workspace/textDocumentContent/refresh" => {
            declared("/workspace/textDocumentContent")?;
            typed::<lsp::TextDocumentContentRefreshParams>(params)
        }
        "workspace/codeLens/refresh" => declared("/workspace/codeLens/refreshSupport").and(without_params(params)),
        "workspace/diagnostic/refresh" => declared("/workspace/diagnostics/refreshSupport").and(without_params(params)),
        "workspace/inlayHint/refresh" => declared("/workspace/inlayHint/refreshSupport").and(without_params(params)),
        _ => Err("no such request of a server in LSP 3.18, or none that this client knows".into()),
    }
}

/// Checks the result of a client request; `params` are the params of the request.
pub fn response(agreement: &Agreement, method: &str, params: &Value, result: &Value) -> Verdict {
    match method {
        "initialize" => {
            typed::<lsp::InitializeResult>(result)?;
            let encoding = result.pointer("/capabilities/positionEncoding").and_then(Value::as_str).unwrap_or("utf-16");
            let offered = agreement.client.pointer("/general/positionEncodings").and_then(Value::as_array);
            if encoding != "utf-16" && !offered.is_some_and(|offered| offered.contains(&json!(encoding))) {
                return Err(format!("the client did not offer the position encoding {encoding}"));
            }
            let content = result.pointer("/capabilities/workspace/textDocumentContent");
            if content.is_some() && agreement.client.pointer("/workspace/textDocumentContent").is_none() {
                return Err("the client did not declare workspace/textDocumentContent".into());
            }
            Ok(())
        }
        "shutdown" if !result.is_null() => Err("the result of shutdown is null".into()),
        "textDocument/codeAction" => {
            let items = result.as_array().map(Vec::as_slice).unwrap_or_default();
            if !result.is_null() && !result.is_array() {
                return Err("code actions are an array or null".into());
            }
            items.iter().try_for_each(|item| code_action(agreement, &params["context"]["only"], item))
        }
        "textDocument/hover" => {
            typed::<Option<lsp::Hover>>(result)?;
            let formats = agreement.client.pointer("/textDocument/hover/contentFormat").and_then(Value::as_array);
            match result.pointer("/contents/kind") {
                Some(kind) if !formats.is_some_and(|formats| formats.contains(kind)) => {
                    Err(format!("the client does not show hovers of kind {kind}"))
                }
                _ => Ok(()),
            }
        }
        "textDocument/codeLens" => typed::<Option<Vec<lsp::CodeLens>>>(result),
        "workspace/textDocumentContent" => typed::<lsp::TextDocumentContentResult>(result),
        "stackspot-lsp/run" => run_result(agreement, result),
        _ => Ok(()),
    }
}

/// Checks an `error` member: a code, a sentence, and, for the server's own errors, the data of the contract.
pub fn error(error: &Value) -> Verdict {
    let code = error["code"].as_i64().ok_or("an error has an integer code")?;
    let message = error["message"].as_str().ok_or("an error has a message")?;
    if message.is_empty() {
        return Err(format!("the error {code} says nothing"));
    }
    Ok(())
}

/// Parses a value into its type, serializes it, and compares.
pub fn typed<T: DeserializeOwned + Serialize>(value: &Value) -> Verdict {
    let name = std::any::type_name::<T>().replace("gen_lsp_types::generated::structures::", "");
    let read: T = serde_json::from_value(value.clone()).map_err(|error| format!("is no {name}: {error}"))?;
    let written = serde_json::to_value(read).map_err(|error| error.to_string())?;
    if written == *value { Ok(()) } else { Err(format!("is read as this {name}: {written}")) }
}

/// Checks the form of an edit, and whether the client supports this form.
pub fn workspace_edit(agreement: &Agreement, edit: &Value) -> Verdict {
    let capabilities = agreement.client.pointer("/workspace/workspaceEdit").cloned().unwrap_or_default();
    let operations = capabilities["resourceOperations"].as_array().cloned().unwrap_or_default();
    let annotations = edit.get("changeAnnotations").cloned().unwrap_or_default();
    if !annotations.is_null() && !capabilities["changeAnnotationSupport"].is_object() {
        return Err("the client did not declare changeAnnotationSupport".into());
    }
    if edit.get("changes").is_some() && edit.get("documentChanges").is_some() {
        return Err("an edit has either changes or documentChanges".into());
    }
    for edits in edit["changes"].as_object().into_iter().flatten().map(|(_, edits)| edits) {
        typed::<Vec<lsp::TextEdit>>(edits)?;
    }
    let document_changes = edit["documentChanges"].as_array();
    if document_changes.is_some() && capabilities["documentChanges"] != true && operations.is_empty() {
        return Err("the client declared neither documentChanges nor resourceOperations".into());
    }
    for change in document_changes.into_iter().flatten() {
        match change["kind"].as_str() {
            Some(kind) if !operations.contains(&json!(kind)) => {
                return Err(format!("the client did not declare the resource operation {kind}"));
            }
            Some("create") => typed::<lsp::CreateFile>(change)?,
            Some("rename") => typed::<lsp::RenameFile>(change)?,
            Some("delete") => typed::<lsp::DeleteFile>(change)?,
            Some(kind) => return Err(format!("no such resource operation: {kind}")),
            None => {
                let mut frame = change.clone();
                for edit in change["edits"].as_array().ok_or("a document edit has edits")? {
                    text_edit(&capabilities, &annotations, edit)?;
                }
                frame["edits"] = json!([]);
                typed::<lsp::TextDocumentEdit>(&frame)?;
            }
        }
    }
    let mut frame = edit.clone();
    for member in ["changes", "documentChanges"] {
        if let Some(value) = frame.get_mut(member) {
            *value = if value.is_array() { json!([]) } else { json!({}) };
        }
    }
    typed::<lsp::WorkspaceEdit>(&frame)
}

/// The untagged type would parse each form as a plain edit and lose the rest. Therefore this code detects the form.
fn text_edit(capabilities: &Value, annotations: &Value, edit: &Value) -> Verdict {
    if let Some(id) = edit.get("annotationId").and_then(Value::as_str)
        && annotations.get(id).is_none()
    {
        return Err(format!("the annotation {id:?} is not among the edit's changeAnnotations"));
    }
    if edit.get("snippet").is_some() {
        if capabilities["snippetEditSupport"] != true {
            return Err("the client did not declare snippetEditSupport".into());
        }
        typed::<lsp::SnippetTextEdit>(edit)
    } else if edit.get("annotationId").is_some() {
        typed::<lsp::AnnotatedTextEdit>(edit)
    } else {
        typed::<lsp::TextEdit>(edit)
    }
}

fn code_action(agreement: &Agreement, only: &Value, item: &Value) -> Verdict {
    if item["command"].is_string() {
        return typed::<lsp::Command>(item);
    }
    let capabilities = agreement.client.pointer("/textDocument/codeAction").cloned().unwrap_or_default();
    if !capabilities["codeActionLiteralSupport"].is_object() {
        return Err("the client knows no code action literals, only commands".into());
    }
    for (member, ability) in
        [("disabled", "disabledSupport"), ("isPreferred", "isPreferredSupport"), ("data", "dataSupport")]
    {
        if item.get(member).is_some() && capabilities[ability] != true {
            return Err(format!("a code action has {member:?}, and the client did not declare {ability}"));
        }
    }
    let known_tags = capabilities["tagSupport"]["valueSet"].as_array().cloned().unwrap_or_default();
    if let Some(tag) = item["tags"].as_array().into_iter().flatten().find(|tag| !known_tags.contains(tag)) {
        return Err(format!("the client does not know the code action tag {tag}"));
    }
    if let Some(only) = only.as_array() {
        let kind = item["kind"].as_str().unwrap_or_default();
        let within = |only: &str| kind == only || only.is_empty() || kind.starts_with(&format!("{only}."));
        if !only.iter().filter_map(Value::as_str).any(within) {
            return Err(format!("a code action of kind {kind:?} where only {only:?} was asked for"));
        }
    }
    let mut frame = item.clone();
    if let Some(edit) = frame.get_mut("edit") {
        workspace_edit(agreement, edit)?;
        *edit = json!({});
    }
    typed::<lsp::CodeAction>(&frame)
}

fn registered(agreement: &Agreement, registration: &Value) -> Verdict {
    let method = registration["method"].as_str().unwrap_or_default();
    let ability = format!("/{method}/dynamicRegistration");
    if agreement.client.pointer(&ability) != Some(&json!(true)) {
        return Err(format!("the client did not declare {ability}"));
    }
    let options = registration.get("registerOptions").cloned().unwrap_or_default();
    let (fixed, typed) = match method {
        "textDocument/hover" => ("hoverProvider", typed::<lsp::HoverRegistrationOptions>(&options)),
        "textDocument/codeAction" => ("codeActionProvider", typed::<lsp::CodeActionRegistrationOptions>(&options)),
        "textDocument/codeLens" => ("codeLensProvider", typed::<lsp::CodeLensRegistrationOptions>(&options)),
        "workspace/executeCommand" => {
            ("executeCommandProvider", typed::<lsp::ExecuteCommandRegistrationOptions>(&options))
        }
        "workspace/didChangeWatchedFiles" => ("", typed::<lsp::DidChangeWatchedFilesRegistrationOptions>(&options)),
        "workspace/didChangeConfiguration" if options.is_null() => ("", Ok(())),
        "workspace/didChangeConfiguration" => ("", typed::<lsp::DidChangeConfigurationRegistrationOptions>(&options)),
        _ => ("", Ok(())),
    };
    if agreement.server.get(fixed).is_some_and(|provider| *provider != json!(false)) {
        return Err(format!("{method} is registered although {fixed} is there from the start"));
    }
    typed
}

/// `RunResult` is a type of this project. Therefore its members are listed here, as in its contract.
fn run_result(agreement: &Agreement, result: &Value) -> Verdict {
    const KNOWN: [&str; 16] = [
        "jobId",
        "outcome",
        "answer",
        "answerMarkdown",
        "stopReason",
        "usage",
        "agent",
        "conversationId",
        "messageId",
        "sources",
        "knowledgeSourceIds",
        "toolIds",
        "edit",
        "parts",
        "remarks",
        "reason",
    ];
    let object = result.as_object().ok_or("a RunResult is an object")?;
    if let Some(unknown) = object.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        return Err(format!("unknown member {unknown:?} of RunResult"));
    }
    for (member, fits) in
        [("jobId", Value::is_string as fn(&Value) -> bool), ("answer", Value::is_string), ("usage", Value::is_object)]
    {
        if !result.get(member).is_some_and(fits) {
            return Err(format!("{member:?} of RunResult is missing or of the wrong type"));
        }
    }
    for member in ["sources", "knowledgeSourceIds", "toolIds"] {
        if !result[member].is_array() {
            return Err(format!("{member:?} of RunResult is missing or no array"));
        }
    }
    if !["answered", "applied", "proposed", "unchanged"].contains(&result["outcome"].as_str().unwrap_or_default()) {
        return Err(format!("no such outcome: {}", result["outcome"]));
    }
    for remark in result["remarks"].as_array().into_iter().flatten() {
        let severity = remark["severity"].as_u64().unwrap_or_default();
        if !(remark["id"].is_u64() && remark["message"].is_string() && (1..=4).contains(&severity)) {
            return Err(format!("{remark} is no remark"));
        }
        typed::<lsp::Range>(&remark["range"])?;
        if let Some(edit) = remark.get("edit") {
            workspace_edit(agreement, edit)?;
        }
    }
    for part in result["parts"].as_array().into_iter().flatten() {
        let members: Vec<_> = part.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        if members != ["edit", "range"] || result["outcome"] != "proposed" {
            return Err(format!("a part has a range and an edit, and belongs to an edit that waits: {part}"));
        }
        workspace_edit(agreement, &part["edit"])?;
    }
    result.get("edit").map_or(Ok(()), |edit| workspace_edit(agreement, edit))
}

fn without_params(params: &Value) -> Verdict {
    if params.is_null() { Ok(()) } else { Err("this request has no params".into()) }
}
