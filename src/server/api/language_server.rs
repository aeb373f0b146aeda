//! The methods of the server, as a table of contents. A handler changes the state only before its first `.await`,
//! because the transport polls it once in the order of the wire.

use std::sync::{Arc, OnceLock};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tower_lsp::gen_lsp_types::{InitializeParams, InitializeResult, InitializedParams};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::{ClientSocket, LanguageServer, LspService};

use super::{code_actions, commands, lenses, run};
use crate::documents::{DocumentUri, SyncError};
use crate::i18n::message;
use crate::job::without_nulls;
use crate::memory;
use crate::server::client::{prompt_files, refresh_lenses, settings};
use crate::server::jobs::waiting;
use crate::server::session::{Feedback, Handled, MessageKind, Refresh, Session};
use crate::server::transport::SHUTDOWN_GRACE;
use crate::server::wire::{
    CodeActionParams, DidChangeParams, DocumentParams, OpenedDocument, ProgressCancelParams, RunParams,
    VersionedDocument, capabilities, menu, parse_params,
};
use crate::server::{answers, remarks};
use crate::tasks::lock;

/// The methods whose handlers return JSON text. An editor requests a menu at each move of the cursor. With the prompts
/// of a large team, direct text is faster than a `Value`.
pub(crate) const JSON_TEXT: &[&str] = &["textDocument/codeAction"];

/// The session, once `initialize` has made it.
pub(crate) type SessionCell = Arc<OnceLock<Arc<Session>>>;

pub(crate) struct Server {
    session: SessionCell,
}

/// The service with all its methods.
pub(crate) fn service(session: SessionCell) -> (LspService<Server>, ClientSocket) {
    LspService::build_with_lifecycle_methods(|_| Server { session })
        .custom_method("textDocument/didOpen", Server::did_open)
        .custom_method("textDocument/didChange", Server::did_change)
        .custom_method("textDocument/didSave", Server::did_save)
        .custom_method("textDocument/didClose", Server::did_close)
        .custom_method("textDocument/codeAction", Server::code_action)
        .custom_method("textDocument/codeLens", Server::code_lens)
        .custom_method("textDocument/diagnostic", Server::diagnostic)
        .custom_method("textDocument/hover", Server::hover)
        .custom_method("workspace/textDocumentContent", Server::text_document_content)
        .custom_method("workspace/executeCommand", Server::execute_command)
        .custom_method("workspace/didChangeConfiguration", Server::did_change_configuration)
        .custom_method("workspace/didChangeWorkspaceFolders", Server::did_change_workspace_folders)
        .custom_method("workspace/didRenameFiles", Server::did_rename_files)
        .custom_method("workspace/didChangeWatchedFiles", Server::did_change_watched_files)
        .custom_method("window/workDoneProgress/cancel", Server::cancel_progress)
        .custom_method("stackspot-lsp/run", Server::run)
        .custom_method("stackspot-lsp/credential", Server::credential)
        .finish()
}

impl LanguageServer for Server {
    async fn initialize(&self, _: InitializeParams) -> Result<InitializeResult> {
        let session = self.session()?;
        waiting::offer_again(session).await;
        capabilities::initialize_result(&session.profile).map_err(|error| {
            tracing::error!(%error, "the server's capabilities could not be serialized");
            Error::internal_error()
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        if let Ok(session) = self.session() {
            session.log.open(&session.outbox);
            session.spawn("following the settings", settings::follow);
            session.spawn("following the prompt files", prompt_files::follow);
        }
    }

    async fn shutdown(&self) -> Result<()> {
        let session = self.session()?;
        session.jobs.cancel(|_| true);
        // Cancelled jobs still end their progress. Nothing else needs a wait.
        let _ = tokio::time::timeout(SHUTDOWN_GRACE, session.jobs.idle()).await;
        let _ = tokio::time::timeout(SHUTDOWN_GRACE, save_all(session)).await;
        Ok(())
    }
}

/// The session ends: writes the answers, waiting edits and audit events so far to disk.
pub(crate) async fn save_all(session: &Session) {
    tokio::join!(answers::on_shutdown(session), waiting::on_shutdown(session), session.flush_audit());
}

impl Server {
    async fn did_open(&self, params: Value) {
        let Some((session, params)) = self.notified("textDocument/didOpen", params) else { return };
        let DocumentParams::<OpenedDocument> { text_document: document } = params;
        session.documents.open(&document.uri, &document.language_id, document.version, &document.text);
        let opened = DocumentUri::parse(&document.uri);
        answers::on_did_open(session, &opened);
        remarks::on_did_open(session, &opened);
        session.renames.opened(&opened);
        session.work_trees.on_did_open(&opened);
        if waiting::look_in(session, &opened) {
            refresh_lenses(session);
        }
        // The message came as bytes and was then parsed. Both copies are no longer needed.
        memory::freed(document.text.len());
    }

    async fn did_change(&self, params: Value) {
        let Ok(session) = self.session() else { return };
        let uri = params.pointer("/textDocument/uri").and_then(Value::as_str).map(str::to_owned);
        let outcome = match (parse_params::<DidChangeParams>(params), &uri) {
            (Ok(DidChangeParams { text_document, content_changes }), _) => match text_document.version {
                Some(version) => session.documents.change(&text_document.uri, version, &content_changes),
                None => session.documents.mark_out_of_sync(&text_document.uri, message!("sync-no-version")),
            },
            // The change is unknown: the text cannot be trusted from here on.
            (Err(error), Some(uri)) => {
                let reason = message!("sync-unreadable", problem = error.message.into_owned());
                session.documents.mark_out_of_sync(uri, reason)
            }
            (Err(error), None) => return unreadable(session, "textDocument/didChange", &error),
        };
        // Code of an answer may have changed.
        answers::reconcile(session);
        if let Some(uri) = &uri {
            remarks::publish::publish_after_pause(session, uri);
        }
        match outcome {
            Ok(()) => {}
            Err(error @ SyncError::NotOpen { .. }) => tracing::warn!(%error, "a change to an unknown document"),
            Err(error) => session.publish(Feedback::error(error.message())),
        }
    }

    async fn did_close(&self, params: Value) {
        let Some((session, params)) = self.notified("textDocument/didClose", params) else { return };
        let DocumentParams { text_document: VersionedDocument { uri, .. } } = params;
        let closed = DocumentUri::parse(&uri);
        session.remarks.on_did_close(&session.documents, &closed);
        memory::freed(session.documents.close(&uri));
        remarks::publish::publish_now(session, &closed);
        answers::on_did_close(session, &uri);
        session.renames.closed(&closed);
        waiting::look_after(session, &closed);
    }

    async fn did_save(&self, params: Value) {
        let Some((session, params)) = self.notified("textDocument/didSave", params) else { return };
        let DocumentParams::<VersionedDocument> { text_document } = params;
        prompt_files::saved(session, &text_document.uri);
    }

    async fn did_change_watched_files(&self, params: Value) {
        let Ok(session) = self.session() else { return };
        prompt_files::on_did_change_watched_files(session, &params);
    }

    async fn did_rename_files(&self, params: Value) {
        let Ok(session) = self.session() else { return };
        let files = params.get("files").and_then(Value::as_array);
        for file in files.into_iter().flatten() {
            let uri = |name: &str| Some(DocumentUri::parse(file.get(name)?.as_str()?));
            if let (Some(old), Some(new)) = (uri("oldUri"), uri("newUri")) {
                waiting::renamed(session, &old, &new);
            }
        }
    }

    async fn code_action(&self, params: Value) -> Result<String> {
        let session = self.session()?;
        prompt_files::refresh_if_stale(session);
        let params = parse_params::<CodeActionParams>(params)?;
        let is_the_users_own = params.context.is_asked_by_the_user();
        let items = code_actions::list(session, params).await?;
        if is_the_users_own && items.iter().any(|item| item.by_agent) {
            run::warm(session);
        }
        menu::to_json(&items, &session.profile)
    }

    async fn code_lens(&self, params: Value) -> Result<Vec<Value>> {
        Ok(lenses::list(self.session()?, &parse_params::<DocumentParams>(params)?))
    }

    async fn diagnostic(&self, params: Value) -> Result<Value> {
        remarks::pull(self.session()?, params)
    }

    async fn hover(&self, params: Value) -> Result<Value> {
        answers::hover(self.session()?, params)
    }

    async fn text_document_content(&self, params: Value) -> Result<Value> {
        answers::content(self.session()?, &params).await
    }

    async fn execute_command(&self, params: Value) -> Result<Value> {
        let command = params.get("command").and_then(Value::as_str).unwrap_or_default();
        let arguments = params.get("arguments").and_then(Value::as_array).cloned().unwrap_or_default();
        let session = self.session()?;
        let Handled { value, feedback } = commands::handle(session, command, arguments).await?;
        session.publish(feedback);
        Ok(value)
    }

    async fn run(&self, mut params: Value) -> Result<Value> {
        let session = Arc::clone(self.session()?);
        prompt_files::wait_for_action(&session, &mut params).await;
        run::run_by_request(&session, parse_params::<RunParams>(params)?).await
    }

    /// Tells plug-ins whether to offer a sign-in before the first question.
    async fn credential(&self) -> Result<Value> {
        let session = self.session()?;
        let missing = session.service.missing_credential().map(|why| why.text(session.language()));
        Ok(without_nulls(json!({ "missing": missing })))
    }

    async fn cancel_progress(&self, params: Value) {
        let Some((session, params)) = self.notified("window/workDoneProgress/cancel", params) else { return };
        let ProgressCancelParams { token } = params;
        // The progress of a job that has ended is unknown.
        if let Some(cancel) = lock(&session.progress).get(&token) {
            cancel.cancel();
        }
    }

    async fn did_change_configuration(&self, params: Value) {
        let Ok(session) = self.session() else { return };
        let pushed = params.get("settings").cloned().unwrap_or(Value::Null);
        session.spawn("taking settings over", |session| async move { settings::pull(&session, pushed).await });
    }

    async fn did_change_workspace_folders(&self, params: Value) {
        let Ok(session) = self.session() else { return };
        let uris = |list: &str| -> Vec<String> {
            let folders = params.pointer(&format!("/event/{list}")).and_then(Value::as_array);
            folders.into_iter().flatten().filter_map(|folder| Some(folder.get("uri")?.as_str()?.to_owned())).collect()
        };
        session.change_folders(&uris("added"), &uris("removed"));
        prompt_files::refresh(session, Refresh::Always);
    }

    fn session(&self) -> Result<&Arc<Session>> {
        self.session.get().ok_or_else(Error::internal_error)
    }

    /// The session, and the parameters of a notification. If they cannot be read, the client's log gets the error.
    fn notified<P: DeserializeOwned>(&self, method: &'static str, params: Value) -> Option<(&Arc<Session>, P)> {
        let session = self.session().ok()?;
        let params = parse_params(params).inspect_err(|error| unreadable(session, method, error)).ok()?;
        Some((session, params))
    }
}

fn unreadable(session: &Session, method: &'static str, error: &Error) {
    tracing::warn!(method, %error, "unreadable parameters");
    let message =
        format!("The editor sent {method} in a form that could not be read ({}); it was ignored.", error.message);
    session.log_message(MessageKind::Warning, &message);
}
