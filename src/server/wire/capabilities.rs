//! The answer to `initialize`: what this server can do for this client.

use tower_lsp::gen_lsp_types::{
    ChangeNotifications, CodeActionKind, CodeActionOptions, CodeLensOptions, DiagnosticOptions, ExecuteCommandOptions,
    FileOperationFilter, FileOperationOptions, FileOperationPattern, FileOperationRegistrationOptions,
    InitializeResult, PositionEncodingKind, Save, ServerCapabilities, ServerInfo, TextDocumentContentOptions,
    TextDocumentSyncKind, TextDocumentSyncOptions, WorkspaceFoldersServerCapabilities, WorkspaceOptions,
};

use super::command::Command;
use super::profile::ClientProfile;
use crate::documents::PositionEncoding;

/// The scheme of virtual documents.
pub(crate) const SCHEME: &str = "stackspot-lsp";

/// The root of all kinds that are this server's own.
pub(crate) const KIND_PREFIX: &str = "stackspot-lsp";

/// Every file and folder, for an edit may wait in any.
fn renames() -> FileOperationOptions {
    let pattern = FileOperationPattern { glob: "**".to_owned(), matches: None, options: None };
    let filters = vec![FileOperationFilter { scheme: None, pattern }];
    FileOperationOptions {
        did_rename: Some(FileOperationRegistrationOptions { filters }),
        ..FileOperationOptions::default()
    }
}

pub(crate) fn initialize_result(profile: &ClientProfile) -> InitializeResult {
    let position_encoding = match profile.encoding {
        PositionEncoding::Utf8 => PositionEncodingKind::UTF8,
        PositionEncoding::Utf16 => PositionEncodingKind::UTF16,
        PositionEncoding::Utf32 => PositionEncodingKind::UTF32,
    };
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::Incremental),
        save: Some(Save::Bool(true)),
        ..TextDocumentSyncOptions::default()
    };
    let code_actions = CodeActionOptions {
        code_action_kinds: Some(vec![
            CodeActionKind::QuickFix,
            CodeActionKind::RefactorRewrite,
            CodeActionKind::Custom(KIND_PREFIX.into()),
        ]),
        ..CodeActionOptions::default()
    };
    let virtual_documents = TextDocumentContentOptions { schemes: vec![SCHEME.to_owned()] };
    let commands = Command::ALL.iter().map(|(_, id)| (*id).to_owned()).collect();
    let folders = WorkspaceFoldersServerCapabilities {
        supported: Some(true),
        change_notifications: Some(ChangeNotifications::Bool(true)),
    };
    // Where they can be registered, they are once there are any.
    let lenses = (profile.code_lenses && !profile.registers_code_lenses)
        .then(|| CodeLensOptions { resolve_provider: Some(false), ..CodeLensOptions::default() });
    InitializeResult {
        capabilities: ServerCapabilities {
            position_encoding: Some(position_encoding),
            text_document_sync: Some(sync.into()),
            code_action_provider: Some(code_actions.into()),
            code_lens_provider: lenses,
            diagnostic_provider: profile.pulls_diagnostics.then(|| DiagnosticOptions::default().into()),
            execute_command_provider: Some(ExecuteCommandOptions { commands, ..ExecuteCommandOptions::default() }),
            // Where it can be registered, it is once there is something to recall.
            hover_provider: (!profile.registers_hover).then(|| true.into()),
            workspace: Some(WorkspaceOptions {
                workspace_folders: Some(folders),
                file_operations: profile.tells_renames.then(renames),
                text_document_content: profile.virtual_documents.then(|| virtual_documents.into()),
            }),
            ..ServerCapabilities::default()
        },
        server_info: Some(ServerInfo {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    }
}
