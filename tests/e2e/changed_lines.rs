//! Actions on a part of the document: the changed lines, and the problems of one rule.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::patience;
use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{SOURCE, URI, World, titles, with};

/// One remark about each function. The first remark is about lines that did not change.
const REVIEW: &str = "<remark lines=\"4\" severity=\"warning\">\n<at>sum = 0</at>\n<say>The name hides the built-in.</say>\n</remark>\n\
<remark lines=\"10\" severity=\"error\">\n<at>print(\"hello \" + name)</at>\n<say>A name that is no text raises.</say>\n\
<new>\n    print(f\"hello {name}\")\n</new>\n</remark>\n";

fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=Ana", "-c", "user.email=ana@example.com"]).args(arguments).current_dir(folder);
    let output = git.env("HOME", folder).output().expect("git is installed");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn uri(path: &Path) -> String {
    url::Url::from_file_path(path).unwrap().to_string()
}

/// A work tree of git in which [`SOURCE`] is committed as cart.py.
fn work_tree(world: &World) -> PathBuf {
    let folder = world.home.path().join("shop");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("cart.py"), SOURCE).unwrap();
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "cart.py"]);
    git(&folder, &["commit", "-qm", "The cart"]);
    folder
}

/// The menu entry that reviews the changes. The server looks for changes in the background.
async fn entry(world: &World, uri: &str) -> Value {
    let start = json!({ "line": 2, "character": 0 });
    let range = json!({ "start": start, "end": start });
    loop {
        let actions = world.editor.code_actions(uri, &range).await;
        let is_it = |action: &Value| action["title"].as_str().is_some_and(|it| it.starts_with("Review what changed"));
        match actions.into_iter().find(is_it) {
            Some(action) => return action,
            None => patience::a_moment().await,
        }
    }
}

async fn choose(world: &World, action: &Value) {
    let command = &action["command"];
    world.editor.execute(command["command"].as_str().unwrap(), command["arguments"].clone()).await;
}

fn question(world: &World) -> String {
    world.peer.chats().last().unwrap().json()["user_prompt"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn review_of_changes_remarks_only_on_changed_lines() {
    let world = World::start(profiles::vscode()).await;
    let cart = uri(&work_tree(&world).join("cart.py"));
    world.editor.open(&cart, "python", SOURCE);
    let action = entry(&world, &cart).await;
    assert_eq!(action["kind"], "stackspot-lsp.review.changed");
    choose(&world, &action).await;
    let (_, message) = world.message().await;
    assert!(message.contains("Nothing changed"), "{message}");
    assert!(world.peer.chats().is_empty());

    // The document is not saved.
    world.editor.replace(&cart, "\"hi \" + name", "\"hello \" + name");
    world.peer.expect_chat(Script::stream().text(REVIEW).end());
    let action = entry(&world, &cart).await;
    let result = world.run(action["command"]["arguments"][0].clone()).await.unwrap();
    let remarks = result["remarks"].as_array().unwrap();
    assert_eq!(remarks.len(), 1, "{result}");
    assert_eq!(remarks[0]["range"]["start"]["line"], 10, "{result}");
    assert!(remarks[0]["edit"].is_object(), "{result}");
    world.editor.wait_for_method("textDocument/publishDiagnostics").await;
    let asked = question(&world);
    assert!(asked.contains("<selection lines=\"11\">\n11|     print(\"hello \" + name)"), "{asked}");
    world.finish().await;
}

#[tokio::test]
async fn untracked_file_is_reviewed_whole_but_only_in_a_work_tree() {
    let world = World::start(profiles::neovim()).await;
    let outside = uri(&world.home.path().join("notes.py"));
    world.editor.open(&outside, "python", SOURCE);
    let folder = work_tree(&world);
    let new = uri(&folder.join("new.py"));
    world.editor.open(&new, "python", "def new():\n    pass\n");
    world.peer.expect_chat(Script::stream().text("<none/>").end());
    let action = entry(&world, &new).await;
    world.run(action["command"]["arguments"][0].clone()).await.unwrap();
    let asked = question(&world);
    assert!(asked.contains("1| def new():\n2|     pass"), "{asked}");
    let start = json!({ "line": 2, "character": 0 });
    let offered = titles(&world.editor.code_actions(&outside, &json!({ "start": start, "end": start })).await);
    assert!(!offered.iter().any(|title| title.starts_with("Review what changed")), "{offered:?}");

    for (revision, said) in [("nowhere", "nowhere"), ("--output=x", "--output=x")] {
        let params = with(action["command"]["arguments"][0].clone(), "changedSince", json!(revision));
        let error = world.run(params).await.unwrap_err();
        assert_eq!((&error["code"], &error["data"]["kind"]), (&json!(-32803), &json!("refused")), "{error}");
        assert!(error["message"].as_str().unwrap().contains(said), "{error}");
    }
    let explain = with(action["command"]["arguments"][0].clone(), "action", json!("explain"));
    let error = world.run(explain).await.unwrap_err();
    assert!(error["code"] == -32602 && error["message"].as_str().unwrap().contains("changedSince"), "{error}");
    world.finish().await;
}

#[tokio::test]
async fn all_problems_of_one_rule_are_fixed_one_by_one() {
    let world = World::open(profiles::vscode()).await;
    let problem = |needle: &str, code: &str| json!({ "range": world.editor.range_of(URI, needle), "message": "Say it otherwise.", "source": "Lint", "code": code });
    let problems = [problem("sum = 0", "L7"), problem("print(", "L7"), problem("greet", "L1")];
    world.peer.answer_as(|request| {
        let asked = request.json()["user_prompt"].as_str().unwrap().to_owned();
        let selection = asked.split("\n<selection").nth(1).and_then(|rest| rest.split("\n</selection>").next());
        Script::stream().text(match selection.unwrap().contains("def greet") {
            true => "<code>\ndef greet(name):\n    print(f\"hi {name}\")\n</code>",
            false => "<code>\ndef total(items):\n    sum = 0.0\n    for item in items:\n        sum = sum + item.price\n    return sum\n</code>",
        }).end()
    });
    let whole = json!({ "start": { "line": 0, "character": 0 }, "end": world.editor.end_of(URI) });
    let context = json!({ "diagnostics": problems, "triggerKind": 1 });
    let actions = world.editor.code_actions_in(URI, &whole, context).await;
    let offered: Vec<_> = actions.iter().filter(|it| it["title"].as_str().unwrap().starts_with("Fix all of")).collect();
    assert_eq!(offered.len(), 1, "{offered:?}");
    assert_eq!(
        (&offered[0]["title"], &offered[0]["kind"]),
        (&json!("Fix all of Lint L7 here (2)"), &json!("quickfix"))
    );
    assert_eq!(offered[0]["diagnostics"].as_array().unwrap().len(), 2);
    choose(&world, offered[0]).await;
    let expected = SOURCE.replace("sum = 0", "sum = 0.0").replace("\"hi \" + name", "f\"hi {name}\"");
    world.editor.wait_for_text(URI, |text| text == expected).await;
    world.editor.wait_for_ends(2).await;
    assert_eq!((world.editor.edits().len(), world.editor.undo_steps(URI)), (2, 2), "each is a fix of its own");
    let mut wrong = offered[0]["command"]["arguments"][0].clone();
    wrong["diagnostics"] = json!([]);
    let error = world.editor.try_execute("stackspot-lsp.run", json!([wrong])).await.unwrap_err();
    assert!(error["message"].as_str().unwrap().starts_with("diagnostics"), "{error}");
    world.finish().await;
}
