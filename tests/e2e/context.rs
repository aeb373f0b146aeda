//! The context that a prompt contains besides the selection.

use serde_json::{Value, json};

use crate::support::paths::uri_of;
use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{FUNCTION, SOURCE, URI, World, listed, with};

/// The prompt that the agent gets for these parameters.
async fn prompt(world: &World, params: Value) -> String {
    let chat = world.peer.expect_chat(Script::stream().text("I cannot say anything about that.").end());
    world.run(params).await.unwrap();
    chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned()
}

/// The text between the tags of this name.
fn between<'a>(prompt: &'a str, tag: &str) -> Option<&'a str> {
    let (_, rest) = prompt.split_once(&format!("\n<{tag}>\n"))?;
    Some(rest.split_once(&format!("</{tag}>\n"))?.0)
}

#[tokio::test]
async fn fix_at_cursor_uses_its_definition_or_the_problem_lines() {
    let world = World::open(profiles::vscode()).await;
    let point = json!({ "start": { "line": 4, "character": 9 }, "end": { "line": 4, "character": 9 } });
    let at =
        |line: u32| json!({ "start": { "line": line, "character": 4 }, "end": { "line": line + 1, "character": 0 } });
    let fix = |range: Value| {
        let problem = json!({ "range": range, "message": "odd" });
        with(with(world.params("fix"), "range", point.clone()), "diagnostics", json!([problem]))
    };
    let inside = prompt(&world, fix(at(5))).await;
    assert_eq!(between(&inside, "selection").unwrap().trim_end(), FUNCTION);
    assert_eq!(between(&inside, "diagnostics"), Some("line 6 `sum = sum + item.price`: odd\n"));

    let outside = prompt(&world, fix(at(10))).await;
    assert_eq!(between(&outside, "selection"), Some("    print(\"hi \" + name)\n"));

    // The editor still remembers a problem of a longer text.
    let behind_the_end = prompt(&world, fix(at(900))).await;
    assert_eq!(between(&behind_the_end, "selection").unwrap().trim_end(), FUNCTION);

    // A question that is not about the problems keeps its range.
    let explain = with(fix(at(10)), "action", json!("explain"));
    assert!(prompt(&world, explain).await.contains(&listed(3, FUNCTION)));
    assert_eq!(world.editor.text(URI), SOURCE);
    world.finish().await;
}

#[tokio::test]
async fn diagnostics_are_sent_with_rule_and_related_places() {
    let world = World::start(profiles::vscode()).await;
    let folder = file_uri!("/home/ana/shop");
    let change = json!({ "event": { "added": [{ "uri": folder, "name": "shop" }], "removed": [] } });
    world.editor.notify("workspace/didChangeWorkspaceFolders", change);
    world.editor.open(URI, "python", SOURCE);
    let range = world.editor.range_of(URI, "sum + item");
    let place = |uri: &str| json!({ "location": { "uri": uri, "range": range }, "message": "defined\nhere" });
    let problem = json!({
        "range": range, "severity": 1, "code": "E0602", "source": "pylint", "message": "undefined\n  name",
        "relatedInformation": [place(file_uri!("/home/ana/shop/src/item.py")), place(file_uri!("/home/ana/secret/plan.py"))],
    });
    let params = with(world.params("fix"), "diagnostics", json!([problem]));
    // The user types more lines. The problem moves with its line.
    world.editor.replace(URI, "# The cart", "# A line more.\n# The cart");
    let prompt = prompt(&world, params).await;
    assert_eq!(
        between(&prompt, "diagnostics"),
        Some(
            "line 7 `sum = sum + item.price`: error[E0602] (pylint): undefined\n      name\n    src/item.py:6: defined here\n    \
             plan.py:6: defined here\n"
        )
    );
    assert!(!prompt.contains("/home/ana"), "no home directory goes out");
    world.finish().await;
}

/// A workspace folder on the disk, with these files.
fn folder_with(world: &World, files: &[(&str, &str)]) -> std::path::PathBuf {
    let folder = world.home.path().join("shop");
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let uri = uri_of(&folder);
    let change = json!({ "event": { "added": [{ "uri": uri, "name": "shop" }], "removed": [] } });
    world.editor.notify("workspace/didChangeWorkspaceFolders", change);
    folder
}

/// The parameters of `explain` on the last function of a document.
fn explain_the_last_function(world: &World, uri: &str) -> Value {
    let range = world.editor.range_of(uri, "def last():\n    pass");
    json!({ "action": "explain", "textDocument": { "uri": uri, "version": 1 }, "range": range })
}

#[tokio::test]
async fn rules_imports_and_open_documents_are_sent_in_their_order() {
    let settings = json!({ "context": { "openDocuments": true, "surroundingLines": 2 } });
    let world = World::start(profiles::vscode().options(settings)).await;
    let folder = folder_with(
        &world,
        &[
            ("AGENTS.md", "Say why.\n"),
            (".stackspot/rules.md", "No globals.\n"),
            ("src/AGENTS.md", "Money is in cents.\n"),
            (".stackspotignore", "plans.py\n"),
        ],
    );
    let config = world.home.path().join("config/stackspot-lsp");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("rules.md"), "Be brief.\n").unwrap();
    let uri = |name: &str| uri_of(folder.join(name));
    let source = format!("import os\nfrom money import Cents\n\n{}def last():\n    pass\n", "x = 1\n".repeat(50));
    world.editor.open(&uri("src/item.js"), "javascript", "export const item = 1;\n");
    world.editor.open(&uri("plans.py"), "python", "secret_plan = 1\n");
    world.editor.open(&uri("src/money.py"), "python", "class Cents(int): pass\n");
    world.editor.open(&uri("src/cart.py"), "python", &source);
    let prompt = prompt(&world, explain_the_last_function(&world, &uri("src/cart.py"))).await;
    let expected = "<rules file=\"rules.md\">\nBe brief.\n</rules>\n\
        <rules file=\"AGENTS.md\">\nSay why.\n</rules>\n\
        <rules file=\".stackspot/rules.md\">\nNo globals.\n</rules>\n\
        <rules file=\"src/AGENTS.md\">\nMoney is in cents.\n</rules>\n\
        <document file=\"src/money.py\" language=\"python\">\nclass Cents(int): pass\n</document>\n\
        <document file=\"src/item.js\" language=\"javascript\">\nexport const item = 1;\n</document>\n\
        <file-imports>\nimport os\nfrom money import Cents\n</file-imports>\n\
        <before lines=\"52-53\">\nx = 1\nx = 1\n</before>\n\
        <selection lines=\"54-55\">\n54| def last():\n55|     pass\n</selection>\n";
    assert!(prompt.contains(expected), "{prompt}");
    assert!(prompt.contains("<rules> hold conventions") && !prompt.contains("secret_plan"), "{prompt}");
    world.finish().await;
}

#[tokio::test]
async fn other_documents_are_not_sent_unless_settings_allow_it() {
    let world = World::open(profiles::neovim()).await;
    world.editor.open(file_uri!("/home/ana/shop/other.py"), "python", "other = 1\n");
    let prompt = prompt(&world, world.params("explain")).await;
    assert!(
        !prompt.contains("other = 1") && !prompt.contains("<file-imports>") && !prompt.contains("<rules"),
        "{prompt}"
    );
    world.finish().await;
}

#[tokio::test]
async fn least_needed_context_is_dropped_first_over_budget() {
    let settings = json!({ "context": { "openDocuments": true, "surroundingLines": 5, "maxChars": 2_500 } });
    let world = World::start(profiles::vscode().options(settings)).await;
    let rules = "One rule among many.\n".repeat(200);
    let folder = folder_with(&world, &[("AGENTS.md", &rules)]);
    let uri = |name: &str| uri_of(folder.join(name));
    let source = format!("import os\n\n{}def last():\n    pass\n", "x = 1\n".repeat(50));
    world.editor.open(&uri("other.py"), "python", &"other = 1\n".repeat(200));
    world.editor.open(&uri("cart.py"), "python", &source);
    let prompt = prompt(&world, explain_the_last_function(&world, &uri("cart.py"))).await;
    assert!(prompt.chars().count() <= 2_500, "{}", prompt.chars().count());
    assert!(prompt.contains("One rule among many.\n[the rest of this file is left out]\n</rules>"), "{prompt}");
    assert!(
        prompt.contains("<file-imports>\nimport os\n</file-imports>")
            && prompt.contains("<before lines=\"48-52\">\nx = 1\n"),
        "{prompt}"
    );
    assert!(!prompt.contains("other = 1"), "{prompt}");
    world.finish().await;
}

#[tokio::test]
async fn question_about_a_secret_in_the_rules_names_the_file() {
    let world = World::start(profiles::vscode()).await;
    let token = format!("{}{}", "ghp_", "Zq3VxT8mLw2RkY7bNc5HdJ9sPf4GaE6uUi1o");
    let folder = folder_with(&world, &[("AGENTS.md", &format!("Push so:\n\nTOKEN={token}\n"))]);
    let uri = uri_of(folder.join("cart.py"));
    world.editor.open(&uri, "python", "def last():\n    pass\n");
    world.editor.will_answer(Some("Cancel"));
    let refused = world.run(explain_the_last_function(&world, &uri)).await.unwrap_err();
    assert_eq!(refused["data"]["kind"], "refused", "{refused}");
    let question = world.editor.messages().join("\n");
    assert!(question.contains("line 3 of AGENTS.md contains what looks like a GitHub token"), "{question}");
    assert!(world.peer.chats().is_empty());
    world.finish().await;
}
