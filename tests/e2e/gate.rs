//! One gate checks each text from an editor before it is sent: cut selections, targets of links, and conversations.
//! The agreement of a user is for one agent.

use std::fs;

use serde_json::{Value, json};

use crate::support::paths::uri_of;
use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{World, with};

/// Random letters. They are in two halves, so that no scanner of this repository reports a secret.
fn random() -> String {
    format!("{}{}", "kX9fQ2mZ7pLr", "T4vWb8NcYd3HsGjA")
}

fn token() -> String {
    format!("{}{}", "glpat-", "a1B2c3D4e5F6g7H8i9J0")
}

/// Makes a workspace folder on the disk, and returns the URI of a file by its name.
fn shop(world: &World, files: &[(&str, &str)]) -> impl Fn(&str) -> String + use<> {
    let folder = world.home.path().join("shop");
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let uri = uri_of(&folder);
    let change = json!({ "event": { "added": [{ "uri": uri, "name": "shop" }], "removed": [] } });
    world.editor.notify("workspace/didChangeWorkspaceFolders", change);
    move |name| format!("{uri}/{name}")
}

fn explain(world: &World, uri: &str, needle: &str) -> Value {
    let range = world.editor.range_of(uri, needle);
    json!({ "action": "explain", "textDocument": { "uri": uri, "version": 1 }, "range": range })
}

/// Returns the question that the user declines. The server sends nothing.
async fn declined(world: &World, params: Value) -> String {
    world.editor.will_answer(Some("Cancel"));
    let error = world.run(params).await.unwrap_err();
    assert_eq!(error["data"]["kind"], "refused", "{error}");
    let asked = world.editor.messages().join("\n");
    assert!(world.peer.requests().iter().all(|it| it.method == "HEAD"), "nothing was sent: {asked}");
    asked
}

#[tokio::test]
async fn secret_is_found_when_the_selection_cuts_it() {
    let (random, token) = (random(), token());
    for (language, name, text, selected) in [
        ("python", "pay.py", format!("client_secret = \"{random}\"\n"), format!("\"{random}\"")),
        ("javascript", "pay.js", format!("const apiKey = '{random}';\n"), format!("'{random}'")),
        ("yaml", "pay.yml", format!("pwd: \"{random}\"\n"), format!("\"{random}\"")),
        ("python", "mq.py", format!("DB = 'amqp://shop:{random}@mq.internal/v'\n"), format!("{random}@mq.internal")),
        ("python", "push.py", format!("T = '{token}'\n"), token[..12].to_owned()),
        ("python", "push.py", format!("T = '{token}'\n"), token[9..].to_owned()),
        ("go", "pay.go", format!("var apiSecret = \"{random}\"\n"), random[4..20].to_owned()),
    ] {
        let world = World::start(profiles::vscode()).await;
        let uri = shop(&world, &[])(name);
        world.editor.open(&uri, language, &text);
        let asked = declined(&world, explain(&world, &uri, &selected)).await;
        assert!(asked.contains(&format!("line 1 of {name} contains what looks like")), "{text}: {asked}");
        assert!(!asked.contains(&random[..8]) && !asked.contains(&token[..12]), "{asked}");
        world.finish().await;
    }
}

#[cfg(unix)] // symlink
#[tokio::test]
async fn linked_document_is_checked_by_its_name_and_its_target() {
    let world = World::start(profiles::vscode()).await;
    let uri =
        shop(&world, &[(".npmrc", "pin = 4711\n"), ("plain.txt", "pin = 4711\n"), (".stackspotignore", "plans/\n")]);
    let plans = world.home.path().join("shop/plans");
    fs::create_dir_all(&plans).unwrap();
    fs::write(plans.join("next.txt"), "pin = 4711\n").unwrap();
    for (link, target, said) in [
        ("draft.md", ".npmrc", ".npmrc"),
        ("id_rsa", "plain.txt", "id_rsa"),
        ("today.txt", "plans/next.txt", ".stackspotignore"),
    ] {
        std::os::unix::fs::symlink(target, world.home.path().join("shop").join(link)).unwrap();
        world.editor.open(&uri(link), "plaintext", "pin = 4711\n");
        let asked = declined(&world, explain(&world, &uri(link), "pin = 4711")).await;
        assert!(asked.contains(said), "{link}: {asked}");
    }
    world.finish().await;
}

#[cfg(unix)] // symlink
#[tokio::test]
async fn files_behind_links_are_not_added_to_the_prompt() {
    let settings = json!({ "context": { "openDocuments": true } });
    let world = World::start(profiles::vscode().options(settings)).await;
    let cart = "def total(items):\n    return sum(items)\n";
    let secret = "machine shop login svc password PIN4711\n";
    let uri = shop(&world, &[("cart.py", cart), (".netrc", secret), ("prod.key", secret)]);
    for (link, target) in
        [("AGENTS.md", ".netrc"), ("draft.py", "prod.key"), ("test_cart.py", ".netrc"), (".stackspot", "/etc")]
    {
        std::os::unix::fs::symlink(target, world.home.path().join("shop").join(link)).unwrap();
    }
    world.editor.open(&uri("draft.py"), "python", secret);
    world.editor.open(&uri("other.py"), "python", "other = 1\n");
    world.editor.open(&uri("cart.py"), "python", cart);
    for action in ["explain", "test"] {
        let chat = world.peer.expect_chat(Script::stream().text("I cannot say anything about that.").end());
        let params = with(explain(&world, &uri("cart.py"), "def total(items):"), "action", json!(action));
        let _ = world.run(params).await;
        let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
        assert!(prompt.contains("other = 1"), "an ordinary one goes along: {prompt}");
        assert!(!prompt.contains("PIN4711") && !prompt.contains("<rules"), "{action}: {prompt}");
    }
    world.editor.messages();
    world.finish().await;
}

#[cfg(unix)] // symlink
#[tokio::test]
async fn conversation_about_a_guarded_file_needs_consent() {
    let world = World::start(profiles::vscode()).await;
    let uri = shop(&world, &[(".env", "mode = 1\n"), ("pay.py", "")]);
    std::os::unix::fs::symlink(".env", world.home.path().join("shop/notes.py")).unwrap();
    world.editor.open(&uri("notes.py"), "python", "mode = 1\n");
    let text = format!("api_secret = \"{}\"\n", random());
    world.editor.open(&uri("pay.py"), "python", &text);
    for (name, needle, said) in
        [("notes.py", "mode = 1", ".env"), ("pay.py", &*random(), "line 1 of pay.py contains what looks like")]
    {
        let range = world.editor.range_of(&uri(name), needle);
        world.editor.choose(&uri(name), &range, "Ask StackSpot AI").await;
        let shown = world.editor.wait_for_method("window/showDocument").await;
        let talk = shown["uri"].as_str().unwrap().to_owned();
        world.editor.wait_until("the document", |state| state.documents.contains_key(&talk).then_some(())).await;
        world.editor.type_at(&talk, &world.editor.end_of(&talk), "What is this?\n");
        world.editor.will_answer(Some("Cancel"));
        let end = world.editor.end_of(&talk);
        world.editor.choose(&talk, &json!({ "start": end, "end": end }), "Send the question").await;
        let asked = world.editor.wait_for_method("window/showMessageRequest").await;
        assert!(asked["message"].as_str().unwrap().contains(said), "{name}: {asked}");
        world.editor.wait_for_text(&talk, |text| text.matches("<!-- question").count() == 2).await;
        world.wait_for_no_jobs().await;
        assert!(world.peer.chats().is_empty(), "{name}");
    }
    world.editor.messages();
    world.editor.edits();
    world.finish().await;
}

#[tokio::test]
async fn consent_applies_only_to_the_agent_in_the_question() {
    let world = World::start(profiles::vscode()).await;
    world.peer.answer_by_default(Script::stream().text("Fine.").end());
    let uri = shop(&world, &[])("push.py");
    world.editor.open(
        &uri,
        "python",
        &format!("T = '{}'\nK = 'ghp_{}'\n", token(), "Zq3VxT8mLw2RkY7bNc5HdJ9sPf4GaE6uUi1o"),
    );
    let to = |agent: &str| {
        let params = with(
            explain(&world, &uri, "T = '"),
            "range",
            json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 2, "character": 0 } }),
        );
        with(params, "agent", json!(agent))
    };
    for (agent, is_asked) in [("01FIRST", true), ("01FIRST", false), ("01SECOND", true), ("01FIRST", false)] {
        let before = world.editor.messages().len();
        if is_asked {
            world.editor.will_answer(Some("Send"));
        }
        world.run(to(agent)).await.unwrap();
        let asked = world.editor.messages().split_off(before);
        assert_eq!(asked.len(), usize::from(is_asked), "{agent}: {asked:?}");
        for question in asked {
            for part in [agent, "GitLab", "GitHub"] {
                assert!(question.contains(part), "{part}: {question}");
            }
        }
    }
    assert_eq!(world.peer.chats().len(), 4);
    world.finish().await;
}

/// The server with a `config.toml` of the user, and an editor that sends these settings.
async fn with_own(own: &str, of_the_editor: Value) -> World {
    let home = tempfile::TempDir::new().unwrap();
    let config = home.path().join("config/stackspot-lsp");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), own).unwrap();
    World::start_in(home, profiles::vscode().options(of_the_editor), |_| {}).await
}

#[tokio::test]
async fn editor_settings_cannot_weaken_the_secret_guard_of_the_user() {
    for (own, of_the_editor) in [
        ("secrets.guard = \"refuse\"\n", json!({ "secrets": { "guard": "ask" } })),
        ("secrets.guard = \"refuse\"\n", json!({ "secrets": { "guard": "off" } })),
        ("secrets.guard = \"refuse\"\n", json!({ "secrets.guard": "ask" })),
        ("secrets.guard = \"ask\"\n", json!({ "secrets": { "guard": "refuse" } })),
        ("", json!({ "secrets": { "guard": "refuse" } })),
    ] {
        let world = with_own(own, of_the_editor.clone()).await;
        let uri = shop(&world, &[])("push.py");
        world.editor.open(&uri, "python", &format!("T = '{}'\n", token()));
        // The server does not ask the user, so that no agreement by mistake is possible.
        let error = world.run(explain(&world, &uri, "T = '")).await.unwrap_err();
        assert!(error["message"].as_str().unwrap().contains("secrets.guard"), "{own} {of_the_editor}: {error}");
        assert!(world.peer.requests().is_empty());
        world.editor.messages();
        world.finish().await;
    }
}

#[tokio::test]
async fn editor_settings_cannot_turn_off_the_edit_review_of_the_user() {
    for (own, of_the_editor, is_applied) in [
        ("edit.apply = \"review\"\n", json!({ "edit": { "apply": "auto" } }), false),
        ("edit.apply = \"auto\"\n", json!({ "edit": { "apply": "review" } }), false),
        ("edit.apply = \"auto\"\n", json!({ "edit": { "apply": "auto" } }), true),
    ] {
        let world = with_own(own, of_the_editor.clone()).await;
        world.editor.open(crate::world::URI, "python", crate::world::SOURCE);
        world.peer.answer_by_default(Script::stream().text(crate::world::BETTER).end());
        let result = world.run(world.params("refactor")).await.unwrap();
        let outcome = if is_applied { "applied" } else { "proposed" };
        assert_eq!(result["outcome"], outcome, "{own} {of_the_editor}: {result}");
        let is_said = world.editor.messages().iter().any(|it| it.contains("edit.apply") && it.contains("config.toml"));
        assert_eq!(is_said, own.contains("review"), "that it does not count is said");
        world.editor.edits();
        world.finish().await;
    }
}
