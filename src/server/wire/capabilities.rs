//! The answer to `initialize`: what this server can do for this client.

use serde_json::json;
use tower_lsp::gen_lsp_types::InitializeResult;

use super::command::Command;
use super::profile::ClientProfile;
use crate::actions::{QUICK_FIX, REWRITE};
use crate::documents::PositionEncoding;
use crate::job::without_nulls;

/// The scheme of virtual documents.
pub(crate) const SCHEME: &str = "stackspot-lsp";

/// The root of all code action kinds of this server.
pub(crate) const KIND_PREFIX: &str = "stackspot-lsp";

/// The answer to `initialize`. Errors: the JSON is not a valid answer, by a bug.
pub(crate) fn initialize_result(profile: &ClientProfile) -> serde_json::Result<InitializeResult> {
    let encoding = match profile.encoding {
        PositionEncoding::Utf8 => "utf-8",
        PositionEncoding::Utf16 => "utf-16",
        PositionEncoding::Utf32 => "utf-32",
    };
    // If the client can register lenses, the server registers them at the first lens.
    let has_lenses = profile.code_lenses && !profile.registers_code_lenses;
    // Every file and folder, because an edit may wait in any of them.
    let renames = json!({ "didRename": { "filters": [{ "pattern": { "glob": "**" } }] } });
    let workspace = without_nulls(json!({
        "workspaceFolders": { "supported": true, "changeNotifications": true },
        "fileOperations": profile.tells_renames.then_some(renames),
        "textDocumentContent": profile.virtual_documents.then(|| json!({ "schemes": [SCHEME] })),
    }));
    let diagnostics = json!({ "interFileDependencies": false, "workspaceDiagnostics": false });
    let capabilities = without_nulls(json!({
        "positionEncoding": encoding,
        "textDocumentSync": { "openClose": true, "change": 2, "save": true },
        "codeActionProvider": { "codeActionKinds": [QUICK_FIX, REWRITE, KIND_PREFIX] },
        "codeLensProvider": has_lenses.then(|| json!({ "resolveProvider": false })),
        "diagnosticProvider": profile.pulls_diagnostics.then_some(diagnostics),
        "executeCommandProvider": { "commands": Command::ALL.map(|(_, id)| id) },
        // If the client can register hovers, the server registers them at the first answer to show.
        "hoverProvider": (!profile.registers_hover).then_some(true),
        "workspace": workspace,
    }));
    let server = json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
    serde_json::from_value(json!({ "capabilities": capabilities, "serverInfo": server }))
}
