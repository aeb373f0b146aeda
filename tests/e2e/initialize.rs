//! The whole response to `initialize`, for each editor.

use serde_json::json;

use crate::support::editor_state::Side;
use crate::support::profiles;
use crate::world::World;

/// The commands, in the order of the response.
const COMMANDS: [&str; 15] = [
    "stackspot-lsp.run",
    "stackspot-lsp.cancel",
    "stackspot-lsp.apply",
    "stackspot-lsp.discard",
    "stackspot-lsp.retry",
    "stackspot-lsp.followUp",
    "stackspot-lsp.showAnswer",
    "stackspot-lsp.status",
    "stackspot-lsp.actions",
    "stackspot-lsp.agents",
    "stackspot-lsp.showEdit",
    "stackspot-lsp.proposal",
    "stackspot-lsp.showPrompt",
    "stackspot-lsp.conversation",
    "stackspot-lsp.context",
];

#[tokio::test]
async fn server_capabilities_match_each_editor() {
    for profile in profiles::all() {
        let encoding = match profile.name {
            "neovim-0.12" | "neovim-0.11" | "neovim-nightly" | "helix-25.07" | "eglot-1.17" | "kak-lsp" => "utf-8",
            "lsp-mode-9.0" => "utf-32",
            _ => "utf-16",
        };
        let world = World::start(profile).await;
        let log = world.editor.log();
        let (_, answer) = log.iter().find(|(side, _)| *side == Side::Server).unwrap();
        let mut expected = json!({
            "serverInfo": { "name": "stackspot-lsp", "version": env!("CARGO_PKG_VERSION") },
            "capabilities": {
                "positionEncoding": encoding,
                "textDocumentSync": { "openClose": true, "change": 2, "save": true },
                "codeActionProvider": { "codeActionKinds": ["quickfix", "refactor.rewrite", "stackspot-lsp"] },
                "executeCommandProvider": { "commands": COMMANDS },
                "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
            },
        });
        // If the editor can register lenses, the server registers them with the first one. Most editors have no lenses.
        if ["neovim-0.12", "neovim-0.11", "neovim-nightly", "kak-lsp"].contains(&world.profile.name) {
            expected["capabilities"]["codeLensProvider"] = json!({ "resolveProvider": false });
        }
        if !world.profile.declares("/textDocument/hover/dynamicRegistration") {
            expected["capabilities"]["hoverProvider"] = json!(true);
        }
        if world.has_virtual_documents() {
            expected["capabilities"]["workspace"]["textDocumentContent"] = json!({ "schemes": ["stackspot-lsp"] });
        }
        if world.profile.declares("/workspace/fileOperations/didRename") {
            expected["capabilities"]["workspace"]["fileOperations"] =
                json!({ "didRename": { "filters": [{ "pattern": { "glob": "**" } }] } });
        }
        assert_eq!(answer["result"], expected, "{}", world.profile.name);
        world.finish().await;
    }
}

#[tokio::test]
async fn session_without_jobs_sends_no_request_to_the_service() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let range = world.editor.range_of(crate::world::URI, crate::world::FUNCTION);
        assert!(!world.editor.code_actions(crate::world::URI, &range).await.is_empty());
        let peer = world.peer.requests().len();
        assert_eq!(peer, 0, "{}", world.profile.name);
        world.finish().await;
    }
}
