//! The context that the user adds by hand to the next question.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::paths::uri_of;
use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{FUNCTION, INFO, URI, World, titles, with};

/// A file of the project that is not open.
const RATES: &str = "VAT = 0.19\nREDUCED = 0.07\n";

/// A folder with files, as the workspace.
fn shop(world: &World, files: &[(&str, &str)]) -> PathBuf {
    let folder = world.home.path().join("shop");
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let change = json!({ "event": { "added": [{ "uri": uri_of(&folder), "name": "shop" }], "removed": [] } });
    world.editor.notify("workspace/didChangeWorkspaceFolders", change);
    folder
}

async fn context(world: &World, argument: Value) -> Value {
    world.editor.execute("stackspot-lsp.context", json!([argument])).await
}

async fn add_file(world: &World, path: &Path) -> Value {
    context(world, json!({ "add": "file", "textDocument": { "uri": uri_of(path) } })).await
}

fn names(list: &Value) -> Vec<&str> {
    list["parts"].as_array().unwrap().iter().map(|part| part["name"].as_str().unwrap()).collect()
}

/// Runs the job to its end, and returns the prompt that the agent got.
async fn prompt(world: &World, params: Value) -> String {
    let chat = world.peer.expect_chat(Script::stream().text("It adds up.").end());
    world.run(params).await.unwrap();
    chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn added_context_goes_only_with_the_next_question() {
    let world = World::open(profiles::vscode()).await;
    let folder = shop(&world, &[("rates.py", RATES)]);
    add_file(&world, &folder.join("rates.py")).await;
    let lines =
        json!({ "add": "lines", "textDocument": { "uri": URI }, "range": world.editor.range_of(URI, "sum + item") });
    context(&world, lines).await;
    let range = world.editor.range_of(URI, FUNCTION);
    let problem = json!({ "range": range, "message": "the name hides a built-in" });
    let problems =
        json!({ "add": "problems", "textDocument": { "uri": URI }, "range": range, "diagnostics": [problem] });
    let list = context(&world, problems).await;
    assert_eq!(names(&list), ["rates.py", "cart.py:6", "problems of cart.py"]);
    assert_eq!((&list["parts"][0]["chars"], &list["budget"]), (&json!(RATES.len()), &json!(60_000)));
    // The prompt contains the current text of the file.
    std::fs::write(folder.join("rates.py"), "VAT = 0.2\n").unwrap();

    let carried = prompt(&world, world.params("explain")).await;
    for part in [
        "<context kind=\"file\" file=\"rates.py\">\nVAT = 0.2\n</context>\n",
        "<context kind=\"lines\" file=\"cart.py\" lines=\"6\">\n        sum = sum + item.price\n</context>\n",
        "<context kind=\"problems\" file=\"cart.py\">\n",
    ] {
        assert!(carried.contains(part), "{carried}");
    }
    assert!(carried.contains("the name hides a built-in"), "{carried}");
    assert_eq!(names(&context(&world, json!({})).await), Vec::<&str>::new());
    assert!(!prompt(&world, world.params("explain")).await.contains("<context kind"));
    world.finish().await;
}

#[tokio::test]
async fn menu_adds_shows_and_removes_context_in_every_editor() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let range = world.editor.range_of(URI, FUNCTION);
        world.editor.choose(URI, &range, "Add these lines to the next question").await;
        let (kind, said) = world.message().await;
        assert!(kind == INFO && said.contains("the next question contains one part, "), "{said}");
        world.editor.choose(URI, &range, "Show what you added to the next question (1)").await;
        let (_, said) = world.message().await;
        assert!(said.starts_with("The next question contains cart.py:3–7: "), "{said}");
        let point = json!({ "start": range["start"], "end": range["start"] });
        world.editor.choose(URI, &point, "Add this file to the next question").await;
        world.message().await;
        world.editor.choose(URI, &range, "Remove “cart.py:3–7” from the next question").await;
        let (_, said) = world.message().await;
        assert!(said.starts_with("The next question contains cart.py: "), "{said}");
        let carried = prompt(&world, world.params("explain")).await;
        assert_eq!(carried.matches("<context kind=\"file\" file=\"cart.py\">").count(), 1, "{carried}");
        let menu = titles(&world.editor.code_actions(URI, &range).await);
        assert!(!menu.iter().any(|title| title.contains("from the next question")), "{menu:?}");
        world.editor.messages();
        world.finish().await;
    }
}

#[tokio::test]
async fn guarded_added_file_is_kept_when_user_refuses_to_send() {
    let world = World::open(profiles::vscode()).await;
    let folder = shop(&world, &[(".env", "STAGE=test\n")]);
    add_file(&world, &folder.join(".env")).await;
    world.editor.will_answer(Some("Cancel"));
    let refusal = world.run(world.params("explain")).await.unwrap_err();
    assert!(refusal["message"].as_str().unwrap().contains(".env"), "{refusal}");
    assert_eq!(world.peer.chats().len(), 0);
    assert_eq!(names(&context(&world, json!({})).await), [".env"]);
    world.editor.will_answer(Some("Send"));
    assert!(prompt(&world, world.params("explain")).await.contains("STAGE=test"));
    world.editor.messages();
    world.finish().await;
}

#[tokio::test]
async fn secret_in_an_added_file_is_found_and_file_is_named() {
    let world = World::open(profiles::vscode()).await;
    let token = format!("{}{}", "ghp_", "Zq3VxT8mLw2RkY7bNc5HdJ9sPf4GaE6uUi1o");
    let folder = shop(&world, &[("deploy.py", &format!("import os\nlogin(\"{token}\")\n"))]);
    add_file(&world, &folder.join("deploy.py")).await;
    world.editor.will_answer(None);
    let refusal = world.run(world.params("explain")).await.unwrap_err().to_string();
    assert!(refusal.contains("GitHub") && refusal.contains("deploy.py") && !refusal.contains(&token), "{refusal}");
    assert_eq!(world.peer.chats().len(), 0);
    world.editor.messages();
    world.finish().await;
}

#[tokio::test]
async fn added_file_over_budget_blocks_sending_until_removed() {
    let world = World::open(profiles::vscode()).await;
    let folder = shop(&world, &[("large.txt", &"word ".repeat(20_000))]);
    let list = add_file(&world, &folder.join("large.txt")).await;
    assert_eq!(list["chars"], 100_000);
    let refusal = world.run(world.params("explain")).await.unwrap_err();
    assert_eq!(refusal["data"]["kind"], "promptTooLarge", "{refusal}");
    assert_eq!(world.peer.chats().len(), 0);
    let id = context(&world, json!({})).await["parts"][0]["id"].clone();
    let list = context(&world, json!({ "remove": id })).await;
    assert_eq!(names(&list), Vec::<&str>::new());
    prompt(&world, world.params("explain")).await;
    world.finish().await;
}

#[tokio::test]
async fn invalid_added_context_is_refused_with_an_error() {
    let world = World::open(profiles::vscode()).await;
    let folder = shop(&world, &[("rates.py", RATES)]);
    std::fs::write(folder.join("picture.png"), b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0").unwrap();
    for name in ["picture.png", "gone.py", ""] {
        let argument = json!({ "add": "file", "textDocument": { "uri": uri_of(folder.join(name)) } });
        let refused = world.editor.try_execute("stackspot-lsp.context", json!([argument])).await.unwrap_err();
        assert_eq!(refused["code"], -32602, "{name}: {refused}");
    }
    assert_eq!(names(&context(&world, json!({})).await), Vec::<&str>::new());
    let missing = world.editor.try_execute("stackspot-lsp.context", json!([{ "add": "lines" }])).await.unwrap_err();
    assert!(missing["message"].as_str().unwrap().contains("textDocument"), "{missing}");
    world.finish().await;
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=Ana", "-c", "user.email=ana@example.com"]).args(arguments).current_dir(folder);
    let output = git.env("HOME", folder).output().expect("git is installed");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn git_changes_can_be_added_and_guarded_files_need_consent() {
    let world = World::open(profiles::vscode()).await;
    let folder = shop(&world, &[("rates.py", RATES), (".env", "STAGE=test\n")]);
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "-A", "-f"]);
    git(&folder, &["commit", "-qm", "The rates"]);
    let changes = json!({ "add": "changes", "textDocument": { "uri": uri_of(folder.join("rates.py")) } });
    let nothing = world.editor.try_execute("stackspot-lsp.context", json!([changes])).await.unwrap_err();
    assert!(nothing["message"].as_str().unwrap().contains("Nothing changed"), "{nothing}");
    std::fs::write(folder.join("rates.py"), "VAT = 0.2\nREDUCED = 0.07\n").unwrap();
    context(&world, changes.clone()).await;
    let carried = prompt(&world, world.params("explain")).await;
    assert!(carried.contains("<context kind=\"changes\" file=\"git diff\">\ndiff --git a/rates.py"), "{carried}");
    assert!(carried.contains("\n-VAT = 0.19\n+VAT = 0.2\n"), "{carried}");

    std::fs::write(folder.join(".env"), "STAGE=live\n").unwrap();
    context(&world, changes).await;
    world.editor.will_answer(Some("Cancel"));
    let refusal = world.run(world.params("explain")).await.unwrap_err().to_string();
    assert!(refusal.contains(".env"), "{refusal}");
    world.editor.messages();
    world.finish().await;
}

#[tokio::test]
async fn retry_sends_the_same_added_context() {
    let world = World::open(profiles::vscode()).await;
    let folder = shop(&world, &[("rates.py", RATES)]);
    add_file(&world, &folder.join("rates.py")).await;
    let chat = world.peer.expect_chat(Script::stream().text("It adds up.").end());
    let result = world.run(world.params("explain")).await.unwrap();
    chat.arrived().await;
    let again = world.peer.expect_chat(Script::stream().text("It adds up.").end());
    world.editor.execute("stackspot-lsp.retry", json!([{ "jobId": result["jobId"] }])).await;
    world.editor.wait_for_method("window/showDocument").await;
    let carried = again.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
    assert!(carried.contains("file=\"rates.py\""), "{carried}");
    world.wait_for_no_jobs().await;
    let shown = with(world.params("explain"), "instruction", json!("And now?"));
    assert!(!prompt(&world, shown).await.contains("rates.py"));
    world.editor.messages();
    world.finish().await;
}
