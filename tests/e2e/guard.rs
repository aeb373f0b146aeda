//! Text with a possible secret is not sent before the user agrees.

use serde_json::{Value, json};

use crate::support::paths::uri_of;
use crate::support::peer::Script;
use crate::support::profiles::{self, Profile};
use crate::world::{INFO, URI, World, refused};

/// A token that gives no access. It is in two halves, so that no scanner of this repository reports it.
fn token() -> String {
    format!("{}{}", "ghp_", "Zq3VxT8mLw2RkY7bNc5HdJ9sPf4GaE6uUi1o")
}

async fn with_a_token(profile: Profile) -> World {
    let world = World::start(profile).await;
    world.editor.open(URI, "python", &format!("def push():\n    login(\"{}\")\n", token()));
    world
}

#[tokio::test]
async fn user_is_asked_once_and_answer_is_kept_for_the_session() {
    for profile in profiles::all() {
        let world = with_a_token(profile).await;
        world.peer.answer_by_default(Script::stream().text("It logs in.").end());
        world.editor.will_answer(Some("Send"));
        for _ in 0..2 {
            world.run(world.params_on("explain", "login")).await.unwrap();
        }
        let question = world.editor.messages();
        assert_eq!(question.len(), 1, "{}: {question:?}", world.profile.name);
        let question = format!("{question:?}");
        assert!(question.contains("GitHub") && !question.contains(&token()), "{question}");
        assert_eq!(world.peer.chats().len(), 2);
        world.finish().await;
    }
}

#[tokio::test]
async fn without_consent_nothing_is_sent() {
    for answer in [Some("Cancel"), None] {
        let world = with_a_token(profiles::vscode()).await;
        world.editor.will_answer(answer);
        let message = refused(world.run(world.params_on("explain", "login")).await, "refused");
        assert!(message.contains("GitHub") && !message.contains(&token()), "{message}");
        assert_eq!((world.peer.chats().len(), world.peer.token_requests()), (0, 0));
        world.editor.messages();
        world.finish().await;
    }
}

#[tokio::test]
async fn job_started_by_command_reports_a_refusal_once() {
    let world = with_a_token(profiles::neovim()).await;
    world.editor.will_answer(None);
    world.editor.execute("stackspot-lsp.run", json!([world.params_on("explain", "login")])).await;
    let (kind, message) = world.message().await;
    assert!(kind == INFO && message.contains("did not agree"), "a no of the user is no error: {message}");
    assert_eq!(world.peer.chats().len(), 0);
    world.editor.messages();
    world.finish().await;
}

#[tokio::test]
async fn settings_decide_if_the_user_is_asked() {
    let world = with_a_token(profiles::vscode().options(json!({ "secrets": { "guard": "refuse" } }))).await;
    let message = refused(world.run(world.params_on("explain", "login")).await, "refused");
    assert!(message.contains("secrets.guard"), "{message}");
    assert_eq!(world.peer.chats().len(), 0);
    world.finish().await;

    // A workspace may contain this setting. Therefore the server reports and ignores it. Only the user file may set it.
    let world = with_a_token(profiles::vscode().options(json!({ "secrets": { "guard": "off" } }))).await;
    let (_, message) = world.message().await;
    assert!(message.contains("secrets.guard") && message.contains("config.toml"), "{message}");
    world.editor.will_answer(Some("Cancel"));
    refused(world.run(world.params_on("explain", "login")).await, "refused");
    assert_eq!(world.peer.chats().len(), 0);
    world.editor.messages();
    world.finish().await;

    let folder = tempfile::TempDir::new().unwrap();
    let config = folder.path().join("stackspot-lsp");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("config.toml"), "secrets.guard = \"off\"\n").unwrap();
    let own = folder.path().to_str().unwrap().to_owned();
    let world = World::start_with(profiles::vscode(), |all| {
        all.retain(|(name, _)| *name != "XDG_CONFIG_HOME");
        all.push(("XDG_CONFIG_HOME", own));
    })
    .await;
    world.editor.open(URI, "python", &format!("def push():\n    login(\"{}\")\n", token()));
    world.peer.expect_chat(Script::stream().text("It logs in.").end());
    world.run(world.params_on("explain", "login")).await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn secret_or_ignored_file_is_asked_about() {
    let world = World::start(profiles::vscode()).await;
    let folder = world.home.path().join("shop");
    std::fs::create_dir_all(folder.join(".git")).unwrap();
    std::fs::write(folder.join(".gitignore"), "scratch*\n").unwrap();
    std::fs::write(folder.join(".stackspotignore"), "plans/\n").unwrap();
    for (name, why) in [(".env", ".env"), ("scratch.py", "ignored by git"), ("plans/next.py", ".stackspotignore")] {
        let uri = uri_of(folder.join(name));
        world.editor.open(&uri, "python", "mode = 1\n");
        let range = world.editor.range_of(&uri, "mode = 1");
        world.editor.will_answer(Some("Cancel"));
        let params = json!({ "action": "explain", "textDocument": { "uri": uri, "version": 1 }, "range": range });
        let message = refused(world.run(params).await, "refused");
        assert!(message.contains(why), "{name}: {message}");
    }
    world.editor.messages();
    assert_eq!(world.peer.chats().len(), 0);
    world.finish().await;
}

#[tokio::test]
async fn rules_of_a_folder_count_if_it_was_removed_after_the_request() {
    let world = World::start(profiles::vscode()).await;
    let folder = world.home.path().join("shop");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(".stackspotignore"), "plans/\n").unwrap();
    let folders = json!([{ "uri": uri_of(&folder), "name": "shop" }]);
    let change = |added: Value, removed: Value| {
        let event = json!({ "event": { "added": added, "removed": removed } });
        world.editor.notify("workspace/didChangeWorkspaceFolders", event);
    };
    change(folders.clone(), json!([]));
    let uri = uri_of(folder.join("plans/next.py"));
    world.editor.open(&uri, "python", "mode = 1\n");
    let range = world.editor.range_of(&uri, "mode = 1");
    world.editor.will_answer(Some("Cancel"));
    let params = json!({ "action": "explain", "textDocument": { "uri": uri, "version": 1 }, "range": range });
    let asked = world.editor.start_request("stackspot-lsp/run", params);
    change(json!([]), folders);
    let message = refused(world.editor.response(asked).await, "refused");
    assert!(message.contains(".stackspotignore"), "{message}");
    world.editor.messages();
    world.finish().await;
}

#[tokio::test]
async fn notebook_cell_and_git_revision_are_checked_as_their_file() {
    let world = World::start(profiles::vscode()).await;
    let folder = world.home.path().join("shop");
    std::fs::create_dir_all(folder.join(".git")).unwrap();
    std::fs::write(folder.join(".gitignore"), "*.ipynb\n").unwrap();
    std::fs::write(folder.join(".stackspotignore"), "plans/\n").unwrap();
    let of = |scheme: &str, name: &str, rest: &str| {
        uri_of(folder.join(name)).replacen("file://", &format!("{scheme}:"), 1) + rest
    };
    for (uri, why) in [
        (of("vscode-notebook-cell", "prices.ipynb", "#W0sZmlsZQ%3D%3D"), "ignored by git"),
        (of("vscode-notebook-cell", "plans/next.ipynb", "#W1sZmlsZQ%3D%3D"), ".stackspotignore"),
        (of("git", ".env", "?%7B%22ref%22%3A%22HEAD%22%7D"), ".env"),
        (of("vscode-remote://ssh-remote%2Bbox", ".env", ""), ".env"),
    ] {
        world.editor.open(&uri, "python", "mode = 1\n");
        let range = world.editor.range_of(&uri, "mode = 1");
        world.editor.will_answer(Some("Cancel"));
        let params = json!({ "action": "explain", "textDocument": { "uri": uri, "version": 1 }, "range": range });
        let message = refused(world.run(params).await, "refused");
        assert!(message.contains(why), "{uri}: {message}");
    }
    world.editor.messages();
    assert_eq!(world.peer.chats().len(), 0);
    world.finish().await;
}
